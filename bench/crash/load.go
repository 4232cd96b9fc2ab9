//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/world"
)

// clients is how many callers work at one time under load.
const clients = 8

// burst is the most answers between two kills.
const burst = 60

// load is callers at work on a scene. A caller that gets no answer repeats the request under its key until it gets
// one, as the OMS is told to.
type load struct {
	*scene
	operations []svcgate.OperationInfo
	answered   chan struct{} // one an answer

	mu   sync.Mutex
	up   chan struct{} // closed while the gateway serves
	over bool
	made map[string]world.Order // by key
}

func newLoad(s *scene) *load {
	w := &load{scene: s, operations: svcgate.Operations(), answered: make(chan struct{}, clients), up: make(chan struct{}), made: map[string]world.Order{}}
	close(w.up)
	return w
}

// loadJobs kills gateways at random under load, the kills shared out among the lanes.
func (b *bench) loadJobs(context.Context) ([]job, error) {
	var jobs []job
	for n := range b.lanesOf {
		kills := (b.kills + n) / len(b.lanesOf)
		if kills == 0 {
			continue
		}
		jobs = append(jobs, job{do: func(ctx context.Context, l *lane) (result, error) {
			return l.killUnderLoad(ctx, kills, rand.New(rand.NewPCG(b.seed, 100+uint64(n))))
		}})
	}
	return jobs, nil
}

func (l *lane) killUnderLoad(ctx context.Context, kills int, luck *rand.Rand) (r result, err error) {
	r = result{part: "kill under load", verb: "all", points: kills}
	inquire, _ := svcgate.Inquire.Info()
	s, err := l.newScene(ctx, inquire, 0)
	if err != nil {
		return r, err
	}
	defer s.close()
	w := newLoad(s)
	err = w.during(ctx, luck, func() error {
		for range kills {
			if err := w.wait(ctx, 1+luck.IntN(burst)); err != nil {
				return err
			}
			if err := w.crash(ctx); err != nil {
				return err
			}
			r.runs++
			r.struck++
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	// The last stop is an orderly one.
	if err := s.gw.End(); err != nil {
		return r, err
	}
	if err := s.restart(ctx); err != nil {
		return r, err
	}
	if r.report, _, err = s.check(ctx); err == nil {
		r.report.Unexplained = append(r.report.Unexplained, s.verify(ctx)...)
	}
	return r, err
}

// during lets the callers work while do runs, then lets each finish what it has begun.
func (w *load) during(ctx context.Context, luck *rand.Rand, do func() error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for range clients {
		own := rand.New(rand.NewPCG(luck.Uint64(), luck.Uint64()))
		all.Go(func() {
			if err := w.work(ctx, own); err != nil {
				stop(err)
			}
		})
	}
	err := do()
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	if err != nil {
		stop(err)
	}
	all.Wait()
	return context.Cause(ctx)
}

// wait waits for a number of answers.
func (w *load) wait(ctx context.Context, answers int) error {
	for range answers {
		select {
		case <-w.answered:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(world.Patience):
			return errors.New("under load: no answer for a long time")
		}
	}
	return nil
}

// crash kills the gateway and starts it again.
func (w *load) crash(ctx context.Context) error {
	w.mu.Lock()
	w.up = make(chan struct{})
	old := w.gw
	w.mu.Unlock()
	old.Kill()
	gw, err := startGateway(ctx, w.lane.binary, w.dir, 0)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gw = gw
	close(w.up)
	return nil
}

// address waits until the gateway serves and returns its base address; over says that no new request shall be made.
func (w *load) address(ctx context.Context) (base string, over bool, err error) {
	w.mu.Lock()
	up := w.up
	w.mu.Unlock()
	select {
	case <-up:
	case <-ctx.Done():
		return "", false, context.Cause(ctx)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.gw.Base, w.over, nil
}

// card is one that a caller works with, and the holds on it that it knows.
type card struct {
	number string
	holds  []hold
}

type hold struct{ order, authorization string }

// work is one caller.
func (w *load) work(ctx context.Context, luck *rand.Rand) error {
	c := &card{}
	for {
		_, over, err := w.address(ctx)
		if over || err != nil {
			return err
		}
		if c.number == "" {
			if c.number, err = w.card(ctx); err != nil {
				return err
			}
		}
		r, err := w.draw(luck, c)
		if err != nil {
			return err
		}
		a, err := w.insist(ctx, r)
		if err != nil {
			return err
		}
		select {
		case w.answered <- struct{}{}:
		default: // nobody waits: the gateway is being started
		}
		switch {
		case a.Row == nil || world.Text(a.Row.Outcome) == svcgate.Unknown:
			*c = card{} // what is not settled may keep its card waiting
		case r.Op.Operation == svcgate.Authorize && world.Text(a.Row.Outcome) == svcgate.Approved:
			c.holds = append(c.holds, hold{r.Order, world.Text(a.Row.Provider.TransactionID)})
		}
	}
}

// card makes a card; the lane's count is not safe for several callers.
func (w *load) card(ctx context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lane.newCard(ctx, "active", "9000.00")
}

// draw makes the next request.
func (w *load) draw(luck *rand.Rand, c *card) (r world.Order, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	op := w.operations[luck.IntN(len(w.operations))]
	if op.NeedsAuthorization && len(c.holds) == 0 {
		op, _ = svcgate.Authorize.Info()
	}
	r, err = w.request(op, c.number, fmt.Sprintf("%d.%02d", 1+luck.IntN(9), luck.IntN(100)))
	if err != nil {
		return r, err
	}
	defer func() { w.made[r.Key] = r }()
	if !op.NeedsAuthorization {
		return r, nil
	}
	h := c.holds[len(c.holds)-1]
	c.holds = c.holds[:len(c.holds)-1]
	r.Uses(h.order, h.authorization)
	return r, nil
}

// lastingIn bounds how long one request is repeated.
const lastingIn = time.Minute

// insist sends a request until it is answered with a transaction or refused for good.
func (w *load) insist(ctx context.Context, r world.Order) (world.Answer, error) {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for limit := time.Now().Add(lastingIn); time.Now().Before(limit); {
		base, _, err := w.address(ctx)
		if err != nil {
			return world.Answer{}, err
		}
		a, err := w.oms.Send(ctx, base, r)
		switch {
		case ctx.Err() != nil:
			return a, context.Cause(ctx)
		case err == nil && !passing(a):
			return a, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return a, context.Cause(ctx)
		}
	}
	return world.Answer{}, fmt.Errorf("under load: no lasting answer to %s within %s", r.Op.Name, lastingIn)
}

// passing reports whether the answer asks to try again with the same key.
func passing(a world.Answer) bool {
	return a.Row == nil && (a.Status == http.StatusConflict || a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable)
}
