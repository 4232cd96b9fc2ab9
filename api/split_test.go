package api_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// hold makes authorizations of the order, whose ids count from 100.
func (h *house) hold(t testing.TB, amounts ...string) {
	t.Helper()
	h.provider.ids.Store(100)
	for i, amount := range amounts {
		h.authorize(t, fmt.Sprint("hold", i), change(t, "11.07", amount)).want(t, http.StatusOK, "", "")
	}
}

// split deposits an amount over the order's holds.
func (h *house) split(t testing.TB, amount, more string) reply {
	t.Helper()
	body := strings.Replace(authorization, `"amount":"11.07"`, `"split":"auto",`+more+`"amount":"`+amount+`"`, 1)
	return h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/deposits", body, "Idempotency-Key", "split"))
}

type splitBody struct {
	ID, Outcome, State string
	Parts              []struct {
		Authorization string
		Amount        struct{ Amount string }
		Transaction   *struct{ ID, Outcome, State, Parent, Authorization string }
	}
}

// tell gives the parts as "authorization amount outcome".
func (b splitBody) tell() string {
	var lines []string
	for _, p := range b.Parts {
		outcome := "never begun"
		if p.Transaction != nil {
			outcome = p.Transaction.Outcome
			if p.Transaction.Parent != b.ID || p.Transaction.Authorization != p.Authorization {
				outcome += " of another"
			}
		}
		lines = append(lines, p.Authorization+" "+p.Amount.Amount+" "+outcome)
	}
	return strings.Join(lines, ", ")
}

func TestSplitDeposit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		holds  []string
		amount string
		status int
		want   string // outcome: parts
	}{
		"over two holds":         {[]string{"38.32", "170.00"}, "170.32", 200, "approved: 100 38.32 approved, 101 132.00 approved"},
		"within the first":       {[]string{"38.32", "170.00"}, "38.00", 200, "approved: 100 38.00 approved"},
		"the second is declined": {[]string{"38.32", "13.13", "5.00"}, "52.00", 200, "partial: 100 38.32 approved, 101 13.13 declined, 102 0.55 never begun"},
		"the second has no rule": {[]string{"38.32", "170.00", "5.00"}, "52.46", 200, "undefined: 100 38.32 approved, 101 14.14 undefined"},
		"the first is declined":  {[]string{"38.32", "170.00"}, "13.13", 200, "declined: 100 13.13 declined"},
		"the second is lost":     {[]string{"38.32", "170.00", "5.00"}, "54.48", 504, "unknown: 100 38.32 approved, 101 16.16 unknown"},
		"the first is not sent":  {[]string{"15.15", "38.32"}, "20.00", 503, "unavailable: 100 15.15 unavailable, 101 4.85 never begun"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.provider.ids.Store(100)
			for i, amount := range c.holds { // amounts that the provider answers oddly are held under another one
				held := amount
				if amount == amountDeclined || amount == amountUnavailable {
					held = "9.99"
				}
				h.authorize(t, fmt.Sprint("hold", i), change(t, "11.07", held)).want(t, http.StatusOK, "", "")
				money, err := svcgate.ParseMoney(amount, "USD")
				if err != nil {
					t.Fatal(err)
				}
				h.journal.rows[i].Requested, h.journal.rows[i].Reply.Amount = money, money
			}
			got := h.split(t, c.amount, "")
			got.want(t, c.status, "", "")
			body := got.body
			if c.status != http.StatusOK {
				body = append(got.problem(t).Transaction, '\n')
			}
			var b splitBody
			reply{body: body}.read(t, &b)
			if told := b.Outcome + ": " + b.tell(); told != c.want {
				t.Errorf("got %s, want %s", told, c.want)
			}
			read := h.get(t, access.RoleOMS, "/v1/transactions/"+b.ID)
			replay := h.split(t, c.amount, "")
			if !bytes.Equal(read.body, body) || !bytes.Equal(replay.body, got.body) || replay.Header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("told\n%s, read\n%s, replayed\n%s", got.body, read.body, replay.body)
			}
			list := h.get(t, access.RoleOMS, "/v1/transactions?order=3242")
			if !bytes.Contains(list.body, bytes.TrimSpace(body)) {
				t.Errorf("the list shows it otherwise: %s", list.body)
			}
		})
	}
}

func TestSplitIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hold(t, "38.32")
	h.split(t, "38.33", "").want(t, http.StatusUnprocessableEntity, "exceeds_authorizations", "amount")
	h.split(t, "38.32", `"authorization":"100",`).want(t, http.StatusUnprocessableEntity, "not_applicable", "authorization")
	deposit := func(op, member string) reply {
		body := strings.Replace(authorization, `"amount"`, member+`,"amount"`, 1)
		return h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/"+op, body, "Idempotency-Key", "k"))
	}
	for _, member := range []string{`"split":"all"`, `"split":"Auto"`, `"split":true`, `"split":["auto"]`, `"split":null`} {
		deposit("deposits", member).want(t, http.StatusUnprocessableEntity, "invalid_split", "split")
	}
	deposit("deposits", `"split":""`).want(t, http.StatusUnprocessableEntity, "invalid_authorization", "authorization")
	deposit("authorizations", `"split":"auto"`).want(t, http.StatusUnprocessableEntity, "not_applicable", "split")
	over := strings.Replace(authorization, `"amount":"11.07"`, `"authorization":"100","amount":"40.00"`, 1)
	got := h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/deposits", over, "Idempotency-Key", "k"))
	got.want(t, http.StatusUnprocessableEntity, "exceeds_authorization", "amount")
	if !strings.Contains(got.problem(t).Detail, "100 (38.32 USD)") {
		t.Errorf("the holds are not named: %s", got.body)
	}
	if h.provider.sent.Load() != 1 {
		t.Errorf("%d messages were sent", h.provider.sent.Load())
	}
}

// TestPartThatCannotBeRead: rather no answer than one that hides a part.
func TestPartThatCannotBeRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hold(t, "38.32", "170.00")
	var b splitBody
	h.split(t, "170.32", "").read(t, &b)
	for _, row := range h.journal.rows {
		if row.ID == b.ID {
			row.Plan[1].TransactionID = "txn_gone" // the fake fills in only those it finds
		}
		if row.Parent == b.ID && row.Authorization == "101" {
			row.Parent = "txn_other"
		}
	}
	h.get(t, access.RoleOMS, "/v1/transactions/"+b.ID).want(t, http.StatusInternalServerError, "internal", "")
	h.split(t, "170.32", "").want(t, http.StatusInternalServerError, "internal", "")
	h.journal.broken = errors.New("disk on fire")
	h.get(t, access.RoleOMS, "/v1/transactions/"+b.ID).want(t, http.StatusInternalServerError, "internal", "")
}
