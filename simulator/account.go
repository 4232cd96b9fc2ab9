package simulator

import (
	"errors"
	"fmt"
	"time"
)

// account is the tender account of a card; the fields are those that "ORCE 22.1 guide ch. 9, Activate Instrument"
// names. Amounts are minor units.
type account struct {
	id       int64
	currency string
	digits   int
	active   bool

	initial          int64 // what a first activation without an amount gives
	activationAmount int64
	initialBalance   int64
	balance          int64 // booked; what is shown is balance less frozen
	reportBalance    int64
	totalCredits     int64
	totalDebits      int64
	frozen           int64
	usage            int64

	used            bool // activated at least once
	initialActivity time.Time
	lastActivity    time.Time
	activation      time.Time
	effective       time.Time

	held int64 // sum of what open holds have left, kept apart from frozen so that one proves the other
}

func (a *account) available() int64 { return a.balance - a.frozen }

// start is a first activation with an amount.
func (a *account) start(amount int64, now time.Time) {
	a.used = true
	a.activationAmount = amount
	a.initialActivity, a.activation, a.effective, a.lastActivity = now, now, now, now
	a.initialBalance, a.balance, a.totalCredits, a.reportBalance = amount, amount, amount, amount
	a.totalDebits, a.frozen, a.usage = 0, 0, 0
}

// move is money between three places; it sums to zero or it is no move. Outside is the shop and the customer's purse.
type move struct{ outside, available, frozen int64 }

// credit brings money in, freeze and release move it between available and frozen, capture takes frozen money out,
// debit takes available money out.
func credit(n int64) move  { return move{outside: -n, available: n} }
func debit(n int64) move   { return move{outside: n, available: -n} }
func freeze(n int64) move  { return move{available: -n, frozen: n} }
func release(n int64) move { return move{available: n, frozen: -n} }
func capture(n int64) move { return move{outside: n, frozen: -n} }

// post books m on a. It is the only way an account that is in use changes its money.
func (st *state) post(a *account, m move) {
	a.balance += m.available + m.frozen
	a.frozen += m.frozen
	if m.outside < 0 {
		a.totalCredits -= m.outside
		a.reportBalance -= m.outside
	} else {
		a.totalDebits += m.outside
	}
	st.world += m.outside
	st.total += m.available + m.frozen
}

// errInvariant is what a broken book is reported as.
var errInvariant = errors.New("simulator: the books are corrupt")

// check proves the account after a booking, and the whole book's sum.
func (st *state) check(a *account) error {
	switch {
	case a.balance != a.totalCredits-a.totalDebits:
		return fmt.Errorf("%w: account %d: balance %d is not credits %d less debits %d", errInvariant, a.id, a.balance, a.totalCredits, a.totalDebits)
	case a.frozen != a.held:
		return fmt.Errorf("%w: account %d: frozen %d is not the sum of open holds %d", errInvariant, a.id, a.frozen, a.held)
	case a.frozen < 0 || a.available() < 0:
		return fmt.Errorf("%w: account %d: frozen %d, available %d: below zero", errInvariant, a.id, a.frozen, a.available())
	case st.world+st.total != 0:
		return fmt.Errorf("%w: balances sum to %d, but %d came in", errInvariant, st.total, -st.world)
	}
	return nil
}

// audit proves every account from its holds up, which check does not for want of time.
func (st *state) audit() error {
	if st.corrupt != nil {
		return st.corrupt
	}
	held := map[*account]int64{}
	for _, h := range st.holds {
		held[h.card.account] += h.rest
	}
	total := int64(0)
	for _, c := range st.cards {
		a := c.account
		if held[a] != a.held {
			return fmt.Errorf("%w: account %d: holds have %d left, not %d", errInvariant, a.id, held[a], a.held)
		}
		if err := st.check(a); err != nil {
			return err
		}
		total += a.balance
	}
	if total != st.total {
		return fmt.Errorf("%w: balances sum to %d, not %d", errInvariant, total, st.total)
	}
	return nil
}
