package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/svcgate/svcgate"
)

var sqlInsertTransaction = `INSERT INTO transactions (` + transactionColumns + `)
	VALUES (?` + strings.Repeat(`, ?`, strings.Count(transactionColumns, ",")) + `) ON CONFLICT DO NOTHING`

const (
	sqlByKey = `SELECT ` + transactionColumns + ` FROM transactions
		WHERE idempotency_key = ? AND idempotency_key <> '' AND caller = ?`

	// The conditions are those of the index transactions_card_held, word by word.
	sqlHolder = `SELECT id, operation, order_number FROM transactions WHERE card_print = ? AND service = ?
		AND state IN ('sent', 'unresolved') AND operation NOT IN ('generate', 'inquire') AND plan IS NULL AND card_print <> ''`

	sqlStateOf = `SELECT state FROM transactions WHERE id = ?`

	sqlInsertExchange = `INSERT INTO exchanges (transaction_id, send, class, sent, received, failure, started, took, status)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// Earlier returns the transaction that the caller's key was reserved for, nil when it is free or was forgotten.
func (s *Store) Earlier(ctx context.Context, caller, key string) (*svcgate.Transaction, error) {
	t, err := s.one(ctx, sqlByKey, key, caller)
	if svcgate.CodeOf(err) == svcgate.CodeNotFound {
		return nil, nil
	}
	return t, err
}

// Begin records t, which must be StateSent, and reserves its key for its caller. A key that was reserved before
// records nothing and returns the earlier transaction. A money operation on a card on which another is sent or
// unresolved records nothing and is an *svcgate.CardHeldError; a split deposit counts by its parts.
func (s *Store) Begin(ctx context.Context, t *svcgate.Transaction) (*svcgate.Transaction, error) {
	if t.State != svcgate.StateSent {
		return nil, fmt.Errorf("beginning transaction %s: its state is %q and must be %q", t.ID, t.State, svcgate.StateSent)
	}
	begun := *t
	if begun.Sent.IsZero() {
		begun.Sent = begun.Created
	}
	begun.Sends, begun.Looks = max(begun.Sends, 1), 0
	row, err := newRow(&begun)
	if err != nil {
		return nil, fmt.Errorf("beginning: %w", err)
	}
	digest := row.begunDigest()
	row.Begun = digest[:]
	b := beginning{row: row}
	err = s.change(ctx, &change{apply: b.apply, there: b.there})
	switch {
	case err != nil:
		return nil, fmt.Errorf("beginning transaction %s: %w", t.ID, err)
	case b.held != nil:
		return nil, fmt.Errorf("beginning transaction %s: %w", t.ID, b.held)
	case b.earlier == "":
		return nil, nil
	}
	earlier, err := s.Transaction(ctx, b.earlier)
	if err != nil {
		return nil, fmt.Errorf("beginning transaction %s: reading the key's transaction: %w", t.ID, err)
	}
	return earlier, nil
}

// beginning is a Begin in the writer's hands. That a key or a card is taken is no failure of the change: nothing is
// written, and nothing else of its group is spoilt.
type beginning struct {
	row     *transactionRow
	earlier string // id of the key's transaction
	held    *svcgate.CardHeldError
}

// apply inserts without looking before: the unique indexes decide between callers.
func (b *beginning) apply(w *writer) (err error) {
	b.earlier, b.held = "", nil
	if b.row.Plan.Valid {
		// No index holds the card for a split deposit, because its parts must be begun under it.
		if b.held, err = w.holder(b.row); err != nil {
			return err
		}
		if b.held != nil {
			b.earlier, err = w.keyOf(b.row)
			return err
		}
	}
	b.row.Began, b.row.Chained = w.nextSeq(), w.nextSeq()
	values := append(append(b.row.begunValues(), b.row.sinceValues()...), b.row.Sealed, b.row.Begun, b.row.Chained)
	inserted, err := w.affect(sqlInsertTransaction, values...)
	if err != nil {
		return fmt.Errorf("inserting: %w", err)
	}
	if inserted > 0 {
		w.link(chainBegin, b.row.ID, 0, b.row.digestAfter(b.row.Begun), nil)
		return nil
	}
	if b.earlier, err = w.keyOf(b.row); err != nil || b.earlier != "" {
		return err
	}
	if b.held, err = w.holder(b.row); err != nil || b.held != nil {
		return err
	}
	return errors.New("inserting: the id was used before")
}

// there tells after a doubtful commit whether the answer still holds: what stood in the way may have been of the same
// commit. What was inserted is found by the chain.
func (b *beginning) there(w *writer) (bool, error) {
	id := b.earlier
	if b.held != nil {
		id = b.held.TransactionID
	}
	state, err := w.stateOf(id)
	return state != "", err
}

// keyOf returns the id of the transaction that the row's key is reserved for, "" when there is none.
func (w *writer) keyOf(r *transactionRow) (string, error) {
	if r.Key == "" {
		return "", nil
	}
	var rows []transactionRow
	if err := w.list(&rows, sqlByKey, r.Key, r.Caller); err != nil {
		return "", fmt.Errorf("reading the key's transaction: %w", err)
	}
	if len(rows) == 0 {
		return "", nil
	}
	return rows[0].ID, nil
}

// holder returns the money operation that the row's card waits for, nil when there is none.
func (w *writer) holder(r *transactionRow) (*svcgate.CardHeldError, error) {
	var rows []transactionRow
	if err := w.list(&rows, sqlHolder, r.CardPrint, r.Service); err != nil {
		return nil, fmt.Errorf("reading what holds the card: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	op, err := svcgate.ParseOperation(rows[0].Operation)
	return &svcgate.CardHeldError{TransactionID: rows[0].ID, Operation: op, Order: rows[0].Order}, err
}

// Finish records what came of t, which must be StateFinal or StateUnresolved, and its exchange. Only a sent transaction
// can be finished: any other is ErrFinished with CodeConflict and changes nothing, and one that was never begun is an
// *svcgate.Error with CodeNotFound. A provider's transaction id that the service bureau gave to another transaction is
// svcgate.ErrIDSeen and changes nothing. Only a split deposit is finished without an exchange. The sealed card is kept
// while the outcome is unknown, kept after a generation until EraseCards, and otherwise erased by the same commit.
func (s *Store) Finish(ctx context.Context, t *svcgate.Transaction, x *svcgate.Exchange) error {
	if t.State != svcgate.StateFinal && t.State != svcgate.StateUnresolved {
		return fmt.Errorf("finishing transaction %s: its state is %q", t.ID, t.State)
	}
	if (x == nil) != (len(t.Plan) > 0) {
		return fmt.Errorf("finishing transaction %s: a transaction has an exchange, but a split deposit has none", t.ID)
	}
	row, err := newRow(t)
	if err != nil {
		return fmt.Errorf("finishing: %w", err)
	}
	row.Finding, row.Settlement = sql.Null[string]{}, sql.Null[string]{}
	if t.State == svcgate.StateFinal {
		row.Next = sql.Null[int64]{}
	}
	if err := s.change(ctx, &change{apply: func(w *writer) error { return w.finish(row, x) }}); err != nil {
		return fmt.Errorf("finishing transaction %s: %w", t.ID, err)
	}
	return nil
}

// finish does not read the row that it changed: what it did not write comes back from the update.
func (w *writer) finish(row *transactionRow, x *svcgate.Exchange) error {
	row.Ended = 0
	if row.State == string(svcgate.StateFinal) {
		row.Ended = w.nextSeq()
	}
	kept, err := w.outcome(sqlFinish, row)
	if err != nil {
		return err
	}
	row.Sent, row.Sends, row.Looks, row.Began = kept.Sent, kept.Sends, kept.Looks, kept.Began
	part, record := int64(0), []byte(nil)
	if x != nil {
		values := exchangeValues(row.ID, kept.Sends, x)
		if err := w.exec(sqlInsertExchange, values...); err != nil {
			return fmt.Errorf("inserting the exchange: %w", err)
		}
		d := digestOf(values...)
		part, record = kept.Sends, d[:]
	}
	w.link(chainFinish, row.ID, part, row.digestAfter(kept.Begun), record)
	return nil
}

func exchangeValues(id string, send int64, x *svcgate.Exchange) []any {
	return []any{id, send, string(x.Class), x.Sent, x.Received, x.Failure, x.Started.UnixMicro(), int64(x.Took), int64(x.Status)}
}

// stateOf returns "" for a transaction that is not there.
func (w *writer) stateOf(id string) (svcgate.State, error) {
	var state svcgate.State
	if err := w.get(&state, sqlStateOf, id); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading the state: %w", err)
	}
	return state, nil
}
