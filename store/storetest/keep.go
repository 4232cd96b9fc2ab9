package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

func testAudit(t *testing.T, open Open) {
	ctx := context.Background()
	db := opened(t, open)
	if entries, next, err := db.AuditTrail(ctx, access.EntryFilter{}); err != nil || len(entries) != 0 || next != "" {
		t.Errorf("an empty trail is %v, %q, %v", entries, next, err)
	}
	for n := range 7 {
		e := access.Entry{At: at(n), Actor: "jo", Action: "transaction.settle", Subject: name(n), Detail: fmt.Sprintf("reason – %d", n)}
		if n == 6 {
			e.At = time.Time{}
		}
		must(t, db.Audit(ctx, e))
		begin(t, db, sent(t, n)) // what stands between in the chain does not matter
	}
	var seen []string
	cursor := ""
	for {
		entries, next, err := db.AuditTrail(ctx, access.EntryFilter{Limit: 3, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			seen = append(seen, strings.TrimPrefix(e.Detail, "reason – "))
			if e.Actor != "jo" || e.Action != "transaction.settle" || e.Subject == "" || e.At.IsZero() {
				t.Errorf("an entry is %+v", e)
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if got := strings.Join(seen, " "); got != "6 5 4 3 2 1 0" {
		t.Errorf("the trail is %s", got)
	}
	must(t, db.Audit(ctx, access.Entry{Actor: "ann", Action: "transaction.settle.failed", Subject: "O'Neil %"}))
	must(t, db.Audit(ctx, access.Entry{Actor: "ann", Action: "transactions"}))
	for _, c := range []struct {
		filter access.EntryFilter
		found  int
	}{
		{access.EntryFilter{Actor: "ann"}, 2}, {access.EntryFilter{Actor: "an"}, 0}, {access.EntryFilter{Action: "transaction"}, 8},
		{access.EntryFilter{Action: "transaction.settle", Actor: "jo"}, 7}, {access.EntryFilter{Action: "transaction.settl"}, 0},
		{access.EntryFilter{Subject: name(3)}, 1}, {access.EntryFilter{Subject: "O'Neil %"}, 1}, {access.EntryFilter{Subject: "%"}, 0},
		{access.EntryFilter{Actor: "jo", Subject: "O'Neil %"}, 0},
	} {
		if entries, _, err := db.AuditTrail(ctx, c.filter); err != nil || len(entries) != c.found {
			t.Errorf("%+v chooses %d of the trail (%v), want %d", c.filter, len(entries), err, c.found)
		}
	}
	entries, next, err := db.AuditTrail(ctx, access.EntryFilter{Actor: "jo", Limit: 4})
	if err == nil {
		entries, next, err = db.AuditTrail(ctx, access.EntryFilter{Actor: "jo", Limit: 4, Cursor: next})
	}
	if err != nil || len(entries) != 3 || next != "" {
		t.Errorf("the second page of a choice has %d entries, then %q (%v)", len(entries), next, err)
	}
	for _, wrong := range []access.Entry{{}, {At: at(1), Actor: "jo"}, {At: at(1), Action: "x"}, {Actor: "jo", Action: "a\nb"}} {
		wantCode(t, db.Audit(ctx, wrong), svcgate.CodeInvalid)
	}
	for _, wrong := range []string{"x", "-1", "0", "1.5", " 1", "99999999999999999999"} {
		_, _, err := db.AuditTrail(ctx, access.EntryFilter{Limit: 1, Cursor: wrong})
		wantCode(t, err, svcgate.CodeInvalid)
	}
	for _, wrong := range []int{-1, 501} {
		_, _, err := db.AuditTrail(ctx, access.EntryFilter{Limit: wrong})
		wantCode(t, err, svcgate.CodeInvalid)
	}
}

func testForgetKeys(t *testing.T, open Open) {
	ctx := context.Background()
	db := opened(t, open)
	finish(t, db, finished(t, begin(t, db, sent(t, 0))))
	begin(t, db, sent(t, 1))
	unresolved(t, db, 2, nil)
	desk := unresolved(t, db, 3, nil)
	must(t, db.ToDesk(ctx, desk.ID, finding, at(9)))
	const more = 450 // several commits
	for n := range more {
		finish(t, db, finished(t, begin(t, db, sent(t, 4+n))))
	}
	late := finish(t, db, finished(t, begin(t, db, sent(t, 1000))))
	if n, err := db.ForgetKeys(ctx, at(0)); err != nil || n != 0 {
		t.Errorf("ForgetKeys up to the first: %d, %v", n, err)
	}
	if n, err := db.ForgetKeys(ctx, at(1000)); err != nil || n != more+1 {
		t.Errorf("ForgetKeys = %d, %v, want %d", n, err, more+1)
	}
	if n, err := db.ForgetKeys(ctx, at(1000)); err != nil || n != 0 {
		t.Errorf("ForgetKeys again: %d, %v", n, err)
	}
	for n, kept := range map[int]bool{0: false, 1: true, 2: true, 3: true, 4: false, 1000: true} {
		got, err := db.Earlier(ctx, "oms", fmt.Sprintf("key-%d", n))
		if err != nil || (got != nil) != kept {
			t.Errorf("key %d gives %v, %v", n, got, err)
		}
	}
	if got := read(t, db, name(0)); got.Key != "" || got.Outcome != svcgate.Approved {
		t.Errorf("the record without its key is %+v", got)
	}
	again := sent(t, 2000)
	again.Key = "key-0"
	begin(t, db, again)
	must(t, db.Settle(ctx, settled(t, desk, "jo")))
	if n, err := db.ForgetKeys(ctx, at(1000)); err != nil || n != 1 {
		t.Errorf("ForgetKeys after settling: %d, %v", n, err)
	}
	if got := read(t, db, late.ID); got.Key == "" {
		t.Error("a late key is forgotten")
	}
	if _, err := db.Verify(ctx, nil); err != nil {
		t.Error(err)
	}
}

func testReseal(t *testing.T, open Open) {
	ctx := context.Background()
	db := opened(t, open)
	begin(t, db, sent(t, 0))
	unresolved(t, db, 1, nil)
	desk := unresolved(t, db, 2, nil)
	must(t, db.ToDesk(ctx, desk.ID, finding, at(9)))
	finish(t, db, finished(t, begin(t, db, sent(t, 3))))
	generation(t, db, 4, svcgate.Approved)
	for n := range 250 {
		begin(t, db, sent(t, 10+n))
	}
	anew := func(id string, sealed []byte) ([]byte, error) {
		if id == name(11) {
			return nil, nil
		}
		return append([]byte("new:"+id+":"), sealed...), nil
	}
	if n, err := db.Reseal(ctx, anew); err != nil || n != 253 {
		t.Errorf("Reseal = %d, %v", n, err)
	}
	for n, is := range map[int]bool{0: true, 1: true, 2: true, 3: false, 4: true, 11: false, 12: true} {
		got := read(t, db, name(n))
		if bytes.HasPrefix(got.Sealed, []byte("new:"+got.ID)) != is {
			t.Errorf("the card of transaction %d is %q", n, got.Sealed)
		}
	}
	// A message that was under way ends without bringing the old seal back.
	finish(t, db, unknown(finished(t, sent(t, 0))))
	if got := read(t, db, name(0)); !bytes.HasPrefix(got.Sealed, []byte("new:")) {
		t.Errorf("after Finish the card is %q", got.Sealed)
	}
	failed := errors.New("the key is gone")
	if n, err := db.Reseal(ctx, func(string, []byte) ([]byte, error) { return nil, failed }); !errors.Is(err, failed) || n != 0 {
		t.Errorf("Reseal = %d, %v", n, err)
	}
	if _, err := db.Verify(ctx, nil); err != nil {
		t.Error(err)
	}
}

func testDrift(t *testing.T, open Open) {
	ctx := context.Background()
	amount := "25.00" // of every operation
	inquiry := func(told string) step { return step{svcgate.Inquire, svcgate.Approved, told} }
	for _, c := range []struct {
		name    string
		steps   []step
		drift   int64
		unknown int
	}{
		{"nothing told", []step{{svcgate.Recharge, svcgate.Approved, ""}}, 0, 0},
		{"told once", []step{inquiry("1.00")}, 0, 0},
		{"unchanged", []step{inquiry("1.00"), inquiry("1.00")}, 0, 0},
		{"spent elsewhere", []step{inquiry("9.00"), inquiry("1.50")}, -750, 0},
		{"as it should be", []step{inquiry("30.00"), {svcgate.Authorize, svcgate.Approved, ""}, {svcgate.Deposit, svcgate.Approved, ""}, inquiry("5.00")}, 0, 0},
		{"each operation", []step{
			inquiry("0.00"), {svcgate.Activate, svcgate.Approved, "25.00"}, {svcgate.Recharge, svcgate.Approved, "50.00"},
			{svcgate.Return, svcgate.Approved, ""}, {svcgate.Authorize, svcgate.Approved, ""}, {svcgate.Void, svcgate.Approved, "75.00"},
		}, 0, 0},
		{"added twice", []step{inquiry("0.00"), {svcgate.Recharge, svcgate.Approved, ""}, inquiry("50.00")}, 2500, 0},
		{"declined ones do nothing", []step{inquiry("5.00"), {svcgate.Recharge, svcgate.Declined, ""}, {svcgate.Authorize, svcgate.Unavailable, ""}, inquiry("5.00")}, 0, 0},
		{"an undefined one", []step{inquiry("5.00"), {svcgate.Recharge, svcgate.Undefined, ""}, inquiry("30.00")}, 2500, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := opened(t, open)
			for n, s := range c.steps {
				tx := onCard(t, n, s.op)
				tx.Requested = dollars(t, amount)
				happen(t, db, tx, s)
			}
			happen(t, db, with(sent(t, 50), func(tx *svcgate.Transaction) { tx.Service = "TLR" }), inquiry("1.00"))
			got, err := db.Drift(ctx, "RLT")
			if err != nil || (len(got) > 0) != (c.drift != 0) {
				t.Fatalf("Drift = %+v, %v", got, err)
			}
			if len(got) == 0 {
				return
			}
			last := read(t, db, name(len(c.steps)-1))
			if d := got[0]; len(got) != 1 || d.Minor != c.drift || d.Unknown != c.unknown || d.CardPrint != "the card" || d.Last4 != "0017" ||
				d.Transaction != last.ID || d.Told != last.Reply.Balance || !d.At.Equal(last.Finished) || !d.Since.Before(d.At) {
				t.Errorf("Drift = %+v, want %d with %d unknown", got, c.drift, c.unknown)
			}
		})
	}
}

func testOrphans(t *testing.T, open Open) {
	ctx := context.Background()
	db := opened(t, open)
	applied := svcgate.Finding{Verdict: svcgate.Applied, Amount: dollars(t, "25.00"), Why: "The balance fell by the amount."}
	for n, c := range []struct {
		op      svcgate.Operation
		service string
		f       svcgate.Finding
	}{{svcgate.Authorize, "RLT", applied}, {svcgate.Authorize, "RLT", finding}, {svcgate.Recharge, "RLT", applied}, {svcgate.Authorize, "TLR", applied}} {
		tx := unresolved(t, db, n, func(tx *svcgate.Transaction) { tx.Operation, tx.Service = c.op, c.service })
		must(t, db.ToDesk(ctx, tx.ID, c.f, at(9)))
	}
	unresolved(t, db, 9, nil)
	got, err := db.OrphanHolds(ctx, "RLT")
	if err != nil || numbers(&svcgate.Page{Transactions: got}) != "0" || *got[0].Finding != applied {
		t.Errorf("OrphanHolds = %+v, %v", got, err)
	}
}

func testVerify(t *testing.T, open Open) {
	ctx := context.Background()
	place := t.TempDir()
	db := open(t, place, clock)
	report, err := db.Verify(ctx, nil)
	if err != nil || report.Rows != 0 || report.Head != "" {
		t.Errorf("Verify of an empty journal: %+v, %v", report, err)
	}
	fill(t, db)
	begin(t, db, sent(t, 900)) // left sent
	must(t, db.Close())
	db = open(t, place, clock)
	calls, last := 0, 0
	report, err = db.Verify(ctx, func(done, total int) {
		calls++
		if done < last || done > total {
			t.Errorf("progress goes from %d to %d of %d", last, done, total)
		}
		last = done
	})
	if err != nil || report.Transactions != 1300 || report.Exchanges != 1299+1 || report.Readings != 2 || report.Entries != 3 || report.Versions != 1 || report.Rows != last || calls < 3 || len(report.Head) != 64 {
		t.Errorf("Verify = %+v, %v with %d calls, the last %d", report, err, calls, last)
	}
	must(t, db.Close())
	if _, err := db.Verify(ctx, nil); err == nil {
		t.Error("a closed journal is verified")
	}
}

// fill records something of everything: 1299 transactions, one of them a void sent twice.
func fill(t testing.TB, db Database) {
	t.Helper()
	ctx := context.Background()
	for n := range 1296 {
		finish(t, db, finished(t, begin(t, db, sent(t, n+1000))))
	}
	desk := unresolved(t, db, 1, nil)
	must(t, db.Look(ctx, desk.ID, reading(t, 1, "1.00"), at(5)))
	must(t, db.ToDesk(ctx, desk.ID, finding, at(9)))
	void := unresolved(t, db, 2, ofKind(svcgate.Void))
	must(t, db.Look(ctx, void.ID, reading(t, 1, "1.00"), at(5)))
	must(t, db.SendAgain(ctx, void.ID, 1, at(7)))
	void.Sends++
	must(t, db.Finish(ctx, finished(t, void), answered()))
	asleep := unresolved(t, db, 3, nil)
	must(t, db.Look(ctx, asleep.ID, svcgate.Reading{}, at(5)))
	must(t, db.Wake(ctx, "RLT", at(1)))
	must(t, db.Audit(ctx, access.Entry{At: at(1), Actor: "jo", Action: "look"}))
	text, hash := access.NewToken()
	if text == "" {
		t.Fatal("no token")
	}
	must(t, db.PutToken(ctx, access.Token{Name: "jo", Role: access.RoleOperator, Created: at(1)}, hash))
	first, draft := sampleVersion(1), sampleDraft()
	must(t, db.PublishCodes(ctx, &first, ""))
	must(t, db.SaveCodeDraft(ctx, &draft, "", "jo", "a beginning"))
	if _, err := db.ForgetKeys(ctx, at(1200)); err != nil {
		t.Fatal(err)
	}
}
