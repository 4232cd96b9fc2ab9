package store

import (
	"context"
	"fmt"
	"time"
)

// forgottenTogether is how many keys one commit forgets, so that requests do not wait long for it.
const forgottenTogether = 200

const (
	// Oldest first from where the last commit left off: keys of open transactions are stepped over, not met again.
	sqlOldKeys = `SELECT id, created FROM transactions INDEXED BY transactions_keyed
		WHERE idempotency_key <> '' AND created < ? AND created >= ? AND state = 'final' ORDER BY created LIMIT ?`

	sqlForget = `UPDATE transactions SET idempotency_key = '', chained = ? WHERE id = ? AND state = 'final' AND idempotency_key <> ''`
	sqlRebind = `UPDATE transactions SET begun = ? WHERE id = ?`
)

// ForgetKeys frees the keys of transactions that were begun before the instant and are final, and returns how many. A
// key whose transaction is open stays reserved however old it is. The records stay, without their keys.
func (s *Store) ForgetKeys(ctx context.Context, before time.Time) (int, error) {
	forgotten, from := 0, int64(-1<<63)
	for {
		var rows []transactionRow
		if err := s.read.SelectContext(ctx, &rows, sqlOldKeys, before.UnixMicro(), from, forgottenTogether); err != nil {
			return forgotten, fmt.Errorf("reading old keys: %w", err)
		}
		var n int
		err := s.change(ctx, &change{apply: func(w *writer) (err error) {
			n, err = w.forget(rows)
			return err
		}, there: func(*writer) (bool, error) { return true, nil }})
		if err != nil {
			return forgotten, fmt.Errorf("forgetting keys: %w", err)
		}
		forgotten += n
		if len(rows) < forgottenTogether {
			return forgotten, nil
		}
		from = rows[len(rows)-1].Created
	}
}

func (w *writer) forget(rows []transactionRow) (forgotten int, err error) {
	for i := range rows {
		n, err := w.affect(sqlForget, w.nextSeq(), rows[i].ID)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			continue
		}
		var row transactionRow
		if err := w.get(&row, sqlRow, rows[i].ID); err != nil {
			return 0, err
		}
		begun := row.begunDigest()
		if err := w.exec(sqlRebind, begun[:], row.ID); err != nil {
			return 0, err
		}
		w.link(chainForget, row.ID, 0, row.digestAfter(begun[:]), nil)
		forgotten++
	}
	return forgotten, nil
}
