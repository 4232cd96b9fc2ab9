package svcgate

import (
	"context"
	"errors"
	"slices"
	"time"
)

// split takes a deposit from the open holds of the order, one message a hold, the oldest first. The plan is journaled
// before the first message; it stops at the first part that is not approved, and no part is hidden.
func (g *Gateway) split(ctx context.Context, t *Transaction, r *Request) (*Result, error) {
	holds, err := g.Journal.Holds(ctx, r.service, r.order, "")
	if err != nil {
		return nil, unreadable("holds", err)
	}
	open := openHolds(holds, r.order, t.CardPrint)
	if t.Plan, err = planDeposit(open, r.amount); err != nil {
		if held := takenFrom(holds, r.order, t.CardPrint); held != nil {
			return nil, cardBusy("holds", held)
		}
		return nil, invalid("amount", "exceeds_authorizations", "The open authorizations of this card for the order do not hold %s: %s.",
			r.amount, listHolds(holds, r.order, t.CardPrint))
	}
	if err := g.checkSimilar(ctx, r, t); err != nil {
		return nil, err
	}
	ctx = g.permitted(ctx)
	earlier, err := g.Journal.Begin(ctx, t)
	if err != nil {
		return nil, g.notBegun(t, r, nil, err)
	}
	if earlier != nil {
		return g.replay(earlier, t)
	}
	var parts []*Transaction
	for _, part := range t.Plan {
		done, err := g.sendPart(ctx, t, r, part)
		if err != nil {
			g.Log.Error("part of a split deposit not begun", "transaction", t.ID, "err", err)
			break
		}
		parts = append(parts, done)
		if done.Outcome != Approved {
			break
		}
	}
	g.sum(t, parts)
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.CallLimit)
	defer cancel()
	if err := g.record(keep, t, nil); err != nil {
		g.Log.Error("outcome not recorded", "transaction", t.ID, "operation", t.Operation.String(), "err", err)
		g.unrecorded.add(t, nil)
		t.forget()
	}
	for i, p := range parts {
		t.Plan[i].TransactionID = p.ID
	}
	return &Result{Transaction: t}, OutcomeError(t)
}

// sendPart deposits one part under its parent. The error says that nothing was sent, as after another node took the
// parent over and summed it up without this part.
func (g *Gateway) sendPart(ctx context.Context, parent *Transaction, r *Request, part Part) (*Transaction, error) {
	share := *r
	share.split, share.authorization, share.amount = false, part.Authorization, part.Amount
	t := g.newTransaction(parent.Caller, "", &share)
	t.Parent = parent.ID
	waiting := patience{caller: context.WithoutCancel(ctx), until: time.Now().Add(g.CallLimit)}
	defer waiting.end()
	res, err := g.inTurn(&waiting, func() (*Result, error) {
		work, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.CallLimit)
		defer cancel()
		if err := g.see(work, t); err != nil {
			return nil, err
		}
		if err := g.checkHold(work, &share, t); err != nil {
			return nil, err
		}
		if err := MaySend(work); err != nil { // its turn may have come late
			return nil, err
		}
		return g.carryOut(work, t, &share)
	})
	if res == nil {
		return nil, errors.Join(errors.New("the part was refused"), err)
	}
	return res.Transaction, nil
}

// sum gives a split deposit the outcome that its parts make, in the order of its plan. Parts that were never begun
// took nothing. What an undefined part took nobody knows, so it makes the whole undefined, whatever the others took: a
// remainder would be collected twice.
func (g *Gateway) sum(t *Transaction, parts []*Transaction) {
	total := Money{0, t.Requested.currency}
	seen := map[Outcome]*Transaction{}
	for _, p := range parts {
		seen[p.Outcome] = p
		if p.State != StateFinal {
			t.State, t.Outcome, t.Failure = StateUnresolved, Unknown, "The outcome of part "+p.ID+" is not known."
			g.plan(t)
			return
		}
		if p.Outcome != Approved && p.Outcome != Partial {
			continue
		}
		sum, err := total.Plus(p.Reply.Amount)
		if err != nil {
			t.State, t.Outcome, t.Failure = StateUnresolved, Unknown, "The parts do not add up."
			g.plan(t)
			return
		}
		total = sum
		t.Reply.Balance = p.Reply.Balance
	}
	t.Reply.Amount, t.Reply.Accepted = total, total.minor > 0
	outcome, like := Unavailable, seen[Unavailable]
	switch {
	case seen[Undefined] != nil:
		outcome, like = Undefined, seen[Undefined]
		if total.minor == 0 {
			t.Reply.Amount = Money{} // zero would say that nothing was taken
		}
	case total == t.Requested:
		outcome, like = Approved, seen[Approved]
	case total.minor > 0:
		outcome, like = Partial, parts[len(parts)-1]
	case seen[Declined] != nil:
		outcome, like = Declined, seen[Declined]
	}
	if like != nil {
		t.Vendor, t.CodesVersion, t.Class, t.Failure = like.Vendor, like.CodesVersion, like.Class, like.Failure
		t.Reply.Source, t.Reply.Code, t.Reply.Description = like.Reply.Source, like.Reply.Code, like.Reply.Description
	}
	if outcome == Unavailable && like == nil {
		g.tellUnavailable(t)
		return
	}
	g.close(t, outcome)
}

// settleSplit sums a split deposit up again once the last of its begun parts is known.
func (g *Gateway) settleSplit(ctx context.Context, t *Transaction) error {
	var parts []*Transaction
	for _, part := range t.Plan {
		if part.TransactionID == "" {
			continue
		}
		p, err := g.Unsettled.Open(ctx, part.TransactionID)
		if err != nil {
			return err
		}
		parts = append(parts, p)
	}
	g.sum(t, parts)
	if t.State != StateFinal {
		return g.Unsettled.Look(ctx, t.ID, Reading{}, g.later(t))
	}
	t.Settlement = &Settlement{Finding: found(t, parts), By: CallerSettling, At: g.Now().UTC()}
	t.Next = time.Time{}
	return g.closeSettled(ctx, t)
}

// found is what the parts of a split deposit say of the whole, once it has its outcome.
func found(t *Transaction, parts []*Transaction) Finding {
	f := Finding{Verdict: NotApplied, Why: "Its parts are known."}
	switch {
	case t.Outcome == Undefined:
		f.Verdict, f.Why = CannotTell, "What a part took is not known."
	case t.Reply.Amount.minor > 0:
		f.Verdict, f.Amount = Applied, t.Reply.Amount
	case slices.ContainsFunc(parts, func(p *Transaction) bool { return p.Settlement != nil && p.Settlement.Verdict == Released }):
		f.Verdict = Released
	}
	return f
}
