package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/svcgate/svcgate"
)

const (
	sqlByKey = `SELECT ` + transactionColumns + ` FROM transactions
		WHERE idempotency_key = ? AND idempotency_key <> '' AND caller = ?`

	sqlInsertTransaction = `INSERT INTO transactions (id, caller, idempotency_key, content, operation, service,
		order_number, sequence, last4, card_print, sealed, kind, authorization_id, requested_minor, requested_currency, created,
		state, outcome, accepted, source, code, description, amount_minor, amount_currency, balance_minor, balance_currency,
		hold_rest_minor, hold_rest_currency, card_status, account_id, account_status, account_type, provider_transaction,
		auth_number, provider_time, class, failure)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
		'sent', '', 0, '', '', '', 0, '', 0, '', 0, '', '', '', '', '', '', '', '', '', '')
		ON CONFLICT (idempotency_key, caller) WHERE idempotency_key <> '' DO NOTHING`

	sqlFinish = `UPDATE transactions SET
		last4 = ?, card_print = ?, sealed = CASE WHEN ? = 'final' AND operation <> 'generate' THEN NULL ELSE ? END,
		state = ?, outcome = ?, accepted = ?, source = ?, code = ?, description = ?, amount_minor = ?, amount_currency = ?,
		balance_minor = ?, balance_currency = ?, hold_rest_minor = ?, hold_rest_currency = ?, card_status = ?,
		account_id = ?, account_status = ?, account_type = ?, provider_transaction = ?, auth_number = ?, provider_time = ?,
		vendor = ?, class = ?, failure = ?, finished = ?
		WHERE id = ? AND state = 'sent'`

	sqlStateOf = `SELECT state FROM transactions WHERE id = ?`

	sqlInsertExchange = `INSERT INTO exchanges (transaction_id, class, sent, received, failure, started, took, status)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

	sqlRecover = `UPDATE transactions SET state = 'unresolved', outcome = 'unknown', class = ?, failure = ? WHERE state = 'sent' AND state <> 'final'` // the latter lets SQLite use the index of open ones
)

// stoppedFailure is told of an attempt that was under way when the process stopped.
const stoppedFailure = "The gateway stopped before the outcome was recorded."

// Begin records t, which must be StateSent, and reserves its key for its caller. A key that was reserved before
// records nothing and returns the earlier transaction.
func (s *Store) Begin(ctx context.Context, t *svcgate.Transaction) (*svcgate.Transaction, error) {
	if t.State != svcgate.StateSent {
		return nil, fmt.Errorf("beginning transaction %s: its state is %q and must be %q", t.ID, t.State, svcgate.StateSent)
	}
	row := []any{
		t.ID, t.Caller, t.Key, t.Content, t.Operation.String(), t.Service, t.Order, t.Sequence, t.Last4, t.CardPrint,
		t.Sealed, string(t.Kind), t.Authorization, t.Requested.Minor(), t.Requested.Currency(), t.Created.UnixMicro(),
	}
	var earlier *transactionRow
	err := s.change(ctx, &change{
		apply: func(w *writer) (err error) {
			earlier, err = w.begin(t.Caller, t.Key, row)
			return err
		},
		there: func(w *writer) (bool, error) {
			state, err := w.stateOf(t.ID)
			return earlier != nil || state != "", err
		},
	})
	if err != nil {
		return nil, fmt.Errorf("beginning transaction %s: %w", t.ID, err)
	}
	if earlier != nil {
		return earlier.transaction()
	}
	return nil, nil
}

// begin inserts without looking before: the unique index decides between callers.
func (w *writer) begin(caller, key string, row []any) (earlier *transactionRow, err error) {
	inserted, err := w.affect(sqlInsertTransaction, row...)
	if err != nil {
		return nil, fmt.Errorf("inserting: %w", err)
	}
	if inserted > 0 {
		return nil, nil
	}
	earlier = &transactionRow{}
	if err := w.get(earlier, sqlByKey, key, caller); err != nil {
		return nil, fmt.Errorf("reading the key's transaction: %w", err)
	}
	return earlier, nil
}

// Finish records what came of t, which must be StateFinal or StateUnresolved, and its exchange. Only a sent transaction
// can be finished: any other is ErrFinished and changes nothing, and one that was never begun is an *svcgate.Error
// with CodeNotFound. The sealed card is kept while the outcome is unknown, kept after a generation until EraseCards,
// and otherwise erased by the same commit.
func (s *Store) Finish(ctx context.Context, t *svcgate.Transaction, x *svcgate.Exchange) error {
	if t.State != svcgate.StateFinal && t.State != svcgate.StateUnresolved {
		return fmt.Errorf("finishing transaction %s: its state is %q", t.ID, t.State)
	}
	if x == nil {
		return fmt.Errorf("finishing transaction %s: there is no exchange", t.ID)
	}
	vendor, err := vendorToRow(t.Vendor)
	if err != nil {
		return fmt.Errorf("finishing transaction %s: %w", t.ID, err)
	}
	r := &t.Reply
	row := []any{
		t.Last4, t.CardPrint, string(t.State), t.Sealed,
		string(t.State), string(t.Outcome), r.Accepted, string(r.Source), r.Code, r.Description,
		r.Amount.Minor(), r.Amount.Currency(), r.Balance.Minor(), r.Balance.Currency(), r.HoldRest.Minor(), r.HoldRest.Currency(),
		string(r.CardStatus), r.Account.ID, string(r.Account.Status), r.Account.Type, r.TransactionID, r.AuthNumber, clockText(r.Time),
		vendor, string(t.Class), t.Failure, optional(t.Finished), t.ID,
	}
	exchange := []any{
		t.ID, string(x.Class), x.Sent, x.Received, x.Failure, x.Started.UnixMicro(), int64(x.Took), x.Status,
	}
	err = s.change(ctx, &change{
		apply: func(w *writer) error { return w.finish(t.ID, row, exchange) },
		there: func(w *writer) (bool, error) {
			state, err := w.stateOf(t.ID)
			return state == t.State, err
		},
	})
	if err != nil {
		return fmt.Errorf("finishing transaction %s: %w", t.ID, err)
	}
	return nil
}

func (w *writer) finish(id string, row, exchange []any) error {
	finished, err := w.affect(sqlFinish, row...)
	if err != nil {
		return fmt.Errorf("updating: %w", err)
	}
	if finished == 0 {
		state, err := w.stateOf(id)
		switch {
		case err != nil:
			return err
		case state == "":
			return notFound("transaction")
		}
		return fmt.Errorf("%w: it is %s", ErrFinished, state)
	}
	if err := w.exec(sqlInsertExchange, exchange...); err != nil {
		return fmt.Errorf("inserting the exchange: %w", err)
	}
	return nil
}

// stateOf returns "" for a transaction that is not there.
func (w *writer) stateOf(id string) (svcgate.State, error) {
	var state svcgate.State
	if err := w.get(&state, sqlStateOf, id); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading the state: %w", err)
	}
	return state, nil
}

// recover moves what an earlier process left sent to unresolved. It may have been on the wire, so nothing says that it
// was not carried out.
func (w *writer) recover(ctx context.Context) (int, error) {
	result, err := w.conn.ExecContext(ctx, sqlRecover, string(svcgate.ClassNoReply), stoppedFailure)
	if err != nil {
		return 0, fmt.Errorf("recovering: %w", err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}
