//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

func TestTheMixIsAHundredAndBalanced(t *testing.T) {
	t.Parallel()
	sum, share := 0, map[verb]int{}
	for _, w := range weights {
		sum += w.weight
		share[w.verb] = w.weight
	}
	if sum != 100 {
		t.Errorf("the weights are %d", sum)
	}
	if share[authorize] != share[deposit]+share[void] {
		t.Errorf("%d authorizations make more or fewer holds than %d deposits and %d voids take", share[authorize], share[deposit], share[void])
	}
}

// A card is in one request at a time, a hold is taken once, and a repeat is of what was answered.
func TestTheMixKeepsItsCardsApart(t *testing.T) {
	t.Parallel()
	provider, err := world.NewProvider(1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMix(1, provider, 20)
	if err != nil {
		t.Fatal(err)
	}
	busy, orders, taken, done := map[*card]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	var open []request
	seen := map[verb]int{}
	for i := range 5000 {
		if len(open) == 10 || i%3 == 0 && len(open) > 0 {
			r := open[0]
			open = open[1:]
			delete(busy, r.card)
			done[r.Key] = true
			held := "id of " + r.Order.Order
			row := &world.Transaction{ID: "txn " + r.Key}
			row.Provider = &struct {
				TransactionID *string `json:"transaction_id"`
			}{&held}
			m.answered(r, row)
		}
		r, err := m.next()
		if err != nil {
			t.Fatal(err)
		}
		seen[r.verb]++
		if r.verb == repeat {
			if !done[r.Key] || r.id != "txn "+r.Key {
				t.Fatalf("repeats %s, which was not answered so", r.Key)
			}
			continue
		}
		switch r.verb {
		case deposit, void:
			hold := r.Body["authorization"].(string)
			if taken[hold] {
				t.Fatalf("hold %s is taken twice", hold)
			}
			taken[hold] = true
		default:
			if orders[r.Order.Order] {
				t.Fatalf("order %s is used twice", r.Order.Order)
			}
			orders[r.Order.Order] = true
		}
		if busy[r.card] {
			t.Fatal("a card is in two requests")
		}
		busy[r.card] = true
		open = append(open, r)
	}
	for _, w := range weights {
		if got, want := float64(seen[w.verb]), 50*float64(w.weight); math.Abs(got-want) > want/2 {
			t.Errorf("%s: %.0f of 5000, want about %.0f", w.verb, got, want)
		}
	}
}

func TestTheMixSaysWhenCardsAreTooFew(t *testing.T) {
	t.Parallel()
	provider, err := world.NewProvider(1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMix(1, provider, 1)
	for range 1000 {
		if err == nil {
			_, err = m.next()
		}
	}
	if !errors.Is(err, errNoCard) {
		t.Errorf("error %v, want %v", err, errNoCard)
	}
}

func TestWhatIsAnErrorAndWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	row := func(o svcgate.Outcome) *world.Transaction { return &world.Transaction{ID: "txn_1", Outcome: &o} }
	for name, test := range map[string]struct {
		r     request
		a     world.Answer
		err   error
		wrong string
	}{
		"approved":                {request{verb: deposit}, world.Answer{Status: 200, Row: row(svcgate.Approved)}, nil, ""},
		"a stranger":              {request{verb: stranger}, world.Answer{Status: 200, Row: row(svcgate.Undefined)}, nil, ""},
		"a repeat":                {request{verb: repeat, id: "txn_1"}, world.Answer{Status: 200, Row: row(svcgate.Undefined)}, nil, ""},
		"no answer":               {request{verb: deposit}, world.Answer{}, fmt.Errorf("read 127.0.0.1:40022: %w", io.EOF), "deposit: no answer: EOF"},
		"overloaded":              {request{verb: deposit}, world.Answer{Status: 503, Code: "overloaded"}, nil, "refused with status 503 overloaded"},
		"declined":                {request{verb: deposit}, world.Answer{Status: 200, Row: row(svcgate.Declined)}, nil, "declined with status 200 instead of approved"},
		"unknown":                 {request{verb: void}, world.Answer{Status: 504, Row: row(svcgate.Unknown)}, nil, "unknown with status 504"},
		"an approved stranger":    {request{verb: stranger}, world.Answer{Status: 200, Row: row(svcgate.Approved)}, nil, "instead of undefined"},
		"a repeat told otherwise": {request{verb: repeat, id: "txn_2"}, world.Answer{Status: 200, Row: row(svcgate.Approved)}, nil, "another transaction"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := judge(test.r, test.a, test.err)
			if !strings.Contains(got, test.wrong) || got != "" && test.wrong == "" {
				t.Errorf("says %q, want %q", got, test.wrong)
			}
		})
	}
}

func TestPercentiles(t *testing.T) {
	t.Parallel()
	var all []time.Duration
	for i := range 1000 {
		all = append(all, time.Duration(999-i))
	}
	for p, want := range map[float64]time.Duration{0: 0, 50: 500, 99: 990, 99.9: 999, 100: 999} {
		if got := percentile(all, p); got != want {
			t.Errorf("p%v is %d, want %d", p, got, want)
		}
	}
	if got := percentile(nil, 99); got != 0 {
		t.Errorf("p99 of nothing is %v", got)
	}
}

func TestProcIsRead(t *testing.T) {
	t.Parallel()
	const stat = `7 (svc gate) ) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 77 0 0`
	u, err := parseUsage([]byte("9000 100 50 1 0 80 0\n"), []byte(stat))
	if err != nil || u.cpu != 3*time.Second || u.resident == 0 || u.resident%100 != 0 {
		t.Errorf("%+v: %v", u, err)
	}
	for name, test := range map[string][2]string{
		"no memory": {"", stat}, "no times": {"1 2", "7 (svcgate) S 1"}, "no number": {"1 x", stat}, "no name": {"1 2", ""},
	} {
		if u, err := parseUsage([]byte(test[0]), []byte(test[1])); err == nil {
			t.Errorf("%s: %+v without an error", name, u)
		}
	}
}

// flat is a run of so many seconds at 100 MiB.
func flat(seconds int) [][]usage {
	looks := make([][]usage, seconds+1)
	for i := range looks {
		looks[i] = []usage{{100 << 20, time.Duration(i) * 100 * time.Millisecond}, {90 << 20, 0}}
	}
	return looks
}

func TestGrowthCountsFromTheFifthMinute(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		seconds int
		grown   func(second int) float64 // of the second gateway
		growth  float64
		judged  bool
	}{
		"flat":                    {1800, func(int) float64 { return 1 }, 0, true},
		"warming up":              {1800, func(s int) float64 { return min(1, float64(s)/200) }, 0, true},
		"growing to the end":      {1800, func(s int) float64 { return 1 + max(0, float64(s-360))/14400 }, 9.8, true},
		"a collector's waves":     {1800, func(s int) float64 { return 1 + float64(s%20)/100 }, 0, true},
		"short, against its half": {60, func(s int) float64 { return 1 + float64(s)/60 }, 15.4, false},
		"shrinking is no growth":  {1800, func(s int) float64 { return 2 - float64(s)/1800 }, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			looks := flat(test.seconds)
			for s, l := range looks {
				l[1].resident = int64(float64(l[1].resident) * test.grown(s))
			}
			u := sum(looks)
			if math.Abs(u.growth-test.growth) > 1 || u.judged != test.judged || u.seconds != test.seconds {
				t.Errorf("%+v, want %.1f%% and judged %t", u, test.growth, test.judged)
			}
			if u.cpu != time.Duration(test.seconds)*100*time.Millisecond {
				t.Errorf("processor time %v", u.cpu)
			}
		})
	}
	if u := sum(flat(0)); u.most != 0 || u.judged {
		t.Errorf("one look: %+v", u)
	}
}

func TestEveryGoalCanBeMissed(t *testing.T) {
	t.Parallel()
	good := func() *verdict {
		v := &verdict{used: used{most: 100 << 20, growth: 4, judged: true}, asked: 100, took: 10 * time.Second}
		for range 1000 {
			v.tally.answered(inquire, 2*time.Millisecond, 0)
		}
		return v
	}
	if v := good(); !v.ok() {
		t.Errorf("the good run: %+v", v.goals())
	}
	for name, spoil := range map[string]func(*verdict){
		"slow": func(v *verdict) {
			for range 11 {
				v.tally.answered(inquire, time.Second, 0)
			}
		},
		"nothing measured": func(v *verdict) { v.tally.added = nil },
		"an error":         func(v *verdict) { v.tally.failed("deposit: refused") },
		"too few":          func(v *verdict) { v.took = 11 * time.Second },
		"too large":        func(v *verdict) { v.used.most = 151 << 20 },
		"memory not seen":  func(v *verdict) { v.used.most = 0 },
		"growing":          func(v *verdict) { v.used.growth = 5.1 },
		"lost":             func(v *verdict) { v.report.Lost = make([]check.Finding, 1) },
		"unexplained":      func(v *verdict) { v.report.Unexplained = make([]check.Finding, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := good()
			spoil(v)
			var out strings.Builder
			if v.print(&out); v.ok() || strings.Count(out.String(), "✗ missed") != 1 {
				t.Errorf("not one goal is missed:\n%s", out.String())
			}
		})
	}
	for name, excuse := range map[string]func(*verdict){
		"growth in a short run": func(v *verdict) { v.used.growth, v.used.judged = 50, false },
		"times beside slow disk": func(v *verdict) {
			v.tally.added[0], v.tally.added[1], v.synced = time.Minute, time.Minute, []time.Duration{time.Second}
		},
	} {
		v := good()
		if excuse(v); !v.ok() {
			t.Errorf("judged: %s", name)
		}
	}
}
