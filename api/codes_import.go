package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// importBody tells what an import did, or would do, by rule ids.
type importBody struct {
	DryRun bool `json:"dry_run"`
	responsecodes.Changes
}

// importCodes is POST /v1/services/{service}/codes/import: the whole table of a service bureau as CSV, all or nothing.
func (a *API) importCodes(c *call) (*answer, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	body := importBody{}
	switch c.query["dry_run"] {
	case "", "false":
	case "true":
		body.DryRun = true
	default:
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_parameter", Field: "dry_run",
			Detail: "Say true to see what would change, or false."}
	}
	csv, err := c.readBody("text/csv", maxUpload)
	if err != nil {
		return nil, err
	}
	rules, err := responsecodes.ReadCSV(bytes.NewReader(csv), service)
	if err != nil {
		return nil, err
	}
	if body.Changes, err = a.Codes.Preview(service, rules); err != nil {
		return nil, err
	}
	if body.DryRun {
		return write(http.StatusOK, body)
	}
	replace := func(ctx context.Context) error {
		body.Changes, err = a.Codes.Import(ctx, service, rules)
		return err
	}
	detail := fmt.Sprintf("%d added, %d changed, %d removed", len(body.Added), len(body.Changed), len(body.Removed))
	if err := a.audited(c, "codes.import", service, detail, replace); err != nil {
		return nil, err
	}
	return write(http.StatusOK, body)
}
