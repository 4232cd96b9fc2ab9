//go:build linux

package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
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
			p := &provider{base: server.URL, http: world.Client()}
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
		a    world.Answer
		sent int
		want int
	}{
		"refused, not sent":    {world.Answer{Status: 503, Code: "journal_unavailable"}, 0, 0},
		"refused, sent":        {world.Answer{Status: 503, Code: "journal_unavailable"}, 1, 1},
		"no answer, sent":      {world.Answer{}, 1, 0},
		"told, sent":           {world.Answer{Status: 504, Row: &world.Transaction{}}, 1, 0},
		"refused, sent twice":  {world.Answer{Status: 500, Code: "internal"}, 2, 1},
		"no answer, not sent":  {world.Answer{}, 0, 0},
		"approved, once, told": {world.Answer{Status: 200, Row: &world.Transaction{}}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := s.judgeRefusal(test.a, test.sent); len(got) != test.want {
				t.Errorf("found %v, want %d", got, test.want)
			}
		})
	}
}
