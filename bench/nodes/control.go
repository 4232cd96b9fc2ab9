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

// alone makes a request on a card that nobody else uses, with the hold that it needs.
func (w *load) alone(ctx context.Context, op svcgate.OperationInfo) (r request, err error) {
	standing := simulator.StandingActive
	if op.Operation == svcgate.Activate {
		standing = simulator.StandingNew
	}
	if op.Operation != svcgate.Generate {
		if r.card, err = w.deck.newCard(standing); err != nil {
			return r, err
		}
	}
	if op.NeedsAuthorization {
		authorize, _ := svcgate.Authorize.Info()
		held, err := w.deck.order(request{card: r.card}, authorize, "11.07")
		if err != nil {
			return r, err
		}
		a, err := w.insist(ctx, 0, held.Order)
		if err != nil {
			return r, err
		}
		if a.Row == nil || world.Text(a.Row.Outcome) != svcgate.Approved {
			return r, fmt.Errorf("an authorization was answered with status %d %s", a.Status, a.Code)
		}
		if err := w.deck.answered(held, a.Row); err != nil {
			return r, err
		}
	}
	return w.deck.order(r, op, "11.07")
}
