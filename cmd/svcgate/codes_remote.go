package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate/responsecodes"
)

// remoteCodes is the table of a running server.
type remoteCodes struct{ server *client }

func codesPath(service string) string { return "/v1/services/" + url.PathEscape(service) + "/codes" }

func draftRulePath(r responsecodes.Rule) string {
	path := codesPath(r.Service) + "/draft/rules/" + url.PathEscape(string(r.Source)) + "/" + url.PathEscape(r.Code)
	if r.Operation != "" {
		path += "?operation=" + url.QueryEscape(r.Operation)
	}
	return path
}

// ask sends one request of the codes; ifMatch, body and answer may be empty.
func (c remoteCodes) ask(ctx context.Context, method, path, ifMatch string, body, answer any) error {
	var text []byte
	contentType := "application/json"
	switch b := body.(type) {
	case nil:
	case []byte:
		text, contentType = b, "text/csv"
	default:
		var err error
		if text, err = json.Marshal(b); err != nil {
			return fmt.Errorf("writing the request: %w", err)
		}
	}
	r, err := c.server.doMatching(ctx, method, path, contentType, ifMatch, text)
	if err != nil || answer == nil {
		return err
	}
	if err := json.Unmarshal(r.body, answer); err != nil {
		return fmt.Errorf("reading the server's answer: %w", err)
	}
	return nil
}

// versionAnswer is a version as the server tells it.
type versionAnswer struct {
	Version      int                  `json:"version"`
	Published    time.Time            `json:"published_at"`
	By           string               `json:"by"`
	Reason       string               `json:"reason"`
	Base         int                  `json:"base"`
	RolledBackTo int                  `json:"rolled_back_to"`
	Codes        []responsecodes.Rule `json:"codes"`
}

func (v versionAnswer) version(service string) *responsecodes.Version {
	return &responsecodes.Version{Service: service, Number: v.Version, Rules: v.Codes, Published: v.Published, By: v.By, Reason: v.Reason,
		Base: v.Base, RolledBackTo: v.RolledBackTo}
}

func (c remoteCodes) published(ctx context.Context, service string) (*responsecodes.Version, error) {
	var v versionAnswer
	err := c.ask(ctx, http.MethodGet, codesPath(service), "", nil, &v)
	return v.version(service), err
}

func (c remoteCodes) version(ctx context.Context, service string, number int) (*responsecodes.Version, error) {
	var v versionAnswer
	err := c.ask(ctx, http.MethodGet, codesPath(service)+"/versions/"+strconv.Itoa(number), "", nil, &v)
	return v.version(service), err
}

func (c remoteCodes) versions(ctx context.Context, service string) ([]responsecodes.Version, error) {
	var body struct{ Versions []versionAnswer }
	err := c.ask(ctx, http.MethodGet, codesPath(service)+"/versions", "", nil, &body)
	all := make([]responsecodes.Version, len(body.Versions))
	for i, v := range body.Versions {
		all[i] = *v.version(service)
	}
	return all, err
}

func (c remoteCodes) draft(ctx context.Context, service string) (*responsecodes.Draft, error) {
	var d struct {
		Exists  bool                 `json:"exists"`
		ETag    string               `json:"etag"`
		Base    int                  `json:"base"`
		Editors []string             `json:"editors"`
		Updated time.Time            `json:"updated_at"`
		Codes   []responsecodes.Rule `json:"codes"`
	}
	err := c.ask(ctx, http.MethodGet, codesPath(service)+"/draft", "", nil, &d)
	return &responsecodes.Draft{Service: service, Base: d.Base, Rules: d.Codes, ETag: strings.Trim(d.ETag, `"`), Editors: d.Editors,
		Updated: d.Updated, Exists: d.Exists}, err
}

func (c remoteCodes) put(ctx context.Context, ifMatch string, r responsecodes.Rule) error {
	return c.ask(ctx, http.MethodPut, draftRulePath(r), ifMatch, map[string]any{
		"vendor": r.Vendor, "description": r.Description, "outcome": r.Outcome, "attempts": r.Attempts,
		"hold_reason": r.HoldReason, "hold_days": r.HoldDays, "days_between": r.DaysBetween, "cancel": r.Cancel, "messages": r.Messages,
	}, nil)
}

func (c remoteCodes) remove(ctx context.Context, ifMatch string, r responsecodes.Rule) error {
	return c.ask(ctx, http.MethodDelete, draftRulePath(r), ifMatch, nil, nil)
}

func (c remoteCodes) load(ctx context.Context, service, ifMatch string, csv []byte, dryRun bool) (changes responsecodes.Changes, err error) {
	path := codesPath(service) + "/draft/import"
	if dryRun {
		path += "?dry_run=true"
	}
	err = c.ask(ctx, http.MethodPost, path, ifMatch, csv, &changes)
	return changes, err
}

func (c remoteCodes) discard(ctx context.Context, service, ifMatch string) error {
	return c.ask(ctx, http.MethodDelete, codesPath(service)+"/draft", ifMatch, nil, nil)
}

func (c remoteCodes) rebase(ctx context.Context, service, ifMatch string) error {
	return c.ask(ctx, http.MethodPost, codesPath(service)+"/draft/rebase", ifMatch, nil, nil)
}

func (c remoteCodes) publish(ctx context.Context, service, ifMatch, reason string) (int, error) {
	var v versionAnswer
	err := c.ask(ctx, http.MethodPost, codesPath(service)+"/publish", ifMatch, map[string]any{"reason": reason}, &v)
	return v.Version, err
}

// rollback names the version that is published by now: who rolls back means to leave it, whichever it is.
func (c remoteCodes) rollback(ctx context.Context, service string, number int, reason string) (int, error) {
	now, err := c.published(ctx, service)
	if err != nil {
		return 0, err
	}
	var v versionAnswer
	err = c.ask(ctx, http.MethodPost, codesPath(service)+"/rollback", fmt.Sprintf("v%d", now.Number), map[string]any{"version": number, "reason": reason}, &v)
	return v.Version, err
}
