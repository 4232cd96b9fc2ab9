package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/pgtest"
	"github.com/svcgate/svcgate/store"
)

// asked runs a statement on the database by another way.
func asked(t testing.TB, dsn, query string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(context.Background(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

const killAll = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()`

func TestServerIsRefused(t *testing.T) {
	t.Parallel()
	other := pgtest.New(t)
	asked(t, other, `CREATE TABLE things (n int)`)
	asked(t, other, `DROP DATABASE IF EXISTS ascii`) // of an earlier -count
	asked(t, other, `CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0`)
	newer := empty(t)
	asked(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
	asked(t, newer, `UPDATE schema_floor SET least = 9999`)
	for _, c := range []struct {
		name string
		c    store.Config
		want string
	}{
		{"another program's", store.Config{DSN: other}, "another program"},
		{"another encoding", store.Config{DSN: pgtest.Shared(t).DSN("ascii")}, "must be UTF8"},
		{"a newer schema", store.Config{DSN: newer}, "newer svcgate"},
		{"both", store.Config{DSN: other, Path: "x"}, "give one of them"},
		{"no address", store.Config{DSN: "postgres://jo:s3cret@[::1/db"}, "address"},
		{"nobody there", store.Config{DSN: "postgres://jo:s3cret@127.0.0.1:1/db?sslmode=disable"}, "127.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := store.Open(t.Context(), c.c)
			if err == nil {
				closed(t, s)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error is %v, want %q in it", err, c.want)
			}
		})
	}
}

// TestServerTellsTheTruth breaks the writer's connection at every point of a change: a change that was answered is
// there, one that failed is not, and the store works on.
func TestServerTellsTheTruth(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := empty(t)
	for name, c := range map[string]struct {
		commit func(real func() error) error
		kept   bool
	}{
		"killed before the commit": {func(real func() error) error { asked(t, dsn, killAll); return real() }, false},
		"killed after the commit": {func(real func() error) error {
			err := real()
			asked(t, dsn, killAll)
			return errors.Join(err, errDisk)
		}, true},
		"the answer to the commit lost": {func(real func() error) error { return errors.Join(real(), errDisk) }, true},
		"the commit lost on its way":    {func(func() error) error { return errDisk }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := ending(t, store.Config{DSN: dsn})
			for n, change := range []func(id string) error{
				func(id string) error { return begun(s, id) },
				func(id string) error { return s.Finish(ctx, final(named(id)), exchange()) },
			} {
				id := "txn_" + strings.ReplaceAll(name, " ", "_")
				broken := false
				commits(t, s, func(real func() error) error {
					if broken {
						return real()
					}
					broken = true
					return c.commit(real)
				})
				before := chained(t, s)
				if err := change(id); (err == nil) != c.kept || errors.Is(err, store.ErrUnsure) {
					t.Errorf("change %d: %v", n, err)
				}
				if after := chained(t, s); (after == before+1) != c.kept {
					t.Errorf("change %d: the chain has %d rows after %d", n, after, before)
				}
				if !c.kept {
					if err := change(id); err != nil {
						t.Errorf("change %d again: %v", n, err)
					}
				}
			}
		})
	}
	t.Run("killed while idle", func(t *testing.T) {
		s := ending(t, store.Config{DSN: dsn})
		asked(t, dsn, killAll)
		if err := begun(s, "txn_idle"); err != nil {
			t.Errorf("the change after: %v", err)
		}
		asked(t, dsn, killAll)
		if _, err := s.Transaction(ctx, "txn_idle"); err != nil {
			t.Errorf("the read after: %v", err)
		}
	})
	t.Run("killed in the middle", func(t *testing.T) {
		s := ending(t, store.Config{DSN: dsn})
		err := s.InTransaction(func(w *store.Writer) error { asked(t, dsn, killAll); return w.Exec(`UPDATE fence SET count = 0`) })
		if err == nil || errors.Is(err, store.ErrUnsure) {
			t.Errorf("the change: %v", err)
		}
		if err := begun(s, "txn_middle"); err != nil {
			t.Errorf("the change after: %v", err)
		}
	})
}

func named(id string) *svcgate.Transaction {
	tx := sent(0)
	tx.ID, tx.Key, tx.CardPrint = id, id, id
	return tx
}

func begun(s *store.Store, id string) error {
	_, err := s.Begin(context.Background(), named(id))
	return err
}

func chained(t testing.TB, s *store.Store) int {
	t.Helper()
	report, err := s.Verify(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return report.Rows
}

// TestNothingIsLostUnderBreaks changes from many callers of two stores while backends are killed and the server is
// restarted at once.
func TestNothingIsLostUnderBreaks(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := pgtest.Own(t, pgtest.Options{Fsync: true})
	if err := c.Create(ctx, "journal", ""); err != nil {
		t.Fatal(err)
	}
	dsn := c.DSN("journal")
	stores := []*store.Store{ending(t, store.Config{DSN: dsn}), ending(t, store.Config{DSN: dsn})}
	type answer struct{ begin, finish error }
	const callers, each = 16, 40
	answers := make([]answer, callers*each)
	var done sync.WaitGroup
	var count atomic.Int64
	steps := make(chan int, callers*each)
	var down atomic.Bool
	up := make(chan struct{})
	for caller := range callers {
		s := stores[caller%len(stores)]
		done.Go(func() {
			for i := range each {
				n := caller*each + i
				if down.Load() {
					<-up
				}
				a := answer{finish: errDisk}
				if _, a.begin = s.Begin(ctx, sent(n)); a.begin == nil {
					a.finish = s.Finish(ctx, final(sent(n)), exchange())
				}
				answers[n] = a
				steps <- int(count.Add(1))
			}
		})
	}
	for range callers * each {
		switch n := <-steps; {
		case n == callers*each/2:
			down.Store(true)
			err := c.RestartImmediate(ctx)
			close(up)
			if err != nil {
				t.Error(err)
			}
		case n%60 == 0:
			if conn, err := pgx.Connect(ctx, dsn); err == nil { // the server may be starting
				_, _ = conn.Exec(ctx, killAll)
				_ = conn.Close(ctx)
			}
		}
	}
	done.Wait()
	kept, failed, unsure := 0, 0, 0
	for n, a := range answers {
		tx, err := stores[0].Transaction(ctx, fmt.Sprintf("txn_%d", n))
		if err != nil && svcgate.CodeOf(err) != svcgate.CodeNotFound {
			t.Fatal(err)
		}
		for _, is := range []struct {
			told  error
			there bool
			what  string
		}{{a.begin, err == nil, "begun"}, {a.finish, err == nil && tx.State == svcgate.StateFinal, "finished"}} {
			switch {
			case errors.Is(is.told, store.ErrUnsure):
				unsure++
			case is.told == nil && !is.there:
				t.Errorf("transaction %d was answered as %s and is not", n, is.what)
			case is.told != nil && is.there:
				t.Errorf("transaction %d is %s and the answer was %v", n, is.what, is.told)
			case is.told == nil:
				kept++
			default:
				failed++
			}
		}
	}
	if _, err := stores[1].Verify(ctx, nil); err != nil {
		t.Error(err)
	}
	if kept == 0 || failed == 0 {
		t.Errorf("%d changes were kept, %d failed and %d are in doubt: the test shows nothing", kept, failed, unsure)
	}
	t.Logf("%d changes were kept, %d failed and %d are in doubt", kept, failed, unsure)
}

func TestServerReadersCannotWrite(t *testing.T) {
	t.Parallel()
	s := ending(t, store.Config{DSN: empty(t)})
	if err := s.ReadersExec(`UPDATE fence SET count = 7`); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("the error is %v", err)
	}
}

func TestServerRecordsAreOnlyAdded(t *testing.T) {
	t.Parallel()
	s := ending(t, store.Config{DSN: empty(t)})
	finish(t, s, begin(t, s, 1))
	for statement, want := range map[string]string{
		`UPDATE chain SET at = 0`:             "only added",
		`DELETE FROM chain`:                   "only added",
		`TRUNCATE chain`:                      "only added",
		`DELETE FROM audit`:                   "only added",
		`DELETE FROM exchanges`:               "only added",
		`UPDATE readings SET at = 0`:          "only added",
		`UPDATE code_versions SET number = 1`: "only added",
		`DELETE FROM transactions`:            "never deleted",
		`DELETE FROM people`:                  "never deleted",
		`UPDATE transactions SET state = 'sent' WHERE id = 'txn_1'`: "does not move like this",
	} {
		if err := s.Writer(func(w *store.Writer) error { return w.Exec(statement) }); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// TestServerWritesTogether: whatever cannot be written with the others of its group is written all the same, after them.
func TestServerWritesTogether(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := ending(t, store.Config{DSN: empty(t)})
	var all []*svcgate.Transaction
	for n := range 20 {
		all = append(all, sent(n))
	}
	all[3].Baseline = svcgate.Reading{At: start, Status: svcgate.StatusActive}
	all[4].Sealed = nil
	if err := errors.Join(atOnce(s, all...)...); err != nil || s.Joined() != 20 {
		t.Fatalf("%d of 20 were begun together: %v", s.Joined(), err)
	}
	dones := make([]*svcgate.Transaction, 20)
	for n := range dones {
		dones[n] = final(sent(n))
	}
	dones[5] = unknown(dones[5])
	dones[6].Reply = svcgate.Reply{Accepted: true, Source: svcgate.SourceReasonCode, Code: "24", Description: "\x00 and \xff \"so\"", TransactionID: "T6"}
	dones[7].Reply.TransactionID = "T6" // the service bureau gave it twice
	dones[8] = dones[9]                 // finished twice
	errs := make([]error, 20)
	var done sync.WaitGroup
	resume := s.Pause()
	for n, tx := range dones {
		done.Go(func() { errs[n] = s.Finish(ctx, tx, exchange()) })
	}
	untilWaiting(s, 20)
	resume()
	done.Wait()
	for n, err := range errs {
		switch n {
		case 6, 7:
		case 8, 9:
			if (errs[8] == nil) == (errs[9] == nil) {
				t.Errorf("finished twice: %v and %v", errs[8], errs[9])
			}
		default:
			if err != nil {
				t.Errorf("%d: %v", n, err)
			}
		}
	}
	if (errs[6] == nil) == errors.Is(errs[7], nil) || errs[6] != nil && !errors.Is(errs[6], svcgate.ErrIDSeen) || errs[7] != nil && !errors.Is(errs[7], svcgate.ErrIDSeen) {
		t.Errorf("one id for two: %v and %v", errs[6], errs[7])
	}
	if report, err := s.Verify(ctx, nil); err != nil || report.Exchanges != 18 {
		t.Errorf("%+v, %v", report, err)
	}
}
