package api

import (
	"net/http"

	"github.com/svcgate/svcgate"
)

// holdParameters are the query parameters of GET /v1/cards/holds.
var holdParameters = []string{"service", "order", "last4"}

// holdBody is money that a card holds and a deposit can take.
type holdBody struct {
	Authorization string        `json:"authorization"`
	Transaction   string        `json:"transaction_id"`
	Order         string        `json:"order"`
	Card          string        `json:"card"` // masked
	Amount        svcgate.Money `json:"amount"`
	Captured      svcgate.Money `json:"captured"`
	Remaining     svcgate.Money `json:"remaining"`
	CreatedAt     string        `json:"created_at"`
}

// listHolds is GET /v1/cards/holds: what can be deposited or voided, the oldest first, and the orphans, which are there at the provider
// and cannot be named because the answer with their id was lost.
func (a *API) listHolds(c *call) (*answer, error) {
	f, err := readFilter(c.query)
	if err != nil {
		return nil, err
	}
	if f.Service == "" {
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "parameter_required", Field: "service", Detail: "Name the service bureau."}
	}
	body := struct {
		Holds   []holdBody         `json:"holds"`
		More    bool               `json:"more"`
		Orphans []*transactionBody `json:"orphans"`
	}{}
	f.Limit = maxPage + 1
	holds, err := a.Journal.OpenHolds(c.r.Context(), f)
	if err != nil {
		return nil, err
	}
	if body.More = len(holds) > maxPage; body.More {
		holds = holds[:maxPage]
	}
	for _, h := range holds {
		if h.Remaining.Minor() > 0 {
			body.Holds = append(body.Holds, holdBody{h.Authorization, h.TransactionID, h.Order, svcgate.MaskLast4(h.Last4),
				h.Amount, h.Captured, h.Remaining, h.Created.UTC().Format(milliseconds)})
		}
	}
	orphans, err := a.Journal.OrphanHolds(c.r.Context(), f.Service)
	if err != nil {
		return nil, err
	}
	for _, t := range orphans {
		if (f.Order == "" || f.Order == t.Order) && (f.Last4 == "" || f.Last4 == t.Last4) {
			body.Orphans = append(body.Orphans, newTransaction(t, ""))
		}
	}
	return write(http.StatusOK, body)
}
