package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/store"
)

// endless bounds what should end by itself, so that a test fails rather than hangs.
const endless = 30 * time.Second

// calls are what the server does without a caller whose patience ends.
func calls(s *store.Store, id string) map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"due":            func(ctx context.Context) error { _, err := s.Due(ctx, start, 1); return err },
		"claim":          func(ctx context.Context) error { _, err := s.Claim(ctx, id); return err },
		"others":         func(ctx context.Context) error { _, err := s.Others(ctx); return err },
		"codes revision": func(ctx context.Context) error { _, err := s.CodesRevision(ctx); return err },
		"codes":          func(ctx context.Context) error { _, err := s.PublishedCodes(ctx); return err },
		"old keys":       func(ctx context.Context) error { _, err := s.ForgetKeys(ctx, start); return err },
		"waiting":        func(ctx context.Context) error { _, _, err := s.Waiting(ctx); return err },
		"tail":           s.VerifyTail,
	}
}

// locked keeps a table from all others until free is called: what asks for it has no answer.
func locked(t *testing.T, dsn, tables, mode string) (free func()) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, `BEGIN; LOCK TABLE `+tables+` IN `+mode+` MODE`); err != nil {
		t.Fatal(err)
	}
	return func() { _ = conn.Close(ctx) }
}

// TestASilentDatabaseIsGivenUp: a question that is never answered ends by itself, and the next one has a connection that
// works.
func TestASilentDatabaseIsGivenUp(t *testing.T) {
	t.Parallel()
	dsn := empty(t)
	s := ending(t, store.Config{DSN: dsn, Node: still})
	lost := unknown(final(began(t, s, sent(1))))
	if err := s.Finish(t.Context(), lost, exchange()); err != nil {
		t.Fatal(err)
	}
	patient := s.Patience(time.Millisecond)
	free := locked(t, dsn, "transactions, nodes, code_versions, chain", "ACCESS EXCLUSIVE")
	for name, call := range calls(s, lost.ID) {
		ctx, cancel := context.WithTimeout(t.Context(), endless)
		if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			t.Errorf("%s: %v; in the end %v", name, err, ctx.Err())
		}
		cancel()
	}
	ctx, cancel := context.WithTimeout(t.Context(), endless)
	defer cancel()
	s.TakeOver(ctx)
	if ctx.Err() != nil {
		t.Error("taking over did not end")
	}
	free()
	s.Patience(patient)
	for name, call := range calls(s, lost.ID) {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s, once it is answered: %v", name, err)
		}
	}

	asked(t, dsn, `UPDATE nodes SET ended = 1`)
	free = locked(t, dsn, "nodes", "ROW EXCLUSIVE") // the lease is asked for, and joining waits
	s.Patience(time.Millisecond)
	ctx, cancel = context.WithTimeout(t.Context(), endless)
	defer cancel()
	if err := s.Beat(ctx); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		t.Errorf("joining: %v; in the end %v", err, ctx.Err())
	}
	free()
	s.Patience(patient)
	if err := s.Beat(t.Context()); err != nil {
		t.Errorf("joining, once it is answered: %v", err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestALongReadIsNotCut lets what may be long go on when no patience at all is left.
func TestALongReadIsNotCut(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := ending(t, store.Config{DSN: empty(t), Node: still})
	finish(t, s, begin(t, s, 1))
	s.Patience(time.Nanosecond)
	for name, call := range map[string]func() error{
		"transactions": func() error { _, err := s.Transactions(ctx, svcgate.Filter{}); return err },
		"report":       func() error { _, err := s.Report(ctx, svcgate.ReportUnknowns, svcgate.Filter{}); return err },
		"open holds":   func() error { _, err := s.OpenHolds(ctx, svcgate.Filter{}); return err },
		"dry run":      func() error { _, err := s.Tallies(ctx, "RLT", start, nil); return err },
		"activity":     func() error { _, err := s.Activity(ctx, time.Now().Add(-time.Hour), time.Hour); return err },
		"drift":        func() error { _, err := s.Drift(ctx, "RLT"); return err },
		"verify":       func() error { _, err := s.Verify(ctx, nil); return err },
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, call := range calls(s, "txn_1") {
		if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s took no heed of its limit: %v", name, err)
		}
	}
}
