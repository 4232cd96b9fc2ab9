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
	// Each half has an index of its own.
	sqlSealed = `SELECT id, sealed FROM transactions INDEXED BY transactions_open WHERE state <> 'final' AND sealed IS NOT NULL AND id > ?1
		UNION ALL SELECT id, sealed FROM transactions INDEXED BY transactions_generated
			WHERE operation = 'generate' AND sealed IS NOT NULL AND state = 'final' AND id > ?1
		ORDER BY id LIMIT ?2`
	sqlReseal = `UPDATE transactions SET sealed = ? WHERE id = ? AND sealed = ?`

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
	if err := s.change(ctx, &change{alone: true, apply: func(w *writer) error { return w.wipe() }}); err != nil {
		return int(erased), fmt.Errorf("emptying the log after erasing %d cards: %w", erased, err)
	}
	return int(erased), nil
}

// resealedTogether is how many cards one commit seals anew.
const resealedTogether = 200

// Reseal gives every sealed card to a function that seals it anew, under another key, and keeps what it returns. nil
// keeps the card as it is. It returns how many were changed; a card that is erased meanwhile stays erased. An error of
// the function ends it; what was sealed anew before stays so, and calling it again goes on.
func (s *Store) Reseal(ctx context.Context, seal func(id string, sealed []byte) ([]byte, error)) (int, error) {
	changed, after := 0, ""
	for {
		var rows []transactionRow
		if err := s.read.SelectContext(ctx, &rows, sqlSealed, after, resealedTogether); err != nil {
			return changed, fmt.Errorf("reading sealed cards: %w", err)
		}
		n, err := s.reseal(ctx, rows, seal)
		changed += n
		if err != nil {
			return changed, fmt.Errorf("sealing cards anew: %w", err)
		}
		if len(rows) < resealedTogether {
			break
		}
		after = rows[len(rows)-1].ID
	}
	if err := s.change(ctx, &change{alone: true, apply: func(w *writer) error { return w.wipe() }}); err != nil {
		return changed, fmt.Errorf("emptying the log after sealing %d cards anew: %w", changed, err)
	}
	return changed, nil
}

func (s *Store) reseal(ctx context.Context, rows []transactionRow, seal func(id string, sealed []byte) ([]byte, error)) (int, error) {
	anew := make([][]byte, len(rows))
	for i := range rows {
		var err error
		if anew[i], err = seal(rows[i].ID, rows[i].Sealed); err != nil {
			return 0, fmt.Errorf("transaction %s: %w", rows[i].ID, err)
		}
	}
	changed := 0
	err := s.change(ctx, &change{apply: func(w *writer) error {
		changed = 0
		for i := range rows {
			if anew[i] == nil {
				continue
			}
			n, err := w.affect(sqlReseal, anew[i], rows[i].ID, rows[i].Sealed)
			if err != nil {
				return err
			}
			changed += int(n)
		}
		return nil
	}})
	if err != nil {
		return 0, err
	}
	return changed, nil
}

// wipe empties the write-ahead log. It does not wait for readers longer than changes can.
func (c *fileConnection) wipe() (err error) {
	if err := c.exec(sqlHurry); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.exec(sqlPatience)) }()
	var result struct {
		Busy         int `db:"busy"`
		Log          int `db:"log"`
		Checkpointed int `db:"checkpointed"`
	}
	if err := c.get(&result, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return err
	}
	if result.Busy != 0 {
		c.log.Warn("a reader delays the emptying of the write-ahead log", "pages", result.Log)
	}
	return nil
}
