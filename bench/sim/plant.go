package main

import (
	"context"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
)

// plant is a bug that is put into the gateway from outside, to show that the bench finds it.
type plant string

// The plants. The empty one is none.
const (
	plantResend plant = "resend" // sends again after silence
	plantEarly  plant = "early"  // tells before the outcome is committed
	plantHasty  plant = "hasty"  // believes the first "not applied"
)

func parsePlant(s string) (plant, error) {
	switch p := plant(s); p {
	case "", plantResend, plantEarly, plantHasty:
		return p, nil
	}
	return "", fmt.Errorf("there is no plant %q; the plants are resend, early, hasty", s)
}

func (p plant) into(w *world, of *process, c *svcgate.GatewayConfig) {
	switch p {
	case "":
	case plantResend:
		c.Providers = map[string]svcgate.Provider{service: resending{c.Providers[service]}}
	case plantEarly:
		c.Journal = early{c.Journal, w, of}
	case plantHasty:
		c.Unsettled = hasty{c.Unsettled, of}
	}
}

// resending sends the same message again when the first got no answer.
type resending struct{ svcgate.Provider }

type resentMessage struct {
	svcgate.Message
	again func() (svcgate.Message, error)
}

func (r resending) Prepare(q *svcgate.Request, at time.Time) (svcgate.Message, error) {
	m, err := r.Provider.Prepare(q, at)
	if err != nil {
		return nil, err
	}
	return resentMessage{m, func() (svcgate.Message, error) { return r.Provider.Prepare(q, at) }}, nil
}

func (m resentMessage) Send(ctx context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	reply, x, err := m.Message.Send(ctx)
	if x.Class != svcgate.ClassNoReply {
		return reply, x, err
	}
	again, prepareErr := m.again()
	if prepareErr != nil {
		return reply, x, err
	}
	return again.Send(ctx)
}

// early lets the gateway go on before the outcome is on disk.
type early struct {
	svcgate.Journal
	w *world
	p *process
}

func (e early) Finish(ctx context.Context, t *svcgate.Transaction, x *svcgate.Exchange) error {
	kept := *t
	a := actorOf(ctx)
	e.w.spawn("late commit", e.p, func(b *actor) {
		b.errand, b.op, b.card = a.errand, a.op, a.card
		e.w.sleep(b, 2*time.Second)
		if err := e.Journal.Finish(context.WithValue(context.Background(), actorKey{}, b), &kept, x); err != nil {
			e.w.note(b, "the late commit failed: %v", err)
		}
	})
	return nil
}

// hasty takes the first look that says "not applied" for the truth.
type hasty struct {
	svcgate.Unsettled
	p *process
}

func (h hasty) Look(ctx context.Context, id string, r svcgate.Reading, next time.Time) error {
	if err := h.Unsettled.Look(ctx, id, r, next); err != nil || r.IsZero() {
		return err
	}
	t, err := h.Open(ctx, id)
	if err != nil || svcgate.Weigh(t.Operation, t.Requested, t.Baseline, r).Verdict != svcgate.NotApplied {
		return err
	}
	_, err = h.p.gate.SettleByHand(ctx, id, svcgate.Decision{Verdict: svcgate.NotApplied, Reason: "the first look says so", By: svcgate.CallerSettling})
	return err
}
