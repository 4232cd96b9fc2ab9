package api

import (
	"bytes"
	"context"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// ruleBody is a rule with its id in front.
type ruleBody struct {
	ID string `json:"id"`
	responsecodes.Rule
}

// listCodes is GET /v1/services/{service}/codes, as JSON or CSV.
func (a *API) listCodes(c *call) (*answer, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	c.header.Set("Vary", "Accept")
	rules := a.Codes.Rules(service)
	switch accepted(c.r.Header, typeJSON, "text/csv") {
	case typeJSON:
		body := struct {
			Codes []ruleBody `json:"codes"`
		}{}
		for _, r := range rules {
			body.Codes = append(body.Codes, ruleBody{r.ID(), r})
		}
		return write(http.StatusOK, body)
	case "text/csv":
		var csv bytes.Buffer
		if err := responsecodes.WriteCSV(&csv, rules); err != nil {
			return nil, err
		}
		c.header.Set("Content-Disposition", `attachment; filename="codes.csv"`)
		return &answer{http.StatusOK, typeCSV, csv.Bytes()}, nil
	}
	return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "not_acceptable", Field: "Accept",
		Detail: "This address answers application/json and text/csv."}
}

// getCode is GET /v1/services/{service}/codes/{source}/{code}.
func (a *API) getCode(c *call) (*answer, error) {
	named, err := a.rule(c)
	if err != nil {
		return nil, err
	}
	r, ok := a.Codes.Rule(named.ID())
	if !ok {
		return nil, noRule
	}
	return write(http.StatusOK, ruleBody{r.ID(), r})
}

// putCode is PUT on the same address. What the rule is found by stands in the address, what it says in the body.
func (a *API) putCode(c *call) (*answer, error) {
	r, err := a.rule(c)
	if err != nil {
		return nil, err
	}
	body, err := c.readBody(typeJSON, maxBody)
	if err != nil {
		return nil, err
	}
	if err := decode(body, ruleMembers(&r)); err != nil {
		return nil, err
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	was, before := a.Codes.Rule(r.ID())
	detail := ruleInWords(r)
	if before {
		detail += "; was " + ruleInWords(was)
	}
	put := func(ctx context.Context) error { return a.Codes.Put(ctx, r) }
	if err := a.audited(c, "code.put", r.ID(), detail, put); err != nil {
		return nil, err
	}
	r, _ = a.Codes.Rule(r.ID())
	if before {
		return write(http.StatusOK, ruleBody{r.ID(), r})
	}
	return write(http.StatusCreated, ruleBody{r.ID(), r})
}

// deleteCode is DELETE on the same address.
func (a *API) deleteCode(c *call) (*answer, error) {
	r, err := a.rule(c)
	if err != nil {
		return nil, err
	}
	was, ok := a.Codes.Rule(r.ID())
	if !ok {
		return nil, noRule
	}
	remove := func(ctx context.Context) error { return a.Codes.Delete(ctx, r.ID()) }
	if err := a.audited(c, "code.delete", r.ID(), "was "+ruleInWords(was), remove); err != nil {
		return nil, err
	}
	return &answer{status: http.StatusNoContent}, nil
}

// ruleInWords says of a rule what decides, for the audit trail.
func ruleInWords(r responsecodes.Rule) string {
	return string(r.Outcome) + " with vendor code " + r.Vendor
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
