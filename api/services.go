package api

import (
	"net/http"

	"github.com/svcgate/svcgate"
)

type serviceBody struct {
	Code  string `json:"code"`
	Codes int    `json:"codes"` // rules of its vendor response table
}

// listServices is GET /v1/services.
func (a *API) listServices(*call) (*answer, error) {
	var body struct {
		Services []serviceBody `json:"services"`
	}
	for _, s := range a.Services {
		body.Services = append(body.Services, serviceBody{s, len(a.published(s).Rules)})
	}
	return write(http.StatusOK, body)
}

type operationBody struct {
	Name               string `json:"name"`
	Path               string `json:"path"`
	Summary            string `json:"summary"`
	MovesMoney         bool   `json:"moves_money"`
	NeedsCard          bool   `json:"needs_card"`
	NeedsAmount        bool   `json:"needs_amount"`
	NeedsAuthorization bool   `json:"needs_authorization"`
	NeedsKind          bool   `json:"needs_kind"`
	NeedsKey           bool   `json:"needs_idempotency_key"`
}

// listOperations is GET /v1/operations.
func (a *API) listOperations(*call) (*answer, error) {
	var body struct {
		Operations []operationBody `json:"operations"`
	}
	for _, op := range svcgate.Operations() {
		body.Operations = append(body.Operations, operationBody{op.Name, "/v1/" + op.Route, op.Summary, op.MovesMoney,
			op.NeedsCard, op.NeedsAmount, op.NeedsAuthorization, op.NeedsKind, op.NeedsKey})
	}
	return write(http.StatusOK, body)
}
