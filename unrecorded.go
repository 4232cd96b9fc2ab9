package svcgate

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// MaxUnrecorded is how many outcomes may wait for the journal. While there are so many nothing new begins; none is forgotten
// for another, and what is under way then is still kept.
const MaxUnrecorded = 1000

// unrecorded keeps what the journal could not take in memory, so that it is recorded once the disk takes writes again.
// Should the process stop before, the attempts are unknown.
type unrecorded struct {
	mu    sync.Mutex
	items map[string]*finish
}

type finish struct {
	transaction Transaction
	exchange    *Exchange
}

func (u *unrecorded) add(t *Transaction, x *Exchange) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.items == nil {
		u.items = map[string]*finish{}
	}
	u.items[t.ID] = &finish{*t, x}
}

func (u *unrecorded) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.items)
}

// Unrecorded returns how many outcomes are kept in memory because the journal did not take them yet.
func (g *Gateway) Unrecorded() int { return g.unrecorded.count() }

// room refuses to begin anything while too many outcomes wait.
func (g *Gateway) room() error {
	if g.unrecorded.count() < MaxUnrecorded {
		return nil
	}
	return &Error{Code: CodeOverloaded, Reason: "journal_unavailable", Op: "room",
		Detail: "Too many outcomes wait for the journal to take them; nothing was sent. Try again."}
}

func (u *unrecorded) has(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, waits := u.items[id]
	return waits
}

// recordLate records what it can of what waits. What the journal knows after all, or never knew, is
// dropped.
func (g *Gateway) recordLate(ctx context.Context) {
	u := &g.unrecorded
	u.mu.Lock()
	ids := slices.Sorted(maps.Keys(u.items))
	u.mu.Unlock()
	for _, id := range ids {
		u.mu.Lock()
		f := u.items[id]
		u.mu.Unlock()
		if f == nil { // another sweep recorded it
			continue
		}
		kept := *f
		err := g.safely("recording an outcome late", id, func() error { return g.record(ctx, &kept.transaction, kept.exchange) })
		if err != nil && !errors.Is(err, ErrFinished) && CodeOf(err) != CodeNotFound {
			continue
		}
		u.mu.Lock()
		if u.items[id] == f { // and not a later message's
			delete(u.items, id)
		}
		u.mu.Unlock()
	}
}
