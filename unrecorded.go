package svcgate

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// unrecorded keeps what the journal could not take in memory, so that it is recorded once the disk takes writes again.
// Should the process stop before, the attempts are unknown.
type unrecorded struct {
	mu    sync.Mutex
	items map[string]finish
}

type finish struct {
	transaction Transaction
	exchange    *Exchange
}

func (u *unrecorded) add(t *Transaction, x *Exchange) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.items == nil {
		u.items = map[string]finish{}
	}
	u.items[t.ID] = finish{*t, x}
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
		err := g.record(ctx, &f.transaction, f.exchange)
		if err != nil && !errors.Is(err, ErrFinished) && CodeOf(err) != CodeNotFound {
			continue
		}
		u.mu.Lock()
		delete(u.items, id)
		u.mu.Unlock()
	}
}
