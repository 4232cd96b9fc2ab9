package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

// onCard is the n-th attempt, on a card that others share.
func onCard(t testing.TB, n int, op svcgate.Operation) *svcgate.Transaction {
	tx := sent(t, n)
	tx.Operation, tx.CardPrint = op, "the card"
	return tx
}

func testTurns(t *testing.T, open Open) {
	ctx := context.Background()
	held := func(t *testing.T, db Database, tx *svcgate.Transaction, by string) {
		t.Helper()
		earlier, err := db.Begin(ctx, tx)
		e, ok := errors.AsType[*svcgate.CardHeldError](err)
		if holder := read(t, db, by); !ok || earlier != nil || e.TransactionID != by || e.State != holder.State {
			t.Fatalf("Begin(%s) = %v, %v; want the card held by %s", tx.ID, earlier, err, by)
		}
		if _, err := db.Transaction(ctx, tx.ID); svcgate.CodeOf(err) != svcgate.CodeNotFound {
			t.Errorf("a refused transaction is there: %v", err)
		}
	}
	t.Run("one money operation a card", func(t *testing.T) {
		t.Parallel()
		for i, first := range svcgate.Operations() {
			db := opened(t, open)
			tx := begin(t, db, onCard(t, i, first.Operation))
			for j, second := range svcgate.Operations() {
				next := onCard(t, 10*i+j+100, second.Operation)
				if first.MovesMoney && second.MovesMoney {
					held(t, db, next, tx.ID)
					continue
				}
				begin(t, db, next)
				finish(t, db, finished(t, next))
			}
		}
	})
	t.Run("until its outcome is known or a person decides", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		first := unknown(finished(t, begin(t, db, onCard(t, 1, svcgate.Authorize))))
		first.Reply, first.Vendor = svcgate.Reply{}, nil
		finish(t, db, first)
		next := onCard(t, 2, svcgate.Deposit)
		held(t, db, next, first.ID)
		elsewhere := onCard(t, 3, svcgate.Deposit)
		elsewhere.Service = "TLR"
		begin(t, db, elsewhere)
		begin(t, db, sent(t, 4))
		must(t, db.ToDesk(ctx, first.ID, finding, at(1)))
		begin(t, db, next)
		must(t, db.Settle(ctx, settled(t, first, "jo")))
		held(t, db, onCard(t, 5, svcgate.Recharge), next.ID)
	})
	t.Run("a key that was used is told before a card that is held", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := begin(t, db, onCard(t, 1, svcgate.Authorize))
		again := onCard(t, 2, svcgate.Authorize)
		again.Key = tx.Key
		if earlier, err := db.Begin(ctx, again); err != nil || earlier == nil || earlier.ID != tx.ID {
			t.Errorf("Begin = %v, %v", earlier, err)
		}
	})
	t.Run("no card holds no card", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		for n := range 2 {
			tx := sent(t, n)
			tx.CardPrint = ""
			begin(t, db, tx)
		}
	})
	t.Run("a split deposit works by its parts", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		for n, amount := range map[int]string{1: "38.32", 2: "170.00"} {
			tx := onCard(t, n, svcgate.Authorize)
			tx.Order, tx.Requested = "W-1", dollars(t, amount)
			done := finished(t, begin(t, db, tx))
			done.Reply.TransactionID = fmt.Sprint(500 + n)
			finish(t, db, done)
		}
		parent := onCard(t, 3, svcgate.Deposit)
		parent.Order, parent.Requested = "W-1", dollars(t, "170.32")
		parent.Plan = []svcgate.Part{{Authorization: "501", Amount: dollars(t, "38.32")}, {Authorization: "502", Amount: dollars(t, "132.00")}}
		begin(t, db, parent)
		wantSame(t, read(t, db, parent.ID), parent)

		part := onCard(t, 4, svcgate.Deposit)
		part.Order, part.Key, part.Parent, part.Authorization, part.Requested = "W-1", "", parent.ID, "501", dollars(t, "38.32")
		begin(t, db, part)
		held(t, db, onCard(t, 5, svcgate.Recharge), part.ID)
		again := onCard(t, 8, svcgate.Deposit)
		again.Order, again.Plan, again.Key = "W-1", parent.Plan, parent.Key
		if earlier, err := db.Begin(ctx, again); err != nil || earlier == nil || earlier.ID != parent.ID {
			t.Errorf("the key again, while its own part holds the card: %v, %v", earlier, err)
		}
		finish(t, db, finished(t, part))
		second := onCard(t, 6, svcgate.Deposit)
		second.Order, second.Key, second.Parent, second.Authorization, second.Requested = "W-1", "", parent.ID, "502", dollars(t, "132.00")
		lost := unknown(finished(t, begin(t, db, second)))
		lost.Reply, lost.Vendor = svcgate.Reply{}, nil
		finish(t, db, lost)
		open := unknown(finished(t, parent))
		open.Reply, open.Vendor, open.Sealed = svcgate.Reply{}, nil, parent.Sealed
		must(t, db.Finish(ctx, open, nil))

		got := read(t, db, parent.ID)
		want := *open
		want.Plan = []svcgate.Part{
			{Authorization: "501", Amount: dollars(t, "38.32"), TransactionID: part.ID},
			{Authorization: "502", Amount: dollars(t, "132.00"), TransactionID: second.ID},
		}
		wantSame(t, got, &want)
		if earlier, err := db.Earlier(ctx, "oms", parent.Key); err != nil || earlier == nil || earlier.Plan[1].TransactionID != second.ID {
			t.Errorf("Earlier = %+v, %v", earlier, err)
		}
		holds, err := db.Holds(ctx, "RLT", "W-1", "")
		if err != nil || len(holds) != 2 || holds[0].Remaining.Minor() != 0 || holds[1].Remaining.Decimal() != "38.00" {
			t.Errorf("the holds are %+v, %v", holds, err)
		}
		next := onCard(t, 7, svcgate.Deposit)
		next.Plan = parent.Plan
		held(t, db, next, second.ID)
		if err := db.Finish(ctx, finished(t, parent), answered()); err == nil {
			t.Error("a split deposit was finished with an exchange")
		}
	})
}

func testEarlier(t *testing.T, open Open) {
	ctx := context.Background()
	db := opened(t, open)
	tx := begin(t, db, sent(t, 1))
	unkeyed := sent(t, 2)
	unkeyed.Key = ""
	begin(t, db, unkeyed)
	for _, c := range []struct{ caller, key, want string }{
		{"oms", "key-1", tx.ID}, {"oms", "key-2", ""}, {"tester", "key-1", ""}, {"oms", "", ""}, {"oms", "KEY-1", ""},
	} {
		got, err := db.Earlier(ctx, c.caller, c.key)
		if err != nil || (got == nil) != (c.want == "") || got != nil && got.ID != c.want {
			t.Errorf("Earlier(%q, %q) = %v, %v; want %q", c.caller, c.key, got, err, c.want)
		}
	}
	wantSame(t, firstOf(db.Earlier(ctx, "oms", "key-1")), tx)
}

func firstOf(tx *svcgate.Transaction, _ error) *svcgate.Transaction { return tx }

func testSimilar(t *testing.T, open Open) {
	ctx := context.Background()
	db := opened(t, open)
	base := func(n int) *svcgate.Transaction {
		tx := onCard(t, n, svcgate.Recharge)
		tx.Order, tx.Authorization = "W-1", "77"
		return tx
	}
	outcomes := map[int]svcgate.Outcome{0: svcgate.Declined, 1: svcgate.Unavailable, 2: svcgate.Partial, 3: svcgate.Undefined, 4: svcgate.Approved}
	similar := func(spoil func(*svcgate.Transaction), since int) string {
		tx := base(99)
		if spoil != nil {
			spoil(tx)
		}
		id, err := db.Similar(ctx, tx, at(since))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	for n := range 5 {
		done := finished(t, begin(t, db, base(n)))
		done.Outcome = outcomes[n]
		finish(t, db, done)
		want := name(n)
		if n < 2 {
			want = ""
		}
		if got := similar(nil, 0); got != want {
			t.Errorf("%s: %q, want %q", outcomes[n], got, want)
		}
	}
	open5 := begin(t, db, base(5))
	if got := similar(nil, 0); got != name(5) {
		t.Errorf("sent: %q", got)
	}
	must(t, db.Finish(ctx, unknown(finished(t, open5)), answered()))
	if got := similar(nil, 5); got != name(5) {
		t.Errorf("unresolved: %q", got)
	}
	must(t, db.ToDesk(ctx, open5.ID, finding, at(9)))
	if got := similar(nil, 5); got != name(5) {
		t.Errorf("on the desk: %q", got)
	}
	for what, spoil := range map[string]func(*svcgate.Transaction){
		"service":       func(tx *svcgate.Transaction) { tx.Service = "TLR" },
		"order":         func(tx *svcgate.Transaction) { tx.Order = "W-2" },
		"operation":     func(tx *svcgate.Transaction) { tx.Operation = svcgate.Return },
		"card":          func(tx *svcgate.Transaction) { tx.CardPrint = "another" },
		"amount":        func(tx *svcgate.Transaction) { tx.Requested = dollars(t, "25.01") },
		"currency":      func(tx *svcgate.Transaction) { tx.Requested, _ = svcgate.MoneyFromMinor(2500, "CAD") },
		"authorization": func(tx *svcgate.Transaction) { tx.Authorization = "" },
	} {
		if got := similar(spoil, 0); got != "" {
			t.Errorf("another %s: %q", what, got)
		}
	}
	if got := similar(nil, 6); got != "" {
		t.Errorf("too long ago: %q", got)
	}
	if got := similar(func(tx *svcgate.Transaction) { tx.Key = "key-5" }, 5); got != "" {
		t.Errorf("the same key: %q", got)
	}
	if got := similar(func(tx *svcgate.Transaction) { tx.Key, tx.Caller = "key-5", "tester" }, 5); got != name(5) {
		t.Errorf("the same key of another caller: %q", got)
	}
	if got := similar(func(tx *svcgate.Transaction) { tx.Sequence = 9 }, 5); got != name(5) {
		t.Errorf("another sequence: %q", got)
	}
}

// step is something that happens on the card, in the order of the journal.
type step struct {
	op      svcgate.Operation
	outcome svcgate.Outcome
	told    string // balance; "" for none
}

func testLastReading(t *testing.T, open Open) {
	ctx := context.Background()
	inquiry := func(told string) step { return step{svcgate.Inquire, svcgate.Approved, told} }
	for _, c := range []struct {
		name  string
		steps []step
		want  string // number of the step whose balance it is; "" for none
	}{
		{"nothing", nil, ""},
		{"an inquiry", []step{inquiry("1.00")}, "0"},
		{"the later of two", []step{inquiry("1.00"), inquiry("2.00")}, "1"},
		{"an inquiry that was not told", []step{inquiry("1.00"), inquiry("")}, "0"},
		{"a money operation that tells", []step{inquiry("1.00"), {svcgate.Recharge, svcgate.Approved, "3.00"}}, "1"},
		{"a money operation that tells nothing", []step{inquiry("1.00"), {svcgate.Recharge, svcgate.Approved, ""}}, ""},
		{"and an inquiry after it", []step{inquiry("1.00"), {svcgate.Recharge, svcgate.Approved, ""}, inquiry("4.00")}, "2"},
		{"a declined one", []step{inquiry("1.00"), {svcgate.Authorize, svcgate.Declined, ""}}, "0"},
		{"a declined one that tells", []step{inquiry("1.00"), {svcgate.Authorize, svcgate.Declined, "2.00"}}, "1"},
		{"one never sent", []step{inquiry("1.00"), {svcgate.Authorize, svcgate.Unavailable, ""}}, "0"},
		{"an undefined one", []step{inquiry("1.00"), {svcgate.Return, svcgate.Undefined, ""}}, ""},
		{"an undefined one that tells", []step{inquiry("1.00"), {svcgate.Return, svcgate.Undefined, "9.00"}}, "1"},
		{"an approved deposit", []step{inquiry("1.00"), {svcgate.Deposit, svcgate.Approved, ""}}, "0"},
		{"an unknown deposit", []step{inquiry("1.00"), {svcgate.Deposit, svcgate.Unknown, ""}}, ""},
		{"one under way", []step{inquiry("1.00"), {svcgate.Void, "", ""}}, ""},
		{"an unknown one", []step{inquiry("1.00"), {svcgate.Void, svcgate.Unknown, ""}}, ""},
		{"an inquiry after an unknown one", []step{{svcgate.Void, svcgate.Unknown, ""}, inquiry("1.00")}, ""},
		{"an unknown inquiry", []step{inquiry("1.00"), {svcgate.Inquire, svcgate.Unknown, ""}}, "0"},
		{"a generation", []step{inquiry("1.00"), {svcgate.Generate, svcgate.Unknown, ""}}, "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := opened(t, open)
			for n, s := range c.steps {
				happen(t, db, onCard(t, n, s.op), s)
			}
			wantReading(t, db, c.want)
		})
	}
	t.Run("only this card of this service", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		happen(t, db, sent(t, 0), inquiry("1.00"))
		other := onCard(t, 1, svcgate.Inquire)
		other.Service = "TLR"
		happen(t, db, other, inquiry("2.00"))
		wantReading(t, db, "")
	})
	t.Run("an answer to a question asked before", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		asked := begin(t, db, onCard(t, 0, svcgate.Inquire))
		happen(t, db, onCard(t, 1, svcgate.Recharge), step{svcgate.Recharge, svcgate.Approved, ""})
		finish(t, db, finished(t, asked)) // from before or from after, nobody knows
		wantReading(t, db, "")
	})
	t.Run("after the desk", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := onCard(t, 0, svcgate.Recharge)
		happen(t, db, tx, step{svcgate.Recharge, svcgate.Unknown, ""})
		happen(t, db, onCard(t, 1, svcgate.Inquire), inquiry("1.00"))
		must(t, db.ToDesk(ctx, tx.ID, finding, at(5)))
		wantReading(t, db, "")
		happen(t, db, onCard(t, 2, svcgate.Inquire), inquiry("1.00"))
		wantReading(t, db, "2")
		must(t, db.Settle(ctx, settled(t, tx, "jo"))) // who knows what the person did besides
		wantReading(t, db, "")
	})
	t.Run("after settling by a look", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		tx := onCard(t, 0, svcgate.Recharge)
		happen(t, db, tx, step{svcgate.Recharge, svcgate.Unknown, ""})
		happen(t, db, onCard(t, 1, svcgate.Inquire), inquiry("1.00"))
		done := settled(t, tx, svcgate.CallerSettling)
		done.Settlement.Evidence = []svcgate.Reading{{At: at(1), Transaction: name(1)}}
		must(t, db.Settle(ctx, done))
		wantReading(t, db, "1")
	})
	t.Run("many transactions later", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		happen(t, db, onCard(t, 0, svcgate.Recharge), step{svcgate.Recharge, svcgate.Approved, ""})
		for n := range 40 {
			happen(t, db, onCard(t, n+1, svcgate.Inquire), inquiry("5.00"))
		}
		wantReading(t, db, "40")
	})
}

func happen(t testing.TB, db Database, tx *svcgate.Transaction, s step) {
	t.Helper()
	tx.Operation = s.op
	begin(t, db, tx)
	if s.outcome == "" {
		return
	}
	done := finished(t, tx)
	done.Outcome, done.Reply.Balance = s.outcome, svcgate.Money{}
	if s.told != "" {
		done.Reply.Balance = dollars(t, s.told)
	}
	if s.outcome == svcgate.Unknown {
		unknown(done)
		done.Class, done.Reply, done.Vendor = svcgate.ClassNoReply, svcgate.Reply{}, nil
	}
	finish(t, db, done)
}

func wantReading(t testing.TB, db Database, want string) {
	t.Helper()
	got, err := db.LastReading(context.Background(), "RLT", "the card")
	if err != nil {
		t.Fatal(err)
	}
	if want == "" {
		if got != (svcgate.Reading{}) {
			t.Errorf("the last reading is %+v, want none", got)
		}
		return
	}
	var n int
	if _, err := fmt.Sscan(want, &n); err != nil {
		t.Fatal(err)
	}
	tx := read(t, db, name(n))
	if got.Transaction != tx.ID || got.Balance != tx.Reply.Balance || got.Status != tx.Reply.CardStatus || !got.At.Equal(tx.Finished.Truncate(time.Microsecond)) {
		t.Errorf("the last reading is %+v, want that of %s", got, tx.ID)
	}
}
