package store

import (
	"context"

	"github.com/svcgate/svcgate"
)

// What the reports are beside the filter. Where an index covers only some rows its condition is repeated word by word.
const (
	// The latest try of each card: a later one that is over hides the earlier.
	sqlUnactivated = `operation IN ('generate', 'activate') AND card_print <> ''
		AND (operation = 'generate' AND outcome IN ('approved', 'partial', 'undefined')
			OR operation = 'activate' AND outcome NOT IN ('approved', 'partial'))
		AND NOT EXISTS (SELECT 1 FROM transactions AS later INDEXED BY transactions_card
			WHERE later.card_print = transactions.card_print AND later.service = transactions.service
			AND later.ended > 0 AND later.card_print <> ''
			AND (later.operation IN ('activate', 'recharge') AND later.outcome IN ('approved', 'partial')
				OR later.operation = 'activate' AND (later.created, later.id) > (transactions.created, transactions.id)))`

	sqlAuthorizations = `operation = 'authorize'`

	sqlUnconfirmedDeposits = `operation = 'deposit' AND parent = '' AND outcome NOT IN ('', 'approved')
		AND NOT EXISTS (SELECT 1 FROM transactions AS later INDEXED BY transactions_order
			WHERE later.order_number = transactions.order_number AND later.service = transactions.service
			AND later.operation = 'deposit' AND later.outcome = 'approved' AND later.authorization_id = transactions.authorization_id
			AND later.requested_minor = transactions.requested_minor AND later.requested_currency = transactions.requested_currency
			AND (later.created, later.id) > (transactions.created, transactions.id))`

	sqlUnconfirmedReversals = `operation = 'void' AND outcome NOT IN ('', 'approved')
		AND NOT EXISTS (SELECT 1 FROM transactions AS later INDEXED BY transactions_authorization
			WHERE later.authorization_id = transactions.authorization_id AND later.service = transactions.service
			AND later.authorization_id <> '' AND later.operation = 'void' AND later.outcome = 'approved'
			AND (later.created, later.id) > (transactions.created, transactions.id))`

	sqlUnknowns = `state IN ('unresolved', 'desk') AND state <> 'final'`
)

// Report returns a page of a report, narrowed by the filter, newest first. ReportUnmapped lists codes and is not to be
// had here: it and what is no report are an *svcgate.Error with CodeInvalid. What is under way is in no report.
func (s *Store) Report(ctx context.Context, name svcgate.ReportName, f svcgate.Filter) (*svcgate.Page, error) {
	more := search{name: string(name), index: "transactions_operation"}
	switch name {
	case svcgate.ReportUnactivated:
		more.where = sqlUnactivated
	case svcgate.ReportAuthorizations:
		more.where = sqlAuthorizations
	case svcgate.ReportDeposits:
		more.where = sqlUnconfirmedDeposits
	case svcgate.ReportReversals:
		more.where = sqlUnconfirmedReversals
	case svcgate.ReportUnknowns:
		more.where, more.index = sqlUnknowns, "transactions_open"
	case svcgate.ReportUnmapped:
	}
	if more.where == "" {
		return nil, invalid("report", "invalid_parameter", "There is no such report of transactions.")
	}
	return s.page(ctx, f, more)
}
