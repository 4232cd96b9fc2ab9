package storetest

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

func containsText(err error, text string) bool {
	return err != nil && strings.Contains(err.Error(), text)
}

// generation is a generation that ended as given, with the sealed number of its card.
func generation(t *testing.T, db Database, n int, outcome svcgate.Outcome) *svcgate.Transaction {
	t.Helper()
	tx := sent(t, n)
	tx.Operation, tx.Last4, tx.CardPrint, tx.Sealed, tx.Requested = svcgate.Generate, "", "", nil, svcgate.Money{}
	done := finished(t, begin(t, db, tx))
	done.Outcome, done.Last4, done.CardPrint, done.Sealed = outcome, "4242", "new-print-"+name(n), []byte("sealed number")
	if outcome == svcgate.Unknown {
		unknown(done)
	}
	return finish(t, db, done)
}

func testCards(t *testing.T, open Open) {
	ctx := context.Background()
	t.Run("erased when final, kept while unknown", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		n := 0
		for _, info := range svcgate.Operations() {
			for _, outcome := range svcgate.Outcomes() {
				n++
				tx := sent(t, n)
				tx.Operation = info.Operation
				done := finished(t, begin(t, db, tx))
				done.Outcome = outcome
				if outcome == svcgate.Unknown {
					unknown(done)
				}
				finish(t, db, done)
				got := read(t, db, tx.ID)
				kept := outcome == svcgate.Unknown || info.Operation == svcgate.Generate
				if kept != bytes.Equal(got.Sealed, tx.Sealed) || !kept && got.Sealed != nil {
					t.Errorf("%v %v: the sealed card is %v, kept should be %v", info.Operation, outcome, got.Sealed, kept)
				}
				if got.Last4 != tx.Last4 || got.CardPrint != tx.CardPrint {
					t.Errorf("%v %v: last four and fingerprint are %q %q", info.Operation, outcome, got.Last4, got.CardPrint)
				}
			}
		}
	})
	t.Run("a generated number stays until it is erased", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		for n := range 4 {
			generation(t, db, n, svcgate.Approved)
		}
		generation(t, db, 4, svcgate.Unknown)
		unresolved := sent(t, 5)
		done := finished(t, begin(t, db, unresolved))
		unknown(done)
		finish(t, db, done)
		begin(t, db, sent(t, 6))

		got := read(t, db, name(0))
		if got.Last4 != "4242" || got.CardPrint != "new-print-"+name(0) || string(got.Sealed) != "sealed number" {
			t.Errorf("the generated card is %q %q %q", got.Last4, got.CardPrint, got.Sealed)
		}
		// Records are a millisecond apart; the instant itself is not before.
		for _, step := range []struct {
			before time.Time
			want   int
		}{{start, 0}, {start.Add(2 * time.Millisecond), 2}, {start.Add(2 * time.Millisecond), 0}, {start.Add(time.Hour), 2}} {
			if n, err := db.EraseCards(ctx, step.before); err != nil || n != step.want {
				t.Errorf("EraseCards(%v) = %d, %v, want %d", step.before.Sub(start), n, err, step.want)
			}
		}
		for n := range 7 {
			if got := read(t, db, name(n)); (got.Sealed == nil) != (n < 4) {
				t.Errorf("transaction %d (%v, %s) has the sealed card %v", n, got.Operation, got.State, got.Sealed)
			}
		}
	})
}

func testRecovery(t *testing.T, open Open) {
	place := t.TempDir()
	db := open(t, place, clock)
	if db.Recovered() != 0 {
		t.Errorf("an empty store recovered %d", db.Recovered())
	}
	first, second := begin(t, db, sent(t, 1)), begin(t, db, sent(t, 2))
	final := finish(t, db, finished(t, begin(t, db, sent(t, 3))))
	unresolved := finished(t, begin(t, db, sent(t, 4)))
	unknown(unresolved)
	unresolved.Failure = "its own reason"
	finish(t, db, unresolved)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db = open(t, place, clock)
	if db.Recovered() != 2 {
		t.Errorf("recovered %d, want 2", db.Recovered())
	}
	for _, tx := range []*svcgate.Transaction{first, second} {
		got := read(t, db, tx.ID)
		if got.Failure == "" {
			t.Error("a recovered attempt does not say why its outcome is unknown")
		}
		want := *tx
		want.State, want.Outcome, want.Class, want.Failure = svcgate.StateUnresolved, svcgate.Unknown, svcgate.ClassNoReply, got.Failure
		want.Next = start
		wantSame(t, got, &want)
		again := *tx
		earlier, err := db.Begin(context.Background(), &again)
		if err != nil || earlier == nil || earlier.Outcome != svcgate.Unknown {
			t.Errorf("the key of a recovered attempt gives %v, %v", earlier, err)
		}
	}
	want := *final
	want.Sealed = nil
	wantSame(t, read(t, db, final.ID), &want)
	wantSame(t, read(t, db, unresolved.ID), unresolved)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db = open(t, place, clock)
	if db.Recovered() != 0 {
		t.Errorf("a second start recovered %d", db.Recovered())
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
