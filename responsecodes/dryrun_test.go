package responsecodes_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// tally is answers of refused authorizations, told as undefined by no rule.
func tally(code string, count int) responsecodes.Tally {
	return responsecodes.Tally{Operation: "authorize", Source: svcgate.SourceErrorCode, Code: code, Outcome: svcgate.Undefined,
		Count: count, First: noon, Last: noon.Add(time.Hour), Sample: "txn_" + code}
}

// approval is answers of authorizations that were carried out.
func approval(count int, short bool) responsecodes.Tally {
	t := responsecodes.Tally{Operation: "authorize", Source: svcgate.SourceReasonCode, Code: "24", Accepted: true, Short: short,
		Outcome: svcgate.Approved, Vendor: "100", Rule: "RLT:authorize:reason_code:24", Count: count, First: noon, Last: noon, Sample: "txn_24"}
	if short {
		t.Outcome = svcgate.Partial
	}
	return t
}

func meant(operation, code string, outcome svcgate.Outcome, vendor string) responsecodes.Rule {
	return responsecodes.Rule{Service: "RLT", Operation: operation, Source: svcgate.SourceErrorCode, Code: code, Vendor: vendor, Outcome: outcome}
}

// moves tells a report in short.
func moves(r *responsecodes.Report) string {
	lines := []string{fmt.Sprintf("%d/%d/%d", r.Total, r.Changed, r.Outcomes)}
	for _, m := range r.Moves {
		lines = append(lines, fmt.Sprintf("%d %s %s: %s>%s %s>%s (%s)", m.Count, m.Operation, m.Code, m.FromOutcome, m.ToOutcome,
			m.FromVendor, m.ToVendor, strings.Join(m.Changes, ",")))
	}
	return strings.Join(lines, "\n")
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	starter := responsecodes.StarterSet("RLT")
	with := func(rules ...responsecodes.Rule) []responsecodes.Rule { return append(slices.Clone(starter), rules...) }
	without := func(id string) []responsecodes.Rule {
		return slices.DeleteFunc(slices.Clone(starter), func(r responsecodes.Rule) bool { return r.ID() == id })
	}
	unavailable := responsecodes.Tally{Operation: "void", Source: svcgate.SourceTransport, Code: "SU", Outcome: svcgate.Unavailable, Vendor: "SU", Count: 3, First: noon, Last: noon}
	own := tally("LOST", 100)
	own.Own = true
	other := meant("", "LOST", svcgate.Declined, "D7")
	other.Service = "TLR"
	handled := meant("", "LOST", svcgate.Declined, "D7")
	handled.Attempts, handled.HoldReason, handled.Cancel, handled.Messages, handled.Description = new(3), "CW", true, []string{"Ask"}, "Lost"
	for _, c := range []struct {
		name           string
		tallies        []responsecodes.Tally
		current, draft []responsecodes.Rule
		want           string
	}{
		{"nothing at all", nil, nil, nil, "0/0/0"},
		{"no difference", []responsecodes.Tally{tally("LOST", 4), approval(9, false)}, starter, starter, "13/0/0"},
		{"a code gets a rule", []responsecodes.Tally{tally("LOST", 4), approval(9, false)}, starter, with(meant("", "LOST", svcgate.Declined, "D7")),
			"13/4/4\n4 authorize LOST: undefined>declined >D7 (outcome,vendor)"},
		{"a rule of another service bureau", []responsecodes.Tally{tally("LOST", 4)}, starter, with(other), "4/0/0"},
		{"a rule of another operation", []responsecodes.Tally{tally("LOST", 4)}, starter, with(meant("void", "LOST", svcgate.Declined, "D7")), "4/0/0"},
		{"a rule of the operation before that of any", []responsecodes.Tally{tally("LOST", 4)}, with(meant("", "LOST", svcgate.Declined, "D7")),
			with(meant("", "LOST", svcgate.Declined, "D7"), meant("authorize", "LOST", svcgate.Declined, "D8")), "4/4/0\n4 authorize LOST: declined>declined D7>D8 (vendor)"},
		{"the same by another rule", []responsecodes.Tally{tally("LOST", 4)}, with(meant("", "LOST", svcgate.Declined, "D7")), with(meant("authorize", "LOST", svcgate.Declined, "D7")), "4/0/0"},
		{"what the OMS is to do", []responsecodes.Tally{tally("LOST", 4)}, with(meant("", "LOST", svcgate.Declined, "D7")), with(handled),
			"4/4/0\n4 authorize LOST: declined>declined D7>D7 (description,attempts,hold,cancel,messages)"},
		{"a rule is gone", []responsecodes.Tally{approval(9, false), approval(2, true)}, starter, without("RLT:authorize:reason_code:24"),
			"11/11/11\n9 authorize 24: approved>undefined 100> (outcome,vendor,description)\n2 authorize 24: partial>undefined 100> (outcome,vendor,description)"},
		{"success that is new comes first", []responsecodes.Tally{approval(2, true), tally("LOST", 50), approval(1, false)}, without("RLT:authorize:reason_code:24"), with(meant("", "LOST", svcgate.Declined, "D7")),
			"53/53/53\n2 authorize 24: undefined>partial >100 (outcome,vendor,description)\n1 authorize 24: undefined>approved >100 (outcome,vendor,description)\n50 authorize LOST: undefined>declined >D7 (outcome,vendor)"},
		{"an approving rule approves no refusal", []responsecodes.Tally{tally("LOST", 4)}, with(meant("", "LOST", svcgate.Declined, "D7")), with(meant("", "LOST", svcgate.Approved, "100")),
			"4/4/4\n4 authorize LOST: declined>undefined D7>100 (outcome,vendor)"},
		{"unavailable stays unavailable", []responsecodes.Tally{unavailable}, starter, without("RLT:*:transport:SU"), "3/3/0\n3 void SU: unavailable>unavailable SU> (vendor,description,attempts,hold)"},
		{"to unknown", []responsecodes.Tally{tally("LOST", 1)}, starter, with(meant("", "LOST", svcgate.Unknown, "U")), "1/1/1\n1 authorize LOST: undefined>unknown >U (outcome,vendor)"},
		{"what svcgate asked by itself", []responsecodes.Tally{own}, starter, with(meant("", "LOST", svcgate.Declined, "D7")), "0/0/0"},
		{"what was told before plays no part", []responsecodes.Tally{{Operation: "authorize", Source: svcgate.SourceErrorCode, Code: "LOST", Outcome: svcgate.Declined, Vendor: "OLD", Count: 2, First: noon, Last: noon}},
			starter, starter, "2/0/0"},
	} {
		if got := moves(responsecodes.DryRun("RLT", c.tallies, c.current, c.draft)); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func TestDryRunJoinsTalliesOfOneMove(t *testing.T) {
	t.Parallel()
	early, late := tally("LOST", 2), tally("LOST", 3)
	early.First, early.Last, early.Sample, early.Outcome = noon.Add(-time.Hour), noon, "txn_early", svcgate.Declined
	r := responsecodes.DryRun("RLT", []responsecodes.Tally{late, early}, nil, []responsecodes.Rule{meant("", "LOST", svcgate.Declined, "D7")})
	want := responsecodes.Move{Operation: "authorize", Source: svcgate.SourceErrorCode, Code: "LOST", FromOutcome: svcgate.Undefined, ToOutcome: svcgate.Declined,
		ToVendor: "D7", ToRule: "RLT:*:error_code:LOST", Changes: []string{"outcome", "vendor"}, Count: 5, First: early.First, Last: late.Last, Sample: "txn_LOST"}
	if len(r.Moves) != 1 || !reflect.DeepEqual(r.Moves[0], want) {
		t.Errorf("the moves are %+v, want %+v", r.Moves, want)
	}
}

func TestReevaluate(t *testing.T) {
	t.Parallel()
	told := func(outcome svcgate.Outcome, vendor string, count int) responsecodes.Tally {
		one := tally("LOST", count)
		one.Outcome, one.Vendor, one.Rule = outcome, vendor, "RLT:*:error_code:LOST"
		return one
	}
	rules := []responsecodes.Rule{meant("", "LOST", svcgate.Declined, "D7")}
	got := moves(responsecodes.Reevaluate("RLT", []responsecodes.Tally{told(svcgate.Declined, "D7", 5), told(svcgate.Declined, "D6", 2), tally("LOST", 3), tally("NEW", 1)}, rules))
	const want = "11/5/3\n3 authorize LOST: undefined>declined >D7 (outcome,vendor)\n2 authorize LOST: declined>declined D6>D7 (vendor)"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestDryRunAgreesWithTheBook draws answers and tables and wants of each answer what the Book and Judge say one by one.
func TestDryRunAgreesWithTheBook(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	codes := []string{"A", "B", "C"}
	operations := []string{"authorize", "void"}
	table := func() []responsecodes.Rule {
		var rules []responsecodes.Rule
		for _, op := range append(operations, "") {
			for _, code := range codes {
				if r.IntN(2) == 0 {
					rules = append(rules, meant(op, code, []svcgate.Outcome{svcgate.Declined, svcgate.Undefined, svcgate.Unknown}[r.IntN(3)], string("123"[r.IntN(3)])))
				}
			}
		}
		return rules
	}
	for range 200 {
		current, draft := table(), table()
		var tallies []responsecodes.Tally
		changed, outcomes := 0, 0
		for _, name := range operations {
			for _, code := range codes {
				one := tally(code, 1+r.IntN(5))
				one.Operation, one.Accepted, one.Short = name, r.IntN(2) == 0, r.IntN(2) == 0
				tallies = append(tallies, one)
				op, err := svcgate.ParseOperation(name)
				if err != nil {
					t.Fatal(err)
				}
				before, _ := published(t, current).Lookup("RLT", op, one.Source, code)
				after, _ := published(t, draft).Lookup("RLT", op, one.Source, code)
				from, to := svcgate.Judge(before.Outcome, one.Accepted, one.Short), svcgate.Judge(after.Outcome, one.Accepted, one.Short)
				if from != to {
					outcomes += one.Count
				}
				if from != to || before.Code != after.Code {
					changed += one.Count
				}
			}
		}
		if got := responsecodes.DryRun("RLT", tallies, current, draft); got.Changed != changed || got.Outcomes != outcomes {
			t.Fatalf("seed %d: %d changed, %d in their outcome; one by one %d and %d", seed, got.Changed, got.Outcomes, changed, outcomes)
		}
	}
}
