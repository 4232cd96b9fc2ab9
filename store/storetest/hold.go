package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

// use is a deposit or void that names a hold.
type use struct {
	operation svcgate.Operation
	outcome   svcgate.Outcome // "" is under way
	amount    string          // asked for
	done      string          // what the provider says it did; "" says nothing
	accepted  bool
}

func testHolds(t *testing.T, open Open) {
	ctx := context.Background()
	deposited := func(amount string) use { return use{svcgate.Deposit, svcgate.Approved, amount, amount, true} }
	for _, c := range []struct {
		name                string
		uses                []use
		captured, remaining string
	}{
		{"untouched", nil, "0.00", "20.00"},
		{"one deposit", []use{deposited("5.00")}, "5.00", "15.00"},
		{"two deposits", []use{deposited("5.00"), deposited("15.00")}, "20.00", "0.00"},
		{"amount not told", []use{{svcgate.Deposit, svcgate.Approved, "7.00", "", true}}, "7.00", "13.00"},
		{"partial deposit", []use{{svcgate.Deposit, svcgate.Partial, "20.00", "12.34", true}}, "12.34", "7.66"},
		{"declined deposit", []use{{svcgate.Deposit, svcgate.Declined, "5.00", "", false}}, "0.00", "20.00"},
		{"deposit never sent", []use{{svcgate.Deposit, svcgate.Unavailable, "5.00", "", false}}, "0.00", "20.00"},
		{"deposit under way", []use{{svcgate.Deposit, "", "5.00", "", false}}, "0.00", "15.00"},
		{"deposit unknown", []use{deposited("1.00"), {svcgate.Deposit, svcgate.Unknown, "5.00", "", false}}, "1.00", "14.00"},
		{"deposit refused by an undefined code", []use{{svcgate.Deposit, svcgate.Undefined, "5.00", "", false}}, "0.00", "20.00"},
		{"deposit accepted with an undefined code", []use{{svcgate.Deposit, svcgate.Undefined, "5.00", "4.00", true}}, "0.00", "15.00"},
		{"more than held", []use{deposited("15.00"), deposited("15.00")}, "30.00", "0.00"},
		{"voided", []use{{svcgate.Void, svcgate.Approved, "20.00", "20.00", true}}, "0.00", "0.00"},
		{"voided after a deposit", []use{deposited("5.00"), {svcgate.Void, svcgate.Approved, "15.00", "15.00", true}}, "5.00", "0.00"},
		{"void partly done", []use{{svcgate.Void, svcgate.Partial, "20.00", "1.00", true}}, "0.00", "0.00"},
		{"void under way", []use{{svcgate.Void, "", "20.00", "", false}}, "0.00", "0.00"},
		{"void unknown", []use{{svcgate.Void, svcgate.Unknown, "20.00", "", false}}, "0.00", "0.00"},
		{"void accepted with an undefined code", []use{{svcgate.Void, svcgate.Undefined, "20.00", "", true}}, "0.00", "0.00"},
		{"void declined", []use{{svcgate.Void, svcgate.Declined, "20.00", "", false}}, "0.00", "20.00"},
		{"void never sent", []use{{svcgate.Void, svcgate.Unavailable, "20.00", "", false}}, "0.00", "20.00"},
		{"a return naming it changes nothing", []use{{svcgate.Return, svcgate.Approved, "5.00", "5.00", true}}, "0.00", "20.00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := opened(t, open)
			authorize(t, db, 1, "W-1", "501", "20.00", svcgate.Approved)
			for i, u := range c.uses {
				record(t, db, 10+i, "501", u)
			}
			holds, err := db.Holds(ctx, "RLT", "W-1", "")
			if err != nil || len(holds) != 1 {
				t.Fatalf("Holds = %v, %v", holds, err)
			}
			h := holds[0]
			if h.Amount.Decimal() != "20.00" || h.Captured.Decimal() != c.captured || h.Remaining.Decimal() != c.remaining {
				t.Errorf("amount %v, captured %v, remaining %v; want 20.00, %s, %s", h.Amount, h.Captured, h.Remaining, c.captured, c.remaining)
			}
			var underWay svcgate.CardHeldError
			for i, u := range c.uses {
				if u.outcome == "" {
					underWay = svcgate.CardHeldError{TransactionID: sent(t, 10+i).ID, Operation: u.operation, Order: "W-1", State: svcgate.StateSent}
				}
			}
			if h.UnderWay != underWay {
				t.Errorf("under way is %+v, want %+v", h.UnderWay, underWay)
			}
			over := h.Captured.Minor() >= h.Amount.Minor() || slices.ContainsFunc(c.uses, func(u use) bool {
				return u.operation == svcgate.Void && (u.outcome == svcgate.Approved || u.outcome == svcgate.Partial)
			})
			open, err := db.OpenHolds(ctx, svcgate.Filter{Service: "RLT"})
			if err != nil || over != (len(open) == 0) || !over && open[0] != h {
				t.Errorf("OpenHolds = %v, %v, want %v: used up is %t", open, err, h, over)
			}
		})
	}
	t.Run("which holds", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		authorize(t, db, 2, "W-1", "502", "7.00", svcgate.Partial)
		authorize(t, db, 1, "W-1", "501", "20.00", svcgate.Approved)
		authorize(t, db, 3, "W-2", "503", "3.00", svcgate.Approved)
		authorize(t, db, 4, "W-1", "504", "4.00", svcgate.Declined)
		authorize(t, db, 5, "W-1", "505", "4.00", svcgate.Undefined)
		authorize(t, db, 6, "W-1", "506", "4.00", svcgate.Unknown)
		begin(t, db, sent(t, 7))
		authorize(t, db, 8, "", "508", "8.00", svcgate.Approved)
		elsewhere := sent(t, 9)
		elsewhere.Service, elsewhere.Order = "TLR", "W-1"
		done := finished(t, begin(t, db, elsewhere))
		done.Reply.TransactionID = "501"
		finish(t, db, done)
		record(t, db, 10, "503", deposited("1.00"))
		foreign := sent(t, 11)
		foreign.Service, foreign.Operation, foreign.Authorization = "TLR", svcgate.Void, "502"
		finish(t, db, finished(t, begin(t, db, foreign)))

		for _, c := range []struct{ service, order, authorization, want string }{
			{"RLT", "W-1", "", "501 20.00/20.00 502 7.00/7.00"},
			{"RLT", "W-1", "501", "501 20.00/20.00 502 7.00/7.00"},
			{"RLT", "W-1", "503", "501 20.00/20.00 502 7.00/7.00 503 3.00/2.00"},
			{"RLT", "W-2", "", "503 3.00/2.00"},
			{"RLT", "", "501", "501 20.00/20.00"},
			{"RLT", "", "", ""},
			{"RLT", "W-9", "999", ""},
			{"RLT", "w-1", "", ""},
			{"TLR", "W-1", "", "501 25.00/25.00"},
			{"TLR", "W-2", "503", ""},
		} {
			holds, err := db.Holds(ctx, c.service, c.order, c.authorization)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, h := range holds {
				got = append(got, fmt.Sprintf("%s %s/%s", h.Authorization, h.Amount.Decimal(), h.Remaining.Decimal()))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("Holds(%q, %q, %q) = %q, want %q", c.service, c.order, c.authorization, s, c.want)
			}
		}
		holds, err := db.Holds(ctx, "RLT", "W-2", "")
		if err != nil || len(holds) != 1 {
			t.Fatalf("Holds = %v, %v", holds, err)
		}
		if h := holds[0]; h.TransactionID != name(3) || h.Order != "W-2" || h.CardPrint != "card-print-3" || h.Last4 != "0017" ||
			!h.Created.Equal(start.Add(3*time.Millisecond)) || h.Amount.Currency() != "USD" {
			t.Errorf("the hold is %+v", h)
		}
	})
}

// authorize records an authorization; a partial one was asked for a cent more.
func authorize(t *testing.T, db Database, n int, order, id, amount string, outcome svcgate.Outcome) {
	t.Helper()
	tx := sent(t, n)
	tx.Order, tx.Requested = order, dollars(t, amount)
	if outcome == svcgate.Partial {
		tx.Requested, _ = tx.Requested.Plus(dollars(t, "0.01"))
	}
	done := finished(t, begin(t, db, tx))
	done.Outcome, done.Reply.TransactionID, done.Reply.Amount = outcome, id, dollars(t, amount)
	if outcome == svcgate.Unknown {
		unknown(done)
	}
	finish(t, db, done)
}

func record(t *testing.T, db Database, n int, authorization string, u use) {
	t.Helper()
	tx := sent(t, n)
	tx.Operation, tx.Authorization, tx.Requested = u.operation, authorization, dollars(t, u.amount)
	begin(t, db, tx)
	if u.outcome == "" {
		return
	}
	done := finished(t, tx)
	done.Outcome, done.Reply.Accepted, done.Reply.Amount = u.outcome, u.accepted, svcgate.Money{}
	if u.done != "" {
		done.Reply.Amount = dollars(t, u.done)
	}
	if u.outcome == svcgate.Unknown {
		unknown(done)
	}
	finish(t, db, done)
}
