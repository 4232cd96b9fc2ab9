package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/orce"
	"github.com/svcgate/svcgate/store"
)

// process is the gateway between a start and a crash.
type process struct {
	w     *world
	store *store.Store
	gate  *svcgate.Gateway
	dead  bool
	died  chan struct{}        // closed once it is dead
	nudge chan struct{}        // wakes the sweeper
	next  map[string]time.Time // when what is unresolved is due
}

const service = "RLT"

// boot opens the database as the last process left it and starts the gateway.
func (w *world) boot() error {
	s, err := store.Open(context.Background(), store.Config{Path: w.database(), Now: w.wall, Readers: 1})
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	p := &process{w: w, store: s, died: make(chan struct{}), nudge: make(chan struct{}, 1), next: map[string]time.Time{}}
	if err := p.remember(); err != nil {
		return err
	}
	provider, err := orce.New(orce.Config{Client: w.net, Now: w.wall, Bare: w.opts.draws.bare, StrictSOAP: w.opts.draws.strict, Bureau: mapping.Bureau{
		Service: service, PresentersID: seriesPrefix, SubmittersID: seriesSequence, Signon: "0001",
		SendCurrency: w.opts.draws.sendCurrency, DefaultCurrency: "USD",
	}})
	if err != nil {
		return err
	}
	j := &journal{w: w, p: p, store: s}
	c := svcgate.GatewayConfig{
		Providers: map[string]svcgate.Provider{service: provider}, Journal: j, History: j, Unsettled: j, Decisions: j,
		Codes: codes, Keys: keys, Baseline: w.opts.draws.baseline, Now: w.wall, NewID: w.newID,
	}
	w.opts.plant.into(w, p, &c)
	if p.gate, err = svcgate.NewGateway(c); err != nil {
		return err
	}
	w.proc = p
	w.oracle.started()
	w.spawn("sweeper", p, p.sweep)
	return nil
}

// longest is how long the sweeper sleeps without being woken.
const longest = time.Hour

// sweep is the sweeper. Instead of looking every few seconds it sleeps until there is something due.
func (p *process) sweep(a *actor) {
	ctx := context.WithValue(context.Background(), actorKey{}, a)
	idle := time.Second
	for {
		a.tx, a.op, a.card = "", 0, ""
		delete(p.next, unrecorded)
		if _, err := p.gate.Sweep(ctx, 50); err != nil {
			p.w.note(a, "sweep: %v", err)
		}
		wait := p.untilDue()
		if wait > time.Second {
			idle = time.Second
		} else { // due still: what hinders it will not be gone at once
			wait, idle = idle, min(idle*2, time.Minute)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-p.nudge:
			timer.Stop()
			time.Sleep(time.Second) // the sweeper's own pace
		case <-p.died:
		}
		p.w.park(a)
	}
}

// untilDue returns how long the sweeper may sleep.
func (p *process) untilDue() time.Duration {
	wait := longest
	now := p.w.wall()
	for _, next := range p.next {
		wait = min(wait, next.Sub(now))
	}
	return max(wait, time.Second)
}

// remember reads what is unresolved and when it is due, as a start finds it.
func (p *process) remember() error {
	open, err := p.store.Due(context.Background(), p.w.wall().AddDate(10, 0, 0), 500)
	if err != nil {
		return err
	}
	for _, t := range open {
		p.next[t.ID] = t.Next
	}
	return nil
}

func (p *process) poke() {
	select {
	case p.nudge <- struct{}{}:
	default:
	}
}

// crash kills the gateway as kill -9 would, and with it the actor that calls. What others of the process do ends at
// their next step; what they have sent stays on its way.
func (w *world) crash(a *actor, where string) {
	w.note(a, "the process is killed %s", where)
	a.proc.dead = true
	w.crashes++
	runtime.Goexit()
}

// bury makes an end of a dead process: its files are copied as they are, and a new one starts from the copy.
func (w *world) bury(p *process) {
	w.proc = nil
	close(p.died)
	from := w.database()
	w.files++
	to := w.database()
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(from+suffix, to+suffix); err != nil {
			w.fail(nil, "copying the database: %v", err)
		}
	}
	if err := p.store.Close(); err != nil {
		w.note(nil, "closing what is left: %v", err)
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		_ = os.Remove(from + suffix)
	}
	w.oracle.bad(w, "crash")
	if w.over {
		return
	}
	w.spawn("start", nil, func(a *actor) {
		pause := time.Duration(1+w.script.IntN(10)) * time.Second
		if w.script.IntN(60) == 0 && !w.noFaults {
			pause = time.Duration(10+w.script.IntN(600)) * time.Minute
		}
		w.sleep(a, pause+jitter(w.script))
		if err := w.boot(); err != nil {
			w.fail(nil, "the gateway does not start after a crash: %v", err)
			w.over = true
			return
		}
		w.note(a, "the gateway starts, %d attempts recovered", w.proc.store.Recovered())
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, in.Close(), out.Close())
}
