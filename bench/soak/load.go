//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/world"
)

// answerLimit is longer than a gateway may take: limits.call and some more.
const answerLimit = 60 * time.Second

// load is the OMS at work.
type load struct {
	*site
	oms  *world.OMS
	sent atomic.Int64

	mu    sync.Mutex
	mix   *mix
	total tally
	since tally // the last look at the progress
}

func newLoad(s *site) (*load, error) {
	m, err := newMix(s.seed, s.provider.Provider, s.cards)
	oms := &world.OMS{Token: s.token, HTTP: &http.Client{Timeout: answerLimit, Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}}
	return &load{site: s, oms: oms, mix: m}, err
}

// send sends at the rate until the time is over, then waits for the last answer. It returns how long that took.
func (l *load) send(ctx context.Context) time.Duration {
	var work sync.WaitGroup
	began := time.Now()
	for n := 0; ; n++ {
		after := time.Duration(n) * time.Second / time.Duration(l.rate)
		if after > l.length || ctx.Err() != nil {
			break
		}
		due := began.Add(after)
		time.Sleep(time.Until(due))
		l.mu.Lock()
		r, err := l.mix.next()
		if err != nil {
			l.failed(err.Error())
		}
		l.mu.Unlock()
		if err != nil {
			continue
		}
		base := l.gateways[n%len(l.gateways)].Base
		l.sent.Add(1)
		work.Go(func() { l.do(ctx, base, r, due) })
	}
	work.Wait()
	return time.Since(began)
}

// do sends one request and files its answer.
func (l *load) do(ctx context.Context, base string, r request, due time.Time) {
	late := time.Since(due)
	a, err := l.oms.Send(ctx, base, r.Order)
	took := time.Since(due)
	if r.card != nil {
		took -= l.provider.take(r.card.number)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch wrong := judge(r, a, err); {
	case ctx.Err() != nil: // the bench was interrupted
	case wrong != "":
		l.failed(wrong)
	default:
		l.mix.answered(r, a.Row)
		for _, t := range []*tally{&l.total, &l.since} {
			t.answered(r.verb, took, late)
		}
	}
}

// failed files what was not asked for.
func (l *load) failed(what string) {
	l.total.failed(what)
	l.since.failed(what)
}

// judge says what is wrong about an answer, "" when it is the one that was asked for.
func judge(r request, a world.Answer, err error) string {
	want := svcgate.Approved
	if r.verb == stranger {
		want = svcgate.Undefined
	}
	switch {
	case err != nil:
		return fmt.Sprintf("%s: no answer: %v", r.verb, cause(err))
	case a.Row == nil:
		return fmt.Sprintf("%s: refused with status %d %s", r.verb, a.Status, a.Code)
	case r.verb == repeat && (a.Row.ID != r.id || a.Status != http.StatusOK):
		return fmt.Sprintf("repeat: answered with status %d and another transaction", a.Status)
	case r.verb != repeat && (world.Text(a.Row.Outcome) != want || a.Status != http.StatusOK):
		return fmt.Sprintf("%s: %s with status %d instead of %s", r.verb, world.Text(a.Row.Outcome), a.Status, want)
	}
	return ""
}

// cause is the innermost error, which names no address.
func cause(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}

// lastPart returns what came since it was asked before.
func (l *load) lastPart() tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	part := l.since
	l.since = tally{}
	return part
}
