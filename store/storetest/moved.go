package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

// testMoved begins on a card whose records were read before something happened to it.
func testMoved(t *testing.T, open Open) {
	ctx := context.Background()
	head := func(t *testing.T, db Database) int64 {
		t.Helper()
		n, err := db.Head(ctx)
		must(t, err)
		return n
	}
	void := func(t *testing.T, db Database) *svcgate.Transaction {
		return unresolved(t, db, 1, onTheCard(svcgate.Void))
	}
	for _, c := range []struct {
		name   string
		before func(t *testing.T, db Database) *svcgate.Transaction
		during func(t *testing.T, db Database, tx *svcgate.Transaction)
		moved  bool
	}{
		{"nothing", nil, func(*testing.T, Database, *svcgate.Transaction) {}, false},
		{"an operation came and went", nil, func(t *testing.T, db Database, _ *svcgate.Transaction) {
			finish(t, db, finished(t, begin(t, db, onCard(t, 2, svcgate.Recharge))))
		}, true},
		{"an operation ended", func(t *testing.T, db Database) *svcgate.Transaction {
			return begin(t, db, onCard(t, 1, svcgate.Recharge))
		},
			func(t *testing.T, db Database, tx *svcgate.Transaction) { finish(t, db, finished(t, tx)) }, true},
		{"an inquiry was answered", nil, func(t *testing.T, db Database, _ *svcgate.Transaction) {
			finish(t, db, finished(t, begin(t, db, onCard(t, 2, svcgate.Inquire))))
		}, false},
		{"another card", nil, func(t *testing.T, db Database, _ *svcgate.Transaction) {
			finish(t, db, finished(t, begin(t, db, sent(t, 2))))
		}, false},
		{"the card at another service bureau", nil, func(t *testing.T, db Database, _ *svcgate.Transaction) {
			tx := onCard(t, 2, svcgate.Recharge)
			tx.Service = "TLR"
			finish(t, db, finished(t, begin(t, db, tx)))
		}, false},
		{"one went to the desk", void, func(t *testing.T, db Database, tx *svcgate.Transaction) {
			must(t, db.ToDesk(ctx, tx.ID, finding, at(1)))
		}, true},
		{"a person settled one", void, func(t *testing.T, db Database, tx *svcgate.Transaction) {
			must(t, db.Settle(ctx, settled(t, tx, "jo")))
		}, true},
		{"one was settled by a look from before", func(t *testing.T, db Database) *svcgate.Transaction {
			tx := void(t, db)
			finish(t, db, finished(t, begin(t, db, onCard(t, 5, svcgate.Inquire))))
			return tx
		}, func(t *testing.T, db Database, tx *svcgate.Transaction) {
			done := settled(t, tx, svcgate.CallerSettling)
			done.Settlement.Evidence = []svcgate.Reading{{At: at(3), Transaction: name(5)}}
			must(t, db.Settle(ctx, done))
		}, true},
		{"an old key was forgotten", func(t *testing.T, db Database) *svcgate.Transaction {
			return finish(t, db, finished(t, begin(t, db, onCard(t, 1, svcgate.Recharge))))
		}, func(t *testing.T, db Database, _ *svcgate.Transaction) {
			if n, err := db.ForgetKeys(ctx, at(1000)); n != 2 || err != nil {
				t.Fatal(n, err)
			}
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := opened(t, open)
			finish(t, db, finished(t, begin(t, db, sent(t, 100)))) // so that the chain has a beginning
			var tx *svcgate.Transaction
			if c.before != nil {
				tx = c.before(t, db)
			}
			next := onCard(t, 7, svcgate.Deposit)
			next.Seen = head(t, db)
			c.during(t, db, tx)
			earlier, err := db.Begin(ctx, next)
			if errors.Is(err, svcgate.ErrMoved) != c.moved || (err == nil) == c.moved || earlier != nil {
				t.Fatalf("Begin = %v, %v", earlier, err)
			}
			if c.moved {
				if _, err := db.Transaction(ctx, next.ID); svcgate.CodeOf(err) != svcgate.CodeNotFound {
					t.Errorf("a refused transaction is there: %v", err)
				}
				next.Seen = head(t, db)
				begin(t, db, next)
			}
			if _, err := db.Verify(ctx, nil); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("a key that was used is told first", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		begin(t, db, sent(t, 100))
		seen := head(t, db)
		tx := finish(t, db, finished(t, begin(t, db, onCard(t, 1, svcgate.Recharge))))
		again := onCard(t, 2, svcgate.Recharge)
		again.Key, again.Seen = tx.Key, seen
		if earlier, err := db.Begin(ctx, again); err != nil || earlier == nil || earlier.ID != tx.ID {
			t.Errorf("Begin = %v, %v", earlier, err)
		}
	})
	t.Run("claims", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := unresolved(t, db, 1, nil)
		final := finish(t, db, finished(t, begin(t, db, sent(t, 2))))
		for _, id := range []string{tx.ID, tx.ID, final.ID, "txn_none"} { // one's own, once more, and what is nobody's
			if mine, err := db.Claim(ctx, id); !mine || err != nil {
				t.Errorf("Claim(%s) = %v, %v", id, mine, err)
			}
		}
		for range 2 { // what this node has it is given again
			if due, err := db.Due(ctx, start.Add(time.Hour), 10); err != nil || len(due) != 1 || due[0].ID != tx.ID {
				t.Errorf("Due = %v, %v", due, err)
			}
		}
	})
}

func onTheCard(op svcgate.Operation) func(*svcgate.Transaction) {
	return func(tx *svcgate.Transaction) { tx.Operation, tx.CardPrint = op, "the card" }
}
