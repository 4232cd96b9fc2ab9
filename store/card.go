package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The index holds only the rows to erase; left to itself SQLite walks all generations there ever were.
const sqlEraseCards = `UPDATE transactions INDEXED BY transactions_generated SET sealed = NULL
	WHERE operation = 'generate' AND sealed IS NOT NULL AND state = 'final' AND created < ?`

const (
	sqlHurry    = `PRAGMA busy_timeout = 100`
	sqlPatience = `PRAGMA busy_timeout = 5000` // as newWriter set it
)

// EraseCards erases the sealed numbers of generations that are final and were begun before the instant, and empties
// the write-ahead log, so that no page of the files holds them. It returns how many were erased. A reader that still
// needs the log delays its emptying to the next call; that is logged and no error.
func (s *Store) EraseCards(ctx context.Context, before time.Time) (int, error) {
	var erased int64
	err := s.change(ctx, &change{apply: func(w *writer) (err error) {
		erased, err = w.affect(sqlEraseCards, before.UnixMicro())
		return err
	}})
	if err != nil {
		return 0, fmt.Errorf("erasing cards: %w", err)
	}
	if err := s.change(ctx, &change{alone: true, apply: (*writer).emptyLog}); err != nil {
		return int(erased), fmt.Errorf("emptying the log after erasing %d cards: %w", erased, err)
	}
	return int(erased), nil
}

// emptyLog does not wait for readers longer than changes can.
func (w *writer) emptyLog() (err error) {
	if err := w.exec(sqlHurry); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.exec(sqlPatience)) }()
	var result struct {
		Busy         int `db:"busy"`
		Log          int `db:"log"`
		Checkpointed int `db:"checkpointed"`
	}
	if err := w.get(&result, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return err
	}
	if result.Busy != 0 {
		w.log.Warn("a reader delays the emptying of the write-ahead log", "pages", result.Log)
	}
	return nil
}
