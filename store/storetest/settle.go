package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/store"
)

var finding = svcgate.Finding{Verdict: svcgate.CannotTell, Why: "The balance changed by another amount."}

// unresolved records an attempt whose outcome is not known.
func unresolved(t testing.TB, db Database, n int, change func(*svcgate.Transaction)) *svcgate.Transaction {
	t.Helper()
	tx := sent(t, n)
	if change != nil {
		change(tx)
	}
	done := unknown(finished(t, begin(t, db, tx)))
	done.Class, done.Reply, done.Vendor = svcgate.ClassNoReply, svcgate.Reply{}, nil
	return finish(t, db, done)
}

func ofKind(op svcgate.Operation) func(*svcgate.Transaction) {
	return func(tx *svcgate.Transaction) { tx.Operation = op }
}

func reading(t testing.TB, n int, balance string) svcgate.Reading {
	return svcgate.Reading{At: at(n), Balance: dollars(t, balance), Status: svcgate.StatusActive, Transaction: fmt.Sprintf("look-%d", n)}
}

// settled gives an open transaction the outcome that a person or the settling decided.
func settled(t testing.TB, open *svcgate.Transaction, by string) *svcgate.Transaction {
	done := finished(t, open)
	done.Reply.TransactionID, done.Next, done.Finding = "", time.Time{}, nil
	done.Settlement = &svcgate.Settlement{
		Finding: svcgate.Finding{Verdict: svcgate.Applied, Amount: done.Requested, Why: "The balance fell by the amount."},
		By:      by, Reason: "seen", At: at(900), Evidence: []svcgate.Reading{{}, reading(t, 1, "1.00"), reading(t, 2, "2.00")},
	}
	return done
}

func testMoves(t *testing.T, open Open) {
	ctx := context.Background()
	// What each state allows. The operation is a void, which alone may be sent again.
	moves := map[string]func(db Database, tx *svcgate.Transaction) error{
		"finish": func(db Database, tx *svcgate.Transaction) error { return db.Finish(ctx, finished(t, tx), answered()) },
		"look": func(db Database, tx *svcgate.Transaction) error {
			return db.Look(ctx, tx.ID, reading(t, 1, "3.00"), at(100))
		},
		"to the desk": func(db Database, tx *svcgate.Transaction) error { return db.ToDesk(ctx, tx.ID, finding, at(100)) },
		"settle":      func(db Database, tx *svcgate.Transaction) error { return db.Settle(ctx, settled(t, tx, "jo")) },
		"send again":  func(db Database, tx *svcgate.Transaction) error { return db.SendAgain(ctx, tx.ID, 1, at(100)) },
	}
	reach := map[svcgate.State]func(db Database) *svcgate.Transaction{
		svcgate.StateSent:       func(db Database) *svcgate.Transaction { return begin(t, db, voided(t, 1)) },
		svcgate.StateUnresolved: func(db Database) *svcgate.Transaction { return unresolved(t, db, 1, ofKind(svcgate.Void)) },
		svcgate.StateDesk: func(db Database) *svcgate.Transaction {
			tx := unresolved(t, db, 1, ofKind(svcgate.Void))
			must(t, db.ToDesk(ctx, tx.ID, finding, at(50)))
			return tx
		},
		svcgate.StateFinal: func(db Database) *svcgate.Transaction { return finish(t, db, finished(t, begin(t, db, voided(t, 1)))) },
	}
	allowed := map[svcgate.State]map[string]svcgate.State{
		svcgate.StateSent: {"finish": svcgate.StateFinal},
		svcgate.StateUnresolved: {"look": svcgate.StateUnresolved, "to the desk": svcgate.StateDesk, "settle": svcgate.StateFinal,
			"send again": svcgate.StateSent},
		svcgate.StateDesk:  {"settle": svcgate.StateFinal},
		svcgate.StateFinal: {},
	}
	for state, prepare := range reach {
		for name, move := range moves {
			t.Run(string(state)+" "+name, func(t *testing.T) {
				t.Parallel()
				db := opened(t, open)
				tx := prepare(db)
				before := read(t, db, tx.ID)
				err := move(db, tx)
				want, ok := allowed[state][name]
				if !ok {
					wantCode(t, err, svcgate.CodeConflict)
					if !errors.Is(err, store.ErrFinished) {
						t.Errorf("the error is %v", err)
					}
					wantSame(t, read(t, db, tx.ID), before)
					return
				}
				if got := read(t, db, tx.ID); err != nil || got.State != want {
					t.Errorf("%v; it is %s, want %s", err, got.State, want)
				}
			})
		}
	}
	t.Run("what is not there", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		for name, move := range moves {
			if err := move(db, voided(t, 7)); svcgate.CodeOf(err) != svcgate.CodeNotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := db.Open(ctx, "txn_none")
		wantCode(t, err, svcgate.CodeNotFound)
	})
	t.Run("only a void is sent again", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		for i, info := range svcgate.Operations() {
			tx := unresolved(t, db, i, ofKind(info.Operation))
			err := db.SendAgain(ctx, tx.ID, 1, at(100))
			if info.Operation == svcgate.Void {
				must(t, err)
				continue
			}
			wantCode(t, err, svcgate.CodeConflict)
		}
	})
	t.Run("wrong settlements change nothing", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := unresolved(t, db, 1, nil)
		before := read(t, db, tx.ID)
		for name, spoil := range map[string]func(*svcgate.Transaction){
			"no settlement": func(tx *svcgate.Transaction) { tx.Settlement = nil },
			"still open":    func(tx *svcgate.Transaction) { tx.State = svcgate.StateDesk },
			"unknown":       func(tx *svcgate.Transaction) { tx.Outcome = svcgate.Unknown },
			"no instant":    func(tx *svcgate.Transaction) { tx.Finished = time.Time{} },
		} {
			done := settled(t, tx, "jo")
			spoil(done)
			if err := db.Settle(ctx, done); err == nil {
				t.Errorf("%s: Settle took it", name)
			}
		}
		wantSame(t, read(t, db, tx.ID), before)
	})
}

func voided(t testing.TB, n int) *svcgate.Transaction {
	tx := sent(t, n)
	tx.Operation = svcgate.Void
	return tx
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func testSettling(t *testing.T, open Open) {
	ctx := context.Background()
	t.Run("every member of an open one comes back", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := unresolved(t, db, 1, nil)
		must(t, db.Look(ctx, tx.ID, svcgate.Reading{}, at(100)))
		must(t, db.Look(ctx, tx.ID, reading(t, 5, "15.00"), at(200)))
		must(t, db.Look(ctx, tx.ID, svcgate.Reading{At: at(6)}, at(300)))
		want := *tx
		want.Looks, want.Next = 3, at(300)
		want.Readings = []svcgate.Reading{reading(t, 5, "15.00"), {At: at(6)}}
		wantSame(t, read(t, db, tx.ID), &want)
		must(t, db.ToDesk(ctx, tx.ID, finding, at(400)))
		want.State, want.Next, want.Finding = svcgate.StateDesk, time.Time{}, &finding
		wantSame(t, read(t, db, tx.ID), &want)
		page, err := db.Transactions(ctx, svcgate.Filter{State: svcgate.StateDesk})
		if err != nil || len(page.Transactions) != 1 {
			t.Fatalf("the desk has %+v, %v", page, err)
		}
		wantSame(t, page.Transactions[0], &want)

		done := settled(t, tx, "jo")
		done.Looks = 3
		must(t, db.Settle(ctx, done))
		settledWant := *done
		settledWant.Sealed, settledWant.Readings = nil, nil
		wantSame(t, read(t, db, tx.ID), &settledWant)
	})
	t.Run("due", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		for n := range 4 {
			tx := unresolved(t, db, n, nil)
			must(t, db.Look(ctx, tx.ID, svcgate.Reading{}, at(100-n)))
		}
		begin(t, db, sent(t, 4))
		finish(t, db, finished(t, begin(t, db, sent(t, 5))))
		desk := unresolved(t, db, 6, nil)
		must(t, db.ToDesk(ctx, desk.ID, finding, at(1)))
		for _, c := range []struct {
			now, limit int
			want       string
		}{{96, 9, ""}, {97, 9, "3"}, {99, 9, "3 2 1"}, {100, 9, "3 2 1 0"}, {100, 2, "3 2"}, {100, 0, ""}} {
			due, err := db.Due(ctx, at(c.now), c.limit)
			if got := numbers(&svcgate.Page{Transactions: due}); err != nil || got != c.want {
				t.Errorf("Due at %d, at most %d: %q, %v; want %q", c.now, c.limit, got, err, c.want)
			}
		}
		for _, c := range []struct {
			services []string
			want     string
		}{{[]string{"TLR"}, ""}, {[]string{"RL", "LT", "RLT-2", "T R"}, ""}, {[]string{"RLT"}, "3 2 1 0"}, {[]string{"A", "RLT", "Z"}, "3 2 1 0"}} {
			due, err := db.Due(ctx, at(100), 9, c.services...)
			if got := numbers(&svcgate.Page{Transactions: due}); err != nil || got != c.want {
				t.Errorf("Due of %q: %q, %v; want %q", c.services, got, err, c.want)
			}
		}
		if services, err := db.UnresolvedServices(ctx); err != nil || !slices.Equal(services, []string{"RLT"}) {
			t.Errorf("services with unresolved transactions: %q, %v", services, err)
		}
		must(t, db.Wake(ctx, "TLR", at(10)))
		if due, err := db.Due(ctx, at(10), 9); err != nil || len(due) != 0 {
			t.Errorf("another service's provider woke %d, %v", len(due), err)
		}
		must(t, db.Wake(ctx, "RLT", at(10)))
		if due, err := db.Due(ctx, at(10), 9); err != nil || len(due) != 4 {
			t.Errorf("Wake made %d due, %v", len(due), err)
		}
		must(t, db.Wake(ctx, "RLT", at(20))) // never later than it was
		if due, err := db.Due(ctx, at(10), 9); err != nil || len(due) != 4 {
			t.Errorf("a second Wake left %d due, %v", len(due), err)
		}
	})
	t.Run("a void sent again", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := unresolved(t, db, 1, ofKind(svcgate.Void))
		must(t, db.Look(ctx, tx.ID, reading(t, 5, "15.00"), at(200)))
		must(t, db.SendAgain(ctx, tx.ID, 1, at(300)))
		want := *tx
		want.State, want.Outcome, want.Class, want.Failure, want.Next = svcgate.StateSent, "", "", "", time.Time{}
		want.Sent, want.Sends, want.Looks = at(300), 2, 1
		wantSame(t, read(t, db, tx.ID), &want)
		second := finished(t, &want)
		must(t, db.Finish(ctx, second, &svcgate.Exchange{Class: svcgate.ClassFault, Started: at(301)}))
		all, err := db.Exchanges(ctx, tx.ID)
		if err != nil || len(all) != 2 || all[0].Class != svcgate.ClassAnswered || all[1].Class != svcgate.ClassFault {
			t.Errorf("the exchanges are %+v, %v", all, err)
		}
		if x, err := db.Exchange(ctx, tx.ID); err != nil || x.Class != svcgate.ClassFault {
			t.Errorf("the latest exchange is %+v, %v", x, err)
		}
		if _, err := db.Verify(ctx, nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("a void of which more messages were sent", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := unresolved(t, db, 1, ofKind(svcgate.Void))
		wantCode(t, db.SendAgain(ctx, tx.ID, 2, at(100)), svcgate.CodeConflict)
		must(t, db.SendAgain(ctx, tx.ID, 1, at(100)))
		tx.Sends++
		must(t, db.Finish(ctx, unknown(finished(t, tx)), answered()))
		wantCode(t, db.SendAgain(ctx, tx.ID, 1, at(200)), svcgate.CodeConflict)
		if got := read(t, db, tx.ID); got.Sends != 2 || got.State != svcgate.StateUnresolved {
			t.Errorf("it is %s after %d messages", got.State, got.Sends)
		}
		must(t, db.SendAgain(ctx, tx.ID, 2, at(200)))
	})
	t.Run("looks before a message sent again are forgotten", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := unresolved(t, db, 1, ofKind(svcgate.Void))
		must(t, db.Look(ctx, tx.ID, reading(t, 5, "15.00"), at(200)))
		must(t, db.SendAgain(ctx, tx.ID, 1, at(300)))
		if err := db.Finish(ctx, unknown(finished(t, tx)), answered()); !errors.Is(err, svcgate.ErrFinished) {
			t.Errorf("the end of the first message is taken for the second's: %v", err)
		}
		tx.Sends++
		must(t, db.Finish(ctx, unknown(finished(t, tx)), answered()))
		must(t, db.Look(ctx, tx.ID, reading(t, 6, "16.00"), at(400)))
		if got := read(t, db, tx.ID); len(got.Readings) != 1 || got.Readings[0].Transaction != "look-6" || got.Looks != 2 || got.Sends != 2 {
			t.Errorf("readings %+v, %d looks, %d sends", got.Readings, got.Looks, got.Sends)
		}
	})
	t.Run("the card is sealed until settled", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := unresolved(t, db, 1, nil)
		must(t, db.ToDesk(ctx, tx.ID, finding, at(1)))
		if got := read(t, db, tx.ID); string(got.Sealed) != string(sent(t, 1).Sealed) {
			t.Errorf("on the desk the card is %v", got.Sealed)
		}
		must(t, db.Settle(ctx, settled(t, tx, "jo")))
		if got := read(t, db, tx.ID); got.Sealed != nil {
			t.Errorf("settled, the card is %v", got.Sealed)
		}
	})
	t.Run("an inquiry takes over a second answer", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		lost := unresolved(t, db, 1, ofKind(svcgate.Inquire))
		asked := finished(t, begin(t, db, with(sent(t, 2), ofKind(svcgate.Inquire))))
		finish(t, db, asked)
		done := settled(t, lost, svcgate.CallerSettling)
		done.Reply = asked.Reply
		must(t, db.Settle(ctx, done))
		if got := read(t, db, lost.ID); got.Reply.TransactionID != asked.Reply.TransactionID {
			t.Errorf("it has %q", got.Reply.TransactionID)
		}
	})
}

func with(tx *svcgate.Transaction, change func(*svcgate.Transaction)) *svcgate.Transaction {
	change(tx)
	return tx
}

func testIDs(t *testing.T, open Open) {
	ctx := context.Background()
	t.Run("an id names one transaction", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		first := finished(t, begin(t, db, with(sent(t, 1), ofKind(svcgate.Inquire))))
		first.Reply.TransactionID = "4711"
		finish(t, db, first)
		second := finished(t, begin(t, db, sent(t, 2)))
		second.Reply.TransactionID = "4711"
		if err := db.Finish(ctx, second, answered()); !errors.Is(err, svcgate.ErrIDSeen) {
			t.Fatalf("Finish with a seen id: %v", err)
		}
		if got := read(t, db, second.ID); got.State != svcgate.StateSent {
			t.Errorf("it is %s", got.State)
		}
		if _, err := db.Exchange(ctx, second.ID); svcgate.CodeOf(err) != svcgate.CodeNotFound {
			t.Errorf("its exchange: %v", err)
		}
		disowned := unknown(second)
		disowned.Reply, disowned.Vendor = svcgate.Reply{}, nil
		finish(t, db, disowned)
		byHand := settled(t, disowned, "jo")
		byHand.Reply.TransactionID = "4711"
		if err := db.Settle(ctx, byHand); !errors.Is(err, svcgate.ErrIDSeen) || svcgate.CodeOf(err) != svcgate.CodeConflict {
			t.Errorf("Settle with a seen id: %v", err)
		}
		other := finished(t, begin(t, db, with(sent(t, 3), func(tx *svcgate.Transaction) { tx.Service = "TLR" })))
		other.Reply.TransactionID = "4711"
		finish(t, db, other) // another service bureau counts for itself
	})
	t.Run("a generated number is given away once", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		first := generation(t, db, 1, svcgate.Approved)
		again := sent(t, 2)
		again.Operation, again.Last4, again.CardPrint, again.Sealed, again.Requested = svcgate.Generate, "", "", nil, svcgate.Money{}
		done := finished(t, begin(t, db, again))
		done.Last4, done.CardPrint, done.Sealed, done.Reply.TransactionID = first.Last4, first.CardPrint, []byte("sealed"), ""
		if err := db.Finish(ctx, done, answered()); !errors.Is(err, svcgate.ErrIDSeen) {
			t.Errorf("the number of another generation: %v", err)
		}
	})
	t.Run("no id is no id", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		for n := range 3 {
			done := finished(t, begin(t, db, sent(t, n)))
			done.Reply.TransactionID = ""
			finish(t, db, done)
		}
	})
	t.Run("one of many at once", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		const callers = 20
		errs := make(chan error, callers)
		for n := range callers {
			done := finished(t, begin(t, db, sent(t, n)))
			done.Reply.TransactionID = "4711"
			go func() { errs <- db.Finish(ctx, done, answered()) }()
		}
		kept := 0
		for range callers {
			if err := <-errs; err == nil {
				kept++
			} else if !errors.Is(err, svcgate.ErrIDSeen) {
				t.Error(err)
			}
		}
		if kept != 1 {
			t.Errorf("%d were kept", kept)
		}
	})
}
