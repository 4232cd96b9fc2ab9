//go:build linux

package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
)

const testCard = "6006491234560017"

// A message that a planted bug sends twice must be reported by the same adapters and checker that the bench runs with.
func TestADoubledMessageIsReported(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		doubling bool
		want     int
	}{
		"an honest line":      {false, 0},
		"a line that repeats": {true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, err := simulator.New(simulator.Config{Seed: 1, Cards: []simulator.CardSpec{{Number: secret.New(testCard), Balance: 100_00}}})
			if err != nil {
				t.Fatal(err)
			}
			defer sim.Close()
			server := httptest.NewServer(sim)
			defer server.Close()
			line := server
			if test.doubling {
				line = httptest.NewServer(doubling(server.URL))
				defer line.Close()
			}
			message, err := messages.AppendRequest(nil, &messages.PreauthorizationRequest{
				Instrument:     messages.Instrument{CardNumber: secret.New(testCard)},
				RTPTransaction: messages.RTPTransaction{RTPTransactionID: "8801", Amount: messages.NewDecimal(11_07, 2)},
			}, messages.Form{})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := http.Post(line.URL+"/relateui/OMS/xmlapi", "text/xml", bytes.NewReader(message))
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			p := &provider{base: server.URL, http: newHTTPClient()}
			entries, err := p.ledger(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			booked, err := bookedOf(entries)
			if err != nil {
				t.Fatal(err)
			}
			asked, _ := svcgate.ParseMoney("11.07", "USD")
			row := check.Journaled{Transaction: svcgate.Transaction{ID: "txn_1", Key: "k", Operation: svcgate.Authorize, Order: "8801",
				Last4: "0017", Requested: asked, State: svcgate.StateUnresolved, Outcome: svcgate.Unknown}}
			r := check.Run(nil, booked, []check.Journaled{row})
			if len(r.Doubled) != test.want || len(r.Lost)+len(r.WronglyTold)+len(r.Unexplained) != 0 || r.Moved != 1+test.want {
				t.Errorf("want %d doubled and nothing else, found:\n%s", test.want, r.String())
			}
		})
	}
}

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
			o := newOMS("token")
			op, _ := svcgate.Authorize.Info()
			_, err := o.send(context.Background(), server.URL, order{op: op, key: "k", order: "8801", card: testCard, amount: asked})
			log := o.log()
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

func TestWhatWasSentInTheInstantOfACutIsLeftOut(t *testing.T) {
	t.Parallel()
	before := []entry{{Seq: 1, Order: "a", Message: "PreauthorizationRequest"}, {Seq: 2, Order: "lost", Message: "ReturnRequest"}}
	after := append(before,
		entry{Seq: 3, Order: "a", Message: "VoidRequest"},              // its row was lost
		entry{Seq: 4, Order: "b", Message: "PreauthorizationRequest"},  // its row was kept
		entry{Seq: 5, Order: "b", Message: "PostauthorizationRequest"}, // another message of a kept order
	)
	journal := []check.Journaled{
		{Transaction: svcgate.Transaction{Order: "a", Operation: svcgate.Authorize}},
		{Transaction: svcgate.Transaction{Order: "b", Operation: svcgate.Authorize}},
	}
	var got []int
	for _, e := range beforeCut(after, before, journal) {
		got = append(got, e.Seq)
	}
	if len(got) != 3 || got[0] != 1 || got[1] != 2 || got[2] != 4 {
		t.Errorf("entries %v are left, want 1 2 4", got)
	}
}

func TestTheTableFailsForEveryWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		row   result
		right bool
	}{
		"all right":         {result{points: 1, runs: 1, struck: 1}, true},
		"not possible here": {result{note: "not possible here: it takes root"}, true},
		"a point missed":    {result{points: 1, runs: 1, missed: []string{"sync 1"}}, false},
		"lost":              {result{report: check.Report{Lost: make([]check.Finding, 1)}}, false},
		"doubled":           {result{report: check.Report{Doubled: make([]check.Finding, 1)}}, false},
		"wrongly told":      {result{report: check.Report{WronglyTold: make([]check.Finding, 1)}}, false},
		"unexplained":       {result{report: check.Report{Unexplained: make([]check.Finding, 1)}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			if right := printTable(&out, []result{{points: 1, runs: 1}, test.row}); right != test.right {
				t.Errorf("right %t, want %t:\n%s", right, test.right, out.String())
			}
			if test.row.note != "" && !strings.Contains(out.String(), test.row.note) {
				t.Errorf("the table does not say %q:\n%s", test.row.note, out.String())
			}
		})
	}
}

func TestARefusalThatSentSomethingIsWrong(t *testing.T) {
	t.Parallel()
	s := &scene{}
	for name, test := range map[string]struct {
		a    answer
		sent int
		want int
	}{
		"refused, not sent":    {answer{status: 503, code: "journal_unavailable"}, 0, 0},
		"refused, sent":        {answer{status: 503, code: "journal_unavailable"}, 1, 1},
		"no answer, sent":      {answer{}, 1, 0},
		"told, sent":           {answer{status: 504, row: &transaction{}}, 1, 0},
		"refused, sent twice":  {answer{status: 500, code: "internal"}, 2, 1},
		"no answer, not sent":  {answer{}, 0, 0},
		"approved, once, told": {answer{status: 200, row: &transaction{}}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := s.judgeRefusal(test.a, test.sent); len(got) != test.want {
				t.Errorf("found %v, want %d", got, test.want)
			}
		})
	}
}
