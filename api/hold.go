package api

import (
	"context"
	"net/http"
	"slices"

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

// listHolds is GET /v1/cards/holds: what can be deposited or voided, and the orphans, which are there at the provider
// and cannot be named because the answer with their id was lost.
func (a *API) listHolds(c *call) (*answer, error) {
	f, err := readFilter(c.query)
	if err != nil {
		return nil, err
	}
	if f.Service == "" || f.Order == "" && f.Last4 == "" {
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "parameter_required", Field: missing(f),
			Detail: "Name the service bureau, and the order or the card's last four digits or both."}
	}
	body := struct {
		Holds   []holdBody         `json:"holds"`
		Orphans []*transactionBody `json:"orphans"`
	}{}
	orders, err := a.ordersOf(c.r.Context(), f)
	if err != nil {
		return nil, err
	}
	for _, order := range orders {
		holds, err := a.Journal.Holds(c.r.Context(), f.Service, order, "")
		if err != nil {
			return nil, err
		}
		for _, h := range holds {
			if h.Remaining.Minor() > 0 && h.Order == order && (f.Last4 == "" || f.Last4 == h.Last4) {
				body.Holds = append(body.Holds, holdBody{h.Authorization, h.TransactionID, h.Order, svcgate.MaskLast4(h.Last4),
					h.Amount, h.Captured, h.Remaining, h.Created.UTC().Format(milliseconds)})
			}
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

func missing(f svcgate.Filter) string {
	if f.Service == "" {
		return "service"
	}
	return "order"
}

// ordersOf returns the orders that may hold money on the cards with these last four digits, or the one that is named.
func (a *API) ordersOf(ctx context.Context, f svcgate.Filter) ([]string, error) {
	if f.Order != "" {
		return []string{f.Order}, nil
	}
	f.Operation, f.State, f.Limit = svcgate.Authorize, svcgate.StateFinal, maxPage
	page, err := a.Journal.Transactions(ctx, f)
	if err != nil {
		return nil, err
	}
	if page.Next != "" {
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "parameter_required", Field: "order",
			Detail: "There are too many authorizations on cards with these last four digits; name the order too."}
	}
	var orders []string
	for _, t := range page.Transactions {
		if !slices.Contains(orders, t.Order) && (t.Outcome == svcgate.Approved || t.Outcome == svcgate.Partial) {
			orders = append(orders, t.Order)
		}
	}
	return orders, nil
}
