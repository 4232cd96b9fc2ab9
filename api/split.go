package api

import (
	"context"
	"fmt"

	"github.com/svcgate/svcgate"
)

// partBody is one hold's share of a split deposit.
type partBody struct {
	Authorization string           `json:"authorization"`
	Amount        svcgate.Money    `json:"amount"`
	Transaction   *transactionBody `json:"transaction"` // null when it was never begun
}

// show builds the body of a transaction with the parts of a split deposit, which stand in the journal as transactions
// of their own. A part that cannot be read is an error: none is ever left out.
func (a *API) show(ctx context.Context, t *svcgate.Transaction, number string) (*transactionBody, error) {
	b := newTransaction(t, number)
	for _, planned := range t.Plan {
		part := partBody{Authorization: planned.Authorization, Amount: planned.Amount}
		if planned.TransactionID != "" {
			p, err := a.Journal.Transaction(ctx, planned.TransactionID)
			if err != nil {
				// Not as it came: a part that is not there is no reason to say that the whole is not.
				return nil, fmt.Errorf("reading part %s of %s: %v", planned.TransactionID, t.ID, err)
			}
			part.Transaction = newTransaction(p, "")
		}
		b.Parts = append(b.Parts, part)
	}
	return b, nil
}
