package check

import (
	"slices"

	"github.com/svcgate/svcgate"
)

// takeBooked finds the transaction of every ledger entry: first by the provider's id, which a told outcome names, then
// by order, card, operation and amount. What moved money chooses before what did not.
func (c *checker) takeBooked(booked []Booked) {
	c.claim()
	var moved, rest []*Booked
	for i := range booked {
		b := &booked[i]
		if b.Moved {
			c.report.Moved++
		}
		ops, known := kinds[b.Kind]
		switch {
		case b.Moved && (!known || ops[0] == svcgate.Inquire):
			c.stray("A message moved money that none of the operations sends: "+b.Kind+".", b)
		case !known, ops[0] == svcgate.Inquire: // not read, or changes nothing
		case b.Moved && c.takeByID(b):
		case b.Moved:
			moved = append(moved, b)
		default:
			rest = append(rest, b)
		}
	}
	for _, b := range append(moved, rest...) {
		c.takeByLooks(b)
	}
}

// claim notes which transaction names which id of the provider.
func (c *checker) claim() {
	for _, s := range c.subjects {
		var ids []string
		if s.row != nil {
			ids = append(ids, s.row.Reply.TransactionID)
		}
		for _, t := range s.told {
			ids = append(ids, t.ProviderID)
		}
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			if id == "" {
				continue
			}
			if other := c.claims[id]; other != nil {
				if askedAgain(s, other) || askedAgain(other, s) {
					continue
				}
				c.report.WronglyTold = append(c.report.WronglyTold,
					s.finding("Two transactions name one id of the provider, "+id+": the other is "+other.id+".", nil))
				continue
			}
			c.claims[id] = s
		}
	}
}

// askedAgain reports whether an inquiry whose answer was lost was settled with the answer to svcgate's own.
func askedAgain(lost, own *subject) bool {
	return lost.row != nil && own.row != nil && lost.operation == svcgate.Inquire && own.operation == svcgate.Inquire &&
		lost.row.Settlement != nil && lost.row.Settlement.By == svcgate.CallerSettling && own.row.Caller == svcgate.CallerSettling &&
		lost.row.Last4 == own.row.Last4
}

func (c *checker) takeByID(b *Booked) bool {
	s := c.claims[b.ID]
	if b.ID == "" || s == nil {
		return false
	}
	if !s.sends(b) {
		c.report.WronglyTold = append(c.report.WronglyTold, s.finding("It names the provider's booking of another order, card or operation.", b))
		return false
	}
	c.give(s, b)
	return true
}

// sends reports whether the entry can be the subject's message.
func (s *subject) sends(b *Booked) bool {
	return !s.isSplit() && slices.Contains(kinds[b.Kind], s.operation) && s.order == b.Order && s.isOn(b.Card)
}

// repeats reports whether the entry can be the subject's message once more. A second generation gives another card.
func (s *subject) repeats(b *Booked) bool {
	if s.operation == svcgate.Generate {
		return b.Kind == "GenerateCard" && s.order == b.Order
	}
	return s.sends(b)
}

func (c *checker) give(s *subject, b *Booked) {
	if s.booking == nil {
		s.booking = b
		return
	}
	s.more = append(s.more, b)
}

// takeByLooks gives the entry to the likeliest transaction that has none yet; when there is none, it is another
// message of one that has.
func (c *checker) takeByLooks(b *Booked) {
	var best, taken *subject
	for _, s := range c.byOrder[b.Order] {
		switch {
		case s.booking != nil && s.repeats(b):
			taken = s
		case s.booking != nil, !s.sends(b):
		case best == nil || s.rank(b) < best.rank(b):
			best = s
		}
	}
	switch {
	case best != nil:
		c.give(best, b)
	case taken != nil:
		c.give(taken, b)
	default:
		c.stray("The provider saw a message that no transaction of the journal asked for.", b)
	}
}

// rank says how unlikely it is that the entry is the subject's, the least likely highest.
func (s *subject) rank(b *Booked) int {
	rank := 0
	if b.Moved && exceeds(s, b) {
		rank += 10
	}
	if b.Moved && s.asked != b.Amount {
		rank++
	}
	switch s.outcome() {
	case svcgate.Approved, svcgate.Partial:
		if !b.Moved {
			rank += 6
		}
	case svcgate.Declined, svcgate.Unavailable:
		if b.Moved {
			rank += 6
		}
	case svcgate.Undefined, svcgate.Unknown, "":
		rank += 2
	}
	return rank
}

// outcome returns the latest definite outcome, else what the journal says.
func (s *subject) outcome() svcgate.Outcome {
	for _, t := range slices.Backward(s.told) {
		if definite(t.Outcome) {
			return t.Outcome
		}
	}
	if s.row != nil {
		return s.row.Outcome
	}
	return ""
}

// exceeds reports whether more moved than was asked for. A void frees what is left, whatever it asks for.
func exceeds(s *subject, b *Booked) bool {
	return s.operation != svcgate.Void && !s.asked.IsZero() && s.asked.Less(b.Amount)
}

func (c *checker) stray(what string, b *Booked) {
	c.report.Unexplained = append(c.report.Unexplained, Finding{What: what, Order: b.Order, BookingID: b.ID, At: b.At})
}
