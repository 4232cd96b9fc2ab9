package store

import (
	"context"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
)

type readingRow struct {
	Transaction string `db:"transaction_id"`
	Look        int64  `db:"look"`
	Send        int64  `db:"send"`
	At          int64  `db:"at"`
	Minor       int64  `db:"balance_minor"`
	Currency    string `db:"balance_currency"`
	Status      string `db:"card_status"`
	ToldBy      string `db:"told_by"`
}

const (
	readingColumns   = `transaction_id, look, send, at, balance_minor, balance_currency, card_status, told_by`
	sqlInsertReading = `INSERT INTO readings (` + readingColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	sqlReadings      = `SELECT ` + readingColumns + ` FROM readings WHERE transaction_id = ? AND send = ? ORDER BY look`
	sqlParts         = `SELECT id, authorization_id FROM transactions WHERE parent = ? AND parent <> '' ORDER BY created, id`
)

// readingValues are the values of readingColumns for a reading of the look that t just counted.
func readingValues(t *transactionRow, r svcgate.Reading) []any {
	return []any{t.ID, t.Looks, t.Sends, r.At.UnixMicro(), r.Balance.Minor(), r.Balance.Currency(), string(r.Status), r.Transaction}
}

func (r *readingRow) values() []any {
	return []any{r.Transaction, r.Look, r.Send, r.At, r.Minor, r.Currency, r.Status, r.ToldBy}
}

// readings returns the looks since the transaction's last message.
func (s *Store) readings(ctx context.Context, t *transactionRow) ([]svcgate.Reading, error) {
	var rows []readingRow
	if err := s.read.SelectContext(ctx, &rows, sqlReadings, t.ID, t.Sends); err != nil {
		return nil, fmt.Errorf("reading the looks of transaction %s: %w", t.ID, err)
	}
	var all []svcgate.Reading
	for _, row := range rows {
		balance, err := money(row.Minor, row.Currency)
		if err != nil {
			return nil, fmt.Errorf("a look of transaction %s as stored: %w", t.ID, err)
		}
		all = append(all, svcgate.Reading{At: instant(row.At), Balance: balance, Status: svcgate.Status(row.Status), Transaction: row.ToldBy})
	}
	return all, nil
}

// fillPlan names the parts of a split deposit that were begun.
func (s *Store) fillPlan(ctx context.Context, t *svcgate.Transaction) error {
	var rows []transactionRow
	if err := s.read.SelectContext(ctx, &rows, sqlParts, t.ID); err != nil {
		return fmt.Errorf("reading the parts of transaction %s: %w", t.ID, err)
	}
	for _, row := range rows {
		for i := range t.Plan {
			if t.Plan[i].Authorization == row.Authorization {
				t.Plan[i].TransactionID = row.ID
			}
		}
	}
	return nil
}

// recent is how many of a card's latest transactions LastReading looks at.
const recent = 32

const (
	// What ended last comes first, and nothing while a money operation is open. The order is that of the journal, not of a
	// clock that may jump.
	sqlCard = `SELECT id, operation, state, outcome, accepted, account_id, balance_minor, balance_currency, card_status, class, finished,
		settlement, began, ended FROM transactions
		WHERE card_print = ? AND service = ? AND ended > 0 AND card_print <> '' AND plan IS NULL AND NOT EXISTS (` + sqlHolder + `)
		ORDER BY ended DESC LIMIT ?`

	sqlAccount = `SELECT account_id FROM transactions WHERE card_print = ? AND service = ? AND ended > 0 AND card_print <> ''
		AND account_id <> '' AND accepted ORDER BY ended DESC LIMIT 1`
)

// Account returns the id of the provider's account behind a card, as the latest accepted answer named it; "" for none.
func (s *Store) Account(ctx context.Context, service, cardPrint string) (string, error) {
	var ids []string
	if err := s.read.SelectContext(ctx, &ids, sqlAccount, cardPrint, service); err != nil {
		return "", fmt.Errorf("reading a card's account: %w", err)
	}
	if len(ids) == 0 {
		return "", nil
	}
	return ids[0], nil
}

// LastReading returns the latest balance that an answer told of the card. It is the zero value when none did, when a
// money operation is open, and when one that may have moved the balance was not over before the answer's question was
// asked: such a balance may be from before or from after.
func (s *Store) LastReading(ctx context.Context, service, cardPrint string) (svcgate.Reading, error) {
	var rows []transactionRow
	if err := s.read.SelectContext(ctx, &rows, sqlCard, cardPrint, service, cardPrint, service, recent); err != nil {
		return svcgate.Reading{}, fmt.Errorf("reading a card's latest transactions: %w", err)
	}
	best := lastReading(rows)
	if best == nil {
		return svcgate.Reading{}, nil
	}
	balance, err := money(best.BalanceMinor, best.BalanceCurrency)
	if err != nil {
		return svcgate.Reading{}, fmt.Errorf("transaction %s as stored: %w", best.ID, err)
	}
	return svcgate.Reading{At: time.UnixMicro(best.Finished.V).UTC(), Balance: balance, Status: svcgate.Status(best.CardStatus), Transaction: best.ID, Account: best.AccountID}, nil
}

// lastReading chooses from a card's transactions, the one that ended last first.
func lastReading(rows []transactionRow) *transactionRow {
	var best *transactionRow
	moved := int64(0) // where the last operation that may have moved the balance ended
	if len(rows) == recent {
		moved = rows[recent-1].Ended
	}
	for i := range rows {
		if rows[i].mayMoveBalance() {
			moved = rows[i].Ended
			// Its own answer tells what came of it, if nothing else was under way.
			if rows[i].tellsBalance() && (i+1 == len(rows) || undisturbed(rows[i+1:], rows[i].Began)) {
				best = &rows[i]
			}
			break
		}
	}
	for i := range rows {
		if r := &rows[i]; r.tellsBalance() && r.Began >= moved && (best == nil || r.Began > best.Began) {
			best = r
		}
	}
	return best
}

// undisturbed reports whether no operation that may have moved the balance ended after the place in the chain.
func undisturbed(rows []transactionRow, after int64) bool {
	for i := range rows {
		if rows[i].Ended <= after {
			return true
		}
		if rows[i].mayMoveBalance() {
			return false
		}
	}
	return true
}

// tellsBalance reports whether the provider's answer to this transaction told the balance. A settled one took it from
// another transaction, which tells it too.
func (r *transactionRow) tellsBalance() bool {
	return r.BalanceCurrency != "" && r.Class == string(svcgate.ClassAnswered) && r.State == string(svcgate.StateFinal) && !r.Settlement.Valid
}

// mayMoveBalance reports whether the transaction may have changed the balance that is shown. A deposit takes what is
// held and no longer shown; one of unknown effect counts, to be safe.
func (r *transactionRow) mayMoveBalance() bool {
	switch r.Operation {
	case svcgate.Inquire.String(), svcgate.Generate.String():
		return false
	}
	switch svcgate.Outcome(r.Outcome) {
	case svcgate.Declined, svcgate.Unavailable:
		return r.settledByHand()
	case svcgate.Approved, svcgate.Partial:
		return r.Operation != svcgate.Deposit.String()
	case svcgate.Undefined, svcgate.Unknown:
	}
	return true
}

// settledByHand reports whether a person decided; what they did at the provider besides is not known.
func (r *transactionRow) settledByHand() bool {
	byHand := false
	err := take(r.Settlement, func(text settlementText) error { byHand = text.By != svcgate.CallerSettling; return nil })
	return byHand || err != nil
}
