package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/config"
)

const rightOMS = `key_file: svcgate.key
services:
  - code: RLT
    url: https://orce.example.com/relateui/OMS/xmlapi
    immediate_response: true
    primary_authorization_service: .IL
    communication_type: Payment Link
    reauthorization_days: 999
    credit_card_length: 16
    leading_digits: "6"
    card_number_length: 16
    card_number_prefix: "6"
    control_values:
      I24: ""
      I26: RLT
      J19: yes
      J20: no
      J21: yes
      L13: ""
      I96: no
      I08: ""
      F93: ""
`

func TestCheckAcceptsWhatTheProviderNeeds(t *testing.T) {
	t.Parallel()
	c := load(t, folder(t, rightOMS))
	if found := c.Check(); len(found) > 0 {
		t.Errorf("conflicts: %v", found)
	}
	if left := c.Unjudged(); len(left) > 0 {
		t.Errorf("unjudged: %v", left)
	}
}

func TestCheckJudgesOnlyWhatIsGiven(t *testing.T) {
	t.Parallel()
	c := load(t, folder(t, "key_file: svcgate.key\nservices:\n  - code: RLT\n    url: https://orce.example.com/\n"))
	if found := c.Check(); len(found) > 0 {
		t.Errorf("conflicts: %v", found)
	}
	if left := c.Unjudged(); len(left) != 16 || left[0] != "services[0].immediate_response" {
		t.Errorf("unjudged: %d %v", len(left), left)
	}
}

// Each row changes one right setting into a wrong one; exactly one conflict must be reported, in its line.
func TestCheckReportsEveryConflict(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ from, to, want string }{
		"immediate response":    {"immediate_response: true", "immediate_response: false", "5:25: immediate_response: Immediate response is off"},
		"primary service":       {": .IL", ": RLT", "6:36: primary_authorization_service: "},
		"communication type":    {"Payment Link", "Integration Layer", "7:25: communication_type: "},
		"reauthorization days":  {"999", "30", "8:27: reauthorization_days: the OMS authorizes again after 30 days"},
		"pay type length":       {"credit_card_length: 16", "credit_card_length: 15", "11:25: card_number_length: ORCE makes numbers of 16 digits and the pay type expects 15"},
		"leading digits":        {`leading_digits: "6"`, `leading_digits: "60"`, "12:25: card_number_prefix: ORCE's Card Number Prefix differs"},
		"prefix of two":         {`card_number_prefix: "6"`, `card_number_prefix: "60"`, "12:25: card_number_prefix: the Card Number Prefix is not one character"},
		"card length too short": {"card_number_length: 16", "card_number_length: 9", "11:25: card_number_length: card numbers of 9 digits do not exist"},
		"card length too long":  {"card_number_length: 16", "card_number_length: 17", "11:25: card_number_length: card numbers of 17 digits do not exist"},
		"I24 set":               {`I24: ""`, `I24: MU`, "14:12: I24: a modulus check is set"},
		"I26 another":           {`I26: RLT`, `I26: PLX`, "15:12: I26: activations go to another service; ORCE needs RLT"},
		"I26 blank":             {`I26: RLT`, `I26: ""`, "15:12: I26: activations go to another service"},
		"J19 off":               {`J19: yes`, `J19: no`, "16:12: J19: no balance inquiry"},
		"J20 on":                {`J20: no`, `J20: Y`, "17:12: J20: deposits would reverse"},
		"J21 off":               {`J21: yes`, `J21: false`, "18:12: J21: the rest of an authorization is forgotten"},
		"L13 RLT":               {`L13: ""`, `L13: RLT`, "19:12: L13: later deposits"},
		"I96 on":                {`I96: no`, `I96: yes`, "20:12: I96: online authorizations would ask for 1.00 only"},
		"I08 set":               {`I08: ""`, `I08: "999"`, "21:12: I08: authorizations under 1.00"},
		"F93 set":               {`F93: ""`, `F93: "1"`, "22:12: F93: soft declines"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := folder(t, strings.Replace(rightOMS, row.from, row.to, 1))
			found := load(t, path).Check()
			if len(found) != 1 || found[0].Severity != config.SeverityConflict ||
				!strings.HasPrefix(texts(found, filepath.Dir(path))[0], "svcgate.yaml:"+row.want) {
				t.Errorf("got %v, want %s", found, row.want)
			}
		})
	}
}

func TestCheckAllowsWhatIsHarmless(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][2]string{
		"J19 off with another payment": {"J19: yes", "J19: no\n    second_payment: true"},
		"L13 of another service":       {`L13: ""`, `L13: PLX`},
		"cards of ten digits":          {"length: 16", "length: 10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.ReplaceAll(rightOMS, pair[0], pair[1])
			if name == "J19 off with another payment" {
				text = strings.Replace(rightOMS, "    control_values:", "    second_payment: true\n    control_values:", 1)
				text = strings.Replace(text, "J19: yes", "J19: no", 1)
			}
			if found := load(t, folder(t, text)).Check(); len(found) > 0 {
				t.Errorf("conflicts: %v", found)
			}
		})
	}
}
