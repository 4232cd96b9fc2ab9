package svcgate

import "time"

// Verdict is what the evidence says about an operation whose answer was lost.
type Verdict string

// The verdicts. Evidence gives the first three; a person can also say that the provider's side was put right elsewhere.
const (
	Applied    Verdict = "applied"     // the provider carried it out
	NotApplied Verdict = "not_applied" // the provider did nothing
	CannotTell Verdict = "cannot_tell" // the balance does not say
	Released   Verdict = "released"    // it happened, and was undone outside of svcgate
)

// Reading is one look at a card: what an inquiry told, or any other answer that told the balance. The zero value is
// no look at all.
type Reading struct {
	At          time.Time `json:"at"`             // our clock
	Balance     Money     `json:"balance"`        // zero value: not told
	Status      Status    `json:"card_status"`    // "" not told
	Transaction string    `json:"transaction_id"` // ours, whose answer it was
	Account     string    `json:"-"`              // that the answer named; "" not told
}

// IsZero reports whether there was no look.
func (r Reading) IsZero() bool { return r.At.IsZero() }

// Finding is a verdict with the amount that was acted on and the reason in words.
type Finding struct {
	Verdict Verdict `json:"verdict"`
	Amount  Money   `json:"amount"` // acted on; zero value unless applied
	Why     string  `json:"why"`
}

// Weigh compares a card before and after an operation whose answer was lost. It finds nothing in a deposit, which
// leaves the shown balance alone, nor in a generation. One finding of NotApplied is no proof: the message may still
// be on its way.
func Weigh(op Operation, asked Money, before, after Reading) Finding {
	if after.IsZero() {
		return Finding{CannotTell, Money{}, "The card could not be looked at."}
	}
	switch op {
	case Authorize:
		return weighHold(asked, before, after)
	case Activate:
		switch {
		case after.Status == StatusInactive && before.Status == StatusActive:
			return Finding{CannotTell, Money{}, "The card was active and is inactive."}
		case after.Status == StatusInactive:
			return Finding{NotApplied, Money{}, "The card is inactive."}
		}
		if before.Status == StatusInactive && (before.Balance.IsZero() || before.Balance.Minor() == 0) {
			before.Balance = Money{0, asked.currency}
		}
		f := weighGain(asked, before, after)
		if f.Verdict == NotApplied && before.Status == StatusInactive && after.Status != "" {
			return Finding{CannotTell, Money{}, "The balance is what it was before, but the card is no longer inactive."}
		}
		return f
	case Recharge, Return, Void:
		return weighGain(asked, before, after)
	case Deposit:
		return Finding{CannotTell, Money{}, "A deposit leaves the shown balance as it was."}
	case Generate:
		return Finding{CannotTell, Money{}, "A generation is not seen on any card that is known here."}
	case Inquire:
		return Finding{NotApplied, Money{}, "An inquiry changes nothing."}
	}
	return Finding{CannotTell, Money{}, "The operation is not known."}
}

// weigh is Weigh for what was read of t and a look, unless that proves nothing any more.
func weigh(t *Transaction, look Reading) Finding {
	if t.Disturbed {
		return Finding{CannotTell, Money{}, "Another operation on the card is on the desk or was settled meanwhile, and what was done at the provider for it may show."}
	}
	return Weigh(t.Operation, t.Requested, t.Baseline, look)
}

// comparable says why two readings cannot be compared, "" when they can.
func comparable(asked Money, before, after Reading) string {
	switch {
	case before.Balance.IsZero():
		return "No balance of the card was seen before."
	case after.Balance.IsZero():
		return "The card's balance was not told."
	case before.Balance.currency != after.Balance.currency || asked.currency != after.Balance.currency:
		return "The balances are in another currency than the amount."
	case before.Account != after.Account && before.Account != "" && after.Account != "":
		return "The provider named another account of the card before."
	}
	return ""
}

func weighGain(asked Money, before, after Reading) Finding {
	if why := comparable(asked, before, after); why != "" {
		return Finding{CannotTell, Money{}, why}
	}
	wanted, err := before.Balance.Plus(asked)
	switch {
	// A card is often spent to the last cent, and that may have been elsewhere: after the gain came, or before.
	case after.Balance == before.Balance && after.Balance.minor == 0:
		return Finding{CannotTell, Money{}, "The balance is zero as before, and what came in between may have been spent."}
	case after.Balance == before.Balance && after.Balance == asked:
		return Finding{CannotTell, Money{}, "The balance is the amount as before, and may have been spent before the amount came."}
	case after.Balance == before.Balance:
		return Finding{NotApplied, Money{}, "The balance is what it was before."}
	case err == nil && after.Balance == wanted:
		return Finding{Applied, asked, "The balance rose by the amount."}
	}
	return Finding{CannotTell, Money{}, "The balance changed by another amount."}
}

func weighHold(asked Money, before, after Reading) Finding {
	if why := comparable(asked, before, after); why != "" {
		return Finding{CannotTell, Money{}, why}
	}
	wanted, err := before.Balance.Minus(asked)
	switch {
	case after.Balance == before.Balance && after.Balance.minor == 0:
		return Finding{CannotTell, Money{}, "The balance is zero as before, and a hold may have taken what came in between."}
	case after.Balance == before.Balance:
		return Finding{NotApplied, Money{}, "The balance is what it was before."}
	case err == nil && after.Balance == wanted:
		return Finding{Applied, asked, "The balance fell by the amount."}
	case before.Balance.Less(asked) && after.Balance.minor == 0:
		return Finding{Applied, before.Balance, "The balance fell to zero: all that was left is held."}
	}
	return Finding{CannotTell, Money{}, "The balance changed by another amount."}
}
