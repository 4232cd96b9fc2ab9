package store

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/svcgate/svcgate"
)

// holdRow is an authorization and one deposit or void that names it; an authorization without any has one row of which
// the second half is empty.
type holdRow struct {
	ID                  string `db:"id"`
	ProviderTransaction string `db:"provider_transaction"`
	Order               string `db:"order_number"`
	CardPrint           string `db:"card_print"`
	Last4               string `db:"last4"`
	Minor               int64  `db:"minor"`
	Currency            string `db:"currency"`
	Created             int64  `db:"created"`

	UseID        string `db:"use_id"`
	UseOperation string `db:"use_operation"`
	UseState     string `db:"use_state"`
	UseOutcome   string `db:"use_outcome"`
	UseAccepted  bool   `db:"use_accepted"`
	UseMinor     int64  `db:"use_minor"`
	UseCurrency  string `db:"use_currency"`
}

// An approved amount that the provider did not tell is the one asked for.
const (
	heldColumns = `id, provider_transaction, order_number, card_print, last4, created, service, amount_minor, amount_currency,
		requested_minor, requested_currency`

	// IS TRUE keeps PostgreSQL from going through all that are of the operation.
	sqlHolds = `
	WITH held AS (
		SELECT ` + heldColumns + ` FROM transactions
			WHERE order_number = ?1 AND order_number <> '' AND service = ?2
			AND (operation = 'authorize' AND outcome IN ('approved', 'partial')) IS TRUE
		UNION
		SELECT ` + heldColumns + ` FROM transactions
			WHERE provider_transaction = ?3 AND provider_transaction <> '' AND service = ?2
			AND (operation <> 'inquire' OR settlement IS NULL) -- as the index says
			AND (operation = 'authorize' AND outcome IN ('approved', 'partial')) IS TRUE
	)` + sqlUses

	// The authorizations that deposits and voids have not used up for certain. What the filter says and the limit follow.
	sqlOpenHolds = `outcome IN ('approved', 'partial') AND provider_transaction <> ''
		AND NOT EXISTS (SELECT 1 FROM transactions AS used
			WHERE used.authorization_id = transactions.provider_transaction AND used.authorization_id <> '' AND used.service = transactions.service
			AND used.operation = 'void' AND used.outcome IN ('approved', 'partial'))
		AND CASE WHEN amount_currency <> '' THEN amount_minor ELSE requested_minor END > coalesce((
			SELECT sum(CASE WHEN used.amount_currency <> '' THEN used.amount_minor ELSE used.requested_minor END) FROM transactions AS used
			WHERE used.authorization_id = transactions.provider_transaction AND used.authorization_id <> '' AND used.service = transactions.service
			AND used.operation = 'deposit' AND used.outcome IN ('approved', 'partial')), 0)`

	sqlUses = `
	SELECT h.id, h.provider_transaction, h.order_number, h.card_print, h.last4, h.created,
		CASE WHEN h.amount_currency <> '' THEN h.amount_minor ELSE h.requested_minor END AS minor,
		CASE WHEN h.amount_currency <> '' THEN h.amount_currency ELSE h.requested_currency END AS currency,
		coalesce(u.id, '') AS use_id, coalesce(u.operation, '') AS use_operation, coalesce(u.state, '') AS use_state, coalesce(u.outcome, '') AS use_outcome,
		coalesce(u.accepted, FALSE) AS use_accepted,
		coalesce(CASE WHEN u.outcome IN ('approved', 'partial') AND u.amount_currency <> '' THEN u.amount_minor ELSE u.requested_minor END, 0) AS use_minor,
		coalesce(CASE WHEN u.outcome IN ('approved', 'partial') AND u.amount_currency <> '' THEN u.amount_currency ELSE u.requested_currency END, '') AS use_currency
	FROM held h LEFT JOIN transactions u
		ON u.authorization_id = h.provider_transaction AND u.authorization_id <> '' AND u.service = h.service
		AND (u.operation IN ('deposit', 'void')) IS TRUE
	ORDER BY h.created, h.id, u.created, u.id`
)

// Holds returns the approved and partial authorizations of an order, and the one with the provider's transaction id,
// oldest first.
//
// Captured is what is certain: approved deposits. Remaining takes every doubt for the worse, because a deposit that is
// refused here can be made later and a deposit that the hold does not cover cannot be unmade: a deposit that is under
// way, unresolved, or accepted with an undefined code counts as captured whole, and such a void as freed.
func (s *Store) Holds(ctx context.Context, service, order, authorization string) ([]svcgate.Hold, error) {
	var rows []holdRow
	if err := s.read.SelectContext(ctx, &rows, sqlHolds, order, service, authorization); err != nil {
		return nil, fmt.Errorf("reading holds: %w", err)
	}
	return heldBy(rows)
}

// OpenHolds returns the authorizations that the filter chooses and that are not used up for certain, the oldest first,
// at most the filter's limit. Remaining is as Holds tells it, so it can be 0 where a deposit or void is in doubt.
func (s *Store) OpenHolds(ctx context.Context, f svcgate.Filter) ([]svcgate.Hold, error) {
	f.Operation, f.Limit = svcgate.Authorize, cmp.Or(f.Limit, DefaultPage)
	where, args, err := conditions(f)
	if err != nil {
		return nil, err
	}
	query := `WITH held AS (SELECT ` + heldColumns + ` FROM transactions WHERE ` + strings.Join(append(where, sqlOpenHolds), ` AND `) +
		` ORDER BY created, id LIMIT ?)` + sqlUses
	var rows []holdRow
	if err := s.read.search(ctx, &rows, query, append(args, f.Limit)...); err != nil {
		return nil, fmt.Errorf("reading open holds: %w", err)
	}
	return heldBy(rows)
}

// heldBy puts each authorization's rows together.
func heldBy(rows []holdRow) ([]svcgate.Hold, error) {
	var holds []svcgate.Hold
	for i := range rows {
		row := &rows[i]
		if len(holds) == 0 || holds[len(holds)-1].TransactionID != row.ID {
			amount, err := money(row.Minor, row.Currency)
			if err != nil {
				return nil, fmt.Errorf("hold of transaction %s as stored: %w", row.ID, err)
			}
			none, err := money(0, row.Currency)
			if err != nil {
				return nil, fmt.Errorf("hold of transaction %s as stored: %w", row.ID, err)
			}
			holds = append(holds, svcgate.Hold{
				Authorization: row.ProviderTransaction, TransactionID: row.ID, Order: row.Order, CardPrint: row.CardPrint,
				Last4: row.Last4, Amount: amount, Captured: none, Remaining: amount, Created: instant(row.Created),
			})
		}
		if err := row.use(&holds[len(holds)-1]); err != nil {
			return nil, fmt.Errorf("hold of transaction %s: %w", row.ID, err)
		}
	}
	return holds, nil
}

// use takes the row's deposit or void off the hold.
func (r *holdRow) use(h *svcgate.Hold) error {
	certain, possible, err := r.happened()
	if err != nil || !possible {
		return err
	}
	if r.UseState == string(svcgate.StateSent) {
		op, err := svcgate.ParseOperation(r.UseOperation)
		if err != nil {
			return err
		}
		h.UnderWay = svcgate.CardHeldError{TransactionID: r.UseID, Operation: op, Order: r.Order, State: svcgate.StateSent}
	}
	none, err := money(0, h.Amount.Currency())
	if err != nil {
		return err
	}
	if r.UseOperation == svcgate.Void.String() {
		h.Remaining = none
		return nil
	}
	amount, err := money(r.UseMinor, r.UseCurrency)
	if err != nil {
		return err
	}
	if certain {
		if h.Captured, err = h.Captured.Plus(amount); err != nil {
			return fmt.Errorf("adding a deposit: %w", err)
		}
	}
	if h.Remaining, err = h.Remaining.Minus(amount); err != nil {
		h.Remaining = none
	}
	return nil
}

// happened reports whether the use was certainly carried out, and whether it may have been.
func (r *holdRow) happened() (certain, possible bool, err error) {
	switch outcome := svcgate.Outcome(r.UseOutcome); outcome {
	case "": // none at all, or under way
		return false, r.UseState == string(svcgate.StateSent), nil
	case svcgate.Approved, svcgate.Partial:
		return true, true, nil
	case svcgate.Unknown:
		return false, true, nil
	case svcgate.Undefined:
		return false, r.UseAccepted, nil
	case svcgate.Declined, svcgate.Unavailable:
		return false, false, nil
	default:
		return false, false, fmt.Errorf("a stored outcome %q is not known", outcome)
	}
}
