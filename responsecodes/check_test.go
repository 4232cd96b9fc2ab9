package responsecodes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	everywhere := func(vendor string) (rules []responsecodes.Rule) {
		for _, op := range svcgate.Operations() {
			rules = append(rules, rule(op.Name, svcgate.SourceErrorCode, "E", vendor))
		}
		return rules
	}
	with := func(change func(*responsecodes.Rule)) responsecodes.Rule {
		r := rule("", svcgate.SourceErrorCode, "E", "101")
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		rules    []responsecodes.Rule // beside the starter set
		without  string               // rule of the starter set
		severity string
		rule     string
		text     string
	}{
		"as it begins":           {severity: ""},
		"a plain rule":           {rules: []responsecodes.Rule{rule("", svcgate.SourceErrorCode, "E", "101")}},
		"an error that approves": {rules: []responsecodes.Rule{with(func(r *responsecodes.Rule) { r.Outcome = svcgate.Approved })}, severity: "error", rule: "RLT:*:error_code:E", text: "can approve"},
		"another operation's":    {rules: []responsecodes.Rule{with(func(r *responsecodes.Rule) { r.Operation, r.Source, r.Code = "void", svcgate.SourceReasonCode, "24" })}, severity: "error", rule: "RLT:void:reason_code:24", text: "another operation"},
		"an unknown operation":   {rules: []responsecodes.Rule{with(func(r *responsecodes.Rule) { r.Operation = "steal" })}, severity: "error", rule: "RLT:steal:error_code:E", text: "eight operations"},
		"one twice":              {rules: []responsecodes.Rule{rule("", svcgate.SourceErrorCode, "E", "101"), rule("", svcgate.SourceErrorCode, "E", "102")}, severity: "error", rule: "RLT:*:error_code:E", text: "Another rule"},
		"behind one":             {rules: []responsecodes.Rule{rule("", svcgate.SourceErrorCode, "E", "101"), rule("void", svcgate.SourceErrorCode, "E", "102")}, severity: "warning", rule: "RLT:*:error_code:E", text: "for 7 operations only"},
		"behind all":             {rules: append(everywhere("102"), rule("", svcgate.SourceErrorCode, "E", "101")), severity: "warning", rule: "RLT:*:error_code:E", text: "never used"},
		"all but no general one": {rules: everywhere("102")},
		"another code":           {rules: []responsecodes.Rule{rule("", svcgate.SourceErrorCode, "E", "101"), rule("void", svcgate.SourceErrorCode, "F", "102")}},
		"success declined":       {rules: []responsecodes.Rule{with(func(r *responsecodes.Rule) { r.Source, r.Code = svcgate.SourceReasonCode, "24" })}, severity: "warning", rule: "RLT:*:reason_code:24", text: "leaves the outcome undefined"},
		"success looked into": {rules: []responsecodes.Rule{with(func(r *responsecodes.Rule) {
			r.Source, r.Code, r.Outcome = svcgate.SourceReasonCode, "24", svcgate.Unknown
		})}, severity: "warning", rule: "RLT:*:reason_code:24", text: "leaves the outcome unknown"},
		"a vendor code for both":  {rules: []responsecodes.Rule{rule("", svcgate.SourceErrorCode, "E", "100")}, severity: "warning", rule: "RLT:*:error_code:E", text: "Vendor code 100"},
		"nothing approves":        {without: "RLT:authorize:reason_code:24", severity: "warning", text: "No rule approves authorize"},
		"nothing when not there":  {without: "RLT:*:transport:SU", severity: "warning", text: "not reached"},
		"activation half covered": {without: "RLT:activate:reason_code:8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := slices.DeleteFunc(responsecodes.StarterSet("RLT"), func(r responsecodes.Rule) bool { return r.ID() == c.without })
			got := responsecodes.Check(append(rules, c.rules...))
			if c.severity == "" {
				if len(got) != 0 {
					t.Errorf("Check = %+v", got)
				}
				return
			}
			if !slices.ContainsFunc(got, func(w responsecodes.Warning) bool {
				return w.Severity == c.severity && w.Rule == c.rule && strings.Contains(w.Text, c.text)
			}) {
				t.Errorf("Check = %+v", got)
			}
			if !slices.IsSortedFunc(got, func(a, b responsecodes.Warning) int { return strings.Compare(a.Severity, b.Severity) }) {
				t.Errorf("errors do not come first: %+v", got)
			}
		})
	}
	if got := responsecodes.Check(nil); len(got) != 1 || got[0].Severity != responsecodes.SeverityError {
		t.Errorf("Check of nothing = %+v", got)
	}
}
