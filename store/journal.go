package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/svcgate/svcgate"
)

var sqlInsertTransaction = `INSERT INTO transactions (` + transactionColumns + `, node_epoch)
	VALUES (?` + strings.Repeat(`, ?`, strings.Count(transactionColumns, ",")+1) + `) ON CONFLICT DO NOTHING`

const (
	sqlByKey = `SELECT ` + transactionColumns + ` FROM transactions
		WHERE idempotency_key = ? AND idempotency_key <> '' AND caller = ?`

	// The conditions are those of the index transactions_card_held, word by word.
	sqlHolder = `SELECT id, operation, order_number, state FROM transactions WHERE card_print = ? AND service = ?
		AND state IN ('sent', 'unresolved') AND operation NOT IN ('generate', 'inquire') AND plan IS NULL AND card_print <> ''`

	// What ended since then, and what was settled: a settlement counts from an earlier place on.
	sqlMoved = `SELECT EXISTS (SELECT 1 FROM transactions
			WHERE card_print = ? AND service = ? AND ended > ? AND ended > 0 AND card_print <> '' AND operation NOT IN ('generate', 'inquire'))
		OR EXISTS (SELECT 1 FROM transactions
			WHERE card_print = ? AND service = ? AND chained > ? AND settlement IS NOT NULL AND ended > 0 AND card_print <> '')`

	sqlHeadSeq = `SELECT seq FROM chain_head WHERE id = 1` // of PostgreSQL

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
// unresolved records nothing and is an *svcgate.CardHeldError; a split deposit counts by its parts. One on a card on
// which another ended after t.Seen records nothing and is svcgate.ErrMoved.
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
	b := beginning{row: row, seen: t.Seen}
	err = s.change(ctx, &change{apply: b.apply, there: b.there, begin: &b})
	switch {
	case err != nil:
		return nil, fmt.Errorf("beginning transaction %s: %w", t.ID, err)
	case b.held != nil:
		return nil, fmt.Errorf("beginning transaction %s: %w", t.ID, b.held)
	case b.moved:
		return nil, fmt.Errorf("beginning transaction %s: %w", t.ID, svcgate.ErrMoved)
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
	seen    int64  // place in the chain up to which the card's records were read; 0: not at all
	earlier string // id of the key's transaction
	held    *svcgate.CardHeldError
	moved   bool
}

// apply inserts without looking before: the unique indexes decide between callers.
func (b *beginning) apply(w *writer) (err error) {
	b.earlier, b.held, b.moved = "", nil, false
	if b.row.Plan.Valid {
		// No index holds the card for a split deposit, because its parts must be begun under it.
		if b.held, err = w.holder(b.row); err != nil {
			return err
		}
		if b.held != nil {
			if b.earlier, err = w.keyOf(b.row); b.earlier != "" { // its own part may hold the card
				b.held = nil
			}
			return err
		}
	}
	if b.moved, err = w.moved(b.row, b.seen); err != nil {
		return err
	}
	if b.moved {
		b.earlier, err = w.keyOf(b.row)
		b.moved = b.earlier == ""
		return err
	}
	inserted, err := w.affect(sqlInsertTransaction, b.values(w)...)
	if err != nil {
		return fmt.Errorf("inserting: %w", err)
	}
	if inserted > 0 {
		b.link(w)
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

// mostValues is room for the values of a whole row.
const mostValues = 56

// values are those of the row to insert, as the next one of the chain.
func (b *beginning) values(w *writer) []any {
	b.row.Began, b.row.Chained = w.nextSeq(), w.nextSeq()
	values := append(make([]any, 0, mostValues), b.row.begunValues()...)
	return append(append(values, b.row.sinceValues()...), b.row.Sealed, b.row.Begun, b.row.Chained, w.epoch())
}

func (b *beginning) link(w *writer) {
	w.link(chainBegin, b.row.ID, 0, b.row.digestAfter(b.row.Begun), nil)
}

// there tells after a doubtful commit whether the answer still holds: what stood in the way may have been of the same
// commit. What was inserted is found by the chain.
func (b *beginning) there(w *writer) (bool, error) {
	if b.moved { // to be read again in any case
		return true, nil
	}
	id := b.earlier
	if b.held != nil {
		id = b.held.TransactionID
	}
	state, err := w.stateOf(id)
	return state != "", err
}

// moved reports whether a money operation on the row's card ended after the place in the chain; one under way holds the
// card.
func (w *writer) moved(r *transactionRow, seen int64) (moved bool, err error) {
	if seen == 0 || seen == w.head.seq || r.CardPrint == "" {
		return false, nil
	}
	if err := w.get(&moved, sqlMoved, r.CardPrint, r.Service, seen, r.CardPrint, r.Service, seen); err != nil {
		return false, fmt.Errorf("reading what ended on the card: %w", err)
	}
	return moved, nil
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
	return &svcgate.CardHeldError{TransactionID: rows[0].ID, Operation: op, Order: rows[0].Order, State: svcgate.State(rows[0].State)}, err
}

// Finish records what came of t, which must be StateFinal or StateUnresolved, and its exchange. Only a sent transaction
// can be finished, and only by the end of its last message, as t.Sends counts it: anything else is ErrFinished with
// CodeConflict and changes nothing, and one that was never begun is an *svcgate.Error with CodeNotFound. A provider's
// transaction id that the service bureau gave to another transaction is svcgate.ErrIDSeen and changes nothing. Only a
// split deposit is finished without an exchange. The sealed card is kept while the outcome is unknown, kept after a
// generation until EraseCards, and otherwise erased by the same commit.
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
	f := finishing{row, x}
	if err := s.change(ctx, &change{apply: f.apply, end: &f}); err != nil {
		return fmt.Errorf("finishing transaction %s: %w", t.ID, err)
	}
	return nil
}

// finishing is a Finish in the writer's hands.
type finishing struct {
	row *transactionRow
	x   *svcgate.Exchange
}

// apply reads before what it does not write: SQLite takes longer to give it back from the update.
func (f *finishing) apply(w *writer) error {
	kept, err := w.move(f.row.ID, sqlSent, f.row.ID, f.sends())
	if err != nil {
		return err
	}
	query, outcome := sqlFinish, f.values(w)
	if kept.Last4 == f.row.Last4 && kept.CardPrint == f.row.CardPrint {
		query, outcome = sqlFinishSame, outcome[2:]
	}
	if err := w.exec(query, outcome...); isUnique(err) {
		return svcgate.ErrIDSeen
	} else if err != nil {
		return fmt.Errorf("updating: %w", err)
	}
	values := f.link(w, kept)
	if values == nil {
		return nil
	}
	if err := w.exec(sqlInsertExchange, values...); err != nil {
		return fmt.Errorf("inserting the exchange: %w", err)
	}
	return nil
}

// sends is the message that was answered.
func (f *finishing) sends() int64 { return max(f.row.Sends, 1) }

// values are those of the outcome, as the next row of the chain, and which row it is of.
func (f *finishing) values(w *writer) []any {
	f.row.Ended = 0
	if f.row.State == string(svcgate.StateFinal) {
		f.row.Ended = w.nextSeq()
	}
	return append(w.outcomeValues(f.row), f.sends())
}

// link takes what was not written, adds to the chain and returns the values of the exchange, nil for none.
func (f *finishing) link(w *writer, kept *transactionRow) (values []any) {
	r := f.row
	r.Sent, r.Sends, r.Looks, r.Began = kept.Sent, kept.Sends, kept.Looks, kept.Began
	part, record := int64(0), []byte(nil)
	if f.x != nil {
		values = exchangeValues(r.ID, kept.Sends, f.x)
		d := digestOf(values...)
		part, record = kept.Sends, d[:]
	}
	w.link(chainFinish, r.ID, part, r.digestAfter(kept.Begun), record)
	return values
}

func exchangeValues(id string, send int64, x *svcgate.Exchange) []any {
	return []any{id, send, string(x.Class), x.Sent, x.Received, plain(x.Failure), x.Started.UnixMicro(), int64(x.Took), int64(x.Status)}
}

// stateOf returns "" for a transaction that is not there.
func (w *writer) stateOf(id string) (svcgate.State, error) {
	var state svcgate.State
	if err := w.get(&state, sqlStateOf, id); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading the state: %w", err)
	}
	return state, nil
}

// Head returns the number of the last change that is kept.
func (s *Store) Head(ctx context.Context) (seq int64, err error) {
	if s.node == nil {
		return s.writer.last.Load(), nil
	}
	if err := s.read.GetContext(ctx, &seq, sqlHeadSeq); err != nil {
		return 0, fmt.Errorf("reading the end of the chain: %w", err)
	}
	return seq, nil
}
