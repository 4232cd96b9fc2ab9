package responsecodes

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/svcgate/svcgate"
)

// Severities of a Warning. An error keeps a draft from being published.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// Warning is what somebody who publishes should know of a table.
type Warning struct {
	Severity string `json:"severity"`
	Rule     string `json:"rule"` // id; "" for the table as a whole
	Text     string `json:"text"`
}

// Check looks at the rules of one service bureau together and returns the errors first, each kind ordered by rule.
//
// Errors: what Validate refuses (an error code that approves, a code of another operation, ...), two rules with one id,
// no rule at all. Warnings: a rule that stands behind a more specific one, for some operations or for all; a refusal
// made of a code that says the provider did it; one vendor code for what is approved and for what is not; an operation
// that no rule approves; no rule for a provider that is not reached.
func Check(rules []Rule) []Warning {
	c := checker{named: map[lookupKey][]svcgate.Operation{}, approve: map[string]string{}, approved: map[svcgate.Operation]bool{}, seen: map[string]bool{}}
	if len(rules) == 0 {
		c.add(SeverityError, "", "There is no rule at all: every answer would be undefined.")
		return c.found
	}
	for _, r := range rules {
		c.read(r)
	}
	for _, r := range rules {
		c.place(r)
		c.sense(r)
	}
	c.gaps()
	slices.SortStableFunc(c.found, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Rule, b.Rule))
	})
	return c.found
}

type checker struct {
	found    []Warning
	seen     map[string]bool
	named    map[lookupKey][]svcgate.Operation // which operations have a rule of their own for a code
	approve  map[string]string                 // a rule that approves, by vendor code
	approved map[svcgate.Operation]bool
	reached  bool // there is a rule for a provider that is not reached
}

func (c *checker) add(severity, rule, format string, args ...any) {
	c.found = append(c.found, Warning{severity, rule, fmt.Sprintf(format, args...)})
}

// read gathers what the rules say together, and what is wrong with each by itself.
func (c *checker) read(r Rule) {
	for _, fault := range r.faults() {
		c.add(SeverityError, r.ID(), "%s", fault.Detail)
	}
	if c.seen[r.ID()] {
		c.add(SeverityError, r.ID(), "Another rule has the same operation, source and code.")
	}
	c.seen[r.ID()] = true
	op, known := r.operation()
	if !known {
		return
	}
	if op != 0 {
		key := lookupKey{source: r.Source, code: r.Code}
		c.named[key] = append(c.named[key], op)
	}
	if approves(r.Outcome) {
		c.approve[r.Vendor] = r.ID()
		c.approved[op] = true
	}
	c.reached = c.reached || op == 0 && r.Source == svcgate.SourceTransport
}

// place finds rules of any operation that more specific ones stand before.
func (c *checker) place(r Rule) {
	if r.Operation != "" {
		return
	}
	named := c.named[lookupKey{source: r.Source, code: r.Code}]
	left := 0
	for _, row := range svcgate.Operations() {
		if !slices.Contains(named, row.Operation) {
			left++
		}
	}
	switch {
	case len(named) == 0:
	case left == 0:
		c.add(SeverityWarning, r.ID(), "It is never used: each operation has a rule of its own for this code.")
	default:
		c.add(SeverityWarning, r.ID(), "It is used for %d operations only: the others have a rule of their own for this code.", left)
	}
}

// sense finds rules that say something odd to the OMS.
func (c *checker) sense(r Rule) {
	if approves(r.Outcome) {
		return
	}
	if len(r.answers()) > 0 && r.Outcome != svcgate.Undefined {
		c.add(SeverityWarning, r.ID(), "By this code the provider says that it did what was asked; a rule that does not approve it leaves the outcome %s.",
			svcgate.Judge(r.Outcome, true, false))
	}
	if other := c.approve[r.Vendor]; other != "" {
		c.add(SeverityWarning, r.ID(), "Vendor code %s is also that of %s, which approves: the OMS cannot tell them apart by it.", r.Vendor, other)
	}
}

// gaps finds what no rule is there for.
func (c *checker) gaps() {
	for _, row := range svcgate.Operations() {
		if !c.approved[row.Operation] {
			c.add(SeverityWarning, "", "No rule approves %s: each one that the provider carries out would be undefined.", row.Name)
		}
	}
	if !c.reached {
		c.add(SeverityWarning, "", "No rule of any operation says what to do when the provider is not reached (transport, %s).", svcgate.CodeSU)
	}
}
