package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/simulator"
)

// play is one seed from beginning to end.
func (w *world) play(a *actor) {
	if err := w.boot(); err != nil {
		w.fail(nil, "the gateway does not start: %v", err)
		return
	}
	for _, e := range w.errands[:w.opts.ops] {
		w.happen(a)
		e.choose(w)
		w.note(a, "errand %d: %s %s of %s for %s, hold %s", e.n, e.draft.Operation, e.draft.Split, e.draft.Amount, e.draft.Order, e.draft.Authorization)
		w.spawn(fmt.Sprintf("oms %d", e.n), nil, func(b *actor) {
			w.running++
			b.card = e.card
			e.run(w, b)
			w.running--
		})
		w.sleep(a, time.Duration(w.script.ExpFloat64()*float64(9*time.Second))+jitter(w.script))
	}
	for i := 0; w.running > 0 && i < 2000; i++ {
		w.sleep(a, time.Minute+jitter(w.script))
	}
	w.close(a)
	w.over = true
	if w.proc != nil {
		w.proc.dead = true
	}
}

// happen lets the world change beside the requests.
func (w *world) happen(a *actor) {
	r := w.script
	switch n := r.IntN(1000); {
	case n < 10:
		w.jump(a, 24*time.Hour, "clock set forward")
	case n < 20:
		w.jump(a, -24*time.Hour, "clock set back")
	case n < 24:
		w.cover.event("provider down")
		w.downTill = time.Now().Add(time.Duration(20+r.IntN(1200)) * time.Second)
		w.note(a, "the provider is down until %s", w.downTill.Sub(w.start))
	case n < 26:
		w.cover.event("provider down for days")
		w.downTill = time.Now().Add(time.Duration(24+r.IntN(96)) * time.Hour)
		w.note(a, "the provider is down for days, until %s", w.downTill.Sub(w.start))
		w.sleep(a, time.Minute)
		w.sleep(a, time.Until(w.downTill)-time.Duration(r.IntN(60))*time.Second)
	case n < 34:
		w.cover.event("disk down")
		w.diskTill = time.Now().Add(time.Duration(5+r.IntN(60)) * time.Second)
		w.note(a, "no commit succeeds until %s", w.diskTill.Sub(w.start))
	case n < 80:
		w.otherChannel(a)
	}
	w.shop(a)
}

func (w *world) jump(a *actor, by time.Duration, what string) {
	if w.opts.leavesOut(what) {
		return
	}
	w.cover.event(what)
	w.mu.Lock()
	w.jumped += by
	w.mu.Unlock()
	w.note(a, "the clock jumps by %s", by)
	if w.proc != nil {
		w.proc.poke()
	}
}

// otherChannel changes a card's balance behind the gateway's back, by an amount that no sum of operations makes: what
// cannot be told apart by anybody is not asked for. The shopper's card is left to the shopper once it was spent.
func (w *world) otherChannel(a *actor) {
	c := w.cards[w.script.IntN(6)]
	if c.changes == changesOfACard || w.opts.leavesOut("other channel") {
		return
	}
	card, err := w.sim.Card(c.number)
	if err != nil {
		w.fail(a, "the bench's card: %v", err)
		return
	}
	by := int64(w.script.IntN(200)-60)*5 + 1
	to := card.Available + by
	if to < 0 {
		return
	}
	w.change(a, c, by, to, "another channel")
	w.cover.event("other channel")
	c.changes++
}

// changesOfACard is how many changes by odd amounts still make no sum of operations.
const changesOfACard = 4

// shop lets somebody spend elsewhere all that one card has, whenever it has something: gift cards end at zero.
func (w *world) shop(a *actor) {
	c := w.spent
	if c == nil || w.shopper.IntN(8) > 0 || w.opts.leavesOut("spent to zero") {
		return
	}
	card, err := w.sim.Card(c.number)
	if err != nil {
		w.fail(a, "the bench's card: %v", err)
		return
	}
	if card.Available > 0 {
		w.change(a, c, -card.Available, 0, "the shopper")
		w.cover.event("spent to zero")
		c.changes = changesOfACard
	}
}

// change changes a card's balance at the provider alone.
func (w *world) change(a *actor, c *purse, by, to int64, who string) {
	if err := w.sim.SetCard(c.number, simulator.CardChange{Available: &to}); err != nil {
		w.fail(a, "the bench's change of a card: %v", err)
		return
	}
	w.oracle.byHand()
	c.other += by
	w.events = append(w.events, event{at: time.Since(w.start), card: c.last4, text: fmt.Sprintf("%s changes the card by %d", who, by)})
}

// close lets time run on with everything working, settles what is left and asks for what was never answered.
func (w *world) close(a *actor) {
	w.noFaults, w.downTill, w.diskTill = true, time.Time{}, time.Time{}
	w.note(a, "from here on everything works")
	for w.proc == nil && !w.over {
		w.sleep(a, time.Minute)
	}
	for range 25 {
		w.heartbeat(a)
		w.sleep(a, time.Minute+jitter(w.script))
	}
	w.sleep(a, 24*time.Hour)
	for range 4 {
		if w.clearDesk(a) == 0 {
			break
		}
		w.heartbeat(a)
		w.sleep(a, 5*time.Minute)
	}
	w.sleep(a, 24*time.Hour)
	for _, e := range w.errands {
		if e.refused {
			continue
		}
		e.fault = nil
		if e.first == nil && e.id == "" && e.keys == 0 && e.key == "" {
			continue
		}
		if e.first != nil && w.script.IntN(4) > 0 {
			continue
		}
		if e.first == nil {
			e.pursue(w, a, 3)
		} else {
			e.ask(w, a)
		}
		if e.first == nil && !e.refused {
			w.fail(a, "An OMS caller never learns what became of its request. key=%s order=%s", e.key, e.draft.Order)
		}
	}
	w.sleep(a, 10*time.Minute) // new messages come to rest
	w.clearDesk(a)
	w.sleep(a, 10*time.Minute)
	if w.proc == nil || w.proc.dead {
		w.fail(a, "the gateway is down at the end")
		return
	}
	w.collect(a)
}

// heartbeat is an inquiry of some caller's, by which the gateway hears that the provider answers.
func (w *world) heartbeat(a *actor) {
	w.beats++
	e := &errand{n: 10_000 + w.beats, caller: "web", key: fmt.Sprintf("beat-%d", w.beats), rand: w.script, purse: w.cards[0], card: w.cards[0].last4,
		draft: svcgate.Draft{Operation: svcgate.Inquire, Service: service, CardNumber: w.cards[0].number}}
	e.ask(w, a)
	a.errand = nil
}

// clearDesk lets a person settle what is on the desk, truthfully, from the provider's ledger.
func (w *world) clearDesk(a *actor) int {
	p := w.proc
	if p == nil || p.dead {
		return 0
	}
	page, err := p.store.Transactions(context.Background(), svcgate.Filter{State: svcgate.StateDesk, Limit: 500})
	if err != nil {
		w.fail(a, "the desk cannot be read: %v", err)
		return 0
	}
	ledger := w.sim.Ledger()
	for _, t := range page.Transactions {
		done := make(chan struct{})
		w.spawn("person", p, func(b *actor) {
			b.tx, b.card = t.ID, t.Last4
			d := w.decision(t, ledger)
			_, err := p.gate.SettleByHand(context.WithValue(context.Background(), actorKey{}, b), t.ID, d)
			b.tx = t.ID
			if err != nil {
				w.fail(b, "A person cannot settle it as %s %s: %v", d.Verdict, d.TransactionID, err)
			} else {
				w.cover.event("settled by a person")
				w.note(b, "settles it as %s %s", d.Verdict, d.TransactionID)
			}
			close(done)
		})
		select {
		case <-done:
		case <-p.died:
		}
		w.park(a)
	}
	return len(page.Transactions)
}

// decision is the truth about a transaction.
func (w *world) decision(t *svcgate.Transaction, ledger []simulator.Entry) svcgate.Decision {
	d := svcgate.Decision{Verdict: svcgate.NotApplied, Reason: "looked up at the provider", By: "desk"}
	truth := w.oracle.truths[t.ID]
	if truth == nil {
		return d
	}
	for _, n := range truth.entries {
		e := ledger[n-1]
		if !e.Booked {
			continue
		}
		d.Verdict = svcgate.Applied
		if t.Operation == svcgate.Generate {
			continue
		}
		d.TransactionID = fmt.Sprint(e.ID)
		if e.Amount <= t.Requested.Minor() {
			d.Amount = decimal(e.Amount)
		}
	}
	return d
}

// collect reads the journal for judging.
func (w *world) collect(a *actor) {
	f := svcgate.Filter{Limit: 500}
	for {
		page, err := w.proc.store.Transactions(context.Background(), f)
		if err != nil {
			w.fail(a, "the journal cannot be read: %v", err)
			return
		}
		w.oracle.rows = append(w.oracle.rows, page.Transactions...)
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	slices.Reverse(w.oracle.rows)
}
