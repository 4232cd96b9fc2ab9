package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// change is something to write. apply may be run more than once, each time in a fresh transaction; when it returns an
// error what it wrote is rolled back.
type change struct {
	apply func(*writer) error
	there func(*writer) (bool, error) // tells after a doubtful commit whether a change that added nothing to the chain holds; nil: cannot tell
	begin *beginning                  // of a Begin
	end   *finishing                  // of a Finish
	alone bool                        // apply runs outside a transaction and by itself
	last  head                        // of the chain after apply; without a hash when apply added nothing

	fate   atomic.Int32 // queued, then taken or withdrawn
	err    error        // set before answered is closed
	answer chan struct{}
}

const (
	queued int32 = iota
	taken
	withdrawn
)

// change hands c to the writer and waits for its fate; see Store for what ctx does.
func (s *Store) change(ctx context.Context, c *change) error {
	c.answer = make(chan struct{})
	if err := s.enqueue(ctx, c); err != nil {
		return err
	}
	select {
	case <-c.answer:
	case <-ctx.Done():
		if c.fate.CompareAndSwap(queued, withdrawn) {
			return fmt.Errorf("waiting for the writer, nothing was written: %w", context.Cause(ctx))
		}
		<-c.answer
	}
	return c.err
}

func (s *Store) enqueue(ctx context.Context, c *change) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return ErrClosed
	}
	select {
	case s.queue <- c:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("queueing for the writer, nothing was written: %w", context.Cause(ctx))
	}
}

// writer owns the only connection of this process that writes. Its methods are called by one goroutine at a time.
type writer struct {
	connection
	ends   func() error // commits; tests let it fail
	batch  int
	now    func() time.Time
	log    *slog.Logger
	head   head                 // of the chain, with what the open transaction adds
	links  []link               // that the open transaction has still to write
	node   *node                // nil on SQLite
	known  atomic.Pointer[head] // end of the chain that was seen committed; see rewound.go
	proven int                  // number of the connection that known was found over

	trouble                             atomic.Pointer[error] // a disk failure that is not settled
	last                                atomic.Int64          // number of the last change that is kept
	commits, changes, largest, failures atomic.Uint64
	joined                              atomic.Uint64 // changes that PostgreSQL wrote together
}

func startWriter(conn connection, c Config) *writer {
	return &writer{connection: conn, ends: conn.commit, batch: c.Batch, now: c.Now, log: c.Log}
}

// run applies changes until the queue is closed and empty. It takes what is queued and never waits for more: under
// load the queue fills while the disk works, so the batches grow by themselves.
func (w *writer) run(queue <-chan *change) {
	batch := make([]*change, 0, w.batch)
	var alone *change
	for first := range queue {
		batch, alone = w.gather(batch[:0], first, queue)
		if len(batch) > 0 {
			w.write(batch)
		}
		if alone != nil {
			alone.err = alone.apply(w)
			w.answer(alone)
		}
	}
}

// gather takes the changes for one commit; a change that must run alone ends the batch.
func (w *writer) gather(batch []*change, c *change, queue <-chan *change) (_ []*change, alone *change) {
	for {
		if c.fate.CompareAndSwap(queued, taken) {
			if c.alone {
				return batch, c
			}
			batch = append(batch, c)
		}
		if len(batch) == w.batch {
			return batch, nil
		}
		select {
		case next, ok := <-queue:
			if !ok {
				return batch, nil
			}
			c = next
		default:
			return batch, nil
		}
	}
}

// write applies the batch in one transaction and answers each change. When a change fails, each is applied again in a
// transaction of its own, so that one cannot spoil the others.
func (w *writer) write(batch []*change) {
	if err := w.settle(); err != nil {
		w.fail(batch, err)
		return
	}
	if batch = w.together(batch); len(batch) == 0 {
		return
	}
	if err := w.take(); err != nil {
		w.note(err)
		w.fail(batch, fmt.Errorf("beginning a transaction: %w", err))
		return
	}
	before := w.head
	err := w.apply(batch)
	if err != nil {
		w.note(err)
		w.note(w.rollback())
		w.head, w.links = before, w.links[:0]
		if len(batch) == 1 {
			w.fail(batch, err)
			return
		}
		for i := range batch {
			w.write(batch[i : i+1])
		}
		return
	}
	if err := w.ends(); err != nil {
		w.doubt(batch, err)
		return
	}
	w.commits.Add(1)
	w.kept(batch)
}

// apply runs the changes and writes what they added to the chain.
func (w *writer) apply(batch []*change) error {
	for _, c := range batch {
		before := w.head.seq
		if err := c.apply(w); err != nil {
			return err
		}
		c.last = head{}
		if w.head.seq > before {
			c.last = w.head
		}
	}
	return w.writeLinks()
}

// once applies a change before run does.
func (w *writer) once(apply func(*writer) error) error {
	c := &change{apply: apply, answer: make(chan struct{})}
	w.write([]*change{c})
	return c.err
}

// doubt answers a batch whose commit failed. A failed commit may still be found kept after a restart, because the
// write-ahead log can hold it although the disk reported an error. Once a later commit has succeeded the log holds
// that instead, and what cannot be read now will never appear; only then is the answer known.
func (w *writer) doubt(batch []*change, commitErr error) {
	w.log.Error("commit failed", "changes", len(batch), "err", commitErr)
	w.trouble.Store(&commitErr)
	if err := w.settle(); err != nil {
		w.fail(batch, fmt.Errorf("committing: %w: %w", ErrUnsure, commitErr))
		return
	}
	for _, c := range batch {
		there := c.there
		if c.last.hash != nil {
			there = c.last.there
		}
		if there == nil {
			w.fail([]*change{c}, fmt.Errorf("committing: %w: %w", ErrUnsure, commitErr))
			continue
		}
		switch there, err := there(w); {
		case err != nil:
			w.fail([]*change{c}, fmt.Errorf("committing: %w: %w: reading back: %w", ErrUnsure, commitErr, err))
		case there:
			w.kept([]*change{c})
		default:
			w.fail([]*change{c}, fmt.Errorf("committing, nothing was written: %w", commitErr))
		}
	}
}

// there reports whether the chain on disk has the row, and with it the change that came with it.
func (h head) there(w *writer) (bool, error) {
	var hashes [][]byte
	if err := w.list(&hashes, sqlLinkHash, h.seq); err != nil {
		return false, err
	}
	return len(hashes) == 1 && bytes.Equal(hashes[0], h.hash), nil
}

// settle returns nil when there is no trouble, or when a trial write shows that the disk takes writes again.
func (w *writer) settle() error {
	trouble := w.trouble.Load()
	if trouble == nil {
		return nil
	}
	if err := inOrder(w.mend, w.rollback, w.tryFence, w.readHead); err != nil {
		return fmt.Errorf("%w: %w: trial write: %w", ErrSuspect, *trouble, err)
	}
	w.trouble.Store(nil)
	w.log.Warn("the disk takes writes again", "after", (*trouble).Error())
	return nil
}

func (w *writer) tryFence() error {
	err := inOrder(
		w.take,
		func() error { return w.exec(sqlFence) },
		func() error { return w.ends() })
	if err != nil {
		return errors.Join(err, w.rollback())
	}
	return nil
}

// note keeps an error that tells of the database rather than of the change.
func (w *writer) note(err error) {
	if err != nil && w.broken(err) {
		w.log.Error("writing failed", "err", err)
		w.trouble.Store(&err)
	}
}

func (w *writer) kept(batch []*change) {
	w.last.Store(w.head.seq)
	w.keepKnown()
	n := uint64(len(batch))
	w.changes.Add(n)
	if n > w.largest.Load() {
		w.largest.Store(n)
	}
	for _, c := range batch {
		c.err = nil
		close(c.answer)
	}
}

func (w *writer) fail(batch []*change, err error) {
	for _, c := range batch {
		c.err = err
		w.answer(c)
	}
}

func (w *writer) answer(c *change) {
	if c.err != nil {
		w.failures.Add(1)
	}
	close(c.answer)
}
