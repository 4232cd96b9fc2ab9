package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/config"
)

func TestTableIsWhole(t *testing.T) {
	t.Parallel()
	if len(rows) != 28 {
		t.Fatalf("%d rows, want N1 to N28", len(rows))
	}
	for i, r := range rows {
		if want := "N" + strconv.Itoa(i+1); r.id != want || r.number() != i+1 {
			t.Errorf("row %d is %s, want %s", i, r.id, want)
		}
		if r.name == "" || r.made == "" || len(r.variants) == 0 {
			t.Errorf("%s says too little", r.id)
		}
		names := map[string]bool{}
		for _, v := range r.variants {
			if names[v.name] || v.name == "" || v.why == "" {
				t.Errorf("%s %q: a form has a name of its own and a reason", r.id, v.name)
			}
			names[v.name] = true
			if v.fault.door != r.door() {
				t.Errorf("%s %s: another door than the row's", r.id, v.name)
			}
			for _, op := range svcgate.Operations() {
				checkWant(t, r.id+" "+v.name+" "+op.Name, v.wanted(op.Operation))
			}
			for op := range v.except {
				if _, ok := op.Info(); !ok {
					t.Errorf("%s %s: an exception for %s", r.id, v.name, op)
				}
			}
		}
	}
}

func checkWant(t *testing.T, where string, w want) {
	t.Helper()
	switch {
	case statusOf(w.outcome) == 0:
		t.Errorf("%s: %q is told with no status", where, w.outcome)
	case len(w.classes) == 0 || slices.ContainsFunc(w.classes, func(c svcgate.Class) bool { return !slices.Contains(svcgate.Classes(), c) }):
		t.Errorf("%s: classes %v", where, w.classes)
	case w.booked > w.arrived || w.arrived > 1:
		t.Errorf("%s: %d arrive and %d are booked", where, w.arrived, w.booked)
	case w.outcome == svcgate.Unavailable && (w.booked > 0 || !slices.Equal(w.classes, []svcgate.Class{svcgate.ClassNotSent})):
		t.Errorf("%s: unavailable means that nothing happened", where)
	case w.outcome == svcgate.Declined && w.booked > 0:
		t.Errorf("%s: declined and booked", where)
	case (w.outcome == svcgate.Approved || w.outcome == svcgate.Partial) && w.booked != 1:
		t.Errorf("%s: %s and not booked", where, w.outcome)
	case w.outcome == svcgate.Unknown && slices.Contains(w.classes, svcgate.ClassNotSent):
		t.Errorf("%s: unknown although not sent", where)
	}
}

// fake plays what the table wants.
type fake struct{ spoil func(r row, seen *observed) }

func (f fake) play(_ context.Context, r row) (observed, error) {
	seen := observed{cells: map[svcgate.Operation][]sighting{}}
	for _, op := range svcgate.Operations() {
		for _, v := range r.variants {
			s := sighting{tries: 1, refusals: true}
			s.probed = v.opens > 0
			for i := range v.count() {
				w, alone := v.wantedAt(op.Operation, i)
				m := asWanted(w)
				m.alone = alone
				if w.outcome == svcgate.Unknown {
					m.comesTo(v.endOf(op.Operation, r.settles))
				}
				s.messages = append(s.messages, m)
			}
			seen.cells[op.Operation] = append(seen.cells[op.Operation], s)
		}
	}
	if f.spoil != nil {
		f.spoil(r, &seen)
	}
	return seen, nil
}

func asWanted(w want) seen {
	first := told{status: statusOf(w.outcome), id: "txn_b", outcome: w.outcome, state: svcgate.StateFinal, body: "{}"}
	m := seen{class: w.classes[0], arrived: w.arrived, arrivedAgain: w.arrived, arrivedEnd: w.arrived, booked: w.booked, bookedAgain: w.booked, bookedEnd: w.booked}
	switch w.outcome {
	case svcgate.Unknown:
		first.state, first.location = svcgate.StateUnresolved, "/v1/transactions/txn_b"
	case svcgate.Unavailable:
		first.retry, first.location = "30", "/v1/transactions/txn_b"
	case svcgate.Partial:
		first.amount, first.rest, m.acted = "5.00 USD", "6.07 USD", "5.00 USD"
	case svcgate.Approved:
		first.amount, m.acted = "11.07 USD", "11.07 USD"
	case svcgate.Declined, svcgate.Undefined:
	}
	m.first, m.again, m.read = first, first, first
	m.again.replayed = true
	return m
}

// comesTo lets an unknown outcome come to an end.
func (m *seen) comesTo(e end) {
	m.end = m.first
	m.end.state, m.end.outcome, m.end.finding = e.state, e.outcome, e.finding
	m.daily = m.end
	m.daily.replayed, m.daily.status = true, statusOf(e.outcome)
	if e.again {
		m.arrivedEnd, m.bookedEnd = m.arrivedEnd+1, m.bookedEnd+1
	}
}

func TestSettlingRowsAreJudged(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		row, op int // S1 or S2, and the operation's place
		spoil   func(m *seen)
		right   bool
	}{
		"as wanted, S1":        {0, 2, func(*seen) {}, true},
		"as wanted, S2, void":  {1, 7, func(*seen) {}, true},
		"never settled":        {0, 2, func(m *seen) { m.end.state, m.end.outcome = svcgate.StateUnresolved, svcgate.Unknown }, false},
		"settled as not done":  {0, 2, func(m *seen) { m.end.outcome, m.daily.outcome = svcgate.Unavailable, svcgate.Unavailable }, false},
		"booked, unavailable":  {1, 2, func(m *seen) { m.bookedEnd = 1 }, false},
		"the repeat sent":      {1, 2, func(m *seen) { m.daily.replayed = false }, false},
		"the repeat differs":   {1, 2, func(m *seen) { m.daily.outcome = svcgate.Approved }, false},
		"the repeat's status":  {1, 2, func(m *seen) { m.daily.status = 504 }, false},
		"an orphan not found":  {0, 4, func(m *seen) { m.end.finding = svcgate.CannotTell }, false},
		"the void came twice":  {1, 7, func(m *seen) { m.arrivedEnd, m.bookedEnd = 2, 2 }, false},
		"the void was lost":    {1, 7, func(m *seen) { m.bookedEnd = 0 }, false},
		"a deposit sent again": {1, 5, func(m *seen) { m.arrivedEnd = 1 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := settlings[tt.row]
			op := svcgate.Operations()[tt.op].Operation
			observed, err := fake{}.play(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			s := observed.cells[op][0]
			tt.spoil(&s.messages[0])
			if wrong := judge(r, r.variants[0], op, s); (wrong == nil) != tt.right {
				t.Errorf("right %t: %q", tt.right, wrong)
			}
		})
	}
}

func TestRunOfWhatIsWantedIsRight(t *testing.T) {
	t.Parallel()
	results := run(t.Context(), fake{}, rows, 3, func(result) {})
	var out bytes.Buffer
	if !summary(&out, results) {
		t.Fatal(out.String())
	}
	if !strings.Contains(out.String(), "224 of 224 cells right") {
		t.Error(out.String())
	}
	out.Reset()
	printGrid(&out, results)
	if lines := strings.Count(out.String(), "\n"); lines != 29 || strings.Count(out.String(), "✓") != 224 || strings.Contains(out.String(), "✗") {
		t.Errorf("the table:\n%s", out.String())
	}
	out.Reset()
	writeMarkdown(&out, results, "go run ./bench/chaos --seed 1")
	for _, want := range []string{"--seed 1`", "| N28 |", "✓ unavailable/unknown", "| N9 | wakes up later |", "| void | unknown | approved | sent again, approved |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the document lacks %q", want)
		}
	}
}

// One wrong expectation in the table must make a run fail that is right otherwise.
func TestPlantedWrongExpectationIsFound(t *testing.T) {
	t.Parallel()
	plants := map[string]want{
		"a lost answer taken for a decline":      answered(svcgate.Declined, 0),
		"a lost answer taken for an approval":    approved(),
		"a lost answer taken for nothing sent":   notSent(),
		"one message too few":                    unknown(svcgate.ClassNoReply, 0, 0),
		"a booking that is not expected":         unknown(svcgate.ClassNoReply, 1, 0),
		"another class":                          unknown(svcgate.ClassUnreadable, 1, 1),
		"a partial approval instead of an error": answered(svcgate.Partial, 1),
	}
	for name, wrong := range plants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results := run(t.Context(), fake{}, rows, 3, func(result) {})
			i := slices.IndexFunc(rows, func(r row) bool { return r.id == "N6" })
			planted := rows[i]
			planted.variants = slices.Clone(planted.variants)
			planted.variants[0].except = map[svcgate.Operation]want{svcgate.Recharge: wrong}
			seen, err := fake{}.play(t.Context(), rows[i])
			results[i] = judgeRow(planted, seen, err)
			var out bytes.Buffer
			if summary(&out, results) {
				t.Fatal("the run was right")
			}
			if !strings.Contains(out.String(), "223 of 224") || !strings.Contains(out.String(), "wrong: N6 recharge: reset: ") {
				t.Error(out.String())
			}
		})
	}
}

func TestWhatGoesWrongIsFound(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		row   string
		spoil func(s *sighting, all *observed)
	}{
		"doubled":                     {"N6", func(s *sighting, _ *observed) { s.messages[0].bookedEnd = 2 }},
		"a second message":            {"N6", func(s *sighting, _ *observed) { s.messages[0].arrivedEnd = 2 }},
		"the repeat sends":            {"N8", func(s *sighting, _ *observed) { s.messages[0].arrivedAgain = 1 }},
		"it comes late":               {"N8", func(s *sighting, _ *observed) { s.messages[0].bookedEnd = 1 }},
		"unavailable and booked":      {"N2", func(s *sighting, _ *observed) { s.messages[0].bookedEnd = 1 }},
		"approved":                    {"N5", func(s *sighting, _ *observed) { s.messages[0].first.outcome = svcgate.Approved }},
		"another status":              {"N5", func(s *sighting, _ *observed) { s.messages[0].first.status = 202 }},
		"the repeat is another":       {"N5", func(s *sighting, _ *observed) { s.messages[0].again.id = "txn_c" }},
		"the repeat is not a replay":  {"N5", func(s *sighting, _ *observed) { s.messages[0].again.replayed = false }},
		"the repeat has other bytes":  {"N21", func(s *sighting, _ *observed) { s.messages[0].again.body = "{ }" }},
		"reading tells another":       {"N5", func(s *sighting, _ *observed) { s.messages[0].read.outcome = svcgate.Declined }},
		"another amount":              {"N21", func(s *sighting, _ *observed) { s.messages[0].acted = "11.08 USD" }},
		"no remainder":                {"N24", func(s *sighting, _ *observed) { s.messages[0].first.rest = "" }},
		"no Retry-After":              {"N2", func(s *sighting, _ *observed) { s.messages[0].first.retry = "" }},
		"no Location":                 {"N5", func(s *sighting, _ *observed) { s.messages[0].first.location = "" }},
		"unknown for good":            {"N5", func(s *sighting, _ *observed) { s.messages[0].first.state = svcgate.StateFinal }},
		"told too late":               {"N5", func(s *sighting, _ *observed) { s.messages[0].first.took = patience + time.Second }},
		"settled and then wrong":      {"N5", func(s *sighting, _ *observed) { s.messages[0].again.outcome = svcgate.Approved }},
		"a message was not observed":  {"N26", func(s *sighting, _ *observed) { s.messages = s.messages[1:] }},
		"it works never again":        {"N5", func(s *sighting, _ *observed) { s.tries = 0 }},
		"it works later":              {"N5", func(s *sighting, _ *observed) { s.tries = 2 }},
		"a breaker's refusal is sent": {"N26", func(s *sighting, _ *observed) { s.tries, s.refusals = 2, false }},
		"the bench fails":             {"N5", func(s *sighting, _ *observed) { s.trouble = io.ErrUnexpectedEOF }},
		"a cell is missing":           {"N5", func(_ *sighting, all *observed) { delete(all.cells, svcgate.Void) }},
		"the breaker stays closed":    {"N26", func(s *sighting, _ *observed) { s.messages[4].alone = false }},
		"the breaker opens too early": {"N26", func(s *sighting, _ *observed) { s.messages[1].alone = true }},
		"money tries first":           {"N26", func(s *sighting, _ *observed) { s.probed = false }},
		"a leak":                      {"N5", func(_ *sighting, all *observed) { all.leaks = []string{"a number"} }},
		"the records disagree":        {"N5", func(_ *sighting, all *observed) { all.check.Lost = make([]check.Finding, 1) }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spoiler := fake{spoil: func(r row, all *observed) {
				if r.id == tt.row {
					tt.spoil(&all.cells[svcgate.Authorize][0], all)
				}
			}}
			var out bytes.Buffer
			if summary(&out, run(t.Context(), spoiler, rows, 2, func(result) {})) {
				t.Error("the run was right")
			}
			if !strings.Contains(out.String(), "✗ wrong: "+tt.row) {
				t.Error(out.String())
			}
		})
	}
}

func TestBreakerMayRefuseForAWhile(t *testing.T) {
	t.Parallel()
	i := slices.IndexFunc(rows, func(r row) bool { return r.id == "N27" })
	flaps := rows[i]
	on := flaps.variants[1]
	refused := sighting{messages: []seen{asWanted(notSent())}, tries: 3, refusals: true, probed: true}
	refused.messages[0].alone = true
	if wrong := judge(flaps, on, svcgate.Recharge, refused); wrong != nil {
		t.Error(wrong)
	}
	refused.probed = false
	if wrong := judge(flaps, on, svcgate.Recharge, refused); wrong == nil {
		t.Error("a money message that tried the provider was found right")
	}
	refused.probed, refused.messages[0].arrived = true, 1
	if wrong := judge(flaps, on, svcgate.Recharge, refused); wrong == nil {
		t.Error("a refusal that was sent was found right")
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	o, err := parseOptions([]string{"--seed", "5", "--row", "n7, N28, s2", "--markdown", "x.md"}, io.Discard)
	if err != nil || o.seed != 5 || len(o.rows) != 3 || o.rows[2].id != "S2" || o.rows[0].id != "N7" || o.rows[1].id != "N28" || o.markdown != "x.md" {
		t.Errorf("%+v, %v", o, err)
	}
	for _, args := range [][]string{{"--row", "N29"}, {"--row", "N0"}, {"--row", "7"}, {"--row", "N1,,N2"}, {"--seed", "-1"}, {"--rounds", "0"}, {"--jobs", "0"}, {"--limit", "0s"}, {"N7"}, {"--nothing"}} {
		if _, err := parseOptions(args, io.Discard); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
	var out, complaint bytes.Buffer
	if code := chaos(t.Context(), []string{"--row", "N99"}, &out, &complaint); code != 2 || out.Len() > 0 || !strings.Contains(complaint.String(), "N99") {
		t.Errorf("code %d, %q, %q", code, out.String(), complaint.String())
	}
}

func TestSettingsAreGood(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	papers, err := newPapers(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "svcgate.key"), []byte("a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, r := range everything() {
		text := settings("svcgate.db", map[string]bureau{
			plainService: {url: "http://127.0.0.1:1" + relatePath},
			"N2.void":    {url: "http://" + r.host() + ":5" + relatePath},
			"N4.void":    {url: "https://127.0.0.1:2" + relatePath, caFile: papers.caFile},
			"N28.void":   {url: "https://127.0.0.1:3" + relatePath, proxyHost: "127.0.0.1", proxyPort: 4, dial: time.Second},
			"N1.void":    nowhere{}.bureau(),
		}, r.pace())
		c, problems := config.Parse(filepath.Join(dir, "svcgate.yaml"), []byte(text), nil)
		for _, p := range problems {
			t.Errorf("%s: %s", r.id, p)
		}
		if len(c.Services) != 5 {
			t.Errorf("%s: %d services", r.id, len(c.Services))
		}
		for _, s := range c.Services {
			if s.Code == plainService && s.CallTimeout != slowCall {
				t.Errorf("%s: what prepares a message is given up after %s", r.id, s.CallTimeout)
			}
		}
	}
}

// What waits for a limit that must run out is told in time; what waits for one that must not is told too late.
func TestPatienceFitsTheLimits(t *testing.T) {
	t.Parallel()
	hosts := map[string]bool{}
	for _, r := range everything() {
		p := r.pace()
		if hurries := r.slow || r.settles; hurries && p.call >= patience || !hurries && p.call <= patience {
			t.Errorf("%s: calls of %s and a patience of %s", r.id, p.call, patience)
		}
		if p.quiet < slowCall || r.settles && p.schedule < patience {
			t.Errorf("%s: %+v", r.id, p)
		}
		for _, v := range r.variants {
			if v.fault.toxic == nil || v.fault.toxic.kind != "latency" {
				continue
			}
			if late := time.Duration(v.fault.toxic.attributes["latency"].(int)) * time.Millisecond; late < 2*p.call {
				t.Errorf("%s %s: an answer after %s, calls of %s", r.id, v.name, late, p.call)
			}
		}
		if hosts[r.host()] {
			t.Errorf("%s has another row's address", r.id)
		}
		hosts[r.host()] = true
	}
	if operationLimit <= patience {
		t.Errorf("an operation that ends only at its limit of %s is told in time", operationLimit)
	}
}

func TestReadTold(t *testing.T) {
	t.Parallel()
	plain := `{"id":"txn_b","operation":"authorize","outcome":"partial","state":"final","amount":{"amount":"5.00","currency":"USD"},"remainder":{"amount":"6.07","currency":"USD"},"provider":{"transaction_id":"1001"}}`
	a, err := readTold(200, nil, []byte(plain))
	if err != nil || a.id != "txn_b" || a.outcome != svcgate.Partial || a.amount != "5.00 USD" || a.rest != "6.07 USD" || a.provider != "1001" {
		t.Errorf("%+v, %v", a, err)
	}
	b, err := readTold(504, nil, []byte(`{"code":"unknown","transaction":{"id":"txn_c","outcome":"unknown","state":"unresolved","amount":null}}`))
	if err != nil || b.id != "txn_c" || b.outcome != svcgate.Unknown || b.amount != "" {
		t.Errorf("%+v, %v", b, err)
	}
	for _, text := range []string{``, `[]`, `{}`, `{"code":"invalid"}`, `{"transaction":{}}`} {
		if _, err := readTold(422, nil, []byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	s := subject{operation: svcgate.Recharge, card: "6006070000070012", order: "CH000001"}
	mine := entry{Message: "RechargeRequest", Card: "************0012", Order: "CH000001", Booked: true, Amount: "11.07", Currency: "USD"}
	if n := tally([]entry{mine}, s); n != (count{1, 1, "11.07 USD"}) {
		t.Errorf("%+v", n)
	}
	for name, change := range map[string]func(*entry){
		"card":    func(e *entry) { e.Card = "************0112" },
		"masked":  func(e *entry) { e.Card = "****************" },
		"order":   func(e *entry) { e.Order = "CH000002" },
		"message": func(e *entry) { e.Message = "ReturnRequest" },
	} {
		other := mine
		change(&other)
		if n := tally([]entry{other}, s); n != (count{}) {
			t.Errorf("another %s was counted", name)
		}
	}
	refused := mine
	refused.Booked = false
	if n := tally([]entry{mine, refused, mine}, s); n.arrived != 3 || n.booked != 2 {
		t.Errorf("%+v", n)
	}
}

func TestNamesAreNeverGivenTwice(t *testing.T) {
	t.Parallel()
	given := map[string]bool{}
	for _, r := range everything() {
		n := newNames(7, r.number(), 0)
		for range 50 {
			card, err := n.card()
			if err != nil || len(card) != 16 || given[card] {
				t.Fatalf("%s of %s, %v", card, r.id, err)
			}
			given[card] = true
			if order, key := n.order(); given[order+r.id] || order == key {
				t.Fatalf("order %s", order)
			}
		}
	}
	n := newNames(7, 1, 0)
	a, errA := n.card()
	b, errB := newNames(7, 1, 0).card()
	if a != b || errA != nil || errB != nil {
		t.Errorf("the same seed gives other cards: %s and %s, %v, %v", a, b, errA, errB)
	}
	n.next.Store(maxNames - 1)
	if last, err := n.card(); err != nil || len(last) != 16 {
		t.Errorf("the last card is %s, %v", last, err)
	}
	if more, err := n.card(); err == nil {
		t.Errorf("a card too many: %s", more)
	}
}
