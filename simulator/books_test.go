package simulator_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
	"pgregory.net/rapid"
)

// model is the account rules once more, as short as they can be said.
type model struct {
	t         *rapid.T
	s         *simulator.Simulator
	available map[string]int64
	active    map[string]bool
	holds     map[string]*modelHold
	ids       []string
	next      int64
}

type modelHold struct {
	card     string
	rest     int64
	annulled bool
}

func (m *model) card() string {
	return rapid.SampledFrom([]string{cardA, cardB, newCard}).Draw(m.t, "card")
}

func (m *model) cents() int64 { return rapid.Int64Range(1, 120_00).Draw(m.t, "cents") }

func (m *model) earlier() string {
	return rapid.SampledFrom(append(slices.Clone(m.ids), "", "77")).Draw(m.t, "earlier")
}

// do sends a and compares with what the model expects: acted on so much, or refused for want < 0.
func (m *model) do(a ask, want int64) {
	m.next++
	id := fmt.Sprint(m.next)
	m.ids = append(m.ids, id)
	got := say(m.t, m.s, a)
	if want < 0 {
		if got.ErrorCode == "" {
			m.t.Fatalf("%v %s of %q on %s took effect", a.kind, a.amount, a.earlier, a.card[12:])
		}
		return
	}
	if got.ErrorCode != "" {
		m.t.Fatalf("%v %s of %q on %s: %s", a.kind, a.amount, a.earlier, a.card[12:], got.ErrorCode)
	}
	amount, _ := got.Amount.Minor(2)
	shown, _ := got.Balance.Minor(2)
	if amount != want || shown != m.available[a.card] || got.SVATransactionID != id {
		m.t.Fatalf("%v %s on %s: id %s, amount %d, balance %d; want %s, %d, %d", a.kind, a.amount, a.card[12:], got.SVATransactionID, amount, shown, id, want, m.available[a.card])
	}
}

func (m *model) add(kind messages.Kind) {
	card, n := m.card(), m.cents()
	want := n
	if kind == messages.ActivateInstrument {
		m.active[card] = true
	}
	if m.active[card] {
		m.available[card] += n
	} else {
		want = -1
	}
	m.do(ask{kind: kind, card: card, amount: money(n)}, want)
}

func (m *model) authorize() {
	card, n := m.card(), m.cents()
	want := min(n, m.available[card])
	if want == 0 || !m.active[card] {
		want = -1
	} else {
		m.available[card] -= want
		m.holds[fmt.Sprint(m.next+1)] = &modelHold{card: card, rest: want}
	}
	m.do(ask{kind: messages.Preauthorization, card: card, amount: money(n)}, want)
}

func (m *model) capture() {
	card, n, id := m.card(), m.cents(), m.earlier()
	want := int64(-1)
	if h := m.holds[id]; h != nil && h.card == card && m.active[card] && !h.annulled && n <= h.rest {
		h.rest -= n
		want = n
	}
	m.do(ask{kind: messages.Postauthorization, card: card, amount: money(n), earlier: id}, want)
}

func (m *model) void() {
	card, n, id := m.card(), m.cents(), m.earlier()
	want := int64(-1)
	if h := m.holds[id]; h != nil && h.card == card && !h.annulled && h.rest > 0 {
		want = h.rest
		m.available[card] += h.rest
		h.rest, h.annulled = 0, true
	}
	m.do(ask{kind: messages.Void, card: card, amount: money(n), earlier: id}, want)
}

func money(n int64) string { return messages.NewDecimal(n, 2).String() }

// Any sequence of messages leaves the simulator where the model is, and the books right.
func TestRandomSequences(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, err := simulator.New(simulator.Config{Cards: []simulator.CardSpec{
			{Number: secret.New(cardA), Balance: 250_00}, {Number: secret.New(cardB), Balance: 75_50}, {Number: secret.New(newCard), Card: simulator.StandingNew},
		}})
		if err != nil {
			rt.Fatal(err)
		}
		m := &model{
			t: rt, s: s, next: 1000, available: map[string]int64{cardA: 250_00, cardB: 75_50}, active: map[string]bool{cardA: true, cardB: true},
			holds: map[string]*modelHold{},
		}
		rt.Repeat(map[string]func(*rapid.T){
			"activate":  func(*rapid.T) { m.add(messages.ActivateInstrument) },
			"recharge":  func(*rapid.T) { m.add(messages.Recharge) },
			"return":    func(*rapid.T) { m.add(messages.Return) },
			"authorize": func(*rapid.T) { m.authorize() },
			"capture":   func(*rapid.T) { m.capture() },
			"void":      func(*rapid.T) { m.void() },
			"inquire":   func(*rapid.T) { m.do(ask{kind: messages.Inquiry, card: m.card()}, 0) },
			"": func(*rapid.T) {
				if err := s.Err(); err != nil {
					rt.Fatal(err)
				}
				held := map[string]int64{}
				for _, h := range m.holds {
					held[h.card] += h.rest
				}
				for _, card := range []string{cardA, cardB, newCard} {
					got, err := s.Card(secret.New(card))
					if err != nil || got.Available != m.available[card] || got.Frozen != held[card] || got.Balance != got.Available+got.Frozen || got.Balance != got.Credits-got.Debits {
						rt.Fatalf("card %s: %v, %+v; want available %d, frozen %d", card[12:], err, got, m.available[card], held[card])
					}
				}
			},
		})
	})
}

// Broken books are noticed at the next booking, named in the ledger, and nothing is booked after.
func TestBrokenBooks(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"balance", "credits", "frozen", "negative", "outside"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s, err := simulator.New(simulator.Config{Cards: []simulator.CardSpec{{Number: secret.New(cardA), Balance: 250_00}}})
			if err != nil {
				t.Fatal(err)
			}
			approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "1.00"})
			s.Break(secret.New(cardA), how)
			for range 2 {
				w := call(t, s, http.MethodPost, "/relateui/OMS/xmlapi", string(ask{kind: messages.Return, card: cardA, amount: "2.00"}.body(t)))
				if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "the books are corrupt") {
					t.Errorf("status %d: %s", w.Code, w.Body)
				}
			}
			entries := s.Ledger()
			if e := entries[len(entries)-1]; len(entries) != 2 || e.Corrupt == "" || e.Booked || e.Answered != simulator.AnsweredNot {
				t.Errorf("%d entries, the last %+v", len(entries), e)
			}
			if s.Err() == nil || !strings.Contains(call(t, s, http.MethodGet, "/ledger", "").Body.String(), `"corrupt": "simulator: the books`) {
				t.Error("the ledger does not say so")
			}
			if err := s.SetCard(secret.New(cardA), simulator.CardChange{}); err == nil {
				t.Error("a card can still be set")
			}
		})
	}
	for _, how := range []string{"hold", "two accounts"} { // seen by the full proof only
		s, err := simulator.New(simulator.Config{Cards: []simulator.CardSpec{{Number: secret.New(cardA), Balance: 250_00}}})
		if err != nil {
			t.Fatal(err)
		}
		approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "1.00"})
		s.Break(secret.New(cardA), how)
		if s.Err() == nil {
			t.Errorf("%s: not noticed", how)
		}
	}
}

// Many callers at once: every cent and every id is accounted for.
func TestConcurrentCallers(t *testing.T) {
	t.Parallel()
	const callers, each = 8, 12
	s := bench(t)
	url := serve(t, s)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			card := cardA
			if i%2 == 1 {
				card = cardB
			}
			for range each {
				r := over(t.Context(), t, url, ask{kind: messages.Preauthorization, card: card, amount: "3.00"}.body(t))
				var a messages.Answer
				if r.err != nil || messages.ReadAnswer(r.body, &a) != nil {
					t.Errorf("status %d, %v", r.status, r.err)
					continue
				}
				if a.ErrorCode == "" {
					over(t.Context(), t, url, ask{kind: messages.Void, card: card, amount: "3.00", earlier: a.SVATransactionID}.body(t))
				}
				s.Ledger()
				s.Cards()
			}
		})
	}
	wg.Wait()
	available(t, s, cardA, 250_00)
	available(t, s, cardB, 75_50)
	seen := map[int64]bool{}
	for _, e := range s.Ledger() {
		if seen[e.ID] || e.Answered != simulator.AnsweredTruly {
			t.Errorf("entry %d: seen %t, answered %s", e.ID, seen[e.ID], e.Answered)
		}
		seen[e.ID] = true
	}
	if len(seen) != 2*callers*each {
		t.Errorf("%d ids, want %d", len(seen), 2*callers*each)
	}
}

// The same seed and the same messages give the same bytes; another seed gives other numbers.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) string {
		s := bench(t, func(c *simulator.Config) { c.Seed = seed })
		var all strings.Builder
		all.WriteString(approve(t, s, ask{kind: messages.GenerateCard, earlier: "01"}).CardNumber.Reveal())
		for range 5 {
			all.WriteString(raw(t, s))
		}
		return all.String()
	}
	for _, seed := range []uint64{0, 1, 99} {
		if first, second := run(seed), run(seed); first != second {
			t.Errorf("seed %d: two runs differ", seed)
		}
	}
	if run(1) == run(2) {
		t.Error("seeds 1 and 2 agree")
	}
}

// Every message has an effect: a ninth without one is found here.
func TestEveryKindHasAnEffect(t *testing.T) {
	t.Parallel()
	s := bench(t)
	for _, kind := range messages.Kinds() {
		if a := say(t, s, ask{kind: kind, card: cardA, amount: "1.00", earlier: "01"}); a.Kind != kind {
			t.Errorf("%v is answered by %v", kind, a.Kind)
		}
	}
}

// All codes but the one that is public are labelled as ours, and all say something.
func TestCodesAreLabelled(t *testing.T) {
	t.Parallel()
	codes := simulator.Codes()
	for code, text := range codes {
		if ours := strings.HasPrefix(code, "SIM_"); ours == (code == simulator.CodeAllCardsGenerated) || text == "" {
			t.Errorf("%s: %q", code, text)
		}
	}
	if len(codes) < 27 {
		t.Errorf("%d codes", len(codes))
	}
}

// No way of printing what the package gives out shows a card number.
func TestNothingPrintsNumbers(t *testing.T) {
	t.Parallel()
	s := bench(t)
	say(t, s, ask{kind: messages.Inquiry, card: cardA})
	say(t, s, ask{kind: messages.Inquiry, card: noCard})
	r := rule(t, "reset-after")
	r.Card = secret.New(cardA)
	for _, v := range []any{s.Ledger(), s.Cards(), r, simulator.DemoCards(), simulator.CardSpec{Number: secret.New(cardA)}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "600649123456") {
				t.Errorf("%s of %T shows a number", verb, v)
			}
		}
	}
	if n, err := strconv.Atoi(s.Ledger()[1].Card[12:]); err != nil || n != 7777 {
		t.Errorf("an unknown card is shown as %s", s.Ledger()[1].Card)
	}
}
