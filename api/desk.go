package api

import (
	"net/http"

	"github.com/svcgate/svcgate"
)

// deskParameters are the query parameters of GET /v1/desk.
var deskParameters = []string{"order", "service", "last4", "limit", "cursor"}

// deskBody is one transaction that waits for a person, with all that is known of it.
type deskBody struct {
	Transaction *transactionBody `json:"transaction"`
	Age         int64            `json:"age_seconds"`
	Baseline    *readingBody     `json:"baseline"`
	Readings    []readingBody    `json:"readings"`
	Choices     []choiceBody     `json:"choices"`
}

// choiceBody is one way of settling, with the members that POST …/settlement takes beside the reason.
type choiceBody struct {
	Verdict  svcgate.Verdict `json:"verdict"`
	Meaning  string          `json:"meaning"`
	Required []string        `json:"required"`
	Optional []string        `json:"optional"`
}

// listDesk is GET /v1/desk, newest first.
func (a *API) listDesk(c *call) (*answer, error) {
	f, err := readFilter(c.query)
	if err != nil {
		return nil, err
	}
	f.State = svcgate.StateDesk
	page, err := a.Journal.Transactions(c.r.Context(), f)
	if err != nil {
		return nil, err
	}
	body := struct {
		Desk []deskBody `json:"desk"`
		Next *string    `json:"next"`
	}{Next: given(page.Next)}
	for _, t := range page.Transactions {
		shown, err := a.show(c.r.Context(), t, "")
		if err != nil {
			return nil, err
		}
		body.Desk = append(body.Desk, deskBody{shown, a.age(t.Created), newReading(t.Baseline), newReadings(t.Readings), choices(t)})
	}
	return write(http.StatusOK, body)
}

// choices are the verdicts that a person can give. That a generation was carried out helps nobody: its number is lost.
func choices(t *svcgate.Transaction) []choiceBody {
	applied := choiceBody{svcgate.Applied, "The provider carried it out.", []string{"reason"}, []string{"amount", "provider_transaction_id"}}
	rest := []choiceBody{
		{svcgate.NotApplied, "The provider did nothing.", []string{"reason"}, nil},
		{svcgate.Released, "The provider carried it out and it was undone there since.", []string{"reason"}, nil},
	}
	switch {
	case len(t.Plan) > 0: // settled by its parts
		return nil
	case t.Operation == svcgate.Generate:
		return rest
	case t.Operation == svcgate.Authorize:
		applied.Required, applied.Optional = []string{"reason", "provider_transaction_id"}, []string{"amount"}
	}
	return append([]choiceBody{applied}, rest...)
}
