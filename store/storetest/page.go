package storetest

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

func testFilters(t *testing.T, open Open) {
	ctx := context.Background()
	db := opened(t, open)
	// Twelve records, numbered; what differs from the sample stands beside each.
	for n, change := range []func(*svcgate.Transaction){
		0:  nil,
		1:  func(tx *svcgate.Transaction) { tx.Service = "TLR" },
		2:  func(tx *svcgate.Transaction) { tx.Order = "W-0" },
		3:  func(tx *svcgate.Transaction) { tx.Last4 = "9999" },
		4:  func(tx *svcgate.Transaction) { tx.Operation = svcgate.Void },
		5:  func(tx *svcgate.Transaction) { tx.Key, tx.Caller = "key-0", "tester" },
		6:  func(tx *svcgate.Transaction) { tx.Outcome = svcgate.Declined },
		7:  func(tx *svcgate.Transaction) { tx.Outcome = svcgate.Unknown },
		8:  func(tx *svcgate.Transaction) { tx.Outcome = "" },
		9:  func(tx *svcgate.Transaction) { tx.Outcome = svcgate.Partial },
		10: func(tx *svcgate.Transaction) { tx.Outcome = svcgate.Undefined },
		11: func(tx *svcgate.Transaction) { tx.Outcome = svcgate.Unavailable },
	} {
		tx := sent(t, n)
		tx.Outcome = svcgate.Approved
		if change != nil {
			change(tx)
		}
		outcome := tx.Outcome
		tx.Outcome = ""
		begin(t, db, tx)
		if outcome == "" {
			continue
		}
		done := finished(t, tx)
		done.Outcome = outcome
		if outcome == svcgate.Unknown {
			unknown(done)
		}
		finish(t, db, done)
	}
	for _, c := range []struct {
		filter svcgate.Filter
		want   string // numbers, newest first
	}{
		{svcgate.Filter{}, "11 10 9 8 7 6 5 4 3 2 1 0"},
		{svcgate.Filter{Service: "TLR"}, "1"},
		{svcgate.Filter{Service: "tlr"}, ""},
		{svcgate.Filter{Order: "W-0"}, "2 0"},
		{svcgate.Filter{Order: "W-0", Service: "TLR"}, ""},
		{svcgate.Filter{Order: "W-%"}, ""},
		{svcgate.Filter{Last4: "9999"}, "3"},
		{svcgate.Filter{Operation: svcgate.Void}, "4"},
		{svcgate.Filter{Operation: svcgate.Deposit}, ""},
		{svcgate.Filter{Key: "key-0"}, "5 0"},
		{svcgate.Filter{Key: "key"}, ""},
		{svcgate.Filter{Outcome: svcgate.Approved}, "5 4 3 2 1 0"},
		{svcgate.Filter{Outcome: svcgate.Declined}, "6"},
		{svcgate.Filter{Outcome: svcgate.Unknown}, "7"},
		{svcgate.Filter{Outcome: svcgate.Partial}, "9"},
		{svcgate.Filter{Outcome: svcgate.Undefined}, "10"},
		{svcgate.Filter{Outcome: svcgate.Unavailable}, "11"},
		{svcgate.Filter{State: svcgate.StateSent}, "8"},
		{svcgate.Filter{State: svcgate.StateUnresolved}, "7"},
		{svcgate.Filter{State: svcgate.StateFinal}, "11 10 9 6 5 4 3 2 1 0"},
		{svcgate.Filter{State: svcgate.StateFinal, Outcome: svcgate.Unknown}, ""},
		{svcgate.Filter{From: at(9)}, "11 10 9"},
		{svcgate.Filter{To: at(2)}, "1 0"},
		{svcgate.Filter{From: at(4), To: at(6)}, "5 4"},
		{svcgate.Filter{From: at(6), To: at(4)}, ""},
		{svcgate.Filter{From: at(4).In(time.FixedZone("", 3600)), To: at(5), Operation: svcgate.Void, Last4: "0017"}, "4"},
		{svcgate.Filter{Limit: 2}, "11 10"},
		{svcgate.Filter{Code: "24", Operation: svcgate.Void}, "4"},
		{svcgate.Filter{Code: "2"}, ""},
		{svcgate.Filter{Source: svcgate.SourceReasonCode, State: svcgate.StateUnresolved}, "7"},
		{svcgate.Filter{Source: svcgate.SourceErrorCode}, ""},
		{svcgate.Filter{Order: "W-0' OR 1=1 --"}, ""},
		{svcgate.Filter{Least: dollars(t, "25.00"), Most: dollars(t, "25.00"), To: at(2)}, "1 0"},
		{svcgate.Filter{Least: dollars(t, "25.01")}, ""},
		{svcgate.Filter{Most: dollars(t, "24.99")}, ""},
	} {
		page, err := db.Transactions(ctx, c.filter)
		if err != nil {
			t.Errorf("%+v: %v", c.filter, err)
			continue
		}
		if got := numbers(page); got != c.want {
			t.Errorf("%+v gives %q, want %q", c.filter, got, c.want)
		}
	}
	for _, wrong := range []svcgate.Filter{
		{Limit: -1}, {Limit: 501}, {Operation: 77}, {Outcome: "fine"}, {State: "lost"}, {Outcome: "approved "}, {Source: "reason"},
	} {
		_, err := db.Transactions(ctx, wrong)
		wantCode(t, err, svcgate.CodeInvalid)
	}
}

// numbers tells a page's records by the numbers of sent.
func numbers(p *svcgate.Page) string {
	var out []string
	for _, tx := range p.Transactions {
		n := 0
		for _, letter := range slices.Backward([]byte(strings.TrimPrefix(tx.ID, "txn_"))) {
			n = n*10 + strings.IndexByte("bcdfghjkmn", letter)
		}
		out = append(out, fmt.Sprint(n))
	}
	return strings.Join(out, " ")
}

func testPages(t *testing.T, open Open) {
	ctx := context.Background()
	db := opened(t, open)
	// Sixty records at three instants: the pages must cut through equal ones.
	const records = 60
	for n := range records {
		tx := sent(t, n)
		tx.Created = start.Add(time.Duration(n%3) * time.Microsecond)
		begin(t, db, tx)
	}
	for _, size := range []int{1, 7, 20, 59, 60, 61, 500} {
		f := svcgate.Filter{Limit: size}
		var seen []string
		for pages := 0; ; pages++ {
			if pages > records {
				t.Fatalf("pages of %d do not end", size)
			}
			page, err := db.Transactions(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			for i, tx := range page.Transactions {
				if i > 0 && !after(page.Transactions[i-1], tx) {
					t.Errorf("pages of %d: %s stands before %s", size, page.Transactions[i-1].ID, tx.ID)
				}
				seen = append(seen, tx.ID)
			}
			if page.Next == "" {
				break
			}
			if len(page.Transactions) != size {
				t.Errorf("a page of %d has %d and a next one", size, len(page.Transactions))
			}
			if pages == 0 { // what is begun meanwhile is newer and disturbs no page
				tx := sent(t, 1000+size)
				tx.Created = start.Add(time.Hour)
				begin(t, db, tx)
			}
			f.Cursor = page.Next
		}
		seen = slices.DeleteFunc(seen, func(id string) bool { return len(id) > 0 && isLate(id) })
		slices.Sort(seen)
		if len(slices.Compact(seen)) != records {
			t.Errorf("pages of %d show %d records, want %d", size, len(seen), records)
		}
	}
	page, err := db.Transactions(ctx, svcgate.Filter{})
	if err != nil || len(page.Transactions) != 50 || page.Next == "" {
		t.Errorf("a page without a limit has %d records and cursor %q (%v), want 50 and one", len(page.Transactions), page.Next, err)
	}
}

// isLate reports whether the record was begun while pages were read: its number is 1000 or more.
func isLate(id string) bool { return id[len("txn_")+3] != 'b' }

func after(a, b *svcgate.Transaction) bool {
	if a.Created.Equal(b.Created) {
		return a.ID > b.ID
	}
	return a.Created.After(b.Created)
}

func testCursors(t *testing.T, open Open) {
	ctx := context.Background()
	db := opened(t, open)
	for n := range 4 {
		begin(t, db, sent(t, n))
	}
	f := svcgate.Filter{Service: "RLT", Limit: 2}
	page, err := db.Transactions(ctx, f)
	if err != nil || page.Next == "" {
		t.Fatalf("Transactions = %+v, %v", page, err)
	}
	cursor := page.Next
	if strings.Contains(cursor, name(2)) {
		t.Error("the cursor shows the record's id")
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		changed := slices.Clone(raw)
		changed[i] ^= 1
		f.Cursor = base64.RawURLEncoding.EncodeToString(changed)
		if _, err := db.Transactions(ctx, f); svcgate.CodeOf(err) != svcgate.CodeInvalid {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	for _, wrong := range []string{"x", cursor[1:], cursor[:len(cursor)-1], cursor + "A", cursor + "=", " " + cursor, strings.ToLower(cursor), "1", "' OR 1=1"} {
		f.Cursor = wrong
		if _, err := db.Transactions(ctx, f); svcgate.CodeOf(err) != svcgate.CodeInvalid {
			t.Errorf("cursor %q: %v", wrong, err)
		}
	}
	other := svcgate.Filter{Service: "TLR", Limit: 2, Cursor: cursor}
	if _, err := db.Transactions(ctx, other); svcgate.CodeOf(err) != svcgate.CodeInvalid {
		t.Errorf("the cursor of another search: %v", err)
	}
	if _, err := db.Transactions(ctx, svcgate.Filter{Service: "RLT", Limit: 1, Cursor: cursor}); err != nil {
		t.Errorf("another page size with the same cursor: %v", err)
	}
}
