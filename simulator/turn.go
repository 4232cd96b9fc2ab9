package simulator

import (
	"fmt"
	"strconv"
	"time"

	"github.com/svcgate/svcgate/messages"
)

// orders is what faults and magic make of a booking before it happens.
type orders struct {
	reject  *refusal // say this and book nothing
	partial bool     // a preauthorization gets half of what it could have
}

// turn is one message being booked. It lives under Simulator.mu.
type turn struct {
	sim *Simulator
	*state
	question
	orders
	id    int64
	now   time.Time
	entry *Entry

	card   *card
	amount int64 // asked, minor units of the account's currency; -1 when there is none

	acted  int64 // what the message acted on
	moved  move
	hold   *hold // made, captured or released
	answer *messages.Answer
	issued *card // GenerateCard: the new card
}

// book gives a message its id, its effect and its entry, and returns the answer. The error is a broken invariant:
// the books are closed then.
func (s *Simulator) book(q question, o orders, fault string) (*messages.Answer, *Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.state
	if st.corrupt != nil {
		return nil, nil, st.corrupt
	}
	t := &turn{sim: s, state: st, question: q, orders: o, id: st.transactionID, now: s.now(), amount: -1}
	st.transactionID++
	t.entry = &Entry{
		ID: t.id, Kind: q.kind, At: t.now, Fault: fault, RTPTransactionID: q.rtp.RTPTransactionID, Card: maskLast(q.lastFour),
		AskedFor: q.rtp.Amount.String(), Earlier: q.earlier, Answered: AnsweredNot,
	}
	no := t.decide()
	if no != nil {
		t.answer = t.rejected(no)
		t.entry.ErrorCode = no.code
	} else if err := t.settle(); err != nil {
		t.entry.Corrupt = err.Error()
		st.corrupt = err
	}
	t.record()
	if st.corrupt != nil {
		return nil, t.entry, st.corrupt
	}
	return t.answer, t.entry, nil
}

// decide finds the card and applies the effect of the message. It changes no money itself: it says what moves.
func (t *turn) decide() *refusal {
	for _, e := range effects {
		if e.kind != t.kind {
			continue
		}
		no := t.meets(e.needs)
		if t.reject != nil {
			return t.reject // whatever else is wrong; the card was looked for all the same
		}
		if no != nil {
			return no
		}
		return e.apply(t)
	}
	panic("simulator: no effect for " + t.kind.String()) // ask refuses what has no row
}

// meets checks what a message needs. The order of the checks is ours.
func (t *turn) meets(n needs) *refusal {
	if t.sim.cfg.Switches.Franchisee {
		return refuse(CodeFranchisee)
	}
	if n&needsCard == 0 {
		return nil
	}
	if no := t.findCard(); no != nil {
		return no
	}
	if t.sim.cfg.Switches.CardPresent && !t.instrument.CardSwiped {
		return refuse(CodeCardNotPresent)
	}
	if no := t.card.checkPIN(t.instrument); no != nil {
		return no
	}
	a := t.card.account
	switch {
	case n&(needsActive|needsFresh) != 0 && t.card.expired(t.now):
		return refuse(CodeCardExpired)
	case n&needsActive != 0 && !t.card.active:
		return refuse(CodeCardInactive)
	case n&needsActive != 0 && !a.active:
		return refuse(CodeAccountInactive)
	case t.rtp.CurrencyID != "" && t.rtp.CurrencyID != a.currency && !t.sim.cfg.Switches.CurrencyIgnored:
		return refuse(CodeCurrencyMismatch)
	}
	if t.rtp.Amount.IsSet() {
		minor, exact := t.rtp.Amount.Minor(a.digits)
		if !exact || minor < 0 {
			return refuse(CodeAmountInvalid)
		}
		t.amount = minor
	}
	if n&needsAmount != 0 && t.amount <= 0 {
		return refuse(CodeAmountInvalid)
	}
	return nil
}

// findCard finds the card by number, by serial number, or by both when both are sent.
func (t *turn) findCard() *refusal {
	number, serial := t.instrument.CardNumber, t.instrument.InstrumentID
	switch {
	case !number.IsZero():
		t.card = t.byNumber[t.sim.index(number)]
	case !serial.IsZero():
		t.card = t.bySerial[t.sim.index(serial)]
	}
	if t.card == nil {
		return refuse(CodeCardNotFound)
	}
	if !serial.IsZero() && !serial.Equal(t.card.serial) {
		return refuse(CodeSerialMismatch)
	}
	return nil
}

// checkPIN follows "ORCE 22.1 guide ch. 10, Redeem Coupon", whose instrument is the same: a PIN that is sent must be
// right even where none is asked for.
func (c *card) checkPIN(i messages.Instrument) *refusal {
	if !i.AuthenticationData.IsZero() {
		if c.pin.IsZero() || !c.pin.Equal(i.AuthenticationData) {
			return refuse(CodePINWrong)
		}
		return nil
	}
	if c.pinRule == PINAlways || c.pinRule == PINNotSwiped && !i.CardSwiped {
		return refuse(CodePINRequired)
	}
	return nil
}

// settle books what the effect decided, proves the books and writes the answer.
func (t *turn) settle() error {
	if t.card != nil {
		a := t.card.account
		t.post(a, t.moved)
		if t.kind != messages.Inquiry {
			a.lastActivity = t.now
		}
		if err := t.check(a); err != nil {
			return err
		}
	}
	if t.answer == nil {
		t.answer = t.approved()
	}
	return nil
}

// earlierID reads the id a message refers to.
func (t *turn) earlierID() (int64, *refusal) {
	if t.earlier == "" {
		return 0, refuse(CodeTransactionMissing)
	}
	id, err := strconv.ParseInt(t.earlier, 10, 64)
	if err != nil || strconv.FormatInt(id, 10) != t.earlier {
		return 0, refuse(CodeTransactionNotFound)
	}
	return id, nil
}

// fits refuses a credit that the account could not hold.
func (t *turn) fits(amount int64) *refusal {
	if amount > maxBalance-t.card.account.balance {
		return refuse(CodeAmountTooLarge)
	}
	return nil
}

// authNumber is the id padded to ten digits and six more, which stay under a thousand in every documented answer.
func (t *turn) authNumber() string { return fmt.Sprintf("%010d%06d", t.id, t.auths.IntN(1000)) }
