package api

import (
	"net/http"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// explanationBody is how a transaction came to what the OMS was told.
type explanationBody struct {
	Transaction *transactionBody       `json:"transaction"`
	Steps       []stepBody             `json:"steps"`
	Messages    []messageBody          `json:"messages"`
	Version     *versionOfRule         `json:"version"` // of the table that decided
	Rule        *ruleBody              `json:"rule"`    // as it stood then
	Now         *responsecodes.Meaning `json:"now"`     // the same answer under the published table
}

type stepBody struct {
	Step         string   `json:"step"`
	At           *string  `json:"at"`
	Milliseconds *float64 `json:"took_ms"`
	Text         string   `json:"text"`
}

// messageBody is one message and what came back, masked.
type messageBody struct {
	Class        svcgate.Class `json:"class"`
	Failure      *string       `json:"failure"`
	StartedAt    string        `json:"started_at"`
	Milliseconds float64       `json:"took_ms"`
	HTTPStatus   *int          `json:"http_status"`
	Sent         string        `json:"sent"`
	Received     *string       `json:"received"`
}

type versionOfRule struct {
	Number    int    `json:"number"`
	Published string `json:"published_at"`
	By        string `json:"by"`
	Reason    string `json:"reason"`
}

// getExplanation is GET /v1/transactions/{id}/explain. Reading is audited.
func (a *API) getExplanation(c *call) (*answer, error) {
	e, err := a.Review.Explain(c.r.Context(), c.variable("id"))
	if err != nil {
		return nil, err
	}
	c.seen(e.Transaction)
	if err := a.readsExchange(c, e.Transaction.ID, ""); err != nil {
		return nil, err
	}
	body := explanationBody{Now: e.Now}
	if body.Transaction, err = a.show(c.r.Context(), e.Transaction, ""); err != nil {
		return nil, err
	}
	for _, s := range e.Steps {
		step := stepBody{Step: s.Name, Text: s.Text}
		if !s.At.IsZero() {
			step.At = given(s.At.UTC().Format(milliseconds))
		}
		if s.Took != 0 {
			step.Milliseconds = new(float64(s.Took.Microseconds()) / 1000)
		}
		body.Steps = append(body.Steps, step)
	}
	for _, x := range e.Exchanges {
		body.Messages = append(body.Messages, newMessage(x))
	}
	if e.Rule != nil {
		body.Rule = &ruleBody{e.Rule.ID(), *e.Rule}
	}
	if v := e.Version; v != nil {
		body.Version = &versionOfRule{v.Number, v.Published.UTC().Format(milliseconds), v.By, v.Reason}
	}
	return write(http.StatusOK, body)
}

func newMessage(x *svcgate.Exchange) messageBody {
	b := messageBody{Class: x.Class, Failure: given(x.Failure), StartedAt: x.Started.UTC().Format(milliseconds),
		Milliseconds: float64(x.Took.Microseconds()) / 1000, Sent: pretty(x.Sent)}
	if x.Status != 0 {
		b.HTTPStatus = &x.Status
	}
	if x.Received != nil {
		b.Received = given(pretty(x.Received))
	}
	return b
}
