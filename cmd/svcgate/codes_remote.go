package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/svcgate/svcgate/responsecodes"
)

// remoteCodes is the table of a running server.
type remoteCodes struct{ server *client }

func codesPath(service string) string { return "/v1/services/" + url.PathEscape(service) + "/codes" }

func rulePath(r responsecodes.Rule) string {
	path := codesPath(r.Service) + "/" + url.PathEscape(string(r.Source)) + "/" + url.PathEscape(r.Code)
	if r.Operation != "" {
		path += "?operation=" + url.QueryEscape(r.Operation)
	}
	return path
}

func (c remoteCodes) list(ctx context.Context, service string) ([]responsecodes.Rule, error) {
	answer, err := c.server.do(ctx, http.MethodGet, codesPath(service), "", "", nil)
	if err != nil {
		return nil, err
	}
	var body struct {
		Codes []responsecodes.Rule `json:"codes"`
	}
	if err := json.Unmarshal(answer.body, &body); err != nil {
		return nil, fmt.Errorf("reading the server's answer: %w", err)
	}
	return body.Codes, nil
}

func (c remoteCodes) put(ctx context.Context, r responsecodes.Rule) error {
	body, err := json.Marshal(map[string]any{
		"vendor": r.Vendor, "description": r.Description, "outcome": r.Outcome, "attempts": r.Attempts,
		"hold_reason": r.HoldReason, "hold_days": r.HoldDays, "days_between": r.DaysBetween, "cancel": r.Cancel, "messages": r.Messages,
	})
	if err != nil {
		return fmt.Errorf("writing the rule: %w", err)
	}
	_, err = c.server.do(ctx, http.MethodPut, rulePath(r), "application/json", "", body)
	return err
}

func (c remoteCodes) remove(ctx context.Context, r responsecodes.Rule) error {
	_, err := c.server.do(ctx, http.MethodDelete, rulePath(r), "", "", nil)
	return err
}

func (c remoteCodes) load(ctx context.Context, service string, csv []byte, dryRun bool) (responsecodes.Changes, error) {
	path := codesPath(service) + "/import"
	if dryRun {
		path += "?dry_run=true"
	}
	answer, err := c.server.do(ctx, http.MethodPost, path, "text/csv", "", csv)
	if err != nil {
		return responsecodes.Changes{}, err
	}
	var changes responsecodes.Changes
	if err := json.Unmarshal(answer.body, &changes); err != nil {
		return changes, fmt.Errorf("reading the server's answer: %w", err)
	}
	return changes, nil
}

// export writes the CSV here, so that the file is the same as one from a database.
func (c remoteCodes) export(ctx context.Context, service string) ([]byte, error) {
	rules, err := c.list(ctx, service)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = responsecodes.WriteCSV(&out, rules)
	return out.Bytes(), err
}
