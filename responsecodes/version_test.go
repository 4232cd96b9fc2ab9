package responsecodes_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	same, changed, gone, added := rule("", svcgate.SourceErrorCode, "SAME", "1"), declined(), rule("", svcgate.SourceErrorCode, "GONE", "1"),
		rule("void", svcgate.SourceErrorCode, "NEW", "1")
	redated, after := same, declined()
	redated.Updated = now.Add(time.Hour)
	after.Vendor, after.Attempts, after.Messages = "104", nil, []string{"Try another card", "And smile"}
	got := responsecodes.Diff([]responsecodes.Rule{same, changed, gone}, []responsecodes.Rule{added, after, redated})
	want := []responsecodes.Change{{ID: gone.ID(), Before: &gone}, {ID: changed.ID(), Before: &changed, After: &after}, {ID: added.ID(), After: &added}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Diff = %+v", got)
	}
	fields := []responsecodes.FieldChange{{"vendor", "103", "104"}, {"attempts", "2", ""}, {"message_2", "", "And smile"}}
	if f := got[1].Fields(); !reflect.DeepEqual(f, fields) {
		t.Errorf("the fields are %+v", f)
	}
	if f := got[0].Fields(); len(f) != 6 || f[0] != (responsecodes.FieldChange{"service", "RLT", ""}) {
		t.Errorf("the fields of a removed rule are %+v", f)
	}
	for _, rules := range [][]responsecodes.Rule{nil, {same, changed}} {
		if got := responsecodes.Diff(rules, rules); len(got) != 0 || !responsecodes.Summary(got).Empty() {
			t.Errorf("Diff of the same = %+v", got)
		}
	}
	*got[1].Before.Attempts = 9
	if *changed.Attempts != 2 {
		t.Error("a difference shares with what it is of")
	}
}

func TestWidened(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after svcgate.Outcome // "" for no rule
		want          int
	}{
		"added":                   {"", svcgate.Approved, 1},
		"added, partial":          {"", svcgate.Partial, 1},
		"declined to approved":    {svcgate.Declined, svcgate.Approved, 1},
		"undefined to partial":    {svcgate.Undefined, svcgate.Partial, 1},
		"unknown to approved":     {svcgate.Unknown, svcgate.Approved, 1},
		"approved to partial":     {svcgate.Approved, svcgate.Partial, 0},
		"partial to approved":     {svcgate.Partial, svcgate.Approved, 0},
		"approved, other words":   {svcgate.Approved, svcgate.Approved, 0},
		"approved to declined":    {svcgate.Approved, svcgate.Declined, 0},
		"approved, gone":          {svcgate.Approved, "", 0},
		"declined, added":         {"", svcgate.Declined, 0},
		"declined to unavailable": {svcgate.Declined, svcgate.Unavailable, 0},
	} {
		rules := func(o svcgate.Outcome, description string) []responsecodes.Rule {
			if o == "" {
				return nil
			}
			r := approving()
			r.Outcome, r.Description = o, description
			return []responsecodes.Rule{r}
		}
		if got := responsecodes.Widened(rules(c.before, "a"), rules(c.after, "b")); len(got) != c.want {
			t.Errorf("%s: Widened = %+v", name, got)
		}
	}
}
