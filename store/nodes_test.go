package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/internal/pgtest"
	"github.com/svcgate/svcgate/store"
)

// join opens a database as another node, whose lease no test outlives.
func join(t testing.TB, dsn string, change ...func(*store.Config)) *store.Store {
	t.Helper()
	c := store.Config{DSN: dsn, Node: store.Node{Lease: time.Hour}}
	for _, f := range change {
		f(&c)
	}
	s, err := store.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	})
	return s
}

func began(t testing.TB, s *store.Store, tx *svcgate.Transaction) *svcgate.Transaction {
	t.Helper()
	if earlier, err := s.Begin(context.Background(), tx); err != nil || earlier != nil {
		t.Fatalf("Begin(%s) = %v, %v", tx.ID, earlier, err)
	}
	return tx
}

func stateOf(t testing.TB, s *store.Store, id string) svcgate.State {
	t.Helper()
	tx, err := s.Transaction(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return tx.State
}

// TestANodeThatWasEndedChangesNothing lets one node be ended by another and tries every kind of change on it.
func TestANodeThatWasEndedChangesNothing(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dsn := empty(t)
	one, two := join(t, dsn), join(t, dsn)
	sentBy := began(t, one, sent(1))
	void := sent(2)
	void.Operation = svcgate.Void
	lost := unknown(final(began(t, one, void)))
	theirs := began(t, two, sent(3))
	permit := one.Permit()
	if err := errors.Join(one.Finish(ctx, lost, exchange()), permit()); err != nil {
		t.Fatal(err)
	}
	two.TakeOver(ctx)
	if got := stateOf(t, two, sentBy.ID); got != svcgate.StateSent {
		t.Fatalf("what a living node has was made %s", got)
	}
	if err := one.Starve(ctx); err != nil {
		t.Fatal(err)
	}
	two.TakeOver(ctx)
	if got, mine := stateOf(t, two, sentBy.ID), stateOf(t, two, theirs.ID); got != svcgate.StateUnresolved || mine != svcgate.StateSent {
		t.Fatalf("the ended node's attempt is %s, the other's %s", got, mine)
	}
	if st := two.Stats(); st.Taken != 1 {
		t.Errorf("%d taken over", st.Taken)
	}
	before, err := two.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	settled := final(lost)
	settled.Settlement = &svcgate.Settlement{Finding: svcgate.Finding{Verdict: svcgate.NotApplied}, By: "jo", At: start}
	settled.Outcome = svcgate.Unavailable
	for name, change := range map[string]func() error{
		"begin":      func() error { _, err := one.Begin(ctx, sent(4)); return err },
		"finish":     func() error { return one.Finish(ctx, final(sentBy), exchange()) },
		"look":       func() error { return one.Look(ctx, lost.ID, svcgate.Reading{}, start) },
		"wake":       func() error { return one.Wake(ctx, "RLT", start) },
		"to desk":    func() error { return one.ToDesk(ctx, lost.ID, svcgate.Finding{Verdict: svcgate.CannotTell}, start) },
		"settle":     func() error { return one.Settle(ctx, settled) },
		"send again": func() error { return one.SendAgain(ctx, lost.ID, 1, start) },
		"audit":      func() error { return one.Audit(ctx, access.Entry{At: start, Actor: "jo", Action: "look"}) },
		"publish":    func() error { return one.PublishCodes(ctx, version(1), "") },
		"token": func() error {
			return one.PutToken(ctx, access.Token{Name: "jo", Role: access.RoleOperator, Created: start}, access.HashToken("a"))
		},
		"forget keys": func() error { _, err := one.ForgetKeys(ctx, start.Add(time.Hour)); return err },
	} {
		if err := change(); !errors.Is(err, store.ErrFenced) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after, err := two.Head(ctx); after != before || err != nil {
		t.Errorf("the chain went from %d to %d, %v", before, after, err)
	}
	if mine, err := one.Claim(ctx, lost.ID); mine || err != nil {
		t.Errorf("Claim = %v, %v", mine, err)
	}

	if err := one.Beat(ctx); err != nil {
		t.Fatal(err)
	}
	if err := permit(); !errors.Is(err, store.ErrFenced) {
		t.Errorf("a permit of the ended epoch: %v", err)
	}
	if err := errors.Join(one.Permit()(), one.Check(ctx), one.Beat(ctx), permitOf(one)); err != nil {
		t.Errorf("in its new epoch: %v", err)
	}
	if st := one.Stats(); st.Fenced != 1 || st.Epoch <= two.Stats().Epoch || st.Lease <= 0 {
		t.Errorf("%+v", st)
	}
	if err := one.Finish(ctx, final(sentBy), exchange()); !errors.Is(err, svcgate.ErrFinished) {
		t.Errorf("what another node took over: %v", err)
	}
	finishes := began(t, one, sent(5))
	if err := one.Finish(ctx, final(finishes), exchange()); err != nil {
		t.Error(err)
	}
	if _, err := two.Verify(ctx, nil); err != nil {
		t.Error(err)
	}
}

func permitOf(s *store.Store) error { return s.Permit()() }

// A lease that ran out and was not ended is made longer: nobody has touched what the node has under way.
func TestALeaseThatNobodyEndedGoesOn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := join(t, empty(t))
	tx := began(t, s, sent(1))
	permit := s.Permit()
	s.Expire()
	if err := permit(); !errors.Is(err, store.ErrFenced) {
		t.Errorf("a lease that ran out: %v", err)
	}
	if err := s.Check(ctx); !errors.Is(err, store.ErrFenced) {
		t.Errorf("it is ready: %v", err)
	}
	if err := errors.Join(s.Starve(ctx), s.Beat(ctx), permit(), s.Check(ctx), s.Finish(ctx, final(tx), exchange())); err != nil {
		t.Error(err)
	}
}

// What a node leaves behind is taken over when it signs off, and by the next one that opens the database.
func TestWhatANodeLeavesBehind(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dsn := empty(t)
	one, two := join(t, dsn), join(t, dsn)
	began(t, one, sent(1))
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	if two.TakeOver(ctx); stateOf(t, two, "txn_1") != svcgate.StateUnresolved {
		t.Error("a living node does not take it over")
	}
	began(t, two, sent(2))
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	three := join(t, dsn)
	if three.Recovered() != 1 || stateOf(t, three, "txn_2") != svcgate.StateUnresolved {
		t.Errorf("%d recovered", three.Recovered())
	}
	began(t, three, sent(3))
	if four := join(t, dsn); four.Recovered() != 0 || stateOf(t, four, "txn_3") != svcgate.StateSent {
		t.Error("what a living node has is taken from it")
	}
}

func TestNodesWithOtherKeysAreRefused(t *testing.T) {
	t.Parallel()
	dsn := empty(t)
	with := func(keys string) func(*store.Config) {
		return func(c *store.Config) { c.Node.Keys, c.Node.Name = keys, "left" }
	}
	join(t, dsn, with("a"))
	join(t, dsn, with("a"))
	join(t, dsn, with(""))
	if others, err := join(t, dsn).Others(t.Context()); err != nil || len(others) != 3 {
		t.Errorf("the others are %v, %v", others, err)
	}
	if s, err := store.Open(t.Context(), store.Config{DSN: dsn, Node: store.Node{Keys: "b"}}); err == nil {
		closed(t, s)
		t.Error("a node with other keys is let in")
	} else if want := "node left works on this database with another key_file"; !strings.Contains(err.Error(), want) {
		t.Errorf("%v", err)
	}
}

// TestDueIsSharedAmongNodes lets two nodes look at the same time for what a third one left.
func TestDueIsSharedAmongNodes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dsn := empty(t)
	gone := join(t, dsn)
	const all = 200
	var begin sync.WaitGroup
	for n := range all {
		begin.Go(func() {
			if err := gone.Finish(ctx, unknown(final(began(t, gone, sent(n)))), exchange()); err != nil {
				t.Error(err)
			}
		})
	}
	begin.Wait()
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	nodes := []*store.Store{join(t, dsn), join(t, dsn)}
	var mu sync.Mutex
	given := map[string]int{}
	var sweeps sync.WaitGroup
	for i, s := range nodes {
		sweeps.Go(func() {
			for {
				due, err := s.Due(ctx, start.Add(time.Hour), 10)
				if err != nil {
					t.Error(err)
				}
				if len(due) == 0 {
					return
				}
				for _, tx := range due {
					mu.Lock()
					given[tx.ID]++
					mu.Unlock()
					if mine, err := nodes[1-i].Claim(ctx, tx.ID); mine || err != nil {
						t.Errorf("the other node claims %s too: %v, %v", tx.ID, mine, err)
					}
					if mine, err := s.Claim(ctx, tx.ID); !mine || err != nil {
						t.Errorf("Claim(%s) = %v, %v", tx.ID, mine, err)
					}
					if err := s.Look(ctx, tx.ID, svcgate.Reading{}, start.Add(2*time.Hour)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	sweeps.Wait()
	for id, times := range given {
		if times != 1 {
			t.Errorf("%s was given %d times", id, times)
		}
	}
	if len(given) != all {
		t.Errorf("%d of %d were given", len(given), all)
	}
}

// What a node looked into it looks into again, if it lives and is not late: it knows how long the message has been away.
func TestDueStaysWithItsNode(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dsn := empty(t)
	one, two := join(t, dsn), join(t, dsn)
	lost := unknown(final(began(t, one, sent(1))))
	if err := one.Finish(ctx, lost, exchange()); err != nil {
		t.Fatal(err)
	}
	due := func(s *store.Store, after time.Duration) int {
		t.Helper()
		got, err := s.Due(ctx, lost.Next.Add(after), 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(got)
	}
	if n := due(two, time.Second); n != 0 {
		t.Error("another node is given it at once")
	}
	if n := due(one, time.Second); n != 1 {
		t.Error("its node is not given it")
	}
	if n := due(two, time.Hour); n != 0 {
		t.Error("another node is given what is claimed")
	}
	if err := one.Look(ctx, lost.ID, svcgate.Reading{}, lost.Next); err != nil {
		t.Fatal(err)
	}
	if n := due(two, time.Hour); n != 1 {
		t.Error("another node is not given what its node is late with")
	}
	if err := two.Close(); err != nil { // with what it was given
		t.Fatal(err)
	}
	if mine, err := one.Claim(ctx, lost.ID); !mine || err != nil {
		t.Errorf("what a node that is gone had is nobody's: %v, %v", mine, err)
	}
}

// Two estimates of the database's clock differ by no more than what each may be off, and so do an earlier and a later one.
func TestNodesAgreeOnTheTime(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dsn := empty(t)
	one, two := join(t, dsn), join(t, dsn)
	for range 5 {
		off := one.ClockOff() + two.ClockOff() + time.Millisecond // the database tells microseconds, and clocks drift
		before, between, after := one.Now(), two.Now(), one.Now()
		if between.Before(before.Add(-off)) || between.After(after.Add(off)) {
			t.Errorf("one says %s to %s, the other %s in between, and they are off by %s", before, after, between, off)
		}
		off = one.ClockOff()
		if err := one.Beat(ctx); err != nil {
			t.Fatal(err)
		}
		if now := one.Now(); now.Before(after.Add(-off - one.ClockOff() - time.Millisecond)) {
			t.Errorf("the time went back from %s to %s", after, now)
		}
	}
}

// TestPublishedCodesAreHeardOf waits for the word, not for the next look.
func TestPublishedCodesAreHeardOf(t *testing.T) {
	t.Parallel()
	dsn := empty(t)
	one, two := join(t, dsn), join(t, dsn)
	<-two.Published() // that it listens
	if err := one.PublishCodes(t.Context(), version(1), ""); err != nil {
		t.Fatal(err)
	}
	<-two.Published()
	if n, err := two.CodesRevision(t.Context()); n != 1 || err != nil {
		t.Errorf("revision %d, %v", n, err)
	}
}

// TestTheDatabaseGoesAwayAndComesBack restarts the server under two nodes: both go on as the nodes they were.
func TestTheDatabaseGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	cluster := pgtest.Own(t, pgtest.Options{})
	if err := cluster.Create(ctx, "journal", ""); err != nil {
		t.Fatal(err)
	}
	dsn := cluster.DSN("journal")
	one, two := join(t, dsn), join(t, dsn)
	epochs := fmt.Sprint(one.Stats().Epoch, two.Stats().Epoch)
	tx := began(t, one, sent(1))
	permit := one.Permit()
	if err := cluster.RestartImmediate(ctx); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*store.Store{one, two} {
		if err := s.Beat(ctx); err != nil {
			if err := s.Beat(ctx); err != nil {
				t.Errorf("on a fresh connection: %v", err)
			}
		}
		s.TakeOver(ctx)
	}
	if err := errors.Join(permit(), one.Finish(ctx, final(tx), exchange())); err != nil {
		t.Error(err)
	}
	if now := fmt.Sprint(one.Stats().Epoch, two.Stats().Epoch); now != epochs || two.Stats().Taken != 0 {
		t.Errorf("epochs %s became %s", epochs, now)
	}
}
