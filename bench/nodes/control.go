//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
	"github.com/svcgate/svcgate/simulator"
)

// caught is what the comparison made of a planted bug.
type caught struct{ planted, reported int }

func (c caught) missed() int { return c.planted - c.reported }

// control plants a bug between the nodes and the provider, lines that carry every message twice: each operation must be
// reported but an inquiry, which changes nothing however often it is sent. Only the records of these requests are compared:
// a generation's message names no order, and the second one could be that of an earlier generation without an answer.
func (v *verdict) control(ctx context.Context) (c caught, err error) {
	w, keys := v.load, map[string]bool{}
	var requests []request
	for _, op := range svcgate.Operations() {
		if op.Operation == svcgate.Inquire {
			continue
		}
		r, err := w.alone(ctx, op)
		if err != nil {
			return c, fmt.Errorf("control: %w", err)
		}
		requests = append(requests, r)
		keys[r.Key] = true
	}
	before, err := w.provider.Booked()
	if err != nil {
		return c, err
	}
	for _, n := range w.nodes {
		n.line.set(func(l *line) { l.doubles = true })
	}
	for i, r := range requests {
		if _, err := w.insist(ctx, i, r.Order); err != nil {
			return c, fmt.Errorf("control: %w", err)
		}
	}
	told, booked, journal, err := w.records(ctx)
	if err != nil {
		return c, err
	}
	told = slices.DeleteFunc(told, func(t check.Told) bool { return !keys[t.Key] })
	journal = slices.DeleteFunc(journal, func(j check.Journaled) bool { return !keys[j.Transaction.Key] })
	report := check.Run(told, booked[len(before):], journal)
	return caught{len(requests), len(report.Doubled)}, nil
}

// holdCards is how many cards are tried for a hold. The answer to an authorization may be lost where the machine stands
// still, and then its card waits.
const holdCards = 5

// alone makes a request on a card that nobody else uses, with the hold that it needs.
func (w *load) alone(ctx context.Context, op svcgate.OperationInfo) (r request, err error) {
	standing := simulator.StandingActive
	if op.Operation == svcgate.Activate {
		standing = simulator.StandingNew
	}
	switch {
	case op.NeedsAuthorization:
		r.card, err = w.heldCard(ctx)
	case op.Operation != svcgate.Generate:
		r.card, err = w.deck.newCard(standing)
	}
	if err != nil {
		return r, err
	}
	return w.deck.order(r, op, "11.07")
}

// heldCard makes a card with a hold.
func (w *load) heldCard(ctx context.Context) (*card, error) {
	authorize, _ := svcgate.Authorize.Info()
	var a world.Answer
	for range holdCards {
		c, err := w.deck.newCard(simulator.StandingActive)
		if err != nil {
			return nil, err
		}
		hold, err := w.deck.order(request{card: c}, authorize, "11.07")
		if err != nil {
			return nil, err
		}
		if a, err = w.insist(ctx, 0, hold.Order); err != nil {
			return nil, err
		}
		outcome := svcgate.Outcome("")
		if a.Row != nil {
			outcome = world.Text(a.Row.Outcome)
		}
		if outcome == svcgate.Approved {
			return c, w.deck.answered(hold, a.Row)
		}
		if outcome != svcgate.Unknown && outcome != svcgate.Unavailable {
			break
		}
	}
	return nil, fmt.Errorf("an authorization was answered with status %d %s", a.Status, a.Code)
}
