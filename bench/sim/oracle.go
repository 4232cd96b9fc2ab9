package main

import (
	"slices"
	"sync"
	"time"

	"github.com/svcgate/svcgate"
)

// oracle knows for certain what belongs together, because it sees every commit and every message pass.
type oracle struct {
	mu      sync.Mutex
	truths  map[string]*truth
	order   []*truth // as they were begun
	entries int      // of the provider's ledger so far
	byEntry map[int]string
	marks   []mark
	lines   map[string][]*actor // who waits for a card, by its last four digits
	onWire  map[string][]int    // numbers of the money messages sent for a card and not yet carried out
	known   map[string]bool     // cards of which an answer told the account
	rows    []*svcgate.Transaction
}

// truth is one transaction.
type truth struct {
	id, parent, card string
	op               svcgate.Operation
	plan             bool
	sends            int
	entries          []int // of the provider's ledger
	state            svcgate.State
	recorded         bool // an answer's id was
	since            time.Time
	open             []span // when its outcome was unknown and nobody's to decide
}

type span struct{ from, to time.Time }

// mark is a moment at which the provider answered, or something failed.
type mark struct {
	at   time.Time
	good bool
}

func newOracle() *oracle {
	return &oracle{truths: map[string]*truth{}, byEntry: map[int]string{}, lines: map[string][]*actor{}, onWire: map[string][]int{}, known: map[string]bool{}}
}

func (o *oracle) good(*world) { o.mark(true) }

func (o *oracle) bad(*world, string) { o.mark(false) }

func (o *oracle) mark(good bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.marks = append(o.marks, mark{time.Now(), good})
}

func (o *oracle) begun(t *svcgate.Transaction) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := &truth{id: t.ID, parent: t.Parent, card: t.Last4, op: t.Operation, plan: len(t.Plan) > 0, state: svcgate.StateSent}
	o.truths[t.ID] = r
	o.order = append(o.order, r)
}

func (o *oracle) operation(id string) svcgate.Operation {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.truths[id]; r != nil {
		return r.op
	}
	return 0
}

// stuck notes that a commit failed and the journal shows an attempt that is under way although it is not.
func (o *oracle) stuck(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.truths[id]; r != nil && r.state == svcgate.StateSent && r.since.IsZero() {
		r.since = time.Now()
	}
}

func (o *oracle) finished(w *world, t *svcgate.Transaction) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.truths[t.ID]
	if r == nil {
		return
	}
	if r.state == svcgate.StateFinal {
		w.wrong = append(w.wrong, "A final outcome was written over. transaction="+t.ID)
	}
	r.state = t.State
	r.recorded = r.recorded || t.Reply.TransactionID != "" || t.Operation == svcgate.Generate && t.Outcome == svcgate.Approved
	if t.Reply.Account.ID != "" {
		o.known[t.Last4] = true
	}
	switch {
	case t.State == svcgate.StateUnresolved && r.since.IsZero():
		r.since = time.Now()
	case t.State == svcgate.StateFinal:
		r.close()
	}
}

func (r *truth) close() {
	if !r.since.IsZero() {
		r.open = append(r.open, span{r.since, time.Now()})
		r.since = time.Time{}
	}
}

func (o *oracle) desk(_ *world, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.truths[id]; r != nil {
		r.state = svcgate.StateDesk
		r.close()
	}
}

func (o *oracle) again(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.truths[id]; r != nil {
		r.state = svcgate.StateSent
	}
}

// started notes a start of the gateway: what was sent is unresolved from now on.
func (o *oracle) started() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.order {
		if r.state == svcgate.StateSent {
			r.state = svcgate.StateUnresolved
			if r.since.IsZero() {
				r.since = time.Now()
			}
		}
	}
	clear(o.lines)
}

func (o *oracle) recorded(id string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.truths[id] != nil && o.truths[id].recorded
}

func (o *oracle) knownAccount(card string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.known[card]
}

// sent notes a message that left. While another money operation on the card is open, none may.
func (o *oracle) sent(w *world, a *actor, m *parcel) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.truths[m.tx]
	if r == nil {
		w.wrong = append(w.wrong, "A message left before its attempt was in the journal. transaction="+m.tx)
		return
	}
	r.sends++
	info, _ := m.op.Info()
	if !info.MovesMoney {
		return
	}
	limit := 1
	if m.op == svcgate.Void {
		limit = svcgate.MaxVoids
	}
	if r.sends > limit {
		w.wrong = append(w.wrong, "A money message was sent once too often. transaction="+m.tx)
	}
	for _, other := range o.order {
		if other.card != r.card || other == r || other.id == r.parent || other.sends == 0 {
			continue
		}
		if info, _ := other.op.Info(); info.MovesMoney && (other.state == svcgate.StateSent || other.state == svcgate.StateUnresolved) {
			w.wrong = append(w.wrong, "A money message left while "+other.id+" on the same card was open. transaction="+m.tx)
		}
	}
	o.onWire[r.card] = append(o.onWire[r.card], m.n)
}

// carriedOut notes what the provider did just now: its ledger has one more entry. Money messages of a card are carried
// out in the order in which they were sent.
func (o *oracle) carriedOut(w *world, _ *actor, m *parcel) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.entries++
	o.byEntry[o.entries] = m.tx
	r := o.truths[m.tx]
	if r == nil {
		return
	}
	r.entries = append(r.entries, o.entries)
	line := o.onWire[r.card]
	if i := slices.Index(line, m.n); i >= 0 {
		o.onWire[r.card] = slices.Delete(line, i, i+1)
	}
	for _, n := range o.executed(r.card) {
		if info, _ := m.op.Info(); info.MovesMoney && n > m.n {
			w.wrong = append(w.wrong, "A money message was carried out after a later one of its card. transaction="+m.tx)
		}
	}
	if info, _ := m.op.Info(); info.MovesMoney {
		o.last(r.card, m.n)
	}
}

func (o *oracle) executed(card string) []int { return o.onWire["done "+card] }

func (o *oracle) last(card string, n int) { o.onWire["done "+card] = []int{n} }

// byHand notes an entry of the ledger that no message made.
func (o *oracle) byHand() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.entries++
}

// arrives notes that a request comes to its card's queue now. One that had to wait asks for its key again when its turn
// comes, and once more when it tries again while it has its turn.
func (o *oracle) arrives(a *actor) {
	if a.errand == nil {
		return
	}
	if info, _ := a.errand.draft.Operation.Info(); !info.MovesMoney {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !a.served && !slices.Contains(o.lines[a.errand.card], a) {
		o.lines[a.errand.card] = append(o.lines[a.errand.card], a)
	}
}

// leaves notes that a request waits no longer.
func (o *oracle) leaves(a *actor) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines[a.errand.card] = slices.DeleteFunc(o.lines[a.errand.card], func(b *actor) bool { return a == b })
}

// turn checks that it is the first of those waiting whose turn it is.
func (o *oracle) turn(w *world, a *actor) {
	if a.errand == nil {
		return
	}
	o.mu.Lock()
	a.served = true
	line := o.lines[a.errand.card]
	i := slices.Index(line, a)
	if i >= 0 {
		o.lines[a.errand.card] = slices.Delete(slices.Clone(line), i, i+1)
	}
	o.mu.Unlock()
	if i > 0 && line[0].proc == a.proc {
		w.fail(a, "The card's queue let a later request pass an earlier one. card=%s", a.errand.card)
	}
}

// patience is how long an outcome may stay unknown, and on nobody's desk, while the provider answers.
const patience = 15 * time.Minute

// overdue finds what stayed unknown for too long.
func (o *oracle) overdue(now time.Time) []string {
	var late []string
	for _, r := range o.order {
		open := r.open
		if !r.since.IsZero() {
			open = append(slices.Clone(open), span{r.since, now})
		}
		if r.plan {
			continue // it waits for its parts, which are looked at for themselves
		}
		for _, s := range open {
			if d := o.clear(s); d > patience {
				late = append(late, "The outcome stayed unknown for "+d.Round(time.Second).String()+" while the provider answered, and was on nobody's desk. transaction="+r.id)
				break
			}
		}
	}
	return late
}

// clear returns the longest time in s in which the provider answered and nothing failed.
func (o *oracle) clear(s span) time.Duration {
	var longest time.Duration
	var from time.Time
	end := func(at time.Time) {
		if !from.IsZero() {
			longest = max(longest, at.Sub(from))
		}
	}
	for _, m := range o.marks {
		switch {
		case m.at.Before(s.from):
		case m.at.After(s.to):
		case !m.good:
			end(m.at)
			from = time.Time{}
		case from.IsZero():
			from = m.at
		}
	}
	end(s.to)
	return longest
}
