package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

const documentNumber = "6006491234560017" // of the examples

func TestDocumentIsServedAsItIs(t *testing.T) {
	t.Parallel()
	got := newHouse(t).send(t, request("", "GET", "/openapi.yaml", ""))
	if string(got.body) != string(api.Document()) || got.Header.Get("Content-Type") != "application/yaml; charset=utf-8" {
		t.Errorf("headers %v", got.Header)
	}
	if doc := theDocument(t); !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("the document is OpenAPI %s", doc.OpenAPI)
	}
	api.Document()[0] = 'X'
	if api.Document()[0] == 'X' {
		t.Error("the document can be changed from outside")
	}
}

// TestExamplesOfRequests sends every request that the document shows, each through the real handler.
func TestExamplesOfRequests(t *testing.T) {
	t.Parallel()
	sent := 0
	for path, item := range theDocument(t).Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil || op.RequestBody.Value.Content["application/json"] == nil {
				continue
			}
			media := op.RequestBody.Value.Content["application/json"]
			if len(media.Examples) == 0 {
				t.Errorf("%s %s has no example", method, path)
			}
			for name, example := range media.Examples {
				sent++
				t.Run(op.OperationID+" "+name, func(t *testing.T) {
					h := newHouse(t)
					body, err := json.Marshal(example.Value.Value)
					if err != nil {
						t.Fatal(err)
					}
					role, target, status := access.RoleOMS, path, http.StatusOK
					switch op.OperationID {
					case "putDraftRule":
						role, target = access.RoleAdmin, draftRuleOf24
					case "publishCodes":
						role, target, status = access.RoleAdmin, codesPath+"/publish", http.StatusCreated
						h.edit(t, "PUT", newRule, declined).want(t, http.StatusCreated, "", "")
					case "rollBackCodes":
						role, target, status = access.RoleAdmin, codesPath+"/rollback", http.StatusCreated
						h.publish(t, "PUT", newRule, declined)
					case "addToken", "addPerson":
						role, status = access.RoleAdmin, http.StatusCreated
					case "setRoles":
						h.persons.kept["ann"] = access.Person{Name: "ann"}
						role, target, status = access.RoleAdmin, "/v1/people/ann/roles", http.StatusNoContent
					case "settle":
						role, target = access.RoleOperator, "/v1/transactions/"+h.lose(t)+"/settlement"
					case "deposit":
						h.authorize(t, "auth", strings.Replace(authorization, cardNumber, documentNumber, 1))
					}
					r := request(role, method, target, string(body), "Idempotency-Key", "k")
					switch op.OperationID {
					case "putDraftRule", "publishCodes":
						r.Header.Set("If-Match", h.tag(t, draftPath))
					case "rollBackCodes":
						r.Header.Set("If-Match", h.tag(t, codesPath))
					}
					got := h.sendSecret(t, r)
					got.want(t, status, "", "")
					if op.OperationID != "generate" && strings.Contains(string(got.body), documentNumber) {
						t.Errorf("the answer shows the number: %s", got.body)
					}
				})
			}
		}
	}
	if sent < 10 {
		t.Errorf("only %d examples were found", sent)
	}
}

// TestExamplesOfAnswers compares the problems that the document shows with the reference. That each example is as its
// schema says was found when the document was read.
func TestExamplesOfAnswers(t *testing.T) {
	t.Parallel()
	checked := 0
	check := func(where string, media *openapi3.MediaType) {
		for name, example := range media.Examples {
			checked++
			if problem, ok := example.Value.Value.(map[string]any); ok && problem["title"] != nil {
				checkExampleProblem(t, where+" "+name, problem)
			}
		}
	}
	for path, item := range theDocument(t).Paths.Map() {
		for method, op := range item.Operations() {
			for status, response := range op.Responses.Map() {
				for _, media := range response.Value.Content {
					check(fmt.Sprint(method, " ", path, " ", status), media)
				}
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d examples were checked", checked)
	}
}

// checkExampleProblem compares an example with the reference of problems.
func checkExampleProblem(t testing.TB, where string, example map[string]any) {
	t.Helper()
	for _, row := range api.ProblemCodes() {
		if row.Code == example["code"] {
			if example["title"] != row.Title || fmt.Sprint(example["status"]) != fmt.Sprint(row.Status) || example["category"] != string(row.Category) {
				t.Errorf("%s: %v is not the row %+v", where, example, row)
			}
			return
		}
	}
	t.Errorf("%s: code %v is not in the reference", where, example["code"])
}

// TestDocumentRefusesWhatItDoesNotDescribe is the control of all tests that validate answers: they can fail.
func TestDocumentRefusesWhatItDoesNotDescribe(t *testing.T) {
	t.Parallel()
	good := newHouse(t).authorize(t, "k", authorization).body
	schema := theDocument(t).Components.Schemas["Transaction"].Value
	for name, c := range map[string]struct{ old, new string }{
		"as it is":        {`"id"`, `"id"`},
		"member added":    {`{"id"`, `{"surprise":1,"id"`},
		"member within":   {`"masked"`, `"pan":"1","masked"`},
		"member missing":  {`"state":"final",`, ``},
		"other outcome":   {`"approved"`, `"accepted"`},
		"amount a number": {`"amount":"11.07"`, `"amount":11.07`},
		"balance zero":    {`"balance":{"amount":"238.93","currency":"USD"}`, `"balance":0`},
		"unmasked":        {`************0017`, documentNumber},
		"sequence a text": {`"sequence":1`, `"sequence":"1"`},
		"no such time":    {`"2026-03-01T09:30:00.000Z"`, `"yesterday"`},
	} {
		text := strings.Replace(string(good), c.old, c.new, 1)
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		err := schema.VisitJSON(value, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation())
		if (err == nil) != (name == "as it is") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// describes reports whether the document allows a body for POST /v1/authorizations, as far as it is JSON at all.
func describes(t testing.TB, body string) (allowed, isJSON bool) {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		return false, false
	}
	schema := theDocument(t).Paths.Find("/v1/authorizations").Post.RequestBody.Value.Content["application/json"].Schema
	return schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020()) == nil, true
}
