package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/store"
)

var start = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// sent is an attempt under way.
func sent(n int) *svcgate.Transaction {
	return &svcgate.Transaction{
		ID: fmt.Sprintf("txn_%d", n), Caller: "oms", Key: fmt.Sprintf("key-%d", n), Operation: svcgate.Authorize, Service: "RLT",
		Order: fmt.Sprintf("W-%d", n), Last4: "0017", CardPrint: fmt.Sprintf("print-%d", n), Sealed: []byte("sealed"), State: svcgate.StateSent,
		Created: start.Add(time.Duration(n) * time.Millisecond),
	}
}

func final(tx *svcgate.Transaction) *svcgate.Transaction {
	done := *tx
	done.State, done.Outcome, done.Class, done.Finished = svcgate.StateFinal, svcgate.Approved, svcgate.ClassAnswered, start
	done.CodesVersion = 2
	return &done
}

func unknown(done *svcgate.Transaction) *svcgate.Transaction {
	done.State, done.Outcome, done.Finished, done.Next = svcgate.StateUnresolved, svcgate.Unknown, time.Time{}, start
	return done
}

func exchange() *svcgate.Exchange {
	return &svcgate.Exchange{Class: svcgate.ClassAnswered, Sent: []byte("<a/>"), Received: []byte("<b/>"), Started: start, Status: 200}
}

func begin(t testing.TB, s *store.Store, n int) *svcgate.Transaction {
	t.Helper()
	tx := sent(n)
	if earlier, err := s.Begin(context.Background(), tx); err != nil || earlier != nil {
		t.Fatalf("Begin(%s) = %v, %v", tx.ID, earlier, err)
	}
	return tx
}

func finish(t testing.TB, s *store.Store, tx *svcgate.Transaction) {
	t.Helper()
	if err := s.Finish(context.Background(), final(tx), exchange()); err != nil {
		t.Fatalf("Finish(%s): %v", tx.ID, err)
	}
}

func there(t testing.TB, s *store.Store, id string) bool {
	t.Helper()
	_, err := s.Transaction(context.Background(), id)
	if err != nil && svcgate.CodeOf(err) != svcgate.CodeNotFound {
		t.Fatal(err)
	}
	return err == nil
}

// databases are the ways to open a store on a database of its own.
var databases = map[string]opener{
	"sqlite": fresh,
	"postgres": func(t testing.TB, batch int) *store.Store {
		t.Helper()
		return ending(t, store.Config{DSN: emptied(t), Batch: batch, Node: still})
	},
}

type opener func(t testing.TB, batch int) *store.Store

// onBoth runs a test on either database.
func onBoth(t *testing.T, test func(t *testing.T, fresh opener)) {
	t.Parallel()
	for name, open := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open)
		})
	}
}

// fresh opens a store that groups at most batch changes.
func fresh(t testing.TB, batch int) *store.Store {
	t.Helper()
	return ending(t, store.Config{Path: filepath.Join(t.TempDir(), "journal.db"), Batch: batch})
}

// ending opens a store until the test ends.
func ending(t testing.TB, c store.Config) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

// untilWaiting returns when n changes wait for the writer, which stands.
func untilWaiting(s *store.Store, n int) {
	for s.Stats().Waiting < n {
		runtime.Gosched()
	}
}

// atOnce begins the transactions while the writer stands, so that they are queued together, and returns their errors.
func atOnce(s *store.Store, all ...*svcgate.Transaction) []error {
	resume := s.Pause()
	errs := make([]error, len(all))
	var done sync.WaitGroup
	for i, tx := range all {
		done.Go(func() { _, errs[i] = s.Begin(context.Background(), tx) })
	}
	untilWaiting(s, len(all))
	resume()
	done.Wait()
	return errs
}

func TestGroupCommit(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh opener) {
		s := fresh(t, 0)
		var all []*svcgate.Transaction
		for n := range 100 {
			all = append(all, sent(n))
		}
		before := s.Stats()
		if err := errors.Join(atOnce(s, all...)...); err != nil {
			t.Fatal(err)
		}
		after := s.Stats()
		if after.Commits-before.Commits != 1 || after.Changes-before.Changes != 100 || after.Largest != 100 {
			t.Errorf("100 changes that waited together: %+v after %+v, want one commit", after, before)
		}
		for _, tx := range all {
			if !there(t, s, tx.ID) {
				t.Errorf("%s is not there", tx.ID)
			}
		}
	})
}

func TestGroupIsBounded(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh opener) {
		s := fresh(t, 10)
		before := s.Stats().Changes
		var done sync.WaitGroup
		resume := s.Pause()
		for n := range 35 {
			done.Go(func() {
				if _, err := s.Begin(context.Background(), sent(n)); err != nil {
					t.Error(err)
				}
			})
		}
		untilWaiting(s, 10)
		resume()
		done.Wait()
		if st := s.Stats(); st.Largest != 10 || st.Changes-before != 35 || st.Commits < 4 {
			t.Errorf("35 changes in groups of 10: %+v", st)
		}
	})
}

func TestOneBadChangeSpoilsNoOther(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh opener) {
		s := fresh(t, 0)
		begin(t, s, 0)
		var all []*svcgate.Transaction
		for n := range 20 {
			all = append(all, sent(n+1))
		}
		all[7].ID = "txn_0"      // used
		all[12].Last4 = "123456" // refused by the table
		errs := atOnce(s, all...)
		for i, err := range errs {
			if bad := i == 7 || i == 12; (err != nil) != bad {
				t.Errorf("change %d: %v", i, err)
			} else if !bad && !there(t, s, all[i].ID) {
				t.Errorf("change %d is not there", i)
			}
		}
		if st := s.Stats(); st.Failures != 2 || st.Suspect {
			t.Errorf("the counters are %+v", st)
		}
		free := sent(99)
		free.Key = all[12].Key
		if earlier, err := s.Begin(context.Background(), free); err != nil || earlier != nil {
			t.Errorf("the key of a refused change: %v, %v", earlier, err)
		}
	})
}

func TestOneKeyWithinOneGroup(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh opener) {
		s := fresh(t, 0)
		a, b := sent(1), sent(2)
		b.Key = a.Key
		if err := errors.Join(atOnce(s, a, b)...); err != nil {
			t.Fatal(err)
		}
		if there(t, s, a.ID) == there(t, s, b.ID) {
			t.Error("not exactly one of two with one key is there")
		}
	})
}

func TestWithdrawnChangeIsNotWritten(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh opener) {
		s := fresh(t, 1) // the queue holds one
		resume := s.Pause()
		ctx, cancel := context.WithCancelCause(context.Background())
		gone := errors.New("the caller has gone")
		errs := make(chan error, 2)
		for n := range 2 { // one waits in the queue, one before it
			go func() {
				_, err := s.Begin(ctx, sent(n))
				errs <- err
			}()
		}
		untilWaiting(s, 1)
		cancel(gone)
		for range 2 {
			if err := <-errs; !errors.Is(err, gone) || !strings.Contains(err.Error(), "nothing was written") {
				t.Errorf("the error is %v", err)
			}
		}
		resume()
		begin(t, s, 2) // the writer has gone over the withdrawn one
		if there(t, s, "txn_0") || there(t, s, "txn_1") {
			t.Error("a withdrawn change was written")
		}
	})
}

func TestTakenChangeIsToldTruly(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh opener) {
		s := fresh(t, 0)
		committing, going := make(chan struct{}), make(chan struct{})
		commits(t, s, func(real func() error) error {
			committing <- struct{}{}
			<-going
			return real()
		})
		ctx, cancel := context.WithCancel(context.Background())
		answer := make(chan error)
		go func() {
			_, err := s.Begin(ctx, sent(1))
			answer <- err
		}()
		<-committing
		cancel()
		select {
		case err := <-answer:
			t.Errorf("Begin answered before the commit: %v", err)
		default:
		}
		close(going)
		if err := <-answer; err != nil || !there(t, s, "txn_1") {
			t.Errorf("Begin whose context ended during the commit: %v", err)
		}
	})
}

func TestCloseDrains(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	s := open(t, path, time.Now)
	resume := s.Pause()
	errs := make(chan error, 10)
	for n := range 10 {
		go func() {
			_, err := s.Begin(context.Background(), sent(n))
			errs <- err
		}()
	}
	untilWaiting(s, 10)
	ended := make(chan error)
	go func() { ended <- s.Close() }()
	resume()
	for range 10 {
		if err := <-errs; err != nil {
			t.Errorf("a change that waited when Close was called: %v", err)
		}
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	s = open(t, path, time.Now)
	defer closed(t, s)
	if s.Recovered() != 10 {
		t.Errorf("%d changes are there, want 10", s.Recovered())
	}
}

func commits(t *testing.T, s *store.Store, f func(real func() error) error) {
	t.Helper()
	if err := s.Writer(func(w *store.Writer) error { w.Commits(f); return nil }); err != nil {
		t.Fatal(err)
	}
}

var errDisk = errors.New("the disk failed")

// failing gives a way to commit that fails the given times, and then does as it should. It says whether the failed
// commits were kept all the same.
func failing(times int, kept bool) func(func() error) error {
	return func(real func() error) error {
		if times == 0 {
			return real()
		}
		times--
		if kept {
			if err := real(); err != nil {
				return err
			}
		}
		return errDisk
	}
}

func TestFailedCommitIsReadBack(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh opener) {
		ctx := context.Background()
		for _, kept := range []bool{true, false} {
			t.Run(fmt.Sprintf("kept %v", kept), func(t *testing.T) {
				t.Parallel()
				s := fresh(t, 0)
				commits(t, s, failing(1, kept))
				tx := sent(1)
				if _, err := s.Begin(ctx, tx); (err == nil) != kept || err != nil && !errors.Is(err, errDisk) {
					t.Errorf("Begin: %v", err)
				}
				if there(t, s, tx.ID) != kept {
					t.Errorf("the transaction is there: %v", !kept)
				}
				if err := s.Check(ctx); err != nil {
					t.Errorf("Check: %v", err)
				}
				if !kept {
					begin(t, s, 1)
				}

				commits(t, s, failing(1, kept))
				if err := s.Finish(ctx, final(tx), exchange()); (err == nil) != kept {
					t.Errorf("Finish: %v", err)
				}
				got, err := s.Transaction(ctx, tx.ID)
				if err != nil || (got.State == svcgate.StateFinal) != kept {
					t.Errorf("the transaction is %v, %v", got, err)
				}
				if x, err := s.Exchange(ctx, tx.ID); (err == nil) != kept {
					t.Errorf("the exchange is %v, %v", x, err)
				}
			})
		}
		t.Run("settling", func(t *testing.T) {
			t.Parallel()
			for _, kept := range []bool{true, false} {
				for name, move := range map[string]func(s *store.Store, tx *svcgate.Transaction) error{
					"look": func(s *store.Store, tx *svcgate.Transaction) error {
						return s.Look(ctx, tx.ID, svcgate.Reading{At: start}, start)
					},
					"to desk": func(s *store.Store, tx *svcgate.Transaction) error {
						return s.ToDesk(ctx, tx.ID, svcgate.Finding{Verdict: svcgate.CannotTell}, start)
					},
					"settle": func(s *store.Store, tx *svcgate.Transaction) error {
						done := final(tx)
						done.Settlement = &svcgate.Settlement{Finding: svcgate.Finding{Verdict: svcgate.Applied}, By: "jo", At: start}
						return s.Settle(ctx, done)
					},
					"send again": func(s *store.Store, tx *svcgate.Transaction) error { return s.SendAgain(ctx, tx.ID, 1, start) },
					"audit": func(s *store.Store, tx *svcgate.Transaction) error {
						return s.Audit(ctx, access.Entry{At: start, Actor: "jo", Action: "look"})
					},
				} {
					s := fresh(t, 0)
					tx := sent(1)
					tx.Operation = svcgate.Void
					if _, err := s.Begin(ctx, tx); err != nil {
						t.Fatal(err)
					}
					if err := s.Finish(ctx, unknown(final(tx)), exchange()); err != nil {
						t.Fatal(err)
					}
					before, err := s.Verify(ctx, nil)
					if err != nil {
						t.Fatal(err)
					}
					commits(t, s, failing(1, kept))
					if err := move(s, tx); (err == nil) != kept || errors.Is(err, store.ErrUnsure) {
						t.Errorf("%s, kept %v: %v", name, kept, err)
					}
					if after, err := s.Verify(ctx, nil); err != nil || (after.Rows == before.Rows+1) != kept {
						t.Errorf("%s, kept %v: %d rows after %d, %v", name, kept, after.Rows, before.Rows, err)
					}
					if !kept {
						if err := move(s, tx); err != nil {
							t.Errorf("%s again: %v", name, err)
						}
					}
				}
			}
		})
		t.Run("a replay", func(t *testing.T) {
			t.Parallel()
			s := fresh(t, 0)
			begin(t, s, 1)
			commits(t, s, failing(1, false))
			again := sent(2)
			again.Key = "key-1"
			if earlier, err := s.Begin(ctx, again); err != nil || earlier == nil || earlier.ID != "txn_1" {
				t.Errorf("Begin = %v, %v", earlier, err)
			}
		})
		t.Run("codes", func(t *testing.T) {
			t.Parallel()
			for _, kept := range []bool{true, false} {
				s := fresh(t, 0)
				commits(t, s, failing(1, kept))
				err := s.PublishCodes(ctx, version(1), "")
				versions, readErr := s.CodeVersions(ctx, "RLT", 9)
				if (err == nil) != kept || readErr != nil || (len(versions) > 0) != kept || errors.Is(err, store.ErrUnsure) {
					t.Errorf("PublishCodes: %v with %d versions (%v), kept %v", err, len(versions), readErr, kept)
				}
			}
		})
		t.Run("what cannot be told apart", func(t *testing.T) {
			t.Parallel()
			s := fresh(t, 0)
			commits(t, s, failing(1, true))
			if _, err := s.EraseCards(ctx, start); !errors.Is(err, store.ErrUnsure) {
				t.Errorf("EraseCards: %v", err)
			}
		})
	})
}

// On PostgreSQL they would be two groups, of which one fails.
func TestWhatStoodInTheWayWasNotKeptEither(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := fresh(t, 0)
	commits(t, s, failing(1, false))
	first, sameKey, sameCard := sent(1), sent(2), sent(3)
	sameKey.Key, sameCard.CardPrint = first.Key, first.CardPrint
	for i, err := range atOnce(s, first, sameKey, sameCard) {
		if !errors.Is(err, errDisk) {
			t.Errorf("change %d: %v", i, err)
		}
	}
	if page, err := s.Transactions(ctx, svcgate.Filter{}); err != nil || len(page.Transactions) != 0 {
		t.Errorf("there is %+v, %v", page, err)
	}
}

func TestSuspectStoreRefusesUntilItsDiskWrites(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh opener) {
		ctx := context.Background()
		s := fresh(t, 0)
		begin(t, s, 1)
		commits(t, s, failing(4, false))
		if _, err := s.Begin(ctx, sent(2)); !errors.Is(err, store.ErrUnsure) { // the commit and the trial write fail
			t.Errorf("Begin: %v", err)
		}
		if !s.Stats().Suspect {
			t.Error("the store is not suspect")
		}
		if err := s.Check(ctx); !errors.Is(err, store.ErrSuspect) {
			t.Errorf("Check: %v", err)
		}
		if _, err := s.Begin(ctx, sent(3)); !errors.Is(err, store.ErrSuspect) || !errors.Is(err, errDisk) {
			t.Errorf("Begin of a suspect store: %v", err)
		}
		if !there(t, s, "txn_1") {
			t.Error("a suspect store is not read")
		}
		if err := s.Check(ctx); err != nil {
			t.Errorf("Check when the disk writes again: %v", err)
		}
		if s.Stats().Suspect {
			t.Error("the store is suspect still")
		}
		if there(t, s, "txn_2") || there(t, s, "txn_3") {
			t.Error("a change that was refused is there")
		}
		begin(t, s, 3)
	})
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := fresh(t, 0)
	if err := s.Writer(func(w *store.Writer) error { return w.Exec(`PRAGMA max_page_count = 60`) }); err != nil {
		t.Fatal(err)
	}
	kept := 0
	var full error
	for full == nil {
		tx := sent(kept)
		tx.Failure = strings.Repeat("x", 4000)
		tx.Content = tx.Failure
		if _, full = s.Begin(ctx, tx); full == nil {
			kept++
		}
		if kept > 1000 {
			t.Fatal("the disk does not fill")
		}
	}
	if !strings.Contains(full.Error(), "full") {
		t.Errorf("the error is %v", full)
	}
	if there(t, s, fmt.Sprintf("txn_%d", kept)) {
		t.Error("a refused transaction is there")
	}
	for n := range kept {
		if !there(t, s, fmt.Sprintf("txn_%d", n)) {
			t.Errorf("transaction %d was told kept and is not there", n)
		}
	}
	if err := s.Writer(func(w *store.Writer) error { return w.Exec(`PRAGMA max_page_count = 100000`) }); err != nil {
		t.Fatal(err)
	}
	begin(t, s, kept) // without a restart
	if _, err := s.Verify(ctx, nil); err != nil {
		t.Error(err)
	}
	if err := s.Check(ctx); err != nil {
		t.Errorf("Check: %v", err)
	}
}
