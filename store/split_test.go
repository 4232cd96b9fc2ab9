package store_test

import (
	"context"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/store"
)

// halted is a node that stands still at one of its looks at an order's holds: a split deposit makes one for its plan, and
// one before each part.
type halted struct {
	*store.Store
	looks, at int
	meanwhile func()
}

func (h *halted) Holds(ctx context.Context, service, order, authorization string) ([]svcgate.Hold, error) {
	if h.looks++; h.looks == h.at {
		h.meanwhile()
	}
	return h.Store.Holds(ctx, service, order, authorization)
}

// A node stands still in the middle of a split deposit, another one takes it over and sums it up, and the first one is a
// node again: what it tells, what the journal has and what the provider was sent must not differ.
func TestASplitDepositThatWasTakenOverGoesNoFurther(t *testing.T) {
	t.Parallel()
	card := secret.New("6006491234560017")
	for name, c := range map[string]struct {
		at      int
		want    svcgate.Outcome
		amount  string
		parts   int
		replays svcgate.Code
	}{
		"before the first part": {2, svcgate.Unavailable, "", 0, svcgate.CodeUnavailable},
		"between the parts":     {3, svcgate.Partial, "38.32", 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			b := &bank{balance: 50000, sends: map[svcgate.Operation]int{}}
			all, nodes := gateways(t, b, empty(t), 2)
			for _, amount := range []string{"38.32", "170.00"} {
				d := svcgate.Draft{Operation: svcgate.Authorize, Order: "W-1", Amount: amount, CardNumber: card}
				if _, err := all[0].Do(ctx, "oms", amount, wanted(t, d)); err != nil {
					t.Fatal(err)
				}
			}
			config := all[0].GatewayConfig
			config.Journal = &halted{Store: nodes[0], at: c.at, meanwhile: func() {
				if err := nodes[0].Starve(ctx); err != nil {
					t.Error(err)
				}
				nodes[1].TakeOver(ctx)
				if _, err := all[1].Sweep(ctx, 100); err != nil {
					t.Error(err)
				}
				if err := nodes[0].Beat(ctx); err != nil {
					t.Error(err)
				}
			}}
			one, err := svcgate.NewGateway(config)
			if err != nil {
				t.Fatal(err)
			}
			r := wanted(t, svcgate.Draft{Operation: svcgate.Deposit, Order: "W-1", Amount: "170.32", Split: svcgate.SplitAuto, CardNumber: card})
			res, err := one.Do(ctx, "oms", "d", r)
			if svcgate.CodeOf(err) != svcgate.CodeUnknown || b.sends[svcgate.Deposit] != c.parts {
				t.Fatalf("%d deposits sent, told %v", b.sends[svcgate.Deposit], err)
			}
			again, err := all[1].Do(ctx, "oms", "d", r)
			if svcgate.CodeOf(err) != c.replays || again == nil || again.Transaction.ID != res.Transaction.ID {
				t.Fatalf("the key again: %+v, %v", again, err)
			}
			got, amount, begun := again.Transaction, "", 0
			if !got.Reply.Amount.IsZero() {
				amount = got.Reply.Amount.Decimal()
			}
			for _, part := range got.Plan {
				if part.TransactionID != "" {
					begun++
				}
			}
			if got.State != svcgate.StateFinal || got.Outcome != c.want || amount != c.amount || begun != c.parts {
				t.Errorf("%s %s of %q, %d parts begun", got.State, got.Outcome, amount, begun)
			}
			if _, err := nodes[1].Verify(ctx, nil); err != nil {
				t.Error(err)
			}
		})
	}
}
