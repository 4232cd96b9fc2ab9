package svcgate

import (
	"context"
	"errors"
	"time"
)

// Pauses between two looks at an operation that another node has under way on the card.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 500 * time.Millisecond
)

// maxMoved is how often in a row other nodes may be faster on one card before the caller is told that it is busy.
const maxMoved = 20

// inTurn makes an attempt at a money operation. Nodes do not queue for each other: an attempt that finds the card in the
// hands of another node waits until that one's outcome is there, while the patience lasts, and is made again from its
// checks on. It is not made again once its message may have left.
func (g *Gateway) inTurn(p *patience, attempt func() (*Result, error)) (*Result, error) {
	for moved := 0; ; {
		res, err := attempt()
		if res != nil || err == nil {
			return res, err
		}
		held, isHeld := errors.AsType[*CardHeldError](err)
		switch {
		case isHeld && held.State == StateSent && g.outcomeOf(p.context(), held.TransactionID):
		case errors.Is(err, ErrMoved) && moved < maxMoved && p.context().Err() == nil:
			moved++
		default:
			return res, err
		}
	}
}

// outcomeOf waits for the end of another node's attempt and reports whether it came. What this process itself could not
// record yet it does not wait for.
func (g *Gateway) outcomeOf(ctx context.Context, id string) bool {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for next := firstPause; !g.unrecorded.has(id); next = min(2*next, lastPause) {
		select {
		case <-ctx.Done():
			return false
		case <-pause.C:
		}
		t, err := g.Unsettled.Open(ctx, id)
		if err != nil {
			return false
		}
		if t.State != StateSent {
			return true
		}
		pause.Reset(next)
	}
	return false
}

// see notes the place in the chain from which on nothing may have happened to the card when t is begun: what is read
// for t from here on is to hold then.
func (g *Gateway) see(ctx context.Context, t *Transaction) (err error) {
	if info, _ := t.Operation.Info(); !info.MovesMoney {
		return nil
	}
	if t.Seen, err = g.Journal.Head(ctx); err != nil {
		return unreadable("head", err)
	}
	return nil
}

func cardBusy(op string, err error) *Error {
	return &Error{Code: CodeConflict, Reason: "card_busy", Op: op, Field: "card",
		Detail: "Another money operation on this card is under way. Try again shortly with the same key.", Err: err}
}
