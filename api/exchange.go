package api

import (
	"net/http"

	"github.com/beevik/etree"

	"github.com/svcgate/svcgate"
)

// exchangeBody is the record of one message and its answer. Both were masked before they were stored.
type exchangeBody struct {
	Transaction  string        `json:"transaction"`
	Class        svcgate.Class `json:"class"`
	Failure      *string       `json:"failure"`
	StartedAt    string        `json:"started_at"`
	Milliseconds float64       `json:"took_ms"`
	HTTPStatus   *int          `json:"http_status"`
	Sent         string        `json:"sent"`
	Received     *string       `json:"received"`
	Baseline     *readingBody  `json:"baseline"` // the card before
	Readings     []readingBody `json:"readings"` // looks at it since
}

// getExchange is GET /v1/transactions/{id}/exchange. Reading is audited.
func (a *API) getExchange(c *call) (*answer, error) {
	id := c.variable("id")
	x, err := a.Journal.Exchange(c.r.Context(), id)
	if err != nil {
		return nil, err
	}
	t, err := a.Journal.Transaction(c.r.Context(), id)
	if err != nil {
		return nil, err
	}
	c.seen(t)
	if err := a.readsExchange(c, id, ""); err != nil {
		return nil, err
	}
	b := exchangeBody{Transaction: id, Class: x.Class, Failure: given(x.Failure),
		StartedAt: x.Started.UTC().Format(milliseconds), Milliseconds: float64(x.Took.Microseconds()) / 1000, Sent: pretty(x.Sent),
		Baseline: newReading(t.Baseline), Readings: newReadings(t.Readings)}
	if x.Status != 0 {
		b.HTTPStatus = &x.Status
	}
	if x.Received != nil {
		text := pretty(x.Received)
		b.Received = &text
	}
	return write(http.StatusOK, b)
}

// pretty indents XML. What is not XML, such as a front's HTML page, is shown as it came.
func pretty(body []byte) string {
	doc := etree.NewDocument()
	doc.ReadSettings.ValidateInput = true
	if err := doc.ReadFromBytes(body); err != nil || doc.Root() == nil {
		return string(body)
	}
	doc.Indent(2)
	text, err := doc.WriteToString()
	if err != nil {
		return string(body)
	}
	return text
}
