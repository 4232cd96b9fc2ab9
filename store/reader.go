package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Reader reads a PostgreSQL database while nodes work on it. It is no node itself: it changes nothing, and leaves alone
// what is under way.
type Reader struct{ s Store }

// OpenReader opens a PostgreSQL database for reading.
func OpenReader(ctx context.Context, c Config) (_ *Reader, err error) {
	if c.Readers <= 0 {
		c.Readers = DefaultReaders
	}
	r := &Reader{Store{path: c.place()}}
	if r.s.read, err = openServerReaders(ctx, c); err != nil {
		return nil, fmt.Errorf("opening store %s: %w", r.s.path, err)
	}
	err = checkServer(ctx, r.s.read.DB, slog.New(slog.DiscardHandler))
	if err == nil {
		err = hasSchema(ctx, r.s.read)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening store %s: %w", r.s.path, err), r.Close())
	}
	return r, nil
}

func hasSchema(ctx context.Context, q querier) error {
	var there bool
	err := q.GetContext(ctx, &there, `SELECT to_regclass('goose_db_version') IS NOT NULL`)
	if err == nil && !there {
		err = errors.New("svcgate has not made its tables there yet")
	}
	return err
}

// Verify is Store.Verify.
func (r *Reader) Verify(ctx context.Context, progress func(done, total int)) (VerifyReport, error) {
	return r.s.Verify(ctx, progress)
}

// Drift is Store.Drift.
func (r *Reader) Drift(ctx context.Context, service string) ([]CardDrift, error) {
	return r.s.Drift(ctx, service)
}

// Recovered is 0: what is under way stays so.
func (r *Reader) Recovered() int { return 0 }

// Close closes the connections.
func (r *Reader) Close() error { return r.s.read.Close() }
