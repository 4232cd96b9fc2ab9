package api

import (
	_ "embed"
	"net/http"
)

//go:embed openapi.yaml
var document []byte

// Document returns the OpenAPI 3.1 document of the face for the OMS.
func Document() []byte { return append([]byte(nil), document...) }

// getOpenAPI is GET /openapi.yaml.
func (a *API) getOpenAPI(*call) (*answer, error) {
	return &answer{status: http.StatusOK, contentType: "application/yaml; charset=utf-8", body: document}, nil
}
