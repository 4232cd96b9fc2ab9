package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/store"
)

func TestServerReadsTogether(t *testing.T) {
	t.Parallel()
	dsn := empty(t)
	s := ending(t, store.Config{DSN: dsn})
	const there = 20
	for n := range there {
		finish(t, s, begin(t, s, n))
	}
	ask := func(t *testing.T) {
		t.Helper()
		var all sync.WaitGroup
		for n := range 5 * there {
			all.Go(func() {
				id := fmt.Sprintf("txn_%d", n)
				switch tx, err := s.Transaction(context.Background(), id); {
				case n >= there:
					if svcgate.CodeOf(err) != svcgate.CodeNotFound {
						t.Errorf("%s, which is not there: %v", id, err)
					}
				case err != nil:
					t.Errorf("%s: %v", id, err)
				case tx.ID != id:
					t.Errorf("%s was read for %s", tx.ID, id)
				}
			})
		}
		all.Wait()
	}
	t.Run("each gets its own", ask)
	t.Run("after the connections broke", func(t *testing.T) {
		asked(t, dsn, killAll)
		ask(t)
	})
	t.Run("one that fails spoils no other", func(t *testing.T) {
		numbers, errs := s.AskTogether(`SELECT 1`, `SELECT 1 / 0`, `SELECT 2`, `SELECT nothing`, `SELECT 3`, `SELECT 4 WHERE false`, `SELECT 5`)
		for i, want := range []int64{1, 0, 2, 0, 3, 0, 5} {
			if numbers[i] != want || (errs[i] == nil) != (want != 0) {
				t.Errorf("read %d: %d, %v; want %d", i, numbers[i], errs[i], want)
			}
		}
	})
	t.Run("nobody waits for it", func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		stop()
		if _, err := s.Transaction(ctx, "txn_0"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("closed", func(t *testing.T) {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := s.Transaction(context.Background(), "txn_0"); !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	})
}
