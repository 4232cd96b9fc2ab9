package api

import (
	"net/http"

	"github.com/svcgate/svcgate"
)

type healthBody struct {
	Status string `json:"status"`
}

// getLive is GET /livez: the process answers.
func (a *API) getLive(*call) (*answer, error) { return write(http.StatusOK, healthBody{"alive"}) }

// getReady is GET /readyz: the journal can be written, so operations can be taken. The provider is not asked.
func (a *API) getReady(c *call) (*answer, error) {
	if err := a.Ready(c.r.Context()); err != nil {
		return nil, &svcgate.Error{Code: svcgate.CodeOverloaded, Reason: "not_ready", Op: "readiness", Err: err,
			Detail: "Not ready to take operations; the log says why."}
	}
	return write(http.StatusOK, healthBody{"ready"})
}
