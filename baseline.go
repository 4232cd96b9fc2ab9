package svcgate

import (
	"context"
	"fmt"
)

// BaselinePolicy says what an unknown outcome's balance is compared with.
type BaselinePolicy string

// The policies. The zero value is BaselineLastKnown.
const (
	BaselineLastKnown BaselinePolicy = "last-known" // the balance that the last answer told; costs nothing
	BaselineFresh     BaselinePolicy = "fresh"      // an inquiry before each money message
	BaselineOff       BaselinePolicy = "off"        // nothing: unknown outcomes go to the desk
)

// ParseBaselinePolicy refuses what is not a policy.
func ParseBaselinePolicy(s string) (BaselinePolicy, error) {
	switch p := BaselinePolicy(s); p {
	case BaselineLastKnown, BaselineFresh, BaselineOff:
		return p, nil
	}
	return "", fmt.Errorf("unknown baseline policy %q; the policies are last-known, fresh, off", s)
}

// takeBaseline notes what the card was like before the message. It is taken while the card's turn is held, so that no
// other operation of ours comes between.
func (g *Gateway) takeBaseline(ctx context.Context, t *Transaction, r *Request) error {
	info, _ := r.operation.Info()
	if !info.MovesMoney || info.Settling != SettleByBalance {
		return nil
	}
	switch g.GatewayConfig.Baseline[r.operation] {
	case BaselineOff:
		return nil
	case BaselineFresh:
		asked, err := g.ask(ctx, CallerBaseline, t, r.card)
		if asked == nil {
			return err
		}
		if asked.Outcome == Unavailable || asked.Outcome == Unknown {
			return &Error{Code: CodeOverloaded, Reason: "baseline_unavailable", Op: "baseline",
				Detail: "The card could not be asked for its balance first, and nothing was sent. Try again with the same key."}
		}
		if asked.Outcome == Approved {
			t.Baseline = readingOf(asked)
		}
		return nil
	case BaselineLastKnown, "":
	}
	reading, err := g.History.LastReading(ctx, t.Service, t.CardPrint)
	if err != nil {
		return unreadable("baseline", err)
	}
	t.Baseline = reading
	return nil
}

// ask sends an inquiry of our own about t's card and journals it under the caller's name. The transaction is nil only
// when nothing was sent.
func (g *Gateway) ask(ctx context.Context, caller string, t *Transaction, card Card) (*Transaction, error) {
	if err := g.room(); err != nil {
		return nil, err
	}
	r, err := NewRequest(Draft{Operation: Inquire, Service: t.Service, Order: t.Order, CardNumber: card.number})
	if err != nil {
		return nil, err
	}
	res, err := g.carryOut(ctx, g.newTransaction(caller, "", r), r)
	if res == nil {
		return nil, err
	}
	return res.Transaction, nil
}

func readingOf(asked *Transaction) Reading {
	return Reading{At: asked.Finished, Balance: asked.Reply.Balance, Status: asked.Reply.CardStatus, Transaction: asked.ID, Account: asked.Reply.Account.ID}
}

// checkSimilar refuses a request that looks like an earlier one sent again under a new key. One that another node has under
// way is waited for: it may be declined.
func (g *Gateway) checkSimilar(ctx context.Context, r *Request, t *Transaction) error {
	info, _ := r.operation.Info()
	if !info.MovesMoney || r.confirmed || g.Window < 0 {
		return nil
	}
	id, err := g.History.Similar(ctx, t, t.Created.Add(-g.Window))
	if err != nil {
		return unreadable("similar", err)
	}
	if id != "" {
		other, err := g.Unsettled.Open(ctx, id)
		if err == nil && other.State == StateSent {
			return cardBusy("similar", &CardHeldError{TransactionID: id, Operation: other.Operation, Order: other.Order, State: other.State})
		}
		return &Error{Code: CodeConflict, Reason: "possible_duplicate", Op: "similar",
			Detail: "Transaction " + id + " of this order asked for the same shortly before, under another key. Read it first; if another one is meant, send confirm_duplicate true."}
	}
	return nil
}
