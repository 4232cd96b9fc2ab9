//go:build linux

package main

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// message is an authorization on the deck's first card.
func message(t *testing.T) []byte {
	t.Helper()
	body, err := messages.AppendRequest(nil, &messages.PreauthorizationRequest{
		Instrument:     messages.Instrument{CardNumber: secret.New("6006490000000001")},
		RTPTransaction: messages.RTPTransaction{RTPTransactionID: "NODES-7", Amount: messages.NewDecimal(11_07, 2)},
	}, messages.Form{})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// Each harm either books or not, and answers or not, as its name says.
func TestALineHarmsAsItSays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set      func(*line)
		booked   int
		answered bool
	}{
		"calm":    {func(l *line) { l.calm = true }, 1, true},
		"parted":  {func(l *line) { l.parted = true }, 0, false},
		"doubles": {func(l *line) { l.calm, l.doubles = true, true }, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := world.NewProvider(1)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := newDeck(p); err != nil {
				t.Fatal(err)
			}
			l := newLine(p, &turns{inside: map[string]string{}}, rand.New(rand.NewPCG(1, 1)))
			l.set(test.set)
			door := httptest.NewServer(l)
			defer door.Close()
			answer, err := http.Post(door.URL+"/relateui/OMS/xmlapi", "text/xml", bytes.NewReader(message(t)))
			if err == nil {
				text, unread := io.ReadAll(answer.Body)
				if err = unread; !strings.Contains(string(text), "PreauthorizationResponse") {
					t.Errorf("answered %s", text)
				}
				_ = answer.Body.Close()
			}
			if (err == nil) != test.answered {
				t.Errorf("error %v, want an answer: %t", err, test.answered)
			}
			booked, err := p.Booked()
			if err != nil || len(booked) != test.booked {
				t.Errorf("%d bookings, want %d: %v", len(booked), test.booked, err)
			}
			l.set(func(l *line) {
				if len(l.arrivals) != 1 || l.arrivals[0].order != "NODES-7" || l.arrivals[0].message != world.MessageOf[svcgate.Authorize] {
					t.Errorf("arrived: %+v", l.arrivals)
				}
			})
		})
	}
}

func TestEveryHarmIsDrawn(t *testing.T) {
	t.Parallel()
	l := newLine(nil, nil, rand.New(rand.NewPCG(1, 1)))
	for range 20_000 {
		l.arrived(nil)
	}
	total := 0
	for _, one := range harms {
		total += l.struck[one.harm]
		if got := l.struck[one.harm] / 20; got == 0 || got > 2*one.share {
			t.Errorf("%s strikes %d of a thousand, want about %d", one.harm, got, one.share)
		}
	}
	if total > 20_000/10 {
		t.Errorf("%d of 20,000 messages are harmed: hardly anything goes through", total)
	}
}

func TestWhatANodeSendsAfterItWoke(t *testing.T) {
	t.Parallel()
	at := func(second int) time.Time { return time.Date(2026, 3, 1, 12, 0, second, 0, time.UTC) }
	for name, test := range map[string]struct {
		taken    map[string]bool
		arrived  int
		order    string
		sends    int
		messages int
	}{
		"taken over, sent after":     {map[string]bool{"txn_1": true}, 16, "a", 1, 1},
		"taken over, sent before":    {map[string]bool{"txn_1": true}, 9, "a", 1, 0},
		"still under way":            {map[string]bool{"txn_1": false}, 16, "a", 1, 0},
		"begun after it woke":        {nil, 17, "a", 1, 0},
		"a void that was sent again": {map[string]bool{"txn_1": true}, 60, "a", 2, 0},
		"another order":              {map[string]bool{"txn_1": true}, 16, "b", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journal := []check.Journaled{{Transaction: svcgate.Transaction{ID: "txn_1", Order: "a", Operation: svcgate.Void, Sends: test.sends}}}
			arrivals := []arrival{{test.order, "VoidRequest", at(test.arrived)}, {test.order, "InquiryRequest", at(test.arrived)}}
			if got := lateSends([]stop{{at(10), at(15), test.taken}}, arrivals, journal); len(got) != test.messages {
				t.Errorf("late sends %v, want %d", got, test.messages)
			}
		})
	}
}

func TestTwoMessagesForOneCardAtOneTimeAreFound(t *testing.T) {
	t.Parallel()
	turns := &turns{inside: map[string]string{}}
	first := turns.enter("1", "VoidRequest")
	turns.enter("2", "VoidRequest")()
	turns.enter("1", "InquiryRequest")()
	turns.enter("", "GenerateCard")
	turns.enter("", "GenerateCard")
	first()
	turns.enter("1", "ReturnRequest")()
	if len(turns.together) != 0 {
		t.Errorf("found %v in what is right", turns.together)
	}
	turns.enter("1", "VoidRequest")
	turns.enter("1", "RechargeRequest")
	if len(turns.together) != 1 || !strings.Contains(turns.together[0], "VoidRequest and RechargeRequest") {
		t.Errorf("found %v", turns.together)
	}
}

// A hold is taken by one request alone, and one seed draws the same requests.
func TestADeckGivesEachHoldOnce(t *testing.T) {
	t.Parallel()
	play := func() (orders []string) {
		p, err := world.NewProvider(1)
		if err != nil {
			t.Fatal(err)
		}
		d, err := newDeck(p)
		if err != nil {
			t.Fatal(err)
		}
		luck, taken := rand.New(rand.NewPCG(1, 1)), map[any]bool{}
		for range 2000 {
			r, err := d.next(luck)
			if err != nil {
				t.Fatal(err)
			}
			if hold := r.Body["authorization"]; hold != nil {
				if taken[hold] {
					t.Fatalf("hold %v is taken twice", hold)
				}
				taken[hold] = true
			}
			id, outcome := "id of "+r.Order.Order, svcgate.Approved
			row := &world.Transaction{Outcome: &outcome, State: svcgate.StateFinal}
			row.Provider = &struct {
				TransactionID *string `json:"transaction_id"`
			}{&id}
			if luck.IntN(50) == 0 {
				row.State = svcgate.StateUnresolved
			}
			if err := d.answered(r, row); err != nil {
				t.Fatal(err)
			}
			orders = append(orders, r.Op.Name+r.Key+r.Card)
		}
		if len(d.cards) != deckSize || len(d.stuck) == 0 || len(d.stuck) > stuckKept+1 || len(taken) == 0 {
			t.Errorf("%d cards, %d stuck, %d holds taken", len(d.cards), len(d.stuck), len(taken))
		}
		return orders
	}
	if !slices.Equal(play(), play()) {
		t.Error("one seed draws different requests")
	}
}

func TestFaultsNeedWhatTheyNeed(t *testing.T) {
	t.Parallel()
	names := func(o options, database *world.Database) (all []string) {
		for _, f := range newDirector(&site{options: o, database: database}).possible() {
			all = append(all, f.name)
		}
		return all
	}
	if got := names(options{}, &world.Database{}); !slices.Equal(got, []string{"kill", "roll", "part"}) {
		t.Errorf("without PostgreSQL: %v", got)
	}
	if got := names(options{only: "part"}, &world.Database{}); !slices.Equal(got, []string{"part"}) {
		t.Errorf("only part: %v", got)
	}
	for _, f := range faults {
		if faultOf(f.name) == nil || !strings.Contains(faultNames(), f.name) {
			t.Errorf("%q cannot be named", f.name)
		}
	}
	if faultOf("flood") != nil {
		t.Error("there is a flood")
	}
}

func TestEveryWrongEndsTheRunWithAnError(t *testing.T) {
	t.Parallel()
	good := func() *verdict {
		d := newDirector(&site{database: &world.Database{}})
		d.codes = []time.Duration{time.Second}
		return &verdict{director: d, load: &load{site: d.site, refused: map[string]int{"card_busy": 3}}, caught: caught{7, 7}}
	}
	if v := good(); !v.ok() {
		t.Errorf("the good run: %v", v.problems())
	}
	for name, spoil := range map[string]func(*verdict){
		"doubled":               func(v *verdict) { v.report.Doubled = make([]check.Finding, 1) },
		"not settled":           func(v *verdict) { v.rest.open = 1 },
		"sent without a lease":  func(v *verdict) { v.late = []string{"one"} },
		"slow codes":            func(v *verdict) { v.director.codes = append(v.director.codes, codesLimit+1) },
		"a blind comparison":    func(v *verdict) { v.caught.reported = 6 },
		"refused out of turn":   func(v *verdict) { v.load.refused["key_reused"] = 1 },
		"refused without words": func(v *verdict) { v.load.refused[""] = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := good()
			spoil(v)
			var out strings.Builder
			if v.print(&out); v.ok() || strings.Count(out.String(), "✗ wrong") != 1 {
				t.Errorf("not one problem is told:\n%s", out.String())
			}
		})
	}
}

// One of several callers with one key that is refused, while another one is told of a transaction, is wrongly told.
func TestARefusalOfWhatATwinCarriedOutIsFound(t *testing.T) {
	t.Parallel()
	outcome := svcgate.Approved
	row := world.Answer{Status: 200, Row: &world.Transaction{ID: "txn_1", Outcome: &outcome, State: svcgate.StateFinal}}
	busy, exceeds := world.Answer{Status: 409, Code: "card_busy"}, world.Answer{Status: 422, Code: "exceeds_authorization"}
	for name, c := range map[string]struct {
		answers []world.Answer
		denied  int
		refused string // the code that is counted; "" for none
	}{
		"all are told of it":          {[]world.Answer{row, row}, 0, ""},
		"one is told to come later":   {[]world.Answer{busy, row}, 0, ""},
		"one is refused":              {[]world.Answer{row, exceeds}, 1, ""},
		"the first is refused":        {[]world.Answer{exceeds, busy, row}, 1, ""},
		"nobody has a transaction":    {[]world.Answer{busy, busy}, 0, "card_busy"},
		"a refusal behind a busy one": {[]world.Answer{busy, exceeds}, 0, "exceeds_authorization"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &load{deck: &deck{}, refused: map[string]int{}}
			if _, err := w.file(request{Order: world.Order{Key: "k"}}, c.answers); err != nil {
				t.Fatal(err)
			}
			if len(w.denied) != c.denied || c.denied > 0 && w.denied[0].Key != "k" {
				t.Errorf("found %+v", w.denied)
			}
			if (len(w.refused) == 0) != (c.refused == "") || c.refused != "" && w.refused[c.refused] != 1 {
				t.Errorf("refused %v, want %q", w.refused, c.refused)
			}
		})
	}
}
