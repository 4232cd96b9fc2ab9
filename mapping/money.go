package mapping

import (
	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/messages"
)

// actedOn reads the amount that the provider held, took, added or freed: at most what was asked for, and all of it where
// money is added, in the currency of the request. A terse answer need not tell it.
func (q question) actedOn(a *messages.Answer) (svcgate.Money, error) {
	switch {
	case !a.Amount.IsSet() && q.terse:
		return svcgate.Money{}, nil
	case !a.Amount.IsSet():
		return svcgate.Money{}, &MismatchError{NoAmount}
	}
	if err := q.asked(a.CurrencyID); err != nil {
		return svcgate.Money{}, err
	}
	amount, ok := money(a.Amount, q.Amount().Currency())
	if !ok {
		return svcgate.Money{}, &MismatchError{BadAmount}
	}
	if q.Amount().Less(amount) {
		return svcgate.Money{}, &MismatchError{MoreThanAsked}
	}
	if q.adds && amount.Less(q.Amount()) {
		return svcgate.Money{}, &MismatchError{LessThanAsked}
	}
	return amount, nil
}

// asked wants the currency that the request was in, where the answer names one.
func (q question) asked(currency string) error {
	switch {
	case currency == "" || currency == q.Amount().Currency():
		return nil
	case !isCurrency(currency):
		return &MismatchError{BadCurrency}
	}
	return &MismatchError{OtherCurrency}
}

// balance reads the available balance, in the answer's own currency, else the request's, else the bureau's. It is no
// money when the answer has none, has one that is no amount of the currency, or names no currency and none is known.
func (q question) balance(a *messages.Answer) (svcgate.Money, error) {
	if a.BalanceCurrency != "" && !isCurrency(a.BalanceCurrency) {
		return svcgate.Money{}, &MismatchError{BadCurrency}
	}
	balance, _ := money(a.Balance, firstOf(a.BalanceCurrency, q.Amount().Currency(), q.bureau.DefaultCurrency))
	return balance, nil
}

// money makes an amount of a currency out of a decimal, exactly. It is not ok for no decimal, no currency, a negative
// amount, and one with more decimals than the currency has.
func money(d messages.Decimal, currency string) (m svcgate.Money, ok bool) {
	zero, err := svcgate.MoneyFromMinor(0, currency)
	if err != nil || !d.IsSet() || d.Negative() {
		return svcgate.Money{}, false
	}
	minor, ok := d.Minor(zero.Digits())
	if !ok {
		return svcgate.Money{}, false
	}
	m, err = svcgate.MoneyFromMinor(minor, currency)
	return m, err == nil
}

func isCurrency(code string) bool {
	_, err := svcgate.MoneyFromMinor(0, code)
	return err == nil
}
