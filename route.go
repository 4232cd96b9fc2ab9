package svcgate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

// Defaults of Breaker.
const (
	DefaultBreakerFailures = 5
	DefaultBreakerOpen     = 30 * time.Second
)

// Breaker says when a provider that does not answer is left alone for a while.
type Breaker struct {
	Failures int           // messages in a row without an answer; 0: DefaultBreakerFailures; negative: never
	Open     time.Duration // for how long; 0: DefaultBreakerOpen
}

// route is the way to one provider. While its breaker is open nothing is sent. After that a single inquiry tries
// whether the provider answers again: never a money message.
type route struct {
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}] // nil for none
	mu      sync.Mutex
	silent  bool      // the last message got no answer
	answers int       // messages that were answered
	opened  time.Time // when the breaker left its closed state; zero while it is closed
}

func newRoute(service string, b Breaker) *route {
	if b.Failures < 0 {
		return &route{}
	}
	if b.Failures == 0 {
		b.Failures = DefaultBreakerFailures
	}
	if b.Open == 0 {
		b.Open = DefaultBreakerOpen
	}
	r := &route{}
	r.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name: service, MaxRequests: 1, Timeout: b.Open,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= uint32(b.Failures) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			r.mu.Lock()
			defer r.mu.Unlock()
			switch {
			case to == gobreaker.StateClosed:
				r.opened = time.Time{}
			case from == gobreaker.StateClosed:
				r.opened = time.Now()
			}
		},
	})
	return r
}

// errNoAnswer counts against the breaker.
var errNoAnswer = errors.New("no answer")

// closed reports the breaker's state: a money message only goes over a closed one.
func (r *route) closed() bool {
	return r.breaker == nil || r.breaker.State() == gobreaker.StateClosed
}

func (r *route) halfOpen() bool {
	return r.breaker != nil && r.breaker.State() == gobreaker.StateHalfOpen
}

// admit asks whether a message may go now; done must be told whether it was answered. ok is false while the breaker is
// open, and for money messages until an inquiry was answered.
func (r *route) admit(op Operation) (done func(Class), ok bool) {
	info, _ := op.Info()
	if r.breaker == nil {
		return func(Class) {}, true
	}
	if info.MovesMoney && !r.closed() {
		return nil, false
	}
	tell, err := r.breaker.Allow()
	if err != nil {
		return nil, false
	}
	return func(c Class) {
		if answers(c) {
			tell(nil)
			return
		}
		tell(errNoAnswer)
	}, true
}

// answers says whether a class shows a provider that answers, whatever it says.
func answers(c Class) bool {
	switch c {
	case ClassAnswered, ClassMismatch, ClassFault:
		return true
	case ClassNotSent, ClassNoReply, ClassUnreadable:
	}
	return false
}

// guarded sends a message unless this node may not, or the provider is being left alone; then it is told as not sent.
func (g *Gateway) guarded(ctx context.Context, t *Transaction, m Message) (Reply, Exchange, error) {
	if err := MaySend(ctx); err != nil {
		x := Exchange{Class: ClassNotSent, Started: g.Now(), Failure: "This node lost its lease before the message left."}
		return Reply{}, x, &Error{Code: CodeUnavailable, Reason: "node_fenced", Op: t.Operation.String(), Detail: x.Failure, Err: err}
	}
	done, ok := g.routes[t.Service].admit(t.Operation)
	if !ok {
		x := Exchange{Class: ClassNotSent, Started: g.Now(), Failure: "The provider did not answer lately and is left alone for a while."}
		return Reply{}, x, &Error{Code: CodeUnavailable, Reason: "provider_left_alone", Op: t.Operation.String(), Detail: x.Failure}
	}
	class := ClassNoReply // should Send panic
	defer func() { done(class) }()
	reply, x, err := m.Send(ctx)
	class = x.Class
	return reply, x, err
}

// probe asks about the card with an inquiry when the provider is due for another try, so that a money message is never
// the one that finds out.
func (g *Gateway) probe(ctx context.Context, t *Transaction, r *Request) {
	if info, _ := r.operation.Info(); !info.MovesMoney || !g.routes[r.service].halfOpen() {
		return
	}
	if _, err := g.ask(ctx, CallerProbe, t, r.card); err != nil {
		g.Log.Warn("provider asked and still silent", "service", r.service, "err", err)
	}
}

// heard notes whether a provider answers. When it does so again, what is unresolved is looked into at once. What a look
// of ours that told nothing says of the provider, lookedInVain finds out: it may be the card.
func (g *Gateway) heard(ctx context.Context, t *Transaction, class Class) {
	if t.Caller == CallerSettling && class != ClassAnswered {
		return
	}
	r := g.routes[t.Service]
	r.mu.Lock()
	again := r.silent && class == ClassAnswered
	if r.silent = class != ClassAnswered; !r.silent {
		r.answers++
	}
	r.mu.Unlock()
	if !again {
		return
	}
	g.wake(ctx, t.Service)
}

// standing reports how many messages were answered so far, and whether the provider is silent: the last one was not, or
// there was none yet.
func (r *route) standing() (answered int, silent bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answers, r.silent || r.answers == 0
}

// missed notes that the provider did not answer a look: the next message that is answered wakes what waits.
func (r *route) missed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = true
}

// Providing reports how the ways to the providers stand: "closed" lets messages pass, "open" none, "half-open" one
// inquiry.
func (g *Gateway) Providing() map[string]string {
	states := make(map[string]string, len(g.routes))
	for service, r := range g.routes {
		states[service] = "closed"
		if r.breaker != nil {
			states[service] = fmt.Sprint(r.breaker.State())
		}
	}
	return states
}

// LeftAlone reports for how long each provider has been left alone; 0 for those that are not.
func (g *Gateway) LeftAlone() map[string]time.Duration {
	alone := make(map[string]time.Duration, len(g.routes))
	for service, r := range g.routes {
		r.mu.Lock()
		alone[service] = 0
		if !r.opened.IsZero() {
			alone[service] = time.Since(r.opened)
		}
		r.mu.Unlock()
	}
	return alone
}
