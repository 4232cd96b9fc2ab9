package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// ErrRewound: the PostgreSQL database lacks what this process knows to have been committed there. An older state of it was
// put in its place: a standby that had not all of it took over, or a backup was restored under a running server. Nothing
// is written, and nothing is sent, until the rows are there again or the server is started anew.
var ErrRewound = errors.New("the database has lost changes that it had confirmed; nothing is written: stop all servers, compare with the provider, then start them")

// take begins a transaction, in which the end of the chain is ours.
func (w *writer) take() error {
	if err := w.begin(&w.head); err != nil {
		return err
	}
	if server, ok := w.connection.(*serverConnection); ok { // a file that is replaced is noticed by Check
		return w.continues(server)
	}
	return nil
}

// continues makes sure, under the lock, that the chain is the one that was there before; else it ends the transaction.
func (w *writer) continues(server *serverConnection) error {
	known := w.known.Load()
	switch {
	case known == nil || known.seq == 0:
	case w.head.seq < known.seq:
		return w.rewound(known)
	case w.head.seq == known.seq && bytes.Equal(w.head.hash, known.hash):
	case w.head.seq > known.seq && w.proven == server.made: // others wrote, over the same history
	default:
		there, err := known.there(w)
		switch {
		case err != nil:
			return errors.Join(err, w.rollback())
		case !there:
			return w.rewound(known)
		}
	}
	w.proven = server.made
	w.keepKnown()
	return nil
}

// rewound ends the transaction and makes the store suspect. Each further change looks again.
func (w *writer) rewound(known *head) error {
	err := known.lost()
	if before := w.trouble.Load(); before == nil || !errors.Is(*before, ErrRewound) {
		w.log.Error("the database was rewound; this process writes and sends nothing any more", "err", err)
		w.trouble.Store(&err)
	}
	return errors.Join(err, w.rollback())
}

// keepKnown remembers the end of the chain, which is committed.
func (w *writer) keepKnown() { w.known.Store(&head{w.head.seq, w.head.hash}) }

func (h head) lost() error {
	return fmt.Errorf("row %d of the chain is not the one that was committed: %w", h.seq, ErrRewound)
}

// sameHistory looks whether a PostgreSQL database still has what was committed last; one that is not written to is told
// from an older one too.
func (s *Store) sameHistory(ctx context.Context) error {
	known := s.writer.known.Load()
	if s.file != nil || known == nil || known.seq == 0 {
		return nil
	}
	var hashes [][]byte
	if err := s.read.SelectContext(ctx, &hashes, sqlLinkHash, known.seq); err != nil {
		return fmt.Errorf("reading the chain: %w", err)
	}
	if len(hashes) != 1 || !bytes.Equal(hashes[0], known.hash) {
		return known.lost()
	}
	return nil
}
