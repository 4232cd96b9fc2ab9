package check

import (
	"strings"

	"github.com/svcgate/svcgate"
)

// callerKey is whose Idempotency-Key it is.
type callerKey struct{ caller, key string }

// takeJournal makes a subject of every row.
func (c *checker) takeJournal(journal []Journaled) {
	keys := map[callerKey]*subject{}
	for i := range journal {
		t := &journal[i].Transaction
		s := &subject{id: t.ID, key: t.Key, order: t.Order, operation: t.Operation, asked: t.Requested, row: t}
		s.call(t.Last4)
		if _, twice := c.byID[t.ID]; twice {
			c.report.Unexplained = append(c.report.Unexplained, s.finding("The journal has two rows of one id.", nil))
			continue
		}
		c.add(s)
		if t.Key == "" {
			continue
		}
		k := callerKey{t.Caller, t.Key}
		if keys[k] != nil {
			c.report.Doubled = append(c.report.Doubled, s.finding("The journal has two transactions of one key: the other is "+keys[k].id+".", nil))
			continue
		}
		keys[k] = s
	}
}

func (c *checker) add(s *subject) {
	c.subjects = append(c.subjects, s)
	c.byID[s.id] = s
	c.byOrder[s.order] = append(c.byOrder[s.order], s)
}

// takeTold gives every acknowledged answer to its subject and finds what is lost.
func (c *checker) takeTold(told []Told) {
	keys := map[string]string{}
	for _, t := range told {
		if !t.Acknowledged() {
			continue
		}
		if t.TransactionID == "" {
			// A refusal for want of a journal has no outcome; it promises nothing but that nothing was sent.
			if t.Outcome != "" {
				c.report.Lost = append(c.report.Lost, Finding{What: "An outcome was told without the id of its transaction.", Key: t.Key, Order: t.Order, At: t.At})
			}
			continue
		}
		c.report.Acknowledged++
		s := c.byID[t.TransactionID]
		if s == nil {
			s = &subject{id: t.TransactionID, key: t.Key, order: t.Order, operation: t.Operation, asked: t.Amount}
			c.add(s)
			c.report.Lost = append(c.report.Lost, s.toldFinding("The OMS was told of a transaction that the journal lacks.", &t))
		}
		s.call(t.Card)
		s.told = append(s.told, t)
		if t.Key == "" {
			continue
		}
		switch id, known := keys[t.Key]; {
		case !known:
			keys[t.Key] = t.TransactionID
		case id != t.TransactionID:
			c.report.Doubled = append(c.report.Doubled, s.toldFinding("One key was answered with two transactions: the other is "+id+".", &t))
		}
		if s.row != nil && s.row.Key != t.Key {
			c.report.Unexplained = append(c.report.Unexplained, s.toldFinding("The journal has this transaction under another key than it was told under.", &t))
		}
	}
}

// call notes a name that the card goes by.
func (s *subject) call(card string) {
	if card != "" {
		s.cards = append(s.cards, card)
	}
}

// isOn reports whether the card may be the subject's: a name of the same sort is the same, or there is none.
func (s *subject) isOn(card string) bool {
	if card == "" {
		return true
	}
	for _, name := range s.cards {
		if fourDigits(name) == fourDigits(card) && name != card {
			return false
		}
	}
	return true
}

func fourDigits(s string) bool { return len(s) == 4 && strings.Trim(s, "0123456789") == "" }

// kinds says which operations send which message. A virtual card is activated with a recharge
// ("OMS 15.1 help SO14_08").
var kinds = map[string][]svcgate.Operation{
	"GenerateCard":              {svcgate.Generate},
	"ActivateInstrumentRequest": {svcgate.Activate},
	"RechargeRequest":           {svcgate.Recharge, svcgate.Activate},
	"InquiryRequest":            {svcgate.Inquire},
	"PreauthorizationRequest":   {svcgate.Authorize},
	"PostauthorizationRequest":  {svcgate.Deposit},
	"ReturnRequest":             {svcgate.Return},
	"VoidRequest":               {svcgate.Void},
}
