package svcgate

import (
	"context"
	"errors"
	"sync"
)

// MaxWaiting is how many callers may wait for one card: a stuck card must not use up the room of the others.
const MaxWaiting = 16

var errLine = errors.New("too many wait for the card")

// cardQueue lets one money operation a card pass at a time, first come first served. The database keeps the same
// promise for what is unresolved; the queue makes callers wait for each other instead of being refused.
type cardQueue struct {
	mu    sync.Mutex
	lines map[string]*line
}

// line is who waits for one card. Whoever is served is not in it.
type line struct{ waiting []chan struct{} }

// enter waits for the card's turn, and says whether it had to. Leave must be called, once. The error is that of ctx, or
// errLine.
func (q *cardQueue) enter(ctx context.Context, card string) (leave func(), waited bool, err error) {
	q.mu.Lock()
	if q.lines == nil {
		q.lines = map[string]*line{}
	}
	l, busy := q.lines[card]
	if !busy {
		q.lines[card] = &line{}
		q.mu.Unlock()
		return func() { q.next(card) }, false, nil
	}
	if len(l.waiting) >= MaxWaiting {
		q.mu.Unlock()
		return nil, true, errLine
	}
	turn := make(chan struct{})
	l.waiting = append(l.waiting, turn)
	q.mu.Unlock()
	select {
	case <-turn:
		return func() { q.next(card) }, true, nil
	case <-ctx.Done():
		q.giveUp(card, turn)
		return nil, true, ctx.Err()
	}
}

func (q *cardQueue) next(card string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lines[card]
	if len(l.waiting) == 0 {
		delete(q.lines, card)
		return
	}
	turn := l.waiting[0]
	l.waiting = l.waiting[1:]
	close(turn)
}

// giveUp takes a waiter out of the line; one whose turn came in the same moment passes it on.
func (q *cardQueue) giveUp(card string, turn chan struct{}) {
	q.mu.Lock()
	for i, waiting := range q.lines[card].waiting {
		if waiting == turn {
			q.lines[card].waiting = append(q.lines[card].waiting[:i:i], q.lines[card].waiting[i+1:]...)
			q.mu.Unlock()
			return
		}
	}
	q.mu.Unlock()
	q.next(card)
}
