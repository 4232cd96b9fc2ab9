package main

import (
	"slices"
	"time"
)

// held is an answer that waits for another to be swapped with.
type held struct {
	*parcel
	got answered
}

// earlier chooses an answer that was delivered and recorded before, best of the same operation.
func (n *network) earlier(m *parcel) (delivered, bool) {
	var some []delivered
	for _, d := range n.seen {
		if d.tx != m.tx && n.w.oracle.recorded(d.tx) && (d.op == m.op || m.rand.IntN(4) == 0) {
			some = append(some, d)
		}
	}
	if len(some) == 0 {
		return delivered{}, false
	}
	return some[m.rand.IntN(len(some))], true
}

// swappable says whether the two answers can be told apart by anything in them: by the message, which recharges and
// activations of virtual cards share, or by an account that is known to be another card's.
func (n *network) swappable(a, b *parcel) bool {
	if a.kind != b.kind {
		return true
	}
	return n.w.opts.sameVerb && a.card != b.card && n.w.oracle.knownAccount(a.card) && n.w.oracle.knownAccount(b.card)
}

// partner takes the answer of another message that waits to be swapped.
func (n *network) partner(m *parcel) *held {
	for i, h := range n.waiting {
		if h.parcel != m && n.swappable(h.parcel, m) {
			n.waiting = slices.Delete(n.waiting, i, i+1)
			return h
		}
	}
	return nil
}

// hold lets an answer wait for another one to be swapped with.
func (n *network) hold(c *actor, m *parcel, got *answered) bool {
	h := &held{m, *got}
	n.waiting = append(n.waiting, h)
	timer := time.NewTimer(25*time.Second - time.Since(m.sent) + jitter(m.rand))
	defer timer.Stop()
	swapped := false
	select {
	case *got = <-m.swap:
		swapped = true
	case <-timer.C:
	}
	n.w.park(c)
	n.waiting = slices.DeleteFunc(n.waiting, func(o *held) bool { return o == h })
	return swapped
}
