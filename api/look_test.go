package api_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

// looks is an api.Settler that notes what it looks into.
type looks struct {
	mu    sync.Mutex
	ids   []string
	block chan struct{} // when set, a look waits for it or for its end
	err   error
	panic bool
}

func (l *looks) LookInto(ctx context.Context, id string) error {
	l.mu.Lock()
	l.ids = append(l.ids, id)
	l.mu.Unlock()
	if l.panic {
		panic("broken by " + cardNumber)
	}
	if l.block != nil {
		select {
		case <-l.block:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return l.err
}

func (l *looks) SettleByHand(context.Context, string, svcgate.Decision) (*svcgate.Transaction, error) {
	return nil, errors.New("not here")
}

func (l *looks) seen() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.ids)
}

// lookHouse has n unresolved transactions, named a, b, c …
func lookHouse(t *testing.T, n int, l *looks) *house {
	t.Helper()
	h := newHouse(t, func(c *api.Config) { c.Settler, c.Now = l, time.Now })
	h.lose(t)
	lost := h.journal.rows[0]
	for i := range n {
		row := clone(lost)
		row.ID, row.Key = "txn_"+string(rune('a'+i)), ""
		h.journal.rows = append(h.journal.rows, row)
	}
	return h
}

func (h *house) read(t *testing.T, ids ...string) {
	t.Helper()
	for _, id := range ids {
		h.get(t, access.RoleOMS, "/v1/transactions/txn_"+id).want(t, http.StatusOK, "", "")
	}
}

func TestReadingLooksIntoWhatIsUnresolved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &looks{}
		h := lookHouse(t, 3, l)
		h.read(t, "a", "a", "b", "a")
		synctest.Wait()
		if got := l.seen(); strings.Join(slices.Sorted(slices.Values(got)), " ") != "txn_a txn_b" {
			t.Errorf("looked into %v", got)
		}
		time.Sleep(30*time.Second - time.Nanosecond)
		h.read(t, "a", "c")
		synctest.Wait()
		if got := l.seen(); len(got) != 3 {
			t.Errorf("after less than 30 seconds looked into %v", got)
		}
		time.Sleep(time.Nanosecond)
		h.read(t, "a", "b", "c")
		synctest.Wait()
		if got := l.seen(); len(got) != 5 {
			t.Errorf("after 30 seconds looked into %v", got)
		}
		for _, state := range []svcgate.State{svcgate.StateSent, svcgate.StateDesk, svcgate.StateFinal} {
			time.Sleep(time.Minute)
			h.journal.rows[1].State = state
			h.read(t, "a")
			h.get(t, access.RoleOMS, "/v1/transactions")
		}
		synctest.Wait()
		if got := l.seen(); len(got) != 5 {
			t.Errorf("looked into what is not unresolved, or only listed: %v", got)
		}
	})
}

func TestLooksAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &looks{block: make(chan struct{})}
		h := lookHouse(t, 9, l)
		h.read(t, "a", "b", "c", "d", "e", "f", "g", "h", "i") // none waits for the looks
		synctest.Wait()
		if got := l.seen(); len(got) != 4 {
			t.Errorf("%d looks at once", len(got))
		}
		close(l.block)
		synctest.Wait()
		h.read(t, "i") // was left out, so it is due
		synctest.Wait()
		if got := l.seen(); len(got) != 5 || got[4] != "txn_i" {
			t.Errorf("looked into %v", got)
		}
	})
}

func TestCloseWaitsForLooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &looks{block: make(chan struct{})}
		h := lookHouse(t, 3, l)
		h.read(t, "a")
		var closed atomic.Bool
		done := make(chan error, 1)
		go func() {
			err := h.api.Close(context.Background())
			closed.Store(true)
			done <- err
		}()
		synctest.Wait()
		if closed.Load() {
			t.Error("closed with a look under way")
		}
		h.read(t, "b")
		close(l.block)
		if err := <-done; err != nil {
			t.Error(err)
		}
		h.read(t, "c")
		synctest.Wait()
		if got := l.seen(); len(got) != 1 {
			t.Errorf("looks began after the end: %v", got)
		}
	})
}

func TestCloseCancelsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &looks{block: make(chan struct{})} // never closed
		h := lookHouse(t, 1, l)
		h.read(t, "a")
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := h.api.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("closed with %v", err)
		}
	})
}

func TestLooksThatFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		looks *looks
		want  string
	}{
		"error": {&looks{err: errors.New("no answer about " + cardNumber)}, `"msg":"transaction not looked into","transaction":"txn_a","err":"no answer about ****************"`},
		"panic": {&looks{panic: true}, `"msg":"looking into a transaction panicked","transaction":"txn_a","panic":"string"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := lookHouse(t, 1, c.looks)
			h.read(t, "a")
			if err := h.api.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			if text := h.log.String(); !strings.Contains(text, c.want) || strings.Contains(text, cardNumber) {
				t.Errorf("logged %s", text)
			}
		})
	}
}
