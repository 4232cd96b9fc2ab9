package svcgate

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// MaxWaiting is how many callers may wait for one card: a stuck card must not use up the room of the others.
const MaxWaiting = 16

var errLine = errors.New("too many wait for the card")

// cardQueue lets one money operation a card pass at a time, first come first served. The database keeps the same
// promise for what is unresolved; the queue makes callers wait for each other instead of being refused.
type cardQueue struct {
	mu    sync.Mutex
	lines map[string][]chan struct{} // who waits, by card; whoever is served is not in it
}

// enter waits for the card's turn, and says whether it had to. Leave must be called, once, unless there is an error: that
// of the patience, or errLine.
func (q *cardQueue) enter(p *patience, card string) (waited bool, err error) {
	q.mu.Lock()
	if q.lines == nil {
		q.lines = map[string][]chan struct{}{}
	}
	waiting, busy := q.lines[card]
	if !busy {
		q.lines[card] = nil
		q.mu.Unlock()
		return false, nil
	}
	if len(waiting) >= MaxWaiting {
		q.mu.Unlock()
		return true, errLine
	}
	turn := make(chan struct{})
	q.lines[card] = append(waiting, turn)
	q.mu.Unlock()
	ctx := p.context()
	select {
	case <-turn:
		return true, nil
	case <-ctx.Done():
		q.giveUp(card, turn)
		return true, ctx.Err()
	}
}

// leave lets the next one in.
func (q *cardQueue) leave(card string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := q.lines[card]
	if len(waiting) == 0 {
		delete(q.lines, card)
		return
	}
	close(waiting[0])
	q.lines[card] = waiting[1:]
}

// giveUp takes a waiter out of the line; one whose turn came in the same moment passes it on.
func (q *cardQueue) giveUp(card string, turn chan struct{}) {
	q.mu.Lock()
	if i := slices.Index(q.lines[card], turn); i >= 0 {
		q.lines[card] = slices.Delete(q.lines[card], i, i+1)
		q.mu.Unlock()
		return
	}
	q.mu.Unlock()
	q.leave(card)
}

// patience is how long a caller is kept waiting. Few wait: its context is made when one does.
type patience struct {
	caller context.Context
	until  time.Time
	ctx    context.Context
	cancel context.CancelFunc
}

// context is the caller's, and ends when patience does.
func (p *patience) context() context.Context {
	if p.ctx == nil {
		p.ctx, p.cancel = context.WithDeadline(p.caller, p.until)
	}
	return p.ctx
}

func (p *patience) end() {
	if p.cancel != nil {
		p.cancel()
	}
}
