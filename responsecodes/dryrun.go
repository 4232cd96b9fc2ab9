package responsecodes

import (
	"cmp"
	"slices"
	"time"

	"github.com/svcgate/svcgate"
)

// Tally counts answers in the journal that are alike: what a table makes of one it makes of all of them.
type Tally struct {
	Operation string         // name
	Source    svcgate.Source // where the code stood; SourceTransport when there was no answer
	Code      string         // the provider's
	Accepted  bool           // the provider says that it acted
	Short     bool           // it did less than was asked
	Own       bool           // asked by svcgate itself: nobody was told
	Outcome   svcgate.Outcome
	Vendor    string // the code that was told; "" for none
	Rule      string // that gave it; "" when no rule knew the code
	Count     int
	First     time.Time // begun
	Last      time.Time
	Sample    string // id of one of the latest
}

// Report says what one table makes of answers otherwise than another does.
type Report struct {
	Base      int    `json:"base"`      // version that the draft began from; of a re-evaluation, the published one
	Published int    `json:"published"` // version in force
	Total     int    `json:"total"`     // answers that the OMS was told of
	Changed   int    `json:"changed"`   // of which it would be told something else
	Outcomes  int    `json:"outcomes"`  // another outcome even
	Moves     []Move `json:"moves"`     // the most important first
}

// Outdated reports whether another version was published since the draft began: what that one changed, the draft would
// take back. Publishing refuses it.
func (r *Report) Outdated() bool { return r.Base != r.Published }

// Move is a kind of answer that would be told otherwise.
type Move struct {
	Operation   string          `json:"operation"`
	Source      svcgate.Source  `json:"source"`
	Code        string          `json:"code"`
	Accepted    bool            `json:"accepted"`
	Short       bool            `json:"short"` // the provider did less than was asked
	FromOutcome svcgate.Outcome `json:"from_outcome"`
	ToOutcome   svcgate.Outcome `json:"to_outcome"`
	FromVendor  string          `json:"from_vendor"` // "" for none
	ToVendor    string          `json:"to_vendor"`
	FromRule    string          `json:"from_rule"` // "" for none
	ToRule      string          `json:"to_rule"`
	Changes     []string        `json:"changes"` // what the OMS is told otherwise: outcome, vendor, description, attempts, hold, cancel, messages
	Count       int             `json:"count"`
	First       time.Time       `json:"first"`
	Last        time.Time       `json:"last"`
	Sample      string          `json:"sample"` // id of one of the latest transactions
}

// Widens reports whether the OMS would be told of success where it was not before.
func (m Move) Widens() bool {
	return (m.ToOutcome == svcgate.Approved || m.ToOutcome == svcgate.Partial) && m.FromOutcome != svcgate.Approved && m.FromOutcome != svcgate.Partial
}

// DryRun replays the answers against two tables of a service bureau and says what the draft makes of them otherwise
// than the current one does. What was told under earlier tables plays no part.
func DryRun(service string, tallies []Tally, current, draft []Rule) *Report {
	from, to := newMeanings(service, current), newMeanings(service, draft)
	return compare(tallies, func(t Tally) (meaning, meaning) { return from.of(t), to.of(t) })
}

// Reevaluate says which answers would mean something else under the current table than what was told when they came.
// Nothing that was told is changed. Of what was told only outcome and vendor response code are compared.
func Reevaluate(service string, tallies []Tally, current []Rule) *Report {
	to := newMeanings(service, current)
	return compare(tallies, func(t Tally) (meaning, meaning) {
		now := to.of(t)
		told := now
		told.outcome, told.rule.Vendor, told.id = t.Outcome, t.Vendor, t.Rule
		return told, now
	})
}

// meaning is what a table makes of an answer.
type meaning struct {
	outcome svcgate.Outcome
	rule    Rule // zero when no rule knows the code
	id      string
}

// meanings finds rules as a Book does.
type meanings map[meaningKey]Rule

type meaningKey struct {
	operation string // "" for any
	source    svcgate.Source
	code      string
}

func newMeanings(service string, rules []Rule) meanings {
	m := make(meanings, len(rules))
	for _, r := range rules {
		if r.Service == service {
			m[meaningKey{r.Operation, r.Source, r.Code}] = r
		}
	}
	return m
}

// find returns the rule of the operation, else that of any.
func (m meanings) find(operation string, source svcgate.Source, code string) (Rule, bool) {
	if r, ok := m[meaningKey{operation, source, code}]; ok {
		return r, true
	}
	r, ok := m[meaningKey{"", source, code}]
	return r, ok
}

func (m meanings) of(t Tally) meaning {
	r, known := m.find(t.Operation, t.Source, t.Code)
	v := meaning{outcome: svcgate.Unavailable, rule: r}
	if known {
		v.id = r.ID()
	}
	if t.Source != svcgate.SourceTransport {
		v.outcome = svcgate.Judge(r.Outcome, t.Accepted, t.Short)
	}
	return v
}

// changes names what the OMS is told otherwise.
func (m meaning) changes(to meaning) []string {
	var names []string
	for _, c := range []struct {
		name string
		same bool
	}{
		{"outcome", m.outcome == to.outcome},
		{"vendor", m.rule.Vendor == to.rule.Vendor},
		{"description", m.rule.Description == to.rule.Description},
		{"attempts", equal(m.rule.Attempts, to.rule.Attempts)},
		{"hold", m.rule.HoldReason == to.rule.HoldReason && equal(m.rule.HoldDays, to.rule.HoldDays)},
		{"cancel", m.rule.Cancel == to.rule.Cancel},
		{"messages", slices.Equal(m.rule.Messages, to.rule.Messages)},
	} {
		if !c.same {
			names = append(names, c.name)
		}
	}
	return names
}

// answerKey is all of a Tally that a table looks at, and how it was told.
type answerKey struct {
	meaningKey
	accepted, short      bool
	outcome              svcgate.Outcome
	fromVendor, fromRule string
}

func compare(tallies []Tally, both func(Tally) (from, to meaning)) *Report {
	report := &Report{Moves: []Move{}}
	moves := map[answerKey]int{}
	for _, t := range tallies {
		if t.Own {
			continue
		}
		report.Total += t.Count
		from, to := both(t)
		changes := from.changes(to)
		if len(changes) == 0 {
			continue
		}
		report.Changed += t.Count
		if from.outcome != to.outcome {
			report.Outcomes += t.Count
		}
		key := answerKey{meaningKey{t.Operation, t.Source, t.Code}, t.Accepted, t.Short, from.outcome, from.rule.Vendor, from.id}
		i, seen := moves[key]
		if !seen {
			i = len(report.Moves)
			moves[key] = i
			report.Moves = append(report.Moves, Move{Operation: t.Operation, Source: t.Source, Code: t.Code, Accepted: t.Accepted, Short: t.Short,
				FromOutcome: from.outcome, ToOutcome: to.outcome, FromVendor: from.rule.Vendor, ToVendor: to.rule.Vendor,
				FromRule: from.id, ToRule: to.id, Changes: changes, First: t.First, Last: t.Last, Sample: t.Sample})
		}
		report.Moves[i].add(t)
	}
	slices.SortFunc(report.Moves, importance)
	return report
}

// add counts a tally in.
func (m *Move) add(t Tally) {
	m.Count += t.Count
	if t.First.Before(m.First) {
		m.First = t.First
	}
	if t.Last.After(m.Last) {
		m.Last, m.Sample = t.Last, t.Sample
	}
}

// importance puts success that is new first, then other changes of the outcome, then the rest, each by count.
func importance(a, b Move) int {
	rank := func(m Move) int {
		switch {
		case m.Widens():
			return 0
		case m.FromOutcome != m.ToOutcome:
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Operation, b.Operation),
		cmp.Compare(a.Source, b.Source), cmp.Compare(a.Code, b.Code), cmp.Compare(a.FromOutcome, b.FromOutcome), cmp.Compare(a.FromRule, b.FromRule))
}
