package store

import (
	"context"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
)

// CardDrift is a card whose balance is not what its operations in the journal make of it: money moved elsewhere, or an
// operation went otherwise than the journal says.
type CardDrift struct {
	CardPrint   string
	Last4       string
	Told        svcgate.Money // the balance that the provider told last
	Transaction string        // whose answer that was
	At          time.Time     // when
	Since       time.Time     // the first answer that told a balance; the arithmetic starts there
	Minor       int64         // what was told above what the journal makes, in minor units; below zero for less
	Unknown     int           // operations in between of which the effect is not known; they may explain it
}

const sqlDrift = `SELECT ` + transactionColumns + ` FROM transactions
	WHERE service = ? AND ended > 0 AND card_print <> '' AND plan IS NULL ORDER BY card_print, service, ended`

// Drift compares, for every card of a service bureau, the journal's arithmetic since the first balance that was told
// with the balance told last, and returns the cards where they differ.
func (s *Store) Drift(ctx context.Context, service string) (drifts []CardDrift, err error) {
	rows, err := s.read.QueryxContext(ctx, sqlDrift, service)
	if err != nil {
		return nil, fmt.Errorf("reading cards: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var card account
	for rows.Next() {
		var row transactionRow
		if err := rows.StructScan(&row); err != nil {
			return nil, fmt.Errorf("reading cards: %w", err)
		}
		if row.CardPrint != card.drift.CardPrint {
			drifts = card.appendTo(drifts)
			card = account{drift: CardDrift{CardPrint: row.CardPrint, Last4: row.Last4}}
		}
		if err := card.take(&row); err != nil {
			return nil, fmt.Errorf("transaction %s as stored: %w", row.ID, err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading cards: %w", err)
	}
	return card.appendTo(drifts), nil
}

// account is the arithmetic of one card.
type account struct {
	drift    CardDrift
	currency string // "" until a balance was told
	first    int64
	moved    int64 // by operations since
	unknown  int
	ended    int64 // place in the chain of the last operation that moved money
}

func (a *account) take(r *transactionRow) error {
	effect, known := r.effect()
	if a.currency != "" {
		if !known {
			a.unknown++
		} else if effect != 0 && r.effectCurrency() == a.currency {
			a.moved += effect
		}
	}
	reading := r.tellsBalance() && r.Began >= a.ended
	if effect != 0 || !known {
		a.ended = r.Ended
	}
	if !reading {
		return nil
	}
	balance, err := money(r.BalanceMinor, r.BalanceCurrency)
	if err != nil {
		return err
	}
	at := instant(r.Finished.V)
	if a.currency != r.BalanceCurrency {
		a.currency, a.first, a.moved, a.unknown, a.drift.Since = r.BalanceCurrency, r.BalanceMinor, 0, 0, at
	}
	a.drift.Told, a.drift.At, a.drift.Transaction = balance, at, r.ID
	a.drift.Minor, a.drift.Unknown = r.BalanceMinor-a.first-a.moved, a.unknown
	return nil
}

func (a *account) appendTo(drifts []CardDrift) []CardDrift {
	if a.currency == "" || a.drift.Minor == 0 {
		return drifts
	}
	return append(drifts, a.drift)
}

// effect is what the transaction did to the balance that is shown, in minor units; known is false when that is not
// certain. A deposit takes what is no longer shown.
func (r *transactionRow) effect() (minor int64, known bool) {
	if !r.mayMoveBalance() {
		return 0, true
	}
	switch svcgate.Outcome(r.Outcome) {
	case svcgate.Approved, svcgate.Partial:
	case svcgate.Declined, svcgate.Undefined, svcgate.Unavailable, svcgate.Unknown:
		return 0, false
	}
	minor = r.AmountMinor
	if r.AmountCurrency == "" {
		minor = r.RequestedMinor
	}
	switch r.Operation {
	case svcgate.Authorize.String():
		return -minor, true
	case svcgate.Activate.String(), svcgate.Recharge.String(), svcgate.Return.String(), svcgate.Void.String():
		return minor, true
	}
	return 0, false
}

func (r *transactionRow) effectCurrency() string {
	if r.AmountCurrency != "" {
		return r.AmountCurrency
	}
	return r.RequestedCurrency
}

const sqlOnDesk = `SELECT ` + transactionColumns + ` FROM transactions
	WHERE state = 'desk' AND state <> 'final' AND service = ? AND operation = 'authorize' ORDER BY created, id`

// OrphanHolds returns the authorizations of a service bureau that were carried out although their answer was lost:
// they are on the desk, and only the provider's lost transaction id would let them be deposited or voided.
func (s *Store) OrphanHolds(ctx context.Context, service string) ([]*svcgate.Transaction, error) {
	var rows []transactionRow
	if err := s.read.SelectContext(ctx, &rows, sqlOnDesk, service); err != nil {
		return nil, fmt.Errorf("reading the desk: %w", err)
	}
	all, err := s.transactions(ctx, rows)
	if err != nil {
		return nil, err
	}
	var orphans []*svcgate.Transaction
	for _, t := range all {
		if t.Finding.Verdict == svcgate.Applied {
			orphans = append(orphans, t)
		}
	}
	return orphans, nil
}
