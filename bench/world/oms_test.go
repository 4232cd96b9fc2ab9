//go:build linux

package world_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

func TestTheOMSWritesDownWhatItIsTold(t *testing.T) {
	t.Parallel()
	const shown = `{"id":"txn_b","operation":"authorize","outcome":%s,"state":%s,"order":"8801","card":{"masked":"************0017"},` +
		`"requested":{"amount":"11.07","currency":"USD"},"amount":%s,"provider":{"transaction_id":"1001"},"idempotency_key":"k"}`
	body := func(outcome, state, amount string) string {
		return strings.Replace(strings.Replace(strings.Replace(shown, "%s", outcome, 1), "%s", state, 1), "%s", amount, 1)
	}
	asked, _ := svcgate.ParseMoney("11.07", "USD")
	for name, test := range map[string]struct {
		status int
		body   string
		want   check.Told
		fails  bool
	}{
		"approved": {200, body(`"approved"`, `"final"`, `{"amount":"11.07","currency":"USD"}`),
			check.Told{TransactionID: "txn_b", Outcome: svcgate.Approved, Certain: true, Acted: asked, ProviderID: "1001"}, false},
		"unknown": {504, `{"code":"unknown","transaction":` + body(`"unknown"`, `"unresolved"`, "null") + `}`,
			check.Told{TransactionID: "txn_b", Outcome: svcgate.Unknown, ProviderID: "1001"}, false},
		"refused":             {409, `{"code":"key_in_progress"}`, check.Told{}, false},
		"a page":              {502, `<html>`, check.Told{}, true},
		"half an answer":      {200, `{"id":"txn`, check.Told{}, true},
		"an amount of no use": {200, body(`"approved"`, `"final"`, `{"amount":"11,07","currency":"USD"}`), check.Told{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			defer server.Close()
			o := world.NewOMS("token")
			op, _ := svcgate.Authorize.Info()
			_, err := o.Send(t.Context(), server.URL, world.Order{Op: op, Key: "k", Order: "8801", Card: "6006491234560017", Amount: asked})
			log := o.Log()
			if test.fails {
				if err == nil || len(log) != 0 {
					t.Errorf("err %v, log %+v; want an error and an empty log", err, log)
				}
				return
			}
			if err != nil || len(log) != 1 {
				t.Fatalf("err %v, log %+v", err, log)
			}
			test.want.Key, test.want.Operation, test.want.Card, test.want.Order, test.want.Amount = "k", svcgate.Authorize, "0017", "8801", asked
			test.want.HTTP, test.want.At = test.status, log[0].At
			if log[0] != test.want {
				t.Errorf("wrote %+v, want %+v", log[0], test.want)
			}
		})
	}
}

func TestAnOrderAsksForWhatItsOperationNeeds(t *testing.T) {
	t.Parallel()
	const number = "6006491234560017"
	for _, op := range svcgate.Operations() {
		r, err := world.NewOrder("RLT", "one", op, number, "11.07")
		if err != nil {
			t.Fatal(err)
		}
		for member, want := range map[string]bool{"amount": op.NeedsAmount, "currency": op.NeedsAmount, "kind": op.NeedsKind, "card": op.NeedsCard,
			"order": op.Operation != svcgate.Generate, "service": true, "authorization": false} {
			if _, got := r.Body[member]; got != want {
				t.Errorf("%s: %s is in the request: %t", op.Name, member, got)
			}
		}
		if r.Key != "key one" || (r.Card == number) != op.NeedsCard || r.Amount.IsZero() == op.NeedsAmount {
			t.Errorf("%s: %+v", op.Name, r)
		}
		if op.NeedsAuthorization {
			if r.Uses("other", "77"); r.Order != "other" || r.Body["order"] != "other" || r.Body["authorization"] != "77" {
				t.Errorf("%s: %+v does not name its hold", op.Name, r)
			}
		}
	}
	op, _ := svcgate.Recharge.Info()
	if _, err := world.NewOrder("RLT", "one", op, number, "11,07"); err == nil {
		t.Error("an amount of no use was taken")
	}
}
