package check

import (
	"fmt"

	"github.com/svcgate/svcgate"
)

// isSplit reports whether it is a deposit over several holds: its parts are sent, it is not.
func (s *subject) isSplit() bool { return s.row != nil && len(s.row.Plan) > 0 }

// takeParts gives every part to its deposit.
func (c *checker) takeParts() {
	for _, s := range c.subjects {
		parent := s.row.Parent
		if parent == "" {
			continue
		}
		whole := c.byID[parent]
		if whole == nil || !whole.isSplit() {
			c.report.Unexplained = append(c.report.Unexplained, s.finding("It is a part of "+parent+", which is no split deposit of the journal.", nil))
			continue
		}
		whole.parts = append(whole.parts, s)
	}
}

// judgeSplit compares a deposit over several holds with its plan and its parts. What it was told as is compared with
// the bookings by contradiction.
func (c *checker) judgeSplit(s *subject) {
	if !s.isSplit() {
		return
	}
	unexplained := func(of *subject, what string) {
		c.report.Unexplained = append(c.report.Unexplained, of.finding(what, nil))
	}
	planned := map[string]svcgate.Money{}
	for _, p := range s.row.Plan {
		planned[p.Authorization] = p.Amount
		if p.TransactionID != "" && (c.byID[p.TransactionID] == nil || c.byID[p.TransactionID].row == nil || c.byID[p.TransactionID].row.Parent != s.id) {
			unexplained(s, "Its plan names "+p.TransactionID+", which is no part of it.")
		}
	}
	taken := map[string]*subject{}
	for _, p := range s.parts {
		from := p.row.Authorization
		amount, known := planned[from]
		switch {
		case taken[from] != nil:
			c.report.Doubled = append(c.report.Doubled, p.finding("Two parts of one deposit take from one hold: the other is "+taken[from].id+".", nil))
		case !known || amount != p.asked:
			unexplained(p, fmt.Sprintf("It takes %s from hold %s, which its deposit did not plan.", p.asked, from))
		case p.key != "":
			unexplained(p, "A part of a split deposit has a key of its own.")
		case p.operation != svcgate.Deposit || p.order != s.order || p.row.Caller != s.row.Caller:
			unexplained(p, "A part of a split deposit is of another operation, order or caller.")
		case s.row.State == svcgate.StateFinal && p.row.State != svcgate.StateFinal:
			unexplained(s, "The deposit is final and its part "+p.id+" is "+string(p.row.State)+".")
		}
		taken[from] = p
	}
}

// splitContradiction says how the bookings of its parts contradict a split deposit's outcome, "" when they do not.
func (s *subject) splitContradiction(o svcgate.Outcome, acted svcgate.Money) string {
	var booked svcgate.Money
	for _, p := range s.parts {
		moved := p.moved()
		if moved == nil {
			continue
		}
		if booked.IsZero() {
			booked = moved.Amount
			continue
		}
		sum, err := booked.Plus(moved.Amount)
		if err != nil {
			return "The bookings of its parts do not add up."
		}
		booked = sum
	}
	switch o {
	case svcgate.Approved, svcgate.Partial:
		switch {
		case booked.IsZero():
			return fmt.Sprintf("Told %s, and the provider booked none of its parts.", o)
		case !acted.IsZero() && acted != booked:
			return fmt.Sprintf("Told %s of %s, and the provider booked %s in its parts.", o, acted, booked)
		case (o == svcgate.Approved) == booked.Less(s.asked):
			return fmt.Sprintf("Told %s, and the provider booked %s of %s in its parts.", o, booked, s.asked)
		}
	case svcgate.Declined, svcgate.Unavailable:
		if !booked.IsZero() {
			return fmt.Sprintf("Told %s, and the provider booked %s in its parts.", o, booked)
		}
	case svcgate.Undefined, svcgate.Unknown, "":
		// Either is explained: the OMS was told to hold and look.
	}
	return ""
}
