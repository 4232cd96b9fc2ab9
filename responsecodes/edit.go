package responsecodes

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/svcgate/svcgate"
)

// Edit makes new rules of a draft's rules. It may change the slice that it is given.
type Edit = func([]Rule) ([]Rule, error)

// PutRule is the edit that adds a rule or replaces the one with its id.
func PutRule(r Rule) Edit {
	return func(rules []Rule) ([]Rule, error) {
		id := r.ID()
		rules = slices.DeleteFunc(rules, func(old Rule) bool { return old.ID() == id })
		return append(rules, r), nil
	}
}

// DeleteRule is the edit that removes the rule with the id. An id that is not there is an *svcgate.Error with
// CodeNotFound.
func DeleteRule(id string) Edit {
	return func(rules []Rule) ([]Rule, error) {
		kept := slices.DeleteFunc(rules, func(old Rule) bool { return old.ID() == id })
		if len(kept) == len(rules) {
			return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Reason: "rule_not_found", Op: "codes",
				Detail: "The draft has no rule for this operation, source and code."}
		}
		return kept, nil
	}
}

// ImportRules is the edit that makes the rules exactly these. None at all is refused.
func ImportRules(rules []Rule) Edit {
	return func([]Rule) ([]Rule, error) {
		if len(rules) == 0 {
			return nil, invalid("rules", "empty_import", "Give at least one rule; an empty import would remove them all.")
		}
		return slices.Clone(rules), nil
	}
}

// checkSet refuses rules that cannot stand in one table.
func checkSet(service string, rules []Rule) error {
	if len(rules) > MaxRules {
		return invalid("rules", "too_many_rules", "A service bureau has at most %d rules.", MaxRules)
	}
	var errs []error
	seen := make(map[string]bool, len(rules))
	for i, r := range rules {
		at := fmt.Sprintf("rules[%d]", i)
		if err := r.Validate(); err != nil {
			if len(rules) > 1 {
				err = fmt.Errorf("%s: %w", at, err)
			}
			errs = append(errs, err)
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

// checkNumbers refuses texts that could hold a card number in what an edit adds: rules are kept, shown and exported.
func checkNumbers(changes []Change) error {
	var errs []error
	for _, c := range changes {
		if c.After == nil {
			continue
		}
		for _, f := range []struct{ name, reason, text string }{
			{"code", "invalid_code", c.After.Code}, {"description", "invalid_description", c.After.Description},
			{"messages", "invalid_message", strings.Join(c.After.Messages, "\n")},
		} {
			if digitRun.MatchString(f.text) {
				errs = append(errs, invalid(f.name, f.reason, "Leave numbers of ten digits and more out: this is kept and shown, and could hold a card number."))
			}
		}
	}
	return errors.Join(errs...)
}

// inWords says what an edit did, for the audit trail.
func inWords(changes []Change) string {
	if len(changes) > 1 {
		s := Summary(changes)
		return fmt.Sprintf("%d added, %d changed, %d removed", len(s.Added), len(s.Changed), len(s.Removed))
	}
	c := changes[0]
	words := digitRun.ReplaceAllString(c.ID, "****************") + ": "
	switch {
	case c.After == nil:
		return words + "removed; was " + says(*c.Before)
	case c.Before == nil:
		return words + says(*c.After)
	}
	return words + says(*c.After) + "; was " + says(*c.Before)
}

func says(r Rule) string { return string(r.Outcome) + " with vendor code " + r.Vendor }

// digitRun is what could be a card number.
var digitRun = regexp.MustCompile(`[0-9](?:[ -]?[0-9]){9,}`)

func invalid(field, reason, format string, args ...any) *svcgate.Error {
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: reason, Field: field, Detail: fmt.Sprintf(format, args...)}
}
