package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// CodeTable is the vendor response table, in versions; *responsecodes.Book is one. What it changes is in the audit
// trail once it is changed.
type CodeTable interface {
	Published(service string) *responsecodes.Version
	Version(ctx context.Context, service string, number int) (*responsecodes.Version, error)
	Versions(ctx context.Context, service string, limit int) ([]responsecodes.Version, error)
	Draft(ctx context.Context, service string) (*responsecodes.Draft, error)
	EditDraft(ctx context.Context, by, service, ifMatch string, edit responsecodes.Edit) (*responsecodes.Draft, error)
	DiscardDraft(ctx context.Context, by, service, ifMatch string) error
	RebaseDraft(ctx context.Context, by, service, ifMatch string) (*responsecodes.Draft, error)
	Publish(ctx context.Context, by, service, ifMatch, reason string) (*responsecodes.Version, error)
	Rollback(ctx context.Context, by, service string, seen, number int, reason string) (*responsecodes.Version, error)
}

// ruleBody is a rule with its id in front.
type ruleBody struct {
	ID string `json:"id"`
	responsecodes.Rule
}

func newRules(rules []responsecodes.Rule) []ruleBody {
	all := make([]ruleBody, len(rules))
	for i, r := range rules {
		all[i] = ruleBody{r.ID(), r}
	}
	return all
}

// published returns the version in force, an empty version 0 for none.
func (a *API) published(service string) *responsecodes.Version {
	if v := a.Codes.Published(service); v != nil {
		return v
	}
	return &responsecodes.Version{Service: service}
}

// listCodes is GET /v1/services/{service}/codes: what is in force, as JSON or CSV.
func (a *API) listCodes(c *call) (*answer, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	v := a.published(service)
	c.header.Set("ETag", etag(versionTag(v)))
	return c.writeRules(v.Rules, struct {
		Version int        `json:"version"`
		Codes   []ruleBody `json:"codes"`
	}{v.Number, newRules(v.Rules)})
}

// writeRules writes rules as the caller likes them: the body as JSON, or the rules as CSV.
func (c *call) writeRules(rules []responsecodes.Rule, body any) (*answer, error) {
	c.header.Set("Vary", "Accept")
	switch accepted(c.r.Header, typeJSON, "text/csv") {
	case typeJSON:
		return write(http.StatusOK, body)
	case "text/csv":
		var csv bytes.Buffer
		if err := responsecodes.WriteCSV(&csv, rules); err != nil {
			return nil, err
		}
		c.header.Set("Content-Disposition", `attachment; filename="codes.csv"`)
		return &answer{status: http.StatusOK, contentType: typeCSV, body: csv.Bytes()}, nil
	}
	return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "not_acceptable", Field: "Accept",
		Detail: "This address answers application/json and text/csv."}
}

// getCode is GET /v1/services/{service}/codes/{source}/{code}: the rule in force.
func (a *API) getCode(c *call) (*answer, error) {
	named, err := a.rule(c)
	if err != nil {
		return nil, err
	}
	v := a.published(named.Service)
	r, ok := v.Rule(named.ID())
	if !ok {
		return nil, noRule
	}
	c.header.Set("ETag", etag(versionTag(v)))
	return write(http.StatusOK, ruleBody{r.ID(), r})
}

var noRule = &svcgate.Error{Code: svcgate.CodeNotFound, Reason: "rule_not_found",
	Detail: "There is no rule for this operation, source and code. GET the list to see those there are."}

// service returns the service bureau that the path names.
func (a *API) service(c *call) (string, error) {
	if service := c.variable("service"); a.services[service] {
		c.Service = service
		return service, nil
	}
	return "", &svcgate.Error{Code: svcgate.CodeNotFound, Reason: "service_not_found",
		Detail: "No service bureau of this code is configured. GET /v1/services lists them."}
}

// rule returns a Rule of which only what the address says is filled.
func (a *API) rule(c *call) (responsecodes.Rule, error) {
	service, err := a.service(c)
	if err != nil {
		return responsecodes.Rule{}, err
	}
	r := responsecodes.Rule{Service: service, Operation: c.query["operation"], Source: svcgate.Source(c.variable("source")), Code: c.variable("code")}
	if _, err := svcgate.ParseOperation(r.Operation); r.Operation != "" && err != nil {
		return r, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_parameter", Field: "operation",
			Detail: "Name one of the eight operations, or leave the parameter out for the rule of any operation."}
	}
	return r, nil
}

// ruleMembers are the members of the body: what a rule says.
func ruleMembers(r *responsecodes.Rule) []member {
	const count = "Give a whole number from 0 to 999, or null."
	return []member{
		{name: "vendor", kind: '"', reason: "invalid_vendor", advice: "Give the OMS's response code as text.", take: text(&r.Vendor)},
		{name: "description", kind: '"', reason: "invalid_description", advice: "Give the description as text.", take: text(&r.Description)},
		{name: "outcome", kind: '"', reason: "invalid_outcome", advice: "Give the outcome as text.", take: text((*string)(&r.Outcome))},
		{name: "attempts", kind: '0', null: true, reason: "invalid_number", advice: count, take: maybe(&r.Attempts)},
		{name: "hold_reason", kind: '"', reason: "invalid_hold_reason", advice: "Give the hold reason as text.", take: text(&r.HoldReason)},
		{name: "hold_days", kind: '0', null: true, reason: "invalid_number", advice: count, take: maybe(&r.HoldDays)},
		{name: "days_between", kind: '0', null: true, reason: "invalid_number", advice: count, take: maybe(&r.DaysBetween)},
		{name: "cancel", kind: 't', reason: "invalid_cancel", advice: "Say true to flag the order for cancelling, else false.", take: truth(&r.Cancel)},
		{name: "messages", kind: '[', reason: "invalid_message", advice: "Give the messages as an array of texts.", take: each(&r.Messages)},
	}
}

func each(to *[]string) func(jsontext.Token) bool {
	return func(t jsontext.Token) bool {
		*to = append(*to, t.String())
		return true
	}
}

const headerIfMatch = "If-Match"

// ifMatch returns the one entity tag that a write names: what it was decided on.
func (c *call) ifMatch() (string, error) {
	given := c.r.Header.Values(headerIfMatch)
	if len(given) == 0 {
		return "", &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "if_match_required", Field: headerIfMatch,
			Detail: "Send the header If-Match with the ETag of what you read, so that no change of somebody else is lost."}
	}
	tag, ok := strings.CutPrefix(given[0], `"`)
	tag, ends := strings.CutSuffix(tag, `"`)
	if len(given) > 1 || !ok || !ends || tag == "" || len(tag) > 64 || strings.ContainsAny(tag, "\", ") {
		return "", &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_if_match", Field: headerIfMatch,
			Detail: "Send one If-Match with one ETag as it came, in double quotes; neither * nor a list is taken here."}
	}
	return tag, nil
}

func etag(tag string) string { return `"` + tag + `"` }

// versionTag is the entity tag of what is in force.
func versionTag(v *responsecodes.Version) string { return fmt.Sprintf("v%d", v.Number) }
