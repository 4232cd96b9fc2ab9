package api

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"
)

// Limits of looking into transactions because somebody reads them. What is left out the sweeper does.
const (
	lookApart = 30 * time.Second // least time between two looks into one transaction
	maxLooks  = 4                // at once
	maxLooked = 1024             // transactions that are remembered for lookApart
)

// looker looks into unresolved transactions in the background. It owns the goroutines in which it does so.
type looker struct {
	settler Settler
	now     func() time.Time
	log     *slog.Logger
	ctx     context.Context
	cancel  context.CancelFunc
	slots   chan struct{} // one taken for each look under way
	running sync.WaitGroup

	mu     sync.Mutex
	last   map[string]time.Time // when a transaction was looked into, by its id
	closed bool
}

func newLooker(c Config) *looker {
	l := &looker{settler: c.Settler, now: c.Now, log: c.Log, slots: make(chan struct{}, maxLooks), last: map[string]time.Time{}}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// look starts a look into a transaction, unless there was one lately or too many are under way. It does not wait.
func (l *looker) look(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	maps.DeleteFunc(l.last, func(_ string, at time.Time) bool { return now.Sub(at) >= lookApart || now.Before(at) })
	if _, lately := l.last[id]; lately || l.closed || len(l.last) >= maxLooked {
		return
	}
	select {
	case l.slots <- struct{}{}:
	default:
		return
	}
	l.last[id] = now
	l.running.Go(func() {
		defer func() { <-l.slots }()
		defer func() {
			if v := recover(); v != nil { // its value may hold anything
				l.log.Error("looking into a transaction panicked", "transaction", id, "panic", fmt.Sprintf("%T", v))
			}
		}()
		if err := l.settler.LookInto(l.ctx, id); err != nil {
			l.log.Warn("transaction not looked into", "transaction", id, "err", sweep(err.Error()))
		}
	})
}

// close starts no more looks and waits for those under way; when ctx ends before, they are cancelled and waited for.
func (l *looker) close(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	defer l.cancel()
	done := make(chan struct{})
	go func() {
		l.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		l.cancel()
		<-done
		return ctx.Err()
	}
}

// Close waits for the looks that reads of unresolved transactions started, and starts no more. When ctx ends before,
// they are cancelled, and its error is returned once they have stopped.
func (a *API) Close(ctx context.Context) error { return a.looks.close(ctx) }
