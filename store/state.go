package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
)

// The moves of a transaction. Each statement names the states it starts from and gives back what it did not write, which
// for sqlFinish sqlSent reads before; a trigger refuses all other moves, whoever tries them.
// IS TRUE keeps PostgreSQL from looking for the row among all that is open.
const (
	cardColumns    = `last4 = ?, card_print = ?, `
	outcomeColumns = cardColumns + `state = ?, outcome = ?, accepted = ?, source = ?, code = ?, description = ?,
		amount_minor = ?, amount_currency = ?, balance_minor = ?, balance_currency = ?, hold_rest_minor = ?,
		hold_rest_currency = ?, card_status = ?, account_id = ?, account_status = ?, account_type = ?,
		provider_transaction = ?, auth_number = ?, provider_time = ?, vendor = ?, class = ?, failure = ?, finished = ?,
		next = ?, finding = ?, settlement = ?, ended = ?, codes_version = ?, chained = ?,
		sealed = CASE WHEN operation = 'generate' THEN ? WHEN ? = 'final' THEN NULL ELSE sealed END`

	moved = ` RETURNING id, begun, sent, sends, looks, began`

	sqlSent   = `SELECT begun, sent, sends, looks, began, last4, card_print FROM transactions WHERE id = ? AND (state = 'sent') IS TRUE AND sends = ?`
	sqlFinish = `UPDATE transactions SET ` + outcomeColumns + ` WHERE id = ? AND (state = 'sent') IS TRUE AND sends = ?`
	sqlSettle = `UPDATE transactions SET ` + outcomeColumns + ` WHERE id = ? AND state IN ('unresolved', 'desk')` + moved

	sqlToDesk = `UPDATE transactions SET state = 'desk', next = NULL, finding = ?, ended = ?, chained = ?
		WHERE id = ? AND state = 'unresolved'` + moved

	sqlSendAgain = `UPDATE transactions SET state = 'sent', outcome = '', class = '', failure = '', next = NULL, sent = ?,
		sends = sends + 1, began = ?, chained = ?, node_epoch = ?, claimed_until = NULL
		WHERE id = ? AND state = 'unresolved' AND operation = 'void' AND sends = ?` + moved

	sqlRecover = `UPDATE transactions SET state = 'unresolved', outcome = 'unknown', class = ?, failure = ?, next = ?, chained = ?,
		node_epoch = ?, claimed_until = NULL WHERE id = ? AND state = 'sent'` + moved

	sqlLeftSent = `SELECT id FROM transactions WHERE state = 'sent' AND state <> 'final' ORDER BY created, id` // the latter lets SQLite use the index of open ones
)

// sqlFinishSame is sqlFinish for a card that stays what it was, without its values: SQLite writes the index entries of every
// column that is named, changed or not.
var sqlFinishSame = strings.Replace(sqlFinish, cardColumns, "", 1)

// stoppedFailure is told of an attempt that was under way when the process stopped.
const stoppedFailure = "The gateway stopped before the outcome was recorded."

// move runs one of the statements above. When it finds no transaction in a state that it starts from, the error says
// what there is.
func (w *writer) move(id, query string, args ...any) (*transactionRow, error) {
	var rows []transactionRow
	err := w.list(&rows, query, args...)
	switch {
	case isUnique(err):
		return nil, svcgate.ErrIDSeen
	case err != nil:
		return nil, fmt.Errorf("updating: %w", err)
	case len(rows) == 1:
		return &rows[0], nil
	}
	state, err := w.stateOf(id)
	switch {
	case err != nil:
		return nil, err
	case state == "":
		return nil, notFound("transaction")
	}
	return nil, &svcgate.Error{Code: svcgate.CodeConflict, Reason: "wrong_state", Op: "journal",
		Detail: "The transaction does not allow this: it is " + string(state) + ".", Err: ErrFinished}
}

// outcomeValues are those of outcomeColumns, as the next row of the chain, and the id.
func (w *writer) outcomeValues(r *transactionRow) []any {
	return []any{r.Last4, r.CardPrint, r.State, r.Outcome, r.Accepted, r.Source, r.Code, r.Description,
		r.AmountMinor, r.AmountCurrency, r.BalanceMinor, r.BalanceCurrency, r.HoldRestMinor,
		r.HoldRestCurrency, r.CardStatus, r.AccountID, r.AccountStatus, r.AccountType,
		r.ProviderTransaction, r.AuthNumber, r.ProviderTime, nullable(r.Vendor), r.Class, r.Failure, nullable(r.Finished),
		nullable(r.Next), nullable(r.Finding), nullable(r.Settlement), r.Ended, r.CodesVersion, w.nextSeq(),
		r.Sealed, r.State, r.ID}
}

// ToDesk puts an unresolved transaction on the desk, with what was found. Another state is CodeConflict.
func (s *Store) ToDesk(ctx context.Context, id string, f svcgate.Finding, _ time.Time) error {
	row, err := newRow(&svcgate.Transaction{ID: id, Finding: &f})
	if err != nil {
		return fmt.Errorf("to the desk: %w", err)
	}
	return s.moved(ctx, "to the desk", id, func(w *writer) error {
		if _, err := w.move(id, sqlToDesk, nullable(row.Finding), w.nextSeq(), w.nextSeq(), id); err != nil {
			return err
		}
		return w.linkRow(chainDesk, id, 0, nil)
	})
}

// Settle makes an unresolved transaction, or one on the desk, final as t says, and erases its sealed card. Another state
// is CodeConflict, and so is a provider's transaction id that belongs to another transaction (svcgate.ErrIDSeen).
func (s *Store) Settle(ctx context.Context, t *svcgate.Transaction) error {
	if t.State != svcgate.StateFinal || t.Settlement == nil {
		return fmt.Errorf("settling transaction %s: its state is %q and it says how: %v", t.ID, t.State, t.Settlement != nil)
	}
	row, err := newRow(t)
	if err != nil {
		return fmt.Errorf("settling: %w", err)
	}
	row.Finding, row.Next = sql.Null[string]{}, sql.Null[int64]{}
	seen := ""
	if n := len(t.Settlement.Evidence); n > 0 && t.Settlement.By == svcgate.CallerSettling {
		seen = t.Settlement.Evidence[n-1].Transaction
	}
	return s.moved(ctx, "settling", t.ID, func(w *writer) error {
		if row.Ended, err = w.effectSeen(seen); err != nil {
			return err
		}
		_, err := w.move(row.ID, sqlSettle, w.outcomeValues(row)...)
		if errors.Is(err, svcgate.ErrIDSeen) {
			return &svcgate.Error{Code: svcgate.CodeConflict, Reason: "transaction_id_seen", Op: "settle", Field: "provider_transaction_id",
				Detail: "The provider's transaction id belongs to another transaction.", Err: err}
		}
		if err != nil {
			return err
		}
		return w.linkRow(chainSettle, t.ID, 0, nil)
	})
}

const sqlBegan = `SELECT began FROM transactions WHERE id = ?`

// effectSeen is the place in the chain from which on a settled transaction's effect is complete. The look that showed it
// came after it; what a person says is true from now on.
func (w *writer) effectSeen(look string) (int64, error) {
	var began []int64
	if err := w.list(&began, sqlBegan, look); err != nil {
		return 0, fmt.Errorf("reading the look: %w", err)
	}
	if len(began) == 1 && began[0] > 0 {
		return began[0], nil
	}
	return w.nextSeq(), nil
}

// SendAgain moves an unresolved void back to sent, counts the message and forgets the readings: they stay recorded with
// the message before. Another state or operation, or another number of messages so far, is CodeConflict.
func (s *Store) SendAgain(ctx context.Context, id string, sends int, at time.Time) error {
	return s.moved(ctx, "sending again", id, func(w *writer) error {
		if _, err := w.move(id, sqlSendAgain, at.UnixMicro(), w.nextSeq(), w.nextSeq(), w.epoch(), id, sends); err != nil {
			return err
		}
		return w.linkRow(chainSend, id, 0, nil)
	})
}

func (s *Store) moved(ctx context.Context, what, id string, apply func(*writer) error) error {
	if err := s.change(ctx, &change{apply: apply}); err != nil {
		return fmt.Errorf("%s transaction %s: %w", what, id, err)
	}
	return nil
}

// recoveredTogether is how many attempts one commit recovers.
const recoveredTogether = 500

// recover moves what an earlier process left sent to unresolved, to be looked into at once. It may have been on the
// wire, so nothing says that it was not carried out. On PostgreSQL an earlier process is one that is no node any more.
func (w *writer) recover() (taken int, err error) {
	if w.node != nil {
		err := w.once(func(w *writer) (err error) {
			taken, err = w.adoptOrphans()
			return err
		})
		return taken, err
	}
	var left []string
	if err := w.list(&left, sqlLeftSent); err != nil {
		return 0, fmt.Errorf("recovering: %w", err)
	}
	for some := range slices.Chunk(left, recoveredTogether) {
		if err := w.once(func(w *writer) error { return w.unresolve(some) }); err != nil {
			return 0, fmt.Errorf("recovering: %w", err)
		}
	}
	return len(left), nil
}

// unresolve makes attempts unresolved, to be looked into at once.
func (w *writer) unresolve(ids []string) error {
	for _, id := range ids {
		_, err := w.move(id, sqlRecover, string(svcgate.ClassNoReply), stoppedFailure, w.now().UnixMicro(), w.nextSeq(), w.epoch(), id)
		if err == nil {
			err = w.linkRow(chainRecover, id, 0, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
