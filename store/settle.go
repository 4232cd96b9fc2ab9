package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
)

const (
	sqlDue = `SELECT ` + transactionColumns + ` FROM transactions WHERE state = 'unresolved' AND next <= ?1
		AND (?2 = '' OR instr(?2, ' ' || service || ' ') > 0) ORDER BY next, id LIMIT ?3`

	sqlUnresolvedServices = `SELECT DISTINCT service FROM transactions WHERE state = 'unresolved' ORDER BY service`

	sqlLook = `UPDATE transactions SET looks = looks + 1, next = ?, chained = ?, claimed_until = NULL WHERE id = ? AND state = 'unresolved'` + moved

	sqlAsleep = `SELECT id FROM transactions WHERE state = 'unresolved' AND service = ? AND next > ?`
	sqlWake   = `UPDATE transactions SET next = ?, chained = ? WHERE id = ? AND state = 'unresolved'` + moved
)

// Due returns the unresolved transactions of the service bureaus (none named: of all) whose next look is due, those that
// wait longest first. On PostgreSQL it gives them to this node, as Claim does, and leaves out those that another one has.
func (s *Store) Due(ctx context.Context, now time.Time, limit int, services ...string) ([]*svcgate.Transaction, error) {
	var rows []transactionRow
	var err error
	among := "" // a service bureau's code has no space
	if len(services) > 0 {
		among = " " + strings.Join(services, " ") + " "
	}
	if s.node != nil {
		rows, err = s.node.claimDue(ctx, now, limit, among)
	} else {
		err = s.read.SelectContext(ctx, &rows, sqlDue, now.UnixMicro(), among, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is due: %w", err)
	}
	return s.transactions(ctx, rows)
}

// UnresolvedServices returns the service bureaus that have unresolved transactions, by code.
func (s *Store) UnresolvedServices(ctx context.Context) (services []string, err error) {
	if err := s.read.SelectContext(ctx, &services, sqlUnresolvedServices); err != nil {
		return nil, fmt.Errorf("reading what is unresolved: %w", err)
	}
	return services, nil
}

// Look counts a try to look at an unresolved transaction's card, keeps the reading unless it is zero, and says when to
// look again. Another state is CodeConflict.
func (s *Store) Look(ctx context.Context, id string, reading svcgate.Reading, next time.Time) error {
	return s.moved(ctx, "looking into", id, func(w *writer) error {
		row, err := w.move(id, sqlLook, next.UnixMicro(), w.nextSeq(), id)
		if err != nil {
			return err
		}
		part, record := int64(0), []byte(nil)
		if !reading.IsZero() {
			values := readingValues(row, reading)
			if err := w.exec(sqlInsertReading, values...); err != nil {
				return fmt.Errorf("inserting the reading: %w", err)
			}
			d := digestOf(values...)
			part, record = row.Looks, d[:]
		}
		return w.linkRow(chainLook, id, part, record)
	})
}

// Wake makes every unresolved transaction of a service bureau due at once.
func (s *Store) Wake(ctx context.Context, service string, now time.Time) error {
	err := s.change(ctx, &change{apply: func(w *writer) error {
		var asleep []string
		if err := w.list(&asleep, sqlAsleep, service, now.UnixMicro()); err != nil {
			return err
		}
		for _, id := range asleep {
			if _, err := w.move(id, sqlWake, now.UnixMicro(), w.nextSeq(), id); err != nil {
				return err
			}
			if err := w.linkRow(chainWake, id, 0, nil); err != nil {
				return err
			}
		}
		return nil
	}, there: func(*writer) (bool, error) { return true, nil }})
	if err != nil {
		return fmt.Errorf("waking service %s: %w", service, err)
	}
	return nil
}
