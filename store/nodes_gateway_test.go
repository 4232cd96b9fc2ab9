package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/store"
)

// gateways puts a gateway on each of some nodes of one database; they share the keys and the provider.
func gateways(t *testing.T, b *bank, dsn string, n int) (all []*svcgate.Gateway, nodes []*store.Store) {
	t.Helper()
	text, err := secret.NewKeyFile("test")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.ParseKeyring(text)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		s := join(t, dsn)
		g, err := svcgate.NewGateway(svcgate.GatewayConfig{
			Providers: map[string]svcgate.Provider{"RLT": b}, Journal: s, History: s, Unsettled: s, Decisions: s, Codes: approving{}, Keys: keys,
			Now: s.Now, Permit: s.Permit, Schedule: []time.Duration{time.Nanosecond}, Breaker: svcgate.Breaker{Failures: -1},
		})
		if err != nil {
			t.Fatal(err)
		}
		all, nodes = append(all, g), append(nodes, s)
	}
	return all, nodes
}

func wanted(t *testing.T, d svcgate.Draft) *svcgate.Request {
	t.Helper()
	d.Service, d.Currency = "RLT", "USD"
	r, err := svcgate.NewRequest(d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOneCardOnTwoNodes sends many requests for one card to two nodes, each under a key that both nodes get.
func TestOneCardOnTwoNodes(t *testing.T) {
	t.Parallel()
	dsn := empty(t)
	b := &bank{balance: 50000, sends: map[svcgate.Operation]int{}}
	all, nodes := gateways(t, b, dsn, 2)
	const keys = 12
	var fresh, replayed atomic.Int32
	var work sync.WaitGroup
	for key := range keys {
		for n, g := range all {
			work.Go(func() {
				r := wanted(t, svcgate.Draft{Operation: svcgate.Recharge, Order: fmt.Sprintf("W-%d", key), Amount: "5.00", CardNumber: secret.New("6006491234560017")})
				for {
					res, err := g.Do(context.Background(), "oms", fmt.Sprintf("key %d", key), r)
					switch e, is := errors.AsType[*svcgate.Error](err); {
					case is && e.Code == svcgate.CodeConflict: // key_in_progress, card_busy: try again
						continue
					case err != nil || res.Transaction.Outcome != svcgate.Approved:
						t.Errorf("node %d, key %d: %+v, %v", n, key, res, err)
					case res.Replayed:
						replayed.Add(1)
					default:
						fresh.Add(1)
					}
					return
				}
			})
		}
	}
	work.Wait()
	if fresh.Load() != keys || replayed.Load() != keys || b.sends[svcgate.Recharge] != keys || b.balance != 50000+keys*500 {
		t.Errorf("%d fresh, %d replayed, %d messages, balance %d", fresh.Load(), replayed.Load(), b.sends[svcgate.Recharge], b.balance)
	}
	if nodes[0].Stats().Changes == 0 || nodes[1].Stats().Changes == 0 {
		t.Error("one node did all the work")
	}
	oneAtATime(t, dsn, 2*keys)
	if _, err := nodes[0].Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// oneAtATime reads in the chain that each attempt ended before the next one began.
func oneAtATime(t *testing.T, dsn string, want int) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), `SELECT kind, subject FROM chain WHERE kind IN ('begin', 'finish') ORDER BY seq`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	under, n := "", 0
	for ; rows.Next(); n++ {
		var kind, id string
		if err := rows.Scan(&kind, &id); err != nil {
			t.Fatal(err)
		}
		switch {
		case kind == "begin" && under == "":
			under = id
		case kind == "finish" && under == id:
			under = ""
		default:
			t.Errorf("%s of %s while %q was under way", kind, id, under)
		}
	}
	if n != want || rows.Err() != nil {
		t.Errorf("%d rows of the chain, want %d, %v", n, want, rows.Err())
	}
}

// A deposit larger than what is left is refused on whichever node: what was read of the hold must hold when it begins.
func TestOneHoldOnTwoNodes(t *testing.T) {
	t.Parallel()
	b := &bank{balance: 50000, sends: map[svcgate.Operation]int{}}
	all, _ := gateways(t, b, empty(t), 2)
	card := secret.New("6006491234560017")
	held, err := all[0].Do(t.Context(), "oms", "hold", wanted(t, svcgate.Draft{Operation: svcgate.Authorize, Order: "W-1", Amount: "50.00", CardNumber: card}))
	if err != nil {
		t.Fatal(err)
	}
	var taken, refused atomic.Int32
	var work sync.WaitGroup
	for n := range 10 { // of which five fit
		work.Go(func() {
			d := svcgate.Draft{Operation: svcgate.Deposit, Order: "W-1", Amount: "10.00", CardNumber: card, ConfirmDuplicate: true, Authorization: held.Transaction.Reply.TransactionID}
			for {
				_, err := all[n%2].Do(context.Background(), "oms", fmt.Sprint("deposit ", n), wanted(t, d))
				e, is := errors.AsType[*svcgate.Error](err)
				switch {
				case is && e.Reason == "card_busy":
					continue
				case is && e.Reason == "exceeds_authorization":
					refused.Add(1)
				case err != nil:
					t.Error(err)
				default:
					taken.Add(1)
				}
				return
			}
		})
	}
	work.Wait()
	if taken.Load() != 5 || refused.Load() != 5 || b.sends[svcgate.Deposit] != 5 {
		t.Errorf("%d taken, %d refused, %d messages", taken.Load(), refused.Load(), b.sends[svcgate.Deposit])
	}
}

// afterKey is a node at which the key is found free before others go on.
type afterKey struct {
	*store.Store
	others func()
}

func (a *afterKey) Earlier(ctx context.Context, caller, key string) (*svcgate.Transaction, error) {
	t, err := a.Store.Earlier(ctx, caller, key)
	if others := a.others; others != nil {
		a.others = nil
		others()
	}
	return t, err
}

// TestOneKeyOnTwoNodesIsNotRefusedForItsOwnDeposit reads the holds at one node after the other one used them up under the
// same key.
func TestOneKeyOnTwoNodesIsNotRefusedForItsOwnDeposit(t *testing.T) {
	t.Parallel()
	b := &bank{balance: 50000, sends: map[svcgate.Operation]int{}}
	all, nodes := gateways(t, b, empty(t), 2)
	late := &afterKey{Store: nodes[1]}
	config := all[1].GatewayConfig
	config.Journal = late
	second, err := svcgate.NewGateway(config)
	if err != nil {
		t.Fatal(err)
	}
	card := secret.New("6006491234560017")
	for i, split := range []string{"", svcgate.SplitAuto} {
		order := fmt.Sprintf("W-%d", i)
		held, err := all[0].Do(t.Context(), "oms", "hold "+order, wanted(t, svcgate.Draft{Operation: svcgate.Authorize, Order: order, Amount: "10.00", CardNumber: card}))
		if err != nil {
			t.Fatal(err)
		}
		d := svcgate.Draft{Operation: svcgate.Deposit, Order: order, Amount: "10.00", CardNumber: card, Split: split}
		if split == "" {
			d.Authorization = held.Transaction.Reply.TransactionID
		}
		r := wanted(t, d)
		var first *svcgate.Result
		late.others = func() {
			if first, err = all[0].Do(t.Context(), "oms", "take "+order, r); err != nil {
				t.Error(err)
			}
		}
		res, err := second.Do(t.Context(), "oms", "take "+order, r)
		if err != nil || first == nil || !res.Replayed || res.Transaction.ID != first.Transaction.ID {
			t.Errorf("split %q: the second is told of %+v, %v", split, res, err)
		}
	}
	if b.sends[svcgate.Deposit] != 2 {
		t.Errorf("%d deposits were sent", b.sends[svcgate.Deposit])
	}
}

// TestTwoSweepers looks on two nodes for what a third one left without an outcome.
func TestTwoSweepers(t *testing.T) {
	t.Parallel()
	b := &bank{sends: map[svcgate.Operation]int{}, lose: true}
	all, nodes := gateways(t, b, empty(t), 3)
	for _, g := range all[:2] { // the first sweep of a process wakes all that sleeps
		if _, err := g.Sweep(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	const lost = 200
	ids := make([]string, lost)
	var work sync.WaitGroup
	for n := range lost {
		work.Go(func() {
			res, err := all[2].Do(context.Background(), "oms", fmt.Sprint("k", n), wanted(t, svcgate.Draft{Operation: svcgate.Recharge, Order: "W-1", Amount: "5.00",
				CardNumber: secret.New(fmt.Sprintf("60064912345%05d", n))}))
			if svcgate.CodeOf(err) != svcgate.CodeUnknown {
				t.Error(err)
				return
			}
			ids[n] = res.Transaction.ID
		})
	}
	work.Wait()
	if err := nodes[2].Close(); err != nil {
		t.Fatal(err)
	}
	counts := make([]int, 2)
	for i, g := range all[:2] {
		work.Go(func() {
			for {
				n, err := g.Sweep(context.Background(), 7)
				if err != nil {
					t.Error(err)
				}
				if counts[i] += n; n == 0 {
					return
				}
			}
		})
	}
	work.Wait()
	if counts[0]+counts[1] != lost || b.sends[svcgate.Inquire] != lost {
		t.Errorf("looked into %v of %d, %d inquiries", counts, lost, b.sends[svcgate.Inquire])
	}
	for _, id := range ids {
		if tx, err := nodes[0].Transaction(t.Context(), id); err != nil || tx.Looks != 1 || len(tx.Readings) != 1 {
			t.Errorf("%s: %+v, %v", id, tx, err)
		}
	}
}
