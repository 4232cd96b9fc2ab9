package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/store"
)

// wantSame compares records member by member, so that a member the store forgets is named. Instants are compared as
// instants; the provider's clock must keep its offset.
func wantSame(t testing.TB, got, want *svcgate.Transaction) {
	t.Helper()
	for _, pair := range [][2]*time.Time{
		{&got.Created, &want.Created}, {&got.Finished, &want.Finished}, {&got.Sent, &want.Sent}, {&got.Next, &want.Next},
		{&got.Baseline.At, &want.Baseline.At},
	} {
		if !pair[0].Equal(*pair[1]) {
			t.Errorf("transaction %s: instant %v, want %v", want.ID, *pair[0], *pair[1])
		}
	}
	if got.Reply.Time.Format(time.RFC3339Nano) != want.Reply.Time.Format(time.RFC3339Nano) {
		t.Errorf("transaction %s: provider's time %v, want %v", want.ID, got.Reply.Time, want.Reply.Time)
	}
	g, w := *got, *want
	for _, r := range []*svcgate.Transaction{&g, &w} {
		r.Created, r.Finished, r.Reply.Time = time.Time{}, time.Time{}, time.Time{}
		r.Sent, r.Next, r.Baseline.At = time.Time{}, time.Time{}, time.Time{}
	}
	for i, gv, wv := 0, reflect.ValueOf(g), reflect.ValueOf(w); i < gv.NumField(); i++ {
		if a, b := gv.Field(i).Interface(), wv.Field(i).Interface(); !reflect.DeepEqual(a, b) {
			t.Errorf("transaction %s: %s is %+v, want %+v", want.ID, gv.Type().Field(i).Name, a, b)
		}
	}
}

// wantFilled fails when a member of v is left at its zero value: a record that does not fill a member cannot show
// that the store keeps it.
func wantFilled(t testing.TB, v any, empty ...string) {
	t.Helper()
	skip := map[string]bool{}
	for _, name := range empty {
		skip[name] = true
	}
	for i, rv := 0, reflect.ValueOf(v); i < rv.NumField(); i++ {
		if name := rv.Type().Field(i).Name; rv.Field(i).IsZero() != skip[name] {
			t.Errorf("the sample's %s.%s does not serve the test", rv.Type(), name)
		}
	}
}

func testJournal(t *testing.T, open Open) {
	ctx := context.Background()
	t.Run("every member comes back", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := sent(t, 1)
		wantFilled(t, *tx, "Kind", "Authorization", "Outcome", "Reply", "Vendor", "Class", "Failure", "Finished",
			"Parent", "Plan", "Readings", "Looks", "Next", "Finding", "Settlement", "CodesVersion", "Disturbed", "Seen")
		begin(t, db, tx)
		wantSame(t, read(t, db, tx.ID), tx)
		if _, err := db.Exchange(ctx, tx.ID); svcgate.CodeOf(err) != svcgate.CodeNotFound {
			t.Errorf("an exchange before Finish: %v", err)
		}
		done := finished(t, tx)
		wantFilled(t, done.Reply, "Card")
		wantFilled(t, *done.Vendor)
		finish(t, db, done)
		want := *done
		want.Sealed = nil
		wantSame(t, read(t, db, tx.ID), &want)

		x, err := db.Exchange(ctx, tx.ID)
		if err != nil {
			t.Fatal(err)
		}
		wantFilled(t, *x)
		if started := x.Started; !started.Equal(answered().Started) {
			t.Errorf("the exchange started %v", started)
		}
		x.Started = answered().Started
		if !reflect.DeepEqual(x, answered()) {
			t.Errorf("the exchange is %+v, want %+v", x, answered())
		}
	})
	t.Run("the rest of the members", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		activation := sent(t, 1)
		activation.Operation, activation.Kind, activation.Order, activation.Sequence = svcgate.Activate, svcgate.Virtual, "", 0
		activation.Requested, _ = svcgate.ParseMoney("500", "JPY")
		begin(t, db, activation)
		wantSame(t, read(t, db, activation.ID), activation)
		deposit := sent(t, 2)
		deposit.Operation, deposit.Authorization, deposit.Key = svcgate.Deposit, "312", ""
		begin(t, db, deposit)
		wantSame(t, read(t, db, deposit.ID), deposit)
	})
	t.Run("zero members stay zero", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := &svcgate.Transaction{ID: name(1), Operation: svcgate.Generate, Service: "RLT", State: svcgate.StateSent, Created: start, Sent: start, Sends: 1}
		begin(t, db, tx)
		wantSame(t, read(t, db, tx.ID), tx)
		done := *tx
		done.State, done.Outcome, done.Next = svcgate.StateUnresolved, svcgate.Unknown, start
		if err := db.Finish(ctx, &done, &svcgate.Exchange{Class: svcgate.ClassNoReply, Started: start}); err != nil {
			t.Fatal(err)
		}
		wantSame(t, read(t, db, tx.ID), &done)
		x, err := db.Exchange(ctx, tx.ID)
		if err != nil || x.Sent != nil || x.Received != nil || x.Status != 0 {
			t.Errorf("Exchange = %+v, %v", x, err)
		}
	})
	t.Run("each operation, outcome and class", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		n := 0
		for _, info := range svcgate.Operations() {
			for _, outcome := range svcgate.Outcomes() {
				for _, class := range svcgate.Classes() {
					n++
					tx := sent(t, n)
					tx.Operation = info.Operation
					done := finished(t, begin(t, db, tx))
					done.Outcome, done.Class = outcome, class
					if outcome == svcgate.Unknown {
						unknown(done)
					}
					finish(t, db, done)
					if got := read(t, db, tx.ID); got.Operation != info.Operation || got.Outcome != outcome || got.Class != class {
						t.Errorf("%v %v %v came back as %v %v %v", info.Operation, outcome, class, got.Operation, got.Outcome, got.Class)
					}
				}
			}
		}
	})
	t.Run("a transaction that is not there", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		_, err := db.Transaction(ctx, "txn_none")
		wantCode(t, err, svcgate.CodeNotFound)
		_, err = db.Exchange(ctx, "txn_none")
		wantCode(t, err, svcgate.CodeNotFound)
	})
	t.Run("wrong beginnings record nothing", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		begin(t, db, sent(t, 1))
		for what, spoil := range map[string]func(*svcgate.Transaction){
			"a used id":          func(tx *svcgate.Transaction) { tx.ID = name(1) },
			"no id":              func(tx *svcgate.Transaction) { tx.ID = "" },
			"no operation":       func(tx *svcgate.Transaction) { tx.Operation = 0 },
			"an odd operation":   func(tx *svcgate.Transaction) { tx.Operation = 99 },
			"no service":         func(tx *svcgate.Transaction) { tx.Service = "" },
			"a final state":      func(tx *svcgate.Transaction) { tx.State = svcgate.StateFinal },
			"no state":           func(tx *svcgate.Transaction) { tx.State = "" },
			"an odd kind":        func(tx *svcgate.Transaction) { tx.Kind = "paper" },
			"five digits":        func(tx *svcgate.Transaction) { tx.Last4 = "12345" },
			"a sequence below 0": func(tx *svcgate.Transaction) { tx.Sequence = -1 },
		} {
			tx := sent(t, 2)
			spoil(tx)
			if earlier, err := db.Begin(ctx, tx); err == nil || earlier != nil {
				t.Errorf("%s: Begin = %v, %v", what, earlier, err)
			}
		}
		if _, err := db.Transaction(ctx, name(2)); svcgate.CodeOf(err) != svcgate.CodeNotFound {
			t.Errorf("a refused transaction is there: %v", err)
		}
		begin(t, db, sent(t, 2)) // its key is free, too
	})
	t.Run("a context that ended", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		// The writer may take the change before the context is looked at: then it must be there, else it must not.
		_, err := db.Begin(ended, sent(t, 1))
		_, missing := db.Transaction(ctx, name(1))
		if (err == nil) != (missing == nil) {
			t.Errorf("Begin says %v and Transaction says %v", err, missing)
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
	})
}

func testKeys(t *testing.T, open Open) {
	ctx := context.Background()
	t.Run("200 at once, one begins", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		const callers = 200
		var began atomic.Int32
		var ids sync.Map
		var all sync.WaitGroup
		gate := make(chan struct{})
		for i := range callers {
			all.Go(func() {
				tx := sent(t, i)
				tx.Key = "the key" // each on a card of its own: only the key decides
				<-gate
				earlier, err := db.Begin(ctx, tx)
				switch {
				case err != nil:
					t.Errorf("Begin: %v", err)
				case earlier == nil:
					began.Add(1)
					ids.Store(tx.ID, true)
				default:
					ids.Store(earlier.ID, true)
				}
			})
		}
		close(gate)
		all.Wait()
		named := 0
		ids.Range(func(any, any) bool { named++; return true })
		if began.Load() != 1 || named != 1 {
			t.Errorf("%d began and %d transactions were named, want 1 and 1", began.Load(), named)
		}
		page, err := db.Transactions(ctx, svcgate.Filter{})
		if err != nil || len(page.Transactions) != 1 {
			t.Errorf("%d transactions are recorded (%v), want 1", len(page.Transactions), err)
		}
	})
	t.Run("a replay gives the record as it stands", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := begin(t, db, sent(t, 1))
		again := sent(t, 2)
		again.Key, again.Content = tx.Key, "other content"
		earlier, err := db.Begin(ctx, again)
		if err != nil || earlier == nil {
			t.Fatalf("Begin = %v, %v", earlier, err)
		}
		wantSame(t, earlier, tx)
		done := finish(t, db, finished(t, tx))
		earlier, err = db.Begin(ctx, again)
		if err != nil || earlier == nil {
			t.Fatalf("Begin = %v, %v", earlier, err)
		}
		want := *done
		want.Sealed = nil
		wantSame(t, earlier, &want)
	})
	t.Run("a key belongs to its caller, letter by letter", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		for i, who := range [][2]string{{"oms", "k"}, {"other", "k"}, {"oms", "K"}, {"oms", "k "}, {"om", "sk"}, {"oms", "é"}} {
			tx := sent(t, i)
			tx.Caller, tx.Key = who[0], who[1]
			begin(t, db, tx)
		}
		again := sent(t, 99)
		again.Caller, again.Key = "other", "k"
		if earlier, err := db.Begin(ctx, again); err != nil || earlier == nil || earlier.ID != name(1) || earlier.Caller != "other" {
			t.Errorf("the key of another caller gives %+v, %v", earlier, err)
		}
		again.Caller = "oms"
		if earlier, err := db.Begin(ctx, again); err != nil || earlier == nil || earlier.ID != name(0) {
			t.Errorf("the key gives %+v, %v", earlier, err)
		}
	})
	t.Run("no key reserves nothing", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		for i := range 3 {
			tx := sent(t, i)
			tx.Operation, tx.Key = svcgate.Inquire, ""
			begin(t, db, tx)
		}
	})
}

func testFinishGuards(t *testing.T, open Open) {
	ctx := context.Background()
	t.Run("a second time", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		for i, first := range []svcgate.State{svcgate.StateFinal, svcgate.StateUnresolved} {
			tx := begin(t, db, sent(t, i))
			done := finished(t, tx)
			if first == svcgate.StateUnresolved {
				unknown(done)
			}
			finish(t, db, done)
			before := read(t, db, tx.ID)
			other := finished(t, tx)
			other.Outcome, other.Reply.Code = svcgate.Declined, "9"
			err := db.Finish(ctx, other, &svcgate.Exchange{Class: svcgate.ClassFault, Started: start})
			if !errors.Is(err, store.ErrFinished) {
				t.Fatalf("Finish after %s: %v", first, err)
			}
			if want := fmt.Sprintf("it is %s", first); !containsText(err, want) {
				t.Errorf("the error %q does not say %q", err, want)
			}
			wantSame(t, read(t, db, tx.ID), before)
			if x, err := db.Exchange(ctx, tx.ID); err != nil || x.Class != svcgate.ClassAnswered {
				t.Errorf("the exchange is %+v, %v", x, err)
			}
		}
	})
	t.Run("two at once", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := begin(t, db, sent(t, 1))
		var kept atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				switch err := db.Finish(ctx, finished(t, tx), answered()); {
				case err == nil:
					kept.Add(1)
				case !errors.Is(err, store.ErrFinished):
					t.Errorf("Finish: %v", err)
				}
			})
		}
		all.Wait()
		if kept.Load() != 1 {
			t.Errorf("%d finishes were kept, want 1", kept.Load())
		}
	})
	t.Run("what was never begun", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		wantCode(t, db.Finish(ctx, finished(t, sent(t, 1)), answered()), svcgate.CodeNotFound)
	})
	t.Run("wrong endings leave it sent", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := begin(t, db, sent(t, 1))
		for what, spoil := range map[string]func(*svcgate.Transaction, *svcgate.Exchange){
			"still sent":               func(tx *svcgate.Transaction, _ *svcgate.Exchange) { tx.State = svcgate.StateSent },
			"an odd state":             func(tx *svcgate.Transaction, _ *svcgate.Exchange) { tx.State = "settled" },
			"an odd outcome":           func(tx *svcgate.Transaction, _ *svcgate.Exchange) { tx.Outcome = "fine" },
			"no outcome":               func(tx *svcgate.Transaction, _ *svcgate.Exchange) { tx.Outcome = "" },
			"final and unknown":        func(tx *svcgate.Transaction, _ *svcgate.Exchange) { tx.Outcome = svcgate.Unknown },
			"unresolved and approved":  func(tx *svcgate.Transaction, _ *svcgate.Exchange) { tx.State = svcgate.StateUnresolved },
			"final without an instant": func(tx *svcgate.Transaction, _ *svcgate.Exchange) { tx.Finished = time.Time{} },
			"an odd class":             func(tx *svcgate.Transaction, _ *svcgate.Exchange) { tx.Class = "lost" },
			"an exchange without one":  func(_ *svcgate.Transaction, x *svcgate.Exchange) { x.Class = "" },
			"an odd source":            func(tx *svcgate.Transaction, _ *svcgate.Exchange) { tx.Reply.Source = "hearsay" },
		} {
			done, x := finished(t, tx), answered()
			spoil(done, x)
			if err := db.Finish(ctx, done, x); err == nil {
				t.Errorf("%s: Finish took it", what)
			}
		}
		if err := db.Finish(ctx, finished(t, tx), nil); err == nil {
			t.Error("no exchange: Finish took it")
		}
		wantSame(t, read(t, db, tx.ID), tx)
		finish(t, db, finished(t, tx))
	})
}

func testClosed(t *testing.T, open Open) {
	ctx := context.Background()
	db := open(t, t.TempDir(), clock)
	if err := db.Check(ctx); err != nil {
		t.Errorf("Check of an open store: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := db.Begin(ctx, sent(t, 1))
	for what, err := range map[string]error{"Begin": err, "Finish": db.Finish(ctx, finished(t, sent(t, 1)), answered()), "Close": db.Close()} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s of a closed store: %v", what, err)
		}
	}
	if _, err := db.Transaction(ctx, "txn_any"); err == nil {
		t.Error("a closed store is read")
	}
	if err := db.Check(ctx); err == nil {
		t.Error("a closed store checks well")
	}
}
