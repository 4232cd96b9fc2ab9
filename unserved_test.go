package svcgate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

// elsewhere is a gateway on the same journal whose settings do not have the service.
func elsewhere(t *testing.T, b *bench) *svcgate.Gateway {
	t.Helper()
	c := b.GatewayConfig
	c.Providers = map[string]svcgate.Provider{"NEW": &world{sent: map[svcgate.Operation]int{}}}
	g, err := svcgate.NewGateway(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAServiceThatIsNotConfiguredIsLeftToOthers(t *testing.T) {
	t.Parallel()
	for _, op := range []svcgate.Operation{svcgate.Activate, svcgate.Recharge, svcgate.Return, svcgate.Authorize, svcgate.Void, svcgate.Deposit} {
		t.Run(op.String(), func(t *testing.T) {
			t.Parallel()
			b, tx := lose(t, op, &world{})
			other := elsewhere(t, b)
			before := *b.journal.finished[tx.ID]
			for range 60 {
				b.now = b.now.Add(time.Minute)
				if n, err := other.Sweep(t.Context(), 100); n != 0 || err != nil {
					t.Fatalf("%d, %v", n, err)
				}
			}
			if err := other.LookInto(t.Context(), tx.ID); err == nil || !strings.Contains(err.Error(), "RLT is not configured") {
				t.Errorf("looking into it: %v", err)
			}
			got := b.journal.finished[tx.ID]
			if got.State != svcgate.StateUnresolved || got.Looks != before.Looks || !got.Next.Equal(before.Next) {
				t.Errorf("%s, %d looks, next %v, was %v", got.State, got.Looks, got.Next, before.Next)
			}
			b.sweep(t, minutes(30)...)
			if got := b.journal.finished[tx.ID]; got.State == svcgate.StateUnresolved {
				t.Errorf("%s where the service is configured", got.State)
			}
		})
	}
}

func TestTheDeskOfAServiceThatIsNotConfigured(t *testing.T) {
	t.Parallel()
	b, tx := lose(t, svcgate.Deposit, &world{})
	other := elsewhere(t, b)
	_, err := other.SettleByHand(t.Context(), tx.ID, svcgate.Decision{Verdict: svcgate.Applied, Reason: "x", By: "ann"})
	if e, ok := errors.AsType[*svcgate.Error](err); !ok || e.Reason != "unknown_service" {
		t.Errorf("applied: %v", err)
	}
	got, err := other.SettleByHand(t.Context(), tx.ID, svcgate.Decision{Verdict: svcgate.NotApplied, Reason: "x", By: "ann"})
	if err != nil || got.Outcome != svcgate.Unavailable {
		t.Errorf("not applied: %+v, %v", got, err)
	}
}

func TestARepeatedKeyOfAServiceThatIsNotConfigured(t *testing.T) {
	t.Parallel()
	b, tx := lose(t, svcgate.Recharge, &world{})
	other := elsewhere(t, b)
	res, err := other.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
	if svcgate.CodeOf(err) != svcgate.CodeUnknown || res == nil || res.Transaction.ID != tx.ID || !res.Replayed {
		t.Errorf("the first request's key: %+v, %v", res, err)
	}
	_, err = other.Do(t.Context(), "oms", "k2", request(t, draft(svcgate.Recharge)))
	if e, ok := errors.AsType[*svcgate.Error](err); !ok || e.Reason != "unknown_service" {
		t.Errorf("a new key: %v", err)
	}
}

// breaking panics when it is asked about the card.
type breaking struct{ *world }

type breakingMessage struct{ svcgate.Message }

func (b breaking) Prepare(r *svcgate.Request, at time.Time) (svcgate.Message, error) {
	m, err := b.world.Prepare(r, at)
	if r.Operation() == svcgate.Inquire {
		m = breakingMessage{m}
	}
	return m, err
}

func (breakingMessage) Send(context.Context) (svcgate.Reply, svcgate.Exchange, error) { panic("no") }

func TestASweepOutlivesALookThatPanics(t *testing.T) {
	t.Parallel()
	b, tx := lose(t, svcgate.Recharge, &world{})
	b.Providers["RLT"] = breaking{&world{sent: map[svcgate.Operation]int{}}}
	b.now = b.now.Add(time.Minute)
	n, err := b.Sweep(t.Context(), 100)
	if n != 1 || err == nil || !strings.Contains(err.Error(), tx.ID+": panicked: string") {
		t.Errorf("%d, %v", n, err)
	}
	if got := b.journal.finished[tx.ID]; got.State != svcgate.StateUnresolved || !got.Next.After(b.now) {
		t.Errorf("%s, next %v", got.State, got.Next)
	}
}
