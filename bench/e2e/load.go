package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// load is a closed loop: so many connections, each sends its next request when it has the answer to the one before.
type load struct {
	conns    int
	warm     int // requests of each connection that are not counted
	requests int
	limit    time.Duration // no request begins later
}

// A caller sends one request under a running number and checks that the answer is an approval.
type caller interface {
	call(number uint64) error
	close()
}

// outcome is what came of a load.
type outcome struct {
	done   int // approved
	errors int
	first  error // the first that was none
	rate   float64
	took   []time.Duration // of the approved, sorted
}

// percentile is of the approved.
func (o *outcome) percentile(p int) time.Duration {
	if len(o.took) == 0 {
		return 0
	}
	return o.took[min(len(o.took)-1, len(o.took)*p/100)]
}

// numbers are given once in a run of the bench: as keys, orders and cards.
var numbers atomic.Uint64

// run opens the connections and warms them, calls begin, runs the load and calls end. A caller that failed gets a new
// connection, as a client would make one.
func (l load) run(ctx context.Context, open func() (caller, error), begin, end func()) (*outcome, error) {
	callers := make([]caller, l.conns)
	defer func() {
		for _, c := range callers {
			if c != nil {
				c.close()
			}
		}
	}()
	var warming sync.WaitGroup
	failed := make([]error, l.conns)
	for i := range callers {
		warming.Go(func() {
			if callers[i], failed[i] = open(); failed[i] != nil {
				return
			}
			for range l.warm {
				_ = callers[i].call(numbers.Add(1)) // a failure that lasts shows below
			}
		})
	}
	warming.Wait()
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	o := &outcome{}
	var (
		next atomic.Int64
		mu   sync.Mutex
		work sync.WaitGroup
	)
	begin()
	start := time.Now()
	for i := range callers {
		work.Go(func() {
			took := make([]time.Duration, 0, l.requests/l.conns+16)
			wrong, first := 0, error(nil)
			for at := start; next.Add(1) <= int64(l.requests) && at.Sub(start) < l.limit && ctx.Err() == nil; {
				from := time.Now()
				err := callers[i].call(numbers.Add(1))
				at = time.Now()
				if err == nil {
					took = append(took, at.Sub(from))
					continue
				}
				wrong++
				if first == nil {
					first = err
				}
				callers[i].close()
				if callers[i], err = open(); err != nil {
					first = err
					break
				}
			}
			mu.Lock()
			defer mu.Unlock()
			o.took = append(o.took, took...)
			o.errors += wrong
			if o.first == nil {
				o.first = first
			}
		})
	}
	work.Wait()
	wall := time.Since(start)
	end()
	slices.Sort(o.took)
	o.done = len(o.took)
	o.rate = float64(o.done) / wall.Seconds()
	return o, ctx.Err()
}
