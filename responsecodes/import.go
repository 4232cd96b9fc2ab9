package responsecodes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/svcgate/svcgate"
)

// Changes says, by rule ids in order, what an import does to the rules of a service bureau.
type Changes struct {
	Added   []string `json:"added"`
	Changed []string `json:"changed"`
	Removed []string `json:"removed"`
}

// Empty reports whether nothing changes.
func (c Changes) Empty() bool { return len(c.Added)+len(c.Changed)+len(c.Removed) == 0 }

// Preview says what Import would do, and does nothing. Its errors are Import's.
func (b *Book) Preview(service string, rules []Rule) (Changes, error) {
	if err := checkSet(service, rules); err != nil {
		return Changes{}, err
	}
	changes, _ := b.compare(service, rules)
	return changes, nil
}

// Import makes the rules of a service bureau exactly these: all of them or, on any error, none. Rules that say the same
// as before keep their date. An empty set, a rule of another service bureau and two rules with one id are refused.
func (b *Book) Import(ctx context.Context, service string, rules []Rule) (Changes, error) {
	if err := checkSet(service, rules); err != nil {
		return Changes{}, err
	}
	b.write.Lock()
	defer b.write.Unlock()
	changes, next := b.compare(service, rules)
	if changes.Empty() {
		return changes, nil
	}
	if err := b.store.ReplaceRules(ctx, service, next); err != nil {
		return Changes{}, fmt.Errorf("replacing the rules of a service bureau: %w", err)
	}
	all := maps.Clone(b.table.Load().rules)
	maps.DeleteFunc(all, func(_ string, r Rule) bool { return r.Service == service })
	for _, r := range next {
		all[r.ID()] = r
	}
	b.table.Store(newTable(all))
	return changes, nil
}

// compare returns what changes and the rules to keep, stamped where they are new or changed.
func (b *Book) compare(service string, rules []Rule) (Changes, []Rule) {
	old := b.table.Load().rules
	c := Changes{Added: []string{}, Changed: []string{}, Removed: []string{}}
	kept := make(map[string]bool, len(rules))
	next := make([]Rule, 0, len(rules))
	for _, r := range rules {
		id := r.ID()
		kept[id] = true
		before, known := old[id]
		switch {
		case !known:
			c.Added = append(c.Added, id)
			next = append(next, b.stamped(r))
		case before.same(r):
			next = append(next, before)
		default:
			c.Changed = append(c.Changed, id)
			next = append(next, b.stamped(r))
		}
	}
	for id, r := range old {
		if r.Service == service && !kept[id] {
			c.Removed = append(c.Removed, id)
		}
	}
	slices.Sort(c.Added)
	slices.Sort(c.Changed)
	slices.Sort(c.Removed)
	return c, next
}

func checkSet(service string, rules []Rule) error {
	if len(rules) == 0 {
		return invalid("rules", "empty_import", "Give at least one rule; an empty import would remove them all.")
	}
	var errs []error
	seen := make(map[string]bool, len(rules))
	for i, r := range rules {
		at := fmt.Sprintf("rules[%d]", i)
		if err := r.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", at, err))
			continue
		}
		if r.Service != service {
			errs = append(errs, invalid(at+".service", "other_service", "The rule belongs to another service bureau; import it there."))
		}
		if seen[r.ID()] {
			errs = append(errs, invalid(at, "duplicate_rule", "An earlier rule has the same operation, source and code."))
		}
		seen[r.ID()] = true
	}
	return errors.Join(errs...)
}

func invalid(field, reason, format string, args ...any) *svcgate.Error {
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: reason, Field: field, Detail: fmt.Sprintf(format, args...)}
}
