package store

import (
	"database/sql"
	"errors"
	"fmt"
)

const (
	sqlUnchained    = `SELECT ` + transactionColumns + ` FROM transactions WHERE chained = 0 ORDER BY created, id LIMIT ?`
	sqlAdopt        = `UPDATE transactions SET begun = ?, began = ?, ended = ?, chained = ? WHERE id = ? AND chained = 0`
	sqlOneExchange  = `SELECT ` + exchangeColumns + ` FROM exchanges WHERE transaction_id = ? AND send = 1`
	adoptedTogether = 10_000
)

// adopt starts the chain of a journal that was kept before there was one: what is there is taken as it is. It leaves a
// journal alone that has a chain, but for versions of codes that a migration made.
func (w *writer) adopt() error {
	if w.head.hash == nil {
		if err := w.startChain(); err != nil {
			return fmt.Errorf("starting the chain: %w", err)
		}
	}
	if err := w.adoptVersions(); err != nil {
		return fmt.Errorf("adding the codes to the chain: %w", err)
	}
	return nil
}

func (w *writer) startChain() error {
	var rows []transactionRow
	if err := w.list(&rows, sqlUnchained, 1); err != nil {
		return err
	}
	settings, err := settingsDigests(w.list)
	if err != nil {
		return err
	}
	if len(rows) == 0 && len(settings) == 0 {
		return nil
	}
	return w.once(func(w *writer) error {
		for {
			var rows []transactionRow
			if err := w.list(&rows, sqlUnchained, adoptedTogether); err != nil {
				return err
			}
			for i := range rows {
				if err := w.adoptRow(&rows[i]); err != nil {
					return fmt.Errorf("transaction %s: %w", rows[i].ID, err)
				}
			}
			if len(rows) < adoptedTogether {
				for _, s := range settings {
					w.link(s.kind, s.subject, 0, s.digest, nil)
				}
				return nil
			}
		}
	})
}

func (w *writer) adoptRow(r *transactionRow) error {
	begun := r.begunDigest()
	r.Began = w.nextSeq()
	if r.Ended > 0 {
		r.Ended = w.nextSeq()
	}
	if err := w.exec(sqlAdopt, begun[:], r.Began, r.Ended, w.nextSeq(), r.ID); err != nil {
		return err
	}
	var x exchangeRow
	part, record := int64(0), []byte(nil)
	switch err := w.get(&x, sqlOneExchange, r.ID); {
	case err == nil:
		d := digestOf(x.values()...)
		part, record = 1, d[:]
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	w.link(chainAdopt, r.ID, part, r.digestAfter(begun[:]), record)
	return nil
}
