package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/simulator"
)

// world is one seed's run: the provider, the gateway with its database, the OMS callers and the faults, all in one
// synctest bubble. Of all its actors one runs at a time: each stops at every step that another could see - a commit, a
// message, an answer - and the director draws who goes on. So one seed is one history.
type world struct {
	seed  uint64
	opts  options
	dir   string
	start time.Time // of the bubble

	schedule *rand.Rand // who goes on
	script   *rand.Rand // everything else that is not drawn by an errand, a message or the shopper
	shopper  *rand.Rand // who spends elsewhere all that is on a card

	mu        sync.Mutex
	ready     []*actor
	actors    int // how many live
	lastActor int
	bell      chan struct{}
	over      bool

	jumped   time.Duration // how far the wall clock was set from where it began
	proc     *process      // nil while the gateway is down
	files    int           // database files so far: each start after a crash reads a copy
	lastID   int           // of transactions
	noFaults bool          // the end: everything works
	downTill time.Time     // the provider is down until then
	diskTill time.Time     // no commit succeeds until then

	cards  []*purse
	spent  *purse // the shopper's card; nil for none
	sim    *simulator.Simulator
	net    *network
	oracle *oracle
	told   []check.Told
	cover  *coverage
	events []event
	wrong  []string // findings that need no comparing

	errands  []*errand
	newCards map[string][]string // told for a generation, by transaction
	running  int                 // errands under way
	beats    int

	asked, faultsDrawn, crashes int
}

// event is a line of the history.
type event struct {
	at    time.Duration // since the start
	card  string        // last four digits; "" concerns all
	order string
	tx    string
	text  string
}

// actor is one line of work.
type actor struct {
	id         int
	name       string
	proc       *process // whose it is; nil for what is outside the gateway
	goOn       chan bool
	errand     *errand // whose request it carries; nil for others
	tx         string  // the transaction that was begun last
	op         svcgate.Operation
	sweepFault *fault // drawn for the sweeper's next commit
	card       string
	served     bool // had its turn at the card; of the oracle
}

type actorKey struct{}

func actorOf(ctx context.Context) *actor {
	a, _ := ctx.Value(actorKey{}).(*actor)
	return a
}

const epoch = 1_772_366_400 // 2026-03-01T12:00:00Z: the wall clock when a run begins

func newWorld(seed uint64, o options, dir string) *world {
	return &world{
		seed: seed, opts: o, dir: dir, start: time.Now(), bell: make(chan struct{}, 1),
		schedule: rand.New(rand.NewPCG(seed, 101)), script: rand.New(rand.NewPCG(seed, 102)),
		shopper: rand.New(rand.NewPCG(seed, 103)),
		cover:   newCoverage(), oracle: newOracle(), newCards: map[string][]string{},
	}
}

// wall is the gateway's wall clock. It carries no monotonic reading, as a clock that is set does not.
func (w *world) wall() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Unix(epoch, 0).Add(time.Since(w.start) + w.jumped).Round(0).UTC()
}

// providerClock is never set.
func (w *world) providerClock() time.Time {
	return time.Unix(epoch, 0).Add(time.Since(w.start)).Round(0).UTC()
}

func (w *world) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lastID++
	letters := []byte("txn_bbbbbb")
	for n, i := w.lastID, len(letters)-1; n > 0; n, i = n/16, i-1 {
		letters[i] = "bcdfghjkmnpqrstv"[n%16]
	}
	return string(letters)
}

func (w *world) note(a *actor, format string, args ...any) {
	e := event{at: time.Since(w.start), text: fmt.Sprintf(format, args...)}
	if a != nil {
		e.card, e.tx = a.card, a.tx
		e.text = a.name + ": " + e.text
		if a.errand != nil {
			e.order = a.errand.draft.Order
			e.card = a.errand.card
		}
	}
	w.mu.Lock()
	w.events = append(w.events, e)
	w.mu.Unlock()
	if w.opts.verbose {
		fmt.Println(e)
	}
}

func (e event) String() string {
	return fmt.Sprintf("%14s  %-4s %-14s %-10s %s", e.at.Round(time.Millisecond), e.card, e.order, e.tx, e.text)
}

// fail keeps a finding.
func (w *world) fail(a *actor, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.note(a, "FINDING: %s", text)
	w.mu.Lock()
	defer w.mu.Unlock()
	if a != nil && a.tx != "" {
		text += " transaction=" + a.tx
	}
	w.wrong = append(w.wrong, text)
}

// spawn starts an actor. Its work begins when the director lets it.
func (w *world) spawn(name string, p *process, work func(*actor)) *actor {
	w.mu.Lock()
	w.lastActor++
	a := &actor{id: w.lastActor, name: name, proc: p, goOn: make(chan bool)}
	w.actors++
	w.mu.Unlock()
	go func() {
		defer func() {
			w.mu.Lock()
			w.actors--
			w.mu.Unlock()
			w.ring()
		}()
		w.park(a)
		work(a)
	}()
	return a
}

func (w *world) ring() {
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

// park waits until the director lets the actor go on. An actor of a process that was killed ends here.
func (w *world) park(a *actor) {
	w.mu.Lock()
	w.ready = append(w.ready, a)
	w.mu.Unlock()
	w.ring()
	if !<-a.goOn {
		runtime.Goexit()
	}
}

// direct lets one actor at a time go on until all have ended.
func (w *world) direct() {
	for {
		synctest.Wait()
		if p := w.proc; p != nil && p.dead {
			w.bury(p)
			continue
		}
		w.mu.Lock()
		slices.SortFunc(w.ready, func(a, b *actor) int { return a.id - b.id })
		var next *actor
		if len(w.ready) > 0 {
			i := w.schedule.IntN(len(w.ready))
			next = w.ready[i]
			w.ready = slices.Delete(w.ready, i, i+1)
		}
		none := w.actors == 0
		w.mu.Unlock()
		switch {
		case next != nil:
			next.goOn <- next.proc == nil || !next.proc.dead
		case none:
			return
		default:
			<-w.bell
		}
	}
}

// sleep lets time pass for an actor.
func (w *world) sleep(a *actor, d time.Duration) {
	time.Sleep(d)
	w.park(a)
}

func (w *world) database() string {
	return filepath.Join(w.dir, fmt.Sprintf("seed-%d-%d.db", w.seed, w.files))
}

// history returns the events that concern a finding, as far as it names a transaction, an order or a booking.
func (w *world) history(finding string) string {
	card, order := w.concerned(finding)
	var b strings.Builder
	for _, e := range w.events {
		if e.card == "" && e.order == "" || e.card != "" && e.card == card || e.order != "" && e.order == order || e.tx != "" && strings.Contains(finding, e.tx) {
			b.WriteString(e.String())
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// concerned finds the card and the order that a finding is about.
func (w *world) concerned(finding string) (card, order string) {
	for _, r := range w.oracle.rows {
		if strings.Contains(finding, r.ID) && r.Last4 != "" {
			return r.Last4, ""
		}
	}
	for _, c := range w.cards {
		if strings.Contains(finding, "card="+c.last4) {
			return c.last4, ""
		}
	}
	if _, rest, found := strings.Cut(finding, "order="); found {
		order, _, _ = strings.Cut(rest, " ")
		for _, r := range w.oracle.rows {
			if r.Order == order {
				return r.Last4, order
			}
		}
	}
	return "-", order
}
