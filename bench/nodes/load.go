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
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

const (
	impatience  = 1500 * time.Millisecond // of the first try; each further one is given twice as long
	answerLimit = 6 * time.Second         // of a try; longer than limits.call; a node that stands still does not answer
	lastingIn   = 3 * time.Minute         // until an answer that stays
	busyLimit   = 2 * time.Second         // for a card that others use or that waits for an unknown outcome
	pause       = 20 * time.Millisecond   // before the next try
	shareTwins  = 10                      // of a hundred requests are sent to several nodes at one time
	spread      = 300 * time.Microsecond  // twins leave within this
)

// load is the callers at work.
type load struct {
	*site
	oms  *world.OMS
	deck *deck

	mu       sync.Mutex
	over     bool
	settled  []request // that were answered with a transaction, for repeating
	requests int
	elsewhere,
	twins int
	refused map[string]int  // for good, by code
	took    []time.Duration // until an answer that stays
	slowest story
	wrong   []check.Finding
	denied  []check.Finding // refusals told of what has a transaction
}

func newLoad(s *site) (*load, error) {
	oms := world.NewOMS(s.token)
	oms.HTTP.Timeout = lastingIn // a try of insist has less
	d, err := newDeck(s.provider)
	return &load{site: s, oms: oms, deck: d, refused: map[string]int{}}, err
}

// during lets the callers work while do runs, then lets each finish what it has begun.
func (w *load) during(ctx context.Context, do func() error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for i := range w.callers {
		luck := rand.New(rand.NewPCG(w.seed, 1000+uint64(i)))
		all.Go(func() {
			for !w.isOver() && ctx.Err() == nil {
				if err := w.one(ctx, luck); err != nil {
					stop(err)
				}
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

func (w *load) isOver() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// one makes a request and gets it answered, now and then as several callers that do not know of each other.
func (w *load) one(ctx context.Context, luck *rand.Rand) error {
	r, err := w.deck.next(luck)
	if err != nil {
		return err
	}
	at, callers := luck.IntN(len(w.nodes)), 1
	if luck.IntN(100) < shareTwins {
		callers = 1 + min(2, len(w.nodes))
	}
	answers, errs := make([]world.Answer, callers), make([]error, callers)
	var all sync.WaitGroup
	for i := range callers {
		first, lag := at+i, time.Duration(luck.Int64N(int64(spread)))
		all.Go(func() {
			if callers > 1 {
				time.Sleep(lag)
			}
			answers[i], errs[i] = w.insist(ctx, first, r.Order)
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	turnedAway, err := w.file(r, answers)
	if turnedAway { // by a breaker: an OMS does not hammer
		time.Sleep(5 * pause)
	}
	return err
}

// file takes the answers to a request down, and says whether it was turned away. Where one caller is told of a transaction,
// another one with the same key must not be told that the request is refused: it would be changed and sent again.
func (w *load) file(r request, answers []world.Answer) (turnedAway bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	w.twins += len(answers) - 1
	refusal := answers[0]
	var row *world.Transaction
	for _, a := range answers {
		switch {
		case a.Row == nil && !passing[a.Code]:
			refusal = a
		case a.Row != nil && row == nil:
			row = a.Row
		}
	}
	if row == nil {
		w.refused[refusal.Code]++
		return false, nil
	}
	if refusal.Row == nil && !passing[refusal.Code] {
		w.deny(r, refusal)
	}
	w.settled = append(w.settled, r)
	return world.Text(row.Outcome) == svcgate.Unavailable, w.deck.answered(r, row)
}

// deny notes a refusal of a request of which the key has a transaction.
func (w *load) deny(r request, a world.Answer) {
	w.denied = append(w.denied, check.Finding{What: fmt.Sprintf("A request was refused with status %d %s, and its key has a transaction.", a.Status, a.Code),
		Key: r.Key, Order: r.Order.Order})
}

// insist sends a request until it is answered with a transaction or refused for good: to the first node, and after that
// to the others in turn, under the same key.
func (w *load) insist(ctx context.Context, first int, r world.Order) (a world.Answer, err error) {
	told, busy := story{began: time.Now()}, time.Time{}
	defer func() { w.tell(told) }()
	for try := 0; time.Since(told.began) < lastingIn; try++ {
		n := w.nodes[(first+try)%len(w.nodes)]
		if try == 1 {
			w.mu.Lock()
			w.elsewhere++
			w.mu.Unlock()
		}
		patient, cancel := context.WithTimeout(ctx, min(answerLimit, impatience<<min(try, 5)))
		asked := time.Now()
		a, err = w.oms.Send(patient, n.gateway().Base, r)
		cancel()
		told.add(n.name, time.Since(asked), a, err)
		switch {
		case ctx.Err() != nil:
			return a, context.Cause(ctx)
		case err != nil:
		case a.Row != nil:
			return a, nil
		case a.Code == "card_busy", a.Code == "card_unresolved", a.Code == "depends_on_unresolved":
			if busy.IsZero() {
				busy = time.Now()
			}
			if time.Since(busy) > busyLimit {
				return a, nil
			}
		case a.Status == http.StatusConflict, a.Status == http.StatusTooManyRequests, a.Status == http.StatusServiceUnavailable:
		default:
			return a, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return a, context.Cause(ctx)
		}
	}
	return a, fmt.Errorf("no lasting answer to %s: %s", r.Key, &told)
}

// tell keeps the story that took longest.
func (w *load) tell(s story) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.took = time.Since(s.began)
	w.took = append(w.took, s.took)
	if s.took > w.slowest.took {
		w.slowest = s
	}
}

// passing are the codes of refusals for good that are right: the card is somebody else's or waits.
var passing = map[string]bool{"card_busy": true, "card_unresolved": true, "depends_on_unresolved": true}

// refusals lists what was refused for good and may not be.
func (w *load) refusals() (wrong []string) {
	for code, n := range w.refused {
		if !passing[code] {
			wrong = append(wrong, fmt.Sprintf("%d requests were refused with %q", n, code))
		}
	}
	return wrong
}

// repeats is how many requests are repeated at every node in the end.
const repeats = 200

// repeatAll repeats settled requests at every node, which must all tell the same, byte for byte, and send nothing.
func (w *load) repeatAll(ctx context.Context) error {
	luck := rand.New(rand.NewPCG(w.seed, 2000))
	before := len(w.provider.Ledger())
	for range min(repeats, len(w.settled)) {
		r := w.settled[luck.IntN(len(w.settled))]
		if !r.Op.NeedsKey {
			continue
		}
		var told []byte
		for i, n := range w.nodes {
			a, err := w.oms.Send(ctx, n.gateway().Base, r.Order)
			if err != nil {
				return fmt.Errorf("repeating %s at %s: %w", r.Key, n.name, err)
			}
			if i == 0 {
				told = a.Body
			} else if string(told) != string(a.Body) {
				w.wrong = append(w.wrong, check.Finding{What: "Two nodes answer one key with other bytes.", Key: r.Key, Order: r.Order.Order})
			}
		}
	}
	if after := len(w.provider.Ledger()); after != before {
		w.wrong = append(w.wrong, check.Finding{What: fmt.Sprintf("Repeating settled requests sent %d messages.", after-before)})
	}
	return nil
}
