package simulator

import (
	"fmt"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
)

// CardChange is what SetCard sets; members that are nil or empty stay as they are.
type CardChange struct {
	Available *int64     // minor units; open holds stay
	Card      Standing   // active or inactive
	Account   Standing   // active or inactive
	Expires   *time.Time // the zero time is never
	Label     *string
}

// AddCard issues one more card. The errors are those of CardSpec: ErrCardNumber, ErrCardTwice, ErrStanding,
// ErrPINRule, ErrCurrency, ErrBalance.
func (s *Simulator) AddCard(spec CardSpec) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.issue(s.state, spec)
	if err != nil {
		return fmt.Errorf("simulator: adding a card: %w", err)
	}
	s.byHand(c, "card added by hand", 0)
	return nil
}

// SetCard changes a card by hand, all or nothing. A change of balance is booked and stands in the ledger. The errors
// are ErrCardUnknown, ErrStanding, ErrBalance, ErrBalanceNew and what broke the books, if they are broken.
func (s *Simulator) SetCard(number secret.String, change CardChange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.state
	if st.corrupt != nil {
		return st.corrupt
	}
	c, known := st.byNumber[s.index(number)]
	if !known {
		return ErrCardUnknown
	}
	a := c.account
	if change.Card == StandingNew || change.Account == StandingNew {
		return ErrStanding
	}
	cardActive, _, cardOK := change.Card.read()
	accountActive, _, accountOK := change.Account.read()
	if !cardOK || !accountOK {
		return ErrStanding
	}
	var m move
	if change.Available != nil {
		switch {
		case !a.used:
			return ErrBalanceNew
		case *change.Available < 0 || *change.Available > maxBalance-a.frozen:
			return ErrBalance
		}
		m = credit(*change.Available - a.available())
	}
	if change.Card != "" {
		c.active = cardActive
	}
	if change.Account != "" {
		a.active = accountActive
	}
	if change.Expires != nil {
		c.expires = *change.Expires
	}
	if change.Label != nil {
		c.label = *change.Label
	}
	st.post(a, m)
	e := s.byHand(c, "card set by hand", m.available)
	if err := st.check(a); err != nil {
		e.Corrupt, st.corrupt = err.Error(), err
		return err
	}
	return nil
}

// byHand enters what no message did.
func (s *Simulator) byHand(c *card, what string, amount int64) *Entry {
	a := c.account
	e := &Entry{
		At: s.now(), Card: c.masked(), Alias: c.alias, AccountID: a.id, Currency: a.currency, Digits: a.digits, Booked: true, Amount: amount,
		Balance: a.balance, Frozen: a.frozen, Available: a.available(), Note: what, Answered: AnsweredTruly, card: c,
	}
	s.state.add(e, s.cfg.LedgerLimit)
	return e
}
