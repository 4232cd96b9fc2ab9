package simulator

import (
	"time"

	"github.com/svcgate/svcgate/messages"
)

const (
	statusActive   = "Active"
	statusInactive = "Inactive"
	accountType    = "SVC"
	responseOK     = "OK"
	responseNo     = "Rejected"
	effectiveHour  = 8 // an account's effective date stands at 08:00:00 in every documented answer
)

func status(active bool) string {
	if active {
		return statusActive
	}
	return statusInactive
}

// approved writes the answer of a stored value message that took effect.
func (t *turn) approved() *messages.Answer {
	a := &messages.Answer{Kind: t.kind}
	t.showAccount(a)
	account := t.card.account
	a.ReasonDescription = t.kind.AnswerRoot()
	a.ReasonCode = t.kind.Reason()
	a.SVATransactionID = itoa(t.id)
	a.CurrencyID = account.currency
	a.Amount = messages.NewDecimal(t.acted, account.digits)
	a.TransactionDateTime = messages.NewTimestamp(t.now)
	a.AuthNumber = t.authNumber()
	if t.kind == messages.Postauthorization {
		a.PreAuthSVATransactionID = itoa(t.hold.id)
		a.PreAuthCurrencyID = account.currency
		a.PreAuthAmount = messages.NewDecimal(t.hold.rest, account.digits)
	}
	return a
}

// rejected writes the answer of a message that did not. Only the card series' form is documented; the other messages
// are said to carry the same.
func (t *turn) rejected(no *refusal) *messages.Answer {
	a := &messages.Answer{Kind: t.kind, ResponseCode: responseNo, ErrorCode: no.code, ResponseDescription: no.description}
	if t.kind == messages.GenerateCard {
		a.DateTime = messages.NewLocalTimestamp(t.now)
		return a
	}
	if t.card != nil && t.sim.cfg.Switches.DeclineWithAccount {
		t.showAccount(a)
	}
	if t.sim.cfg.Switches.DeclineWithTransaction {
		a.SVATransactionID = itoa(t.id)
		a.TransactionDateTime = messages.NewTimestamp(t.now)
	}
	return a
}

func (t *turn) showAccount(a *messages.Answer) {
	account := t.card.account
	a.InstrumentStatus = status(t.card.active)
	a.AccountID = itoa(account.id)
	a.AccountStatus = status(account.active)
	a.Balance = messages.NewDecimal(account.available(), account.digits)
	a.BalanceCurrency = account.currency
	y, m, d := account.effective.Date()
	a.EffectiveDate = messages.NewTimestamp(time.Date(y, m, d, effectiveHour, 0, 0, 0, account.effective.Location()))
	a.AccountType = accountType
}
