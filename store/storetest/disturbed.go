package storetest

import (
	"context"
	"testing"

	"github.com/svcgate/svcgate"
)

// testDisturbed checks what Open says of an unresolved operation after others on its card came to the desk or were settled.
func testDisturbed(t *testing.T, open Open) {
	ctx := context.Background()
	lost := func(t testing.TB, db Database, tx *svcgate.Transaction) *svcgate.Transaction {
		t.Helper()
		happen(t, db, tx, step{tx.Operation, svcgate.Unknown, ""})
		return tx
	}
	onDesk := func(t testing.TB, db Database, tx *svcgate.Transaction) *svcgate.Transaction {
		t.Helper()
		lost(t, db, tx)
		must(t, db.ToDesk(ctx, tx.ID, finding, at(50)))
		return tx
	}
	want := func(t testing.TB, db Database, tx *svcgate.Transaction, disturbed bool) {
		t.Helper()
		if got, err := db.Open(ctx, tx.ID); err != nil || got.Disturbed != disturbed {
			t.Errorf("Open(%s) = %+v, %v; want it disturbed: %v", tx.ID, got, err, disturbed)
		}
	}
	t.Run("by what is on the desk and by what was settled", func(t *testing.T) {
		t.Parallel()
		for i, by := range svcgate.Operations() {
			db := opened(t, open)
			first := onDesk(t, db, onCard(t, 10*i, by.Operation))
			tx := lost(t, db, onCard(t, 10*i+1, svcgate.Authorize))
			want(t, db, tx, by.MovesMoney)
			must(t, db.Settle(ctx, settled(t, first, "jo")))
			want(t, db, tx, by.MovesMoney)
			must(t, db.ToDesk(ctx, tx.ID, finding, at(60)))
			want(t, db, tx, false) // it is a person's now
			must(t, db.Settle(ctx, settled(t, tx, "jo")))
			want(t, db, lost(t, db, onCard(t, 10*i+2, svcgate.Authorize)), false) // all that was over before it was begun
		}
	})
	t.Run("not by another card or service", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := lost(t, db, onCard(t, 1, svcgate.Authorize))
		onDesk(t, db, with(sent(t, 2), ofKind(svcgate.Recharge)))
		onDesk(t, db, with(onCard(t, 3, svcgate.Recharge), func(tx *svcgate.Transaction) { tx.Service = "TLR" }))
		want(t, db, tx, false)
	})
	t.Run("not by what was answered, nor by a look at itself", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		happen(t, db, onCard(t, 1, svcgate.Recharge), step{svcgate.Recharge, svcgate.Approved, "1.00"})
		tx := lost(t, db, onCard(t, 2, svcgate.Authorize))
		happen(t, db, onCard(t, 3, svcgate.Inquire), step{svcgate.Inquire, svcgate.Approved, "1.00"})
		must(t, db.Look(ctx, tx.ID, reading(t, 3, "1.00"), at(70)))
		want(t, db, tx, false)
		asked := lost(t, db, onCard(t, 4, svcgate.Inquire))
		must(t, db.Settle(ctx, settled(t, asked, svcgate.CallerSettling)))
		want(t, db, tx, false)
	})
}
