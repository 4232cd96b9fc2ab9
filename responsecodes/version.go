package responsecodes

import (
	"slices"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
)

// Version is a published table of one service bureau. It never changes: a later one takes its place.
type Version struct {
	Service      string    `json:"service"`
	Number       int       `json:"number"`          // 1, 2, 3, ...
	Rules        []Rule    `json:"rules,omitempty"` // ordered by id
	Published    time.Time `json:"published_at"`
	By           string    `json:"by"`                       // who published it
	Reason       string    `json:"reason"`                   // that they gave
	Base         int       `json:"base"`                     // version that the draft began from; 0 for none
	RolledBackTo int       `json:"rolled_back_to,omitempty"` // version whose rules these are again; 0 for none
}

// Rule returns the version's rule with the id.
func (v *Version) Rule(id string) (Rule, bool) {
	for _, r := range v.Rules {
		if r.ID() == id {
			return r.copy(), true
		}
	}
	return Rule{}, false
}

// Change is what becomes of one rule: Before is nil for a rule that is added, After for one that is removed.
type Change struct {
	ID     string `json:"id"`
	Before *Rule  `json:"before"`
	After  *Rule  `json:"after"`
}

// FieldChange is what becomes of one member of a rule, named and written as in a CSV file; "" is empty.
type FieldChange struct {
	Name          string
	Before, After string
}

// Fields lists the members that change; of a rule that is added or removed, those that are not empty.
func (c Change) Fields() []FieldChange {
	fields := func(r *Rule) []string {
		if r == nil {
			return make([]string, len(columns))
		}
		record, err := r.record()
		if err != nil { // more messages than a rule can have
			return make([]string, len(columns))
		}
		return record
	}
	var changed []FieldChange
	before, after := fields(c.Before), fields(c.After)
	for i, name := range columns {
		if before[i] != after[i] {
			changed = append(changed, FieldChange{name, before[i], after[i]})
		}
	}
	return changed
}

// Diff returns what makes after of before, ordered by id. When a rule was written is no difference.
func Diff(before, after []Rule) []Change {
	old := byID(before)
	var changes []Change
	for _, r := range after {
		id := r.ID()
		was, known := old[id]
		delete(old, id)
		switch {
		case !known:
			changes = append(changes, Change{ID: id, After: new(r.copy())})
		case !was.same(r):
			changes = append(changes, Change{id, new(was.copy()), new(r.copy())})
		}
	}
	for id, r := range old {
		changes = append(changes, Change{ID: id, Before: new(r.copy())})
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.ID, b.ID) })
	return changes
}

// Widened returns the changes that approve, wholly or in part, what was not approved before. Only a rule of its own
// operation can approve, so that no change is seen in one rule and takes effect in another.
func Widened(before, after []Rule) []Change {
	return slices.DeleteFunc(Diff(before, after), func(c Change) bool {
		return c.After == nil || !approves(c.After.Outcome) || c.Before != nil && approves(c.Before.Outcome)
	})
}

func approves(o svcgate.Outcome) bool { return o == svcgate.Approved || o == svcgate.Partial }

// Changes says, by rule ids in order, what is added, changed and removed.
type Changes struct {
	Added   []string `json:"added"`
	Changed []string `json:"changed"`
	Removed []string `json:"removed"`
}

// Summary sorts changes by what they do.
func Summary(changes []Change) Changes {
	s := Changes{[]string{}, []string{}, []string{}}
	for _, c := range changes {
		switch {
		case c.Before == nil:
			s.Added = append(s.Added, c.ID)
		case c.After == nil:
			s.Removed = append(s.Removed, c.ID)
		default:
			s.Changed = append(s.Changed, c.ID)
		}
	}
	return s
}

// Empty reports whether nothing changes.
func (c Changes) Empty() bool { return len(c.Added)+len(c.Changed)+len(c.Removed) == 0 }

func byID(rules []Rule) map[string]Rule {
	all := make(map[string]Rule, len(rules))
	for _, r := range rules {
		all[r.ID()] = r
	}
	return all
}

// sorted returns the rules by id, sharing nothing with what was given.
func sorted(rules []Rule) []Rule {
	type named struct {
		id   string
		rule Rule
	}
	all := make([]named, len(rules))
	for i, r := range rules {
		all[i] = named{r.ID(), r.copy()}
	}
	slices.SortFunc(all, func(a, b named) int { return strings.Compare(a.id, b.id) })
	out := make([]Rule, len(all))
	for i, n := range all {
		out[i] = n.rule
	}
	return out
}
