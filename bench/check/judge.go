package check

import (
	"fmt"

	"github.com/svcgate/svcgate"
)

// definite reports whether an outcome says what happened.
func definite(o svcgate.Outcome) bool { return o != "" && o != svcgate.Unknown }

// effective reports whether a carried out operation leaves an entry that took effect.
func effective(o svcgate.Operation) bool {
	info, ok := o.Info()
	return ok && (info.MovesMoney || o == svcgate.Generate)
}

// judge compares one transaction's records with each other.
func (c *checker) judge(s *subject) {
	c.judgeRepeats(s)
	told := map[string]bool{}
	wrong := func(t *Told, what string) {
		if what != "" && !told[what] { // once, however often it was told
			told[what] = true
			c.report.WronglyTold = append(c.report.WronglyTold, s.toldFinding(what, t))
		}
	}
	for i := range s.told {
		t := &s.told[i]
		wrong(t, s.contradiction(t.Outcome, t.Acted))
		if definite(t.Outcome) && !t.Certain {
			wrong(t, "An outcome was told before it was final: "+string(t.Outcome)+".")
		}
		if t.Operation != 0 && t.Operation != s.operation {
			wrong(t, "It was told as another operation: "+t.Operation.String()+".")
		}
	}
	if s.row != nil {
		wrong(nil, s.contradiction(s.row.Outcome, s.row.Reply.Amount))
	}
	c.judgeChanges(s)
}

// judgeRepeats finds messages beyond the first. A void may be sent again with the same id once it was proven that it
// was not carried out: then its row counts the messages, and only a second that took effect is wrong.
func (c *checker) judgeRepeats(s *subject) {
	doubled := func(what string) { c.report.Doubled = append(c.report.Doubled, s.finding(what, nil)) }
	if s.row != nil {
		switch n := s.row.Sends; {
		case n > 1 && s.operation != svcgate.Void:
			doubled(fmt.Sprintf("The journal has it sent %d times.", n))
		case n > svcgate.MaxVoids:
			doubled(fmt.Sprintf("The journal has it sent %d times, which is more than %d.", n, svcgate.MaxVoids))
		case n > 0 && s.operation == svcgate.Void && 1+len(s.more) > n:
			doubled(fmt.Sprintf("The provider got the void %d times, and the journal has it sent %d times.", 1+len(s.more), n))
		}
	}
	for _, b := range s.more {
		switch {
		case b.Moved && s.booking.Moved:
			c.report.Doubled = append(c.report.Doubled, s.finding("The provider booked it twice: first as "+s.booking.ID+".", b))
		case s.operation != svcgate.Void:
			c.report.Doubled = append(c.report.Doubled, s.finding("The message was sent twice.", b))
		}
	}
	if b := s.booking; b != nil && b.Moved && exceeds(s, b) {
		c.report.Unexplained = append(c.report.Unexplained, s.finding(
			fmt.Sprintf("The provider moved %s although %s was asked for.", b.Amount, s.asked), b))
	}
}

// contradiction says how the ledger contradicts an outcome, "" when it does not.
func (s *subject) contradiction(o svcgate.Outcome, acted svcgate.Money) string {
	if s.isSplit() {
		return s.splitContradiction(o, acted)
	}
	moved := s.moved()
	switch o {
	case svcgate.Approved, svcgate.Partial:
		switch {
		case !effective(s.operation):
			return ""
		case moved == nil:
			return fmt.Sprintf("Told %s, and the provider booked nothing.", o)
		case !acted.IsZero() && acted != moved.Amount:
			return fmt.Sprintf("Told %s of %s, and the provider booked %s.", o, acted, moved.Amount)
		case o == svcgate.Approved && s.operation != svcgate.Void && moved.Amount.Less(s.asked):
			return fmt.Sprintf("Told %s, and the provider booked %s of %s.", o, moved.Amount, s.asked)
		}
	case svcgate.Declined, svcgate.Unavailable:
		if moved != nil {
			return fmt.Sprintf("Told %s, and the provider booked it.", o)
		}
	case svcgate.Undefined, svcgate.Unknown, "":
		// Either is explained: the OMS was told to hold and look.
	}
	return ""
}

// moved returns the entry that took effect, nil for none.
func (s *subject) moved() *Booked {
	if s.booking != nil && s.booking.Moved {
		return s.booking
	}
	return nil
}

// open reports whether the row waits: to be looked into, or on the desk for a person.
func (s *subject) open() bool {
	return s.row != nil && (s.row.State == svcgate.StateUnresolved || s.row.State == svcgate.StateDesk)
}

// judgeChanges finds an outcome that was told as final and is another now, and an attempt without an end.
func (c *checker) judgeChanges(s *subject) {
	changed := func(t *Told, what string) {
		c.report.Unexplained = append(c.report.Unexplained, s.toldFinding(what, t))
	}
	var first *Told
	for i := range s.told {
		t := &s.told[i]
		if !t.Certain || !definite(t.Outcome) {
			continue
		}
		if first == nil {
			first = t
		}
		if t.Outcome != first.Outcome || t.Acted != first.Acted {
			changed(t, fmt.Sprintf("It was final with %s %s, and was told as %s %s.", first.Outcome, first.Acted, t.Outcome, t.Acted))
		}
	}
	switch {
	case s.row == nil:
	case s.row.State == svcgate.StateSent:
		changed(nil, "The journal still has it under way.")
	case s.row.State == svcgate.StateFinal && !definite(s.row.Outcome):
		changed(nil, "The journal has it final without an outcome.")
	case s.open() && definite(s.row.Outcome):
		changed(nil, fmt.Sprintf("The journal has it %s with the outcome %s.", s.row.State, s.row.Outcome))
	case first != nil && (s.row.Outcome != first.Outcome || s.row.Reply.Amount != first.Acted):
		changed(first, fmt.Sprintf("It was told as final with %s %s, and the journal says %s %s.",
			first.Outcome, first.Acted, s.row.Outcome, s.row.Reply.Amount))
	}
}
