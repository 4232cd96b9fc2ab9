package config

import (
	"fmt"
	"strings"

	"github.com/svcgate/svcgate"
)

// Check reports every given setting of the OMS and the provider that works against the integration, at the setting's
// place: what is wrong and what the provider needs ("OMS 15.1 help SO14_08", service bureau, pay type, system control
// values and card set-up). Settings that are not given are not judged; Unjudged names them.
func (c *Config) Check() []Problem {
	var found []Problem
	for n, s := range c.Services {
		for _, rule := range rules {
			key := entryKey(n, rule.key)
			at, given := c.given[key]
			if !given {
				continue
			}
			if sentence := rule.wrong(s, func(other string) bool { _, is := c.given[entryKey(n, other)]; return is }); sentence != "" {
				found = append(found, problemAt(at, c.File, key, SeverityConflict, last(key)+": "+sentence))
			}
		}
	}
	return sortProblems(found)
}

// Unjudged returns the keys that Check knows a rule for and the settings of a service do not give.
func (c *Config) Unjudged() []string {
	var names []string
	for n := range c.Services {
		for _, rule := range rules {
			if key := entryKey(n, rule.key); !strings.Contains(rule.key, "second_payment") {
				if _, given := c.given[key]; !given {
					names = append(names, key)
				}
			}
		}
	}
	return names
}

// rule judges one given key; wrong returns "" or a sentence.
type rule struct {
	key   string
	wrong func(s *Service, given func(key string) bool) string
}

func when(bad bool, format string, args ...any) string {
	if !bad {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

var rules = []rule{
	{"immediate_response", func(s *Service, _ func(string) bool) string {
		return when(!s.OMS.ImmediateResponse, "Immediate response is off, so the OMS does not wait for the answer; ORCE needs it selected")
	}},
	{"primary_authorization_service", func(s *Service, _ func(string) bool) string {
		return when(s.OMS.PrimaryAuthorizationService != ".IL", "the primary authorization service is not .IL; ORCE needs .IL")
	}},
	{"communication_type", func(s *Service, _ func(string) bool) string {
		return when(s.OMS.CommunicationType != "Payment Link", "the communication type is not Payment Link, so messages are not sent point to point; ORCE needs Payment Link")
	}},
	{"reauthorization_days", func(s *Service, _ func(string) bool) string {
		return when(s.OMS.ReauthorizationDays != 999, "the OMS authorizes again after %d days, although holds do not expire; ORCE needs 999", s.OMS.ReauthorizationDays)
	}},
	{"card_number_length", func(s *Service, given func(string) bool) string {
		n := s.OMS.CardNumberLength
		if n < svcgate.MinCardDigits || n > svcgate.MaxCardDigits {
			return when(true, "card numbers of %d digits do not exist; ORCE needs %d to %d", n, svcgate.MinCardDigits, svcgate.MaxCardDigits)
		}
		return when(given("credit_card_length") && s.OMS.CreditCardLength != n,
			"ORCE makes numbers of %d digits and the pay type expects %d; both must be the same", n, s.OMS.CreditCardLength)
	}},
	{"credit_card_length", func(s *Service, _ func(string) bool) string {
		n := s.OMS.CreditCardLength
		return when(n < svcgate.MinCardDigits || n > svcgate.MaxCardDigits,
			"the pay type expects %d digits; ORCE's numbers have %d to %d", n, svcgate.MinCardDigits, svcgate.MaxCardDigits)
	}},
	{"card_number_prefix", func(s *Service, given func(string) bool) string {
		if len(s.OMS.CardNumberPrefix) != 1 {
			return "the Card Number Prefix is not one character; ORCE has exactly one"
		}
		return when(given("leading_digits") && s.OMS.LeadingDigits != s.OMS.CardNumberPrefix,
			"ORCE's Card Number Prefix differs from the pay type's leading digits, so the OMS refuses the cards before sending; both must be the same")
	}},
	{"control_values.I24", func(s *Service, _ func(string) bool) string {
		return when(s.OMS.I24 != "", "a modulus check is set, and ORCE's numbers have no check digit; ORCE needs it blank")
	}},
	{"control_values.I26", func(s *Service, _ func(string) bool) string {
		return when(s.OMS.I26 != s.Code, "activations go to another service; ORCE needs %s", s.Code)
	}},
	{"control_values.J19", func(s *Service, _ func(string) bool) string {
		return when(!s.OMS.J19 && !s.OMS.SecondPayment,
			"no balance inquiry before batch authorizations, although ORCE approves less than asked; ORCE needs it selected, or another payment on every order (second_payment: true)")
	}},
	{"control_values.J20", func(s *Service, _ func(string) bool) string {
		return when(s.OMS.J20, "deposits would reverse the rest of their authorization, which ORCE does not offer; ORCE needs it unselected")
	}},
	{"control_values.J21", func(s *Service, _ func(string) bool) string {
		return when(!s.OMS.J21, "the rest of an authorization is forgotten after a partial deposit; ORCE needs it selected")
	}},
	{"control_values.L13", func(s *Service, _ func(string) bool) string {
		return when(s.OMS.L13 != "" && s.OMS.L13 == s.Code,
			"later deposits of this service would be sent as conditional deposits, which have no ORCE message; name another service or leave it blank")
	}},
	{"control_values.I96", func(s *Service, _ func(string) bool) string {
		return when(s.OMS.I96, "online authorizations would ask for 1.00 only, which holds 1.00 on the card; ORCE needs it unselected")
	}},
	{"control_values.I08", func(s *Service, _ func(string) bool) string {
		return when(s.OMS.I08 != "", "authorizations under 1.00 would never be sent, so nothing is held on the card; ORCE needs it blank")
	}},
	{"control_values.F93", func(s *Service, _ func(string) bool) string {
		return when(s.OMS.F93 != "", "soft declines would be taken for approvals, although no money is held on the card; ORCE needs it blank")
	}},
}
