package store_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/store"
)

// bank is a provider with one card. It carries out every money message, and loses the answer of those that it is told to.
type bank struct {
	mu      sync.Mutex
	balance int64
	ids     int
	sends   map[svcgate.Operation]int
	lose    bool
	deaf    bool // does not carry it out either
}

type letter struct {
	b *bank
	r *svcgate.Request
}

func (b *bank) Prepare(r *svcgate.Request, _ time.Time) (svcgate.Message, error) {
	return letter{b, r}, nil
}

func (b *bank) Approval(svcgate.Operation, svcgate.Kind) (svcgate.Source, string) {
	return svcgate.SourceReasonCode, "1"
}

func (l letter) Send(context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	b := l.b
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sends[l.r.Operation()]++
	b.ids++
	inquiry := l.r.Operation() == svcgate.Inquire
	if !b.deaf {
		switch l.r.Operation() {
		case svcgate.Authorize:
			b.balance -= l.r.Amount().Minor()
		case svcgate.Recharge, svcgate.Return, svcgate.Activate, svcgate.Void:
			b.balance += l.r.Amount().Minor()
		case svcgate.Inquire, svcgate.Deposit, svcgate.Generate:
		}
	}
	if b.lose && !inquiry {
		return svcgate.Reply{}, svcgate.Exchange{Class: svcgate.ClassNoReply}, &svcgate.Error{Code: svcgate.CodeUnknown}
	}
	balance, err := svcgate.MoneyFromMinor(b.balance, "USD")
	return svcgate.Reply{Accepted: true, Source: svcgate.SourceReasonCode, Code: "1", Amount: l.r.Amount(), Balance: balance,
		CardStatus: svcgate.StatusActive, TransactionID: fmt.Sprint(9000 + b.ids)}, svcgate.Exchange{Class: svcgate.ClassAnswered}, err
}

type approving struct{}

func (approving) Lookup(_ string, _ svcgate.Operation, source svcgate.Source, _ string) (svcgate.VendorResponse, bool) {
	o := svcgate.Approved
	if source == svcgate.SourceTransport {
		o = svcgate.Unavailable
	}
	return svcgate.VendorResponse{Code: "100", Outcome: o, Rule: "r"}, true
}

type counter struct {
	*svcgate.Gateway
	bank  *bank
	store *store.Store
	clock atomic.Int64
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	text, err := secret.NewKeyFile("test")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.ParseKeyring(text)
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{bank: &bank{balance: 50000, sends: map[svcgate.Operation]int{}}, store: fresh(t, 0)}
	c.Gateway, err = svcgate.NewGateway(svcgate.GatewayConfig{
		Providers: map[string]svcgate.Provider{"RLT": c.bank}, Journal: c.store, History: c.store, Unsettled: c.store, Decisions: c.store,
		Codes: approving{}, Keys: keys, Now: func() time.Time { return start.Add(time.Duration(c.clock.Load())) },
		Elapsed: func() time.Duration { return time.Duration(c.clock.Load()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *counter) ask(t *testing.T, key string, d svcgate.Draft) (*svcgate.Transaction, error) {
	t.Helper()
	d.Service, d.CardNumber = "RLT", secret.New("6006491234560017")
	if d.Operation != svcgate.Inquire {
		d.Order, d.Currency = "W-1", "USD"
	}
	r, err := svcgate.NewRequest(d)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(context.Background(), "oms", key, r)
	if res == nil {
		return nil, err
	}
	return res.Transaction, err
}

func (c *counter) sweep(t *testing.T, minutes int) {
	t.Helper()
	for range minutes {
		c.clock.Add(int64(time.Minute))
		if _, err := c.Sweep(context.Background(), 100); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *counter) read(t *testing.T, id string) *svcgate.Transaction {
	t.Helper()
	tx, err := c.store.Transaction(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// TestSettlingOverTheStore lets the gateway settle lost answers with what the journal keeps.
func TestSettlingOverTheStore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		op    svcgate.Operation
		deaf  bool
		state svcgate.State
		want  svcgate.Outcome
		sends int
	}{
		{svcgate.Recharge, false, svcgate.StateFinal, svcgate.Approved, 1},
		{svcgate.Recharge, true, svcgate.StateFinal, svcgate.Unavailable, 1},
		{svcgate.Authorize, false, svcgate.StateDesk, svcgate.Unknown, 1},
		{svcgate.Authorize, true, svcgate.StateFinal, svcgate.Unavailable, 1},
		{svcgate.Return, false, svcgate.StateFinal, svcgate.Approved, 1},
		{svcgate.Deposit, true, svcgate.StateDesk, svcgate.Unknown, 1},
		{svcgate.Void, false, svcgate.StateFinal, svcgate.Approved, 1},
		{svcgate.Void, true, svcgate.StateDesk, svcgate.Unknown, svcgate.MaxVoids},
	} {
		t.Run(fmt.Sprintf("%s, deaf %v", c.op, c.deaf), func(t *testing.T) {
			t.Parallel()
			g := newCounter(t)
			if _, err := g.ask(t, "", svcgate.Draft{Operation: svcgate.Inquire}); err != nil {
				t.Fatal(err)
			}
			d := svcgate.Draft{Operation: c.op, Amount: "12.34"}
			if c.op == svcgate.Deposit || c.op == svcgate.Void {
				d.Authorization = "77"
			}
			g.bank.lose, g.bank.deaf = true, c.deaf
			tx, err := g.ask(t, "k", d)
			if svcgate.CodeOf(err) != svcgate.CodeUnknown {
				t.Fatal(err)
			}
			if _, err := g.ask(t, "k2", svcgate.Draft{Operation: svcgate.Recharge, Amount: "99.00"}); svcgate.CodeOf(err) != svcgate.CodeConflict {
				t.Errorf("another operation on the card: %v", err)
			}
			g.sweep(t, 60)
			got := g.read(t, tx.ID)
			if got.State != c.state || got.Outcome != c.want || got.Sends != c.sends || g.bank.sends[c.op] != c.sends {
				t.Errorf("%s %s after %d sends, %d messages; finding %+v", got.State, got.Outcome, got.Sends, g.bank.sends[c.op], got.Finding)
			}
			if all, err := g.store.Exchanges(t.Context(), tx.ID); err != nil || len(all) != c.sends {
				t.Errorf("%d exchanges, %v", len(all), err)
			}
			g.bank.lose, g.bank.deaf = false, false
			if _, err := g.ask(t, "k3", svcgate.Draft{Operation: svcgate.Recharge, Amount: "99.00"}); err != nil {
				t.Errorf("the card afterwards: %v", err)
			}
			if _, err := g.store.Verify(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// A person frees a hold at the provider whose id was lost, while another one of as much is being looked into: the balance
// is what it was before, and the second hold stands all the same.
func TestAHoldThatIsFreedMeanwhileHidesNoOther(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{true, false} { // to svcgate, before the looks
		t.Run(fmt.Sprint("told ", told), func(t *testing.T) {
			t.Parallel()
			g := newCounter(t)
			inquire := func() {
				if _, err := g.ask(t, "", svcgate.Draft{Operation: svcgate.Inquire}); err != nil {
					t.Fatal(err)
				}
			}
			lost := func(key string) *svcgate.Transaction {
				tx, err := g.ask(t, key, svcgate.Draft{Operation: svcgate.Authorize, Amount: "40.00", ConfirmDuplicate: true})
				if svcgate.CodeOf(err) != svcgate.CodeUnknown {
					t.Fatal(err)
				}
				return tx
			}
			inquire()
			g.bank.lose = true
			first := lost("a")
			g.sweep(t, 5)
			if got := g.read(t, first.ID); got.State != svcgate.StateDesk || got.Finding.Verdict != svcgate.Applied {
				t.Fatalf("the first is %s, %+v", got.State, got.Finding)
			}
			inquire()
			second := lost("b")
			if second.Baseline.Balance.Decimal() != "460.00" {
				t.Fatalf("the balance before is %s", second.Baseline.Balance)
			}
			g.bank.balance += 4000
			settle := func() {
				t.Helper()
				if _, err := g.SettleByHand(t.Context(), first.ID, svcgate.Decision{Verdict: svcgate.Released, Reason: "freed", By: "jo"}); err != nil {
					t.Fatal(err)
				}
			}
			if told {
				settle()
			}
			g.sweep(t, 6)
			if !told {
				settle()
			}
			if got := g.read(t, second.ID); got.State != svcgate.StateDesk || got.Finding.Verdict != svcgate.CannotTell || len(got.Readings) == 0 {
				t.Errorf("the second, whose hold stands, is %s %s %q, %+v", got.State, got.Outcome, got.Failure, got.Finding)
			}
		})
	}
}

func TestSplitOverTheStore(t *testing.T) {
	t.Parallel()
	g := newCounter(t)
	for i, amount := range []string{"38.32", "170.00"} {
		if _, err := g.ask(t, fmt.Sprint("a", i), svcgate.Draft{Operation: svcgate.Authorize, Amount: amount}); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := g.ask(t, "d", svcgate.Draft{Operation: svcgate.Deposit, Amount: "170.32", Split: svcgate.SplitAuto})
	if err != nil || tx.Outcome != svcgate.Approved {
		t.Fatalf("%+v, %v", tx, err)
	}
	again, err := g.ask(t, "d", svcgate.Draft{Operation: svcgate.Deposit, Amount: "170.32", Split: svcgate.SplitAuto})
	if err != nil || len(again.Plan) != 2 || again.Plan[0].TransactionID != tx.Plan[0].TransactionID || again.Plan[1].TransactionID != tx.Plan[1].TransactionID || again.Plan[1].TransactionID == "" {
		t.Errorf("the replay is %+v, %v", again, err)
	}
	g.bank.lose = true
	lost, err := g.ask(t, "d2", svcgate.Draft{Operation: svcgate.Deposit, Amount: "38.00", Split: svcgate.SplitAuto})
	if svcgate.CodeOf(err) != svcgate.CodeUnknown {
		t.Fatalf("%+v, %v", lost, err)
	}
	g.sweep(t, 10)
	part := g.read(t, lost.Plan[0].TransactionID)
	if part.State != svcgate.StateDesk || g.read(t, lost.ID).State != svcgate.StateUnresolved {
		t.Fatalf("the part is %s", part.State)
	}
	if _, err := g.SettleByHand(t.Context(), part.ID, svcgate.Decision{Verdict: svcgate.Applied, Reason: "seen", By: "jo"}); err != nil {
		t.Fatal(err)
	}
	g.sweep(t, 10)
	if got := g.read(t, lost.ID); got.State != svcgate.StateFinal || got.Outcome != svcgate.Approved {
		t.Errorf("the deposit is %s %s", got.State, got.Outcome)
	}
}

func TestTwoHundredWithOneKeySendOnce(t *testing.T) {
	t.Parallel()
	g := newCounter(t)
	gate := make(chan struct{})
	var all sync.WaitGroup
	var fresh atomic.Int32
	for range 200 {
		all.Go(func() {
			<-gate
			r, err := svcgate.NewRequest(svcgate.Draft{Operation: svcgate.Recharge, Service: "RLT", Order: "W-1", Amount: "5.00", Currency: "USD",
				CardNumber: secret.New("6006491234560017")})
			if err != nil {
				t.Error(err)
				return
			}
			res, err := g.Do(context.Background(), "oms", "one key", r)
			switch {
			case err == nil && !res.Replayed:
				fresh.Add(1)
			case err != nil && svcgate.CodeOf(err) != svcgate.CodeConflict:
				t.Error(err)
			}
		})
	}
	close(gate)
	all.Wait()
	if fresh.Load() != 1 || g.bank.sends[svcgate.Recharge] != 1 || g.bank.balance != 50500 {
		t.Errorf("%d executed, %d messages, balance %d", fresh.Load(), g.bank.sends[svcgate.Recharge], g.bank.balance)
	}
}

// TestOnlyADoubtIsRemembered refuses requests over a disk that fails: the first commit leaves a doubt, the rest write
// nothing.
func TestOnlyADoubtIsRemembered(t *testing.T) {
	t.Parallel()
	for _, kept := range []bool{true, false} {
		g := newCounter(t)
		commits(t, g.store, failing(4, kept))
		for n := range 3 { // each fails with the trial write: two commits, then one each
			if _, err := g.ask(t, "k", svcgate.Draft{Operation: svcgate.Recharge, Amount: "5.00"}); n == 0 && svcgate.CodeOf(err) != svcgate.CodeOverloaded || err == nil {
				t.Errorf("kept %v, request %d: %v", kept, n, err)
			}
			if w := g.Unrecorded(); w != 1 {
				t.Errorf("kept %v, request %d: %d are remembered", kept, n, w)
			}
		}
		g.sweep(t, 2)
		if w := g.Unrecorded(); w != 0 {
			t.Errorf("kept %v: %d are remembered still", kept, w)
		}
		tx, err := g.ask(t, "k", svcgate.Draft{Operation: svcgate.Recharge, Amount: "5.00"})
		if want := map[bool]svcgate.Code{true: svcgate.CodeUnavailable}[kept]; tx == nil || svcgate.CodeOf(err) != want || g.bank.sends[svcgate.Recharge] != map[bool]int{false: 1}[kept] {
			t.Errorf("kept %v, the disk writes again: %+v, %v, %d messages", kept, tx, err, g.bank.sends[svcgate.Recharge])
		}
	}
}
