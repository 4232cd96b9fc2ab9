package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/store"
)

// unrecorded stands for what the gateway keeps until the journal takes it: the sweeper tries again soon.
const unrecorded = "unrecorded"

// journal is the store with a door before and after each commit: there the process can be killed, and commits can
// fail with and without effect.
type journal struct {
	w     *world
	p     *process
	store *store.Store
}

var _ interface {
	svcgate.Journal
	svcgate.History
	svcgate.Unsettled
	svcgate.Decisions
} = (*journal)(nil)

// enter lets others go first.
func (j *journal) enter(ctx context.Context) *actor {
	a := actorOf(ctx)
	j.w.park(a)
	if j.p.dead {
		runtime.Goexit()
	}
	return a
}

// commit does one commit with what is to happen to it.
func (j *journal) commit(a *actor, name string, op svcgate.Operation, killBefore, killAfter, without, with kind, do func() error) error {
	f := a.strikes(j.w, op)
	j.note(a, name)
	switch {
	case f.is(killBefore):
		f.struck(j.w, a, op)
		j.w.crash(a, "before "+name)
	case time.Since(j.w.start) < j.w.diskFor():
		j.w.oracle.bad(j.w, "disk")
		return fmt.Errorf("%s: nothing was written: %w", name, store.ErrSuspect)
	case f.is(without):
		f.struck(j.w, a, op)
		j.w.note(a, "%s fails without effect", name)
		j.w.oracle.bad(j.w, "commit")
		return fmt.Errorf("%s: nothing was written: %w", name, store.ErrSuspect)
	}
	err := do()
	switch {
	case f.is(killAfter):
		f.struck(j.w, a, op)
		j.w.crash(a, "after "+name)
	case err == nil && f.is(with):
		f.struck(j.w, a, op)
		j.w.note(a, "%s fails with effect", name)
		j.w.oracle.bad(j.w, "commit")
		return fmt.Errorf("%s: %w", name, store.ErrUnsure)
	}
	return err
}

func (j *journal) note(a *actor, name string) { j.w.note(a, "%s", name) }

func (w *world) diskFor() time.Duration { return w.diskTill.Sub(w.start) }

func (j *journal) Begin(ctx context.Context, t *svcgate.Transaction) (earlier *svcgate.Transaction, err error) {
	a := j.enter(ctx)
	a.tx, a.op, a.card = t.ID, t.Operation, t.Last4
	err = j.commit(a, "begin", t.Operation, killBeforeBegin, killAfterBegin, beginFails, beginUnsure, func() error {
		earlier, err = j.store.Begin(ctx, t)
		if err == nil && earlier == nil {
			j.w.oracle.begun(t)
		}
		return err
	})
	if err != nil {
		j.w.note(a, "begin: %v", err)
		j.w.oracle.stuck(t.ID)
	}
	return earlier, err
}

func (j *journal) Finish(ctx context.Context, t *svcgate.Transaction, x *svcgate.Exchange) error {
	a := j.enter(ctx)
	a.tx = t.ID
	err := j.commit(a, "finish "+string(t.State)+" "+string(t.Outcome), t.Operation, killBeforeFinish, killAfterFinish, finishFails, finishUnsure, func() error {
		err := j.store.Finish(ctx, t, x)
		if err == nil {
			j.w.oracle.finished(j.w, t)
			j.due(t)
		}
		return err
	})
	if err != nil {
		j.w.note(a, "finish: %v", err)
		j.w.oracle.stuck(t.ID)
		j.p.next[unrecorded] = j.w.wall().Add(15 * time.Second)
		return err
	}
	j.p.poke()
	return nil
}

// settling does a commit of the sweeper's. Its faults are drawn here: they are no errand's.
func (j *journal) settling(a *actor, name string, op svcgate.Operation, do func() error) error {
	if a.errand == nil && !j.w.noFaults {
		switch n := j.w.script.IntN(200); n {
		case 0, 1, 2, 3:
			a.sweepFault = &fault{kind: []kind{killBeforeSettle, killAfterSettle, settleFails, settleUnsure}[n]}
		}
	}
	return j.commit(a, name, op, killBeforeSettle, killAfterSettle, settleFails, settleUnsure, do)
}

func (j *journal) Look(ctx context.Context, id string, r svcgate.Reading, next time.Time) error {
	a := j.enter(ctx)
	a.tx = id
	return j.settling(a, fmt.Sprintf("look %s, next in %s", r.Balance, next.Sub(j.w.wall())), j.w.oracle.operation(id), func() error {
		err := j.store.Look(ctx, id, r, next)
		if err == nil {
			j.p.next[id] = next
		}
		return err
	})
}

// due notes when the sweeper is wanted next.
func (j *journal) due(t *svcgate.Transaction) {
	if t.State == svcgate.StateUnresolved {
		j.p.next[t.ID] = t.Next
		return
	}
	delete(j.p.next, t.ID)
}

func (j *journal) ToDesk(ctx context.Context, id string, f svcgate.Finding, at time.Time) error {
	a := j.enter(ctx)
	a.tx = id
	return j.settling(a, "to desk: "+f.Why, j.w.oracle.operation(id), func() error {
		err := j.store.ToDesk(ctx, id, f, at)
		if err == nil {
			j.w.oracle.desk(j.w, id)
			delete(j.p.next, id)
		}
		return err
	})
}

func (j *journal) Settle(ctx context.Context, t *svcgate.Transaction) error {
	a := j.enter(ctx)
	a.tx = t.ID
	return j.settling(a, fmt.Sprintf("settle %s: %s", t.Outcome, t.Settlement.Why), t.Operation, func() error {
		err := j.store.Settle(ctx, t)
		if err == nil {
			j.w.oracle.finished(j.w, t)
			j.due(t)
		}
		return err
	})
}

func (j *journal) SendAgain(ctx context.Context, id string, sends int, at time.Time) error {
	a := j.enter(ctx)
	a.tx, a.op = id, svcgate.Void
	return j.settling(a, "send again", svcgate.Void, func() error {
		err := j.store.SendAgain(ctx, id, sends, at)
		if err == nil {
			j.w.oracle.again(id)
			delete(j.p.next, id)
		}
		return err
	})
}

func (j *journal) Wake(ctx context.Context, service string, now time.Time) error {
	a := j.enter(ctx)
	j.note(a, "wake")
	err := j.store.Wake(ctx, service, now)
	if err == nil {
		for id := range j.p.next {
			j.p.next[id] = now
		}
	}
	j.p.poke()
	return err
}

func (j *journal) Due(ctx context.Context, now time.Time, limit int, services ...string) ([]*svcgate.Transaction, error) {
	j.enter(ctx)
	return j.store.Due(ctx, now, limit, services...)
}

func (j *journal) Open(ctx context.Context, id string) (*svcgate.Transaction, error) {
	j.enter(ctx)
	return j.store.Open(ctx, id)
}

func (j *journal) Holds(ctx context.Context, service, order, authorization string) ([]svcgate.Hold, error) {
	j.w.oracle.turn(j.w, j.enter(ctx))
	return j.store.Holds(ctx, service, order, authorization)
}

func (j *journal) Earlier(ctx context.Context, caller, key string) (*svcgate.Transaction, error) {
	a := j.enter(ctx)
	earlier, err := j.store.Earlier(ctx, caller, key)
	if earlier == nil && err == nil {
		j.w.oracle.arrives(a)
	}
	return earlier, err
}

func (j *journal) Head(ctx context.Context) (int64, error) {
	j.enter(ctx)
	return j.store.Head(ctx)
}

func (j *journal) Claim(ctx context.Context, id string) (bool, error) {
	j.enter(ctx)
	return j.store.Claim(ctx, id)
}

func (j *journal) LastReading(ctx context.Context, service, cardPrint string) (svcgate.Reading, error) {
	j.enter(ctx)
	return j.store.LastReading(ctx, service, cardPrint)
}

func (j *journal) Account(ctx context.Context, service, cardPrint string) (string, error) {
	j.enter(ctx)
	return j.store.Account(ctx, service, cardPrint)
}

func (j *journal) Similar(ctx context.Context, t *svcgate.Transaction, since time.Time) (string, error) {
	j.w.oracle.turn(j.w, j.enter(ctx))
	return j.store.Similar(ctx, t, since)
}
