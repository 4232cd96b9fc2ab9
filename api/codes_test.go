package api_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

const (
	codesPath     = "/v1/services/RLT/codes"
	draftPath     = codesPath + "/draft"
	ruleOf24      = codesPath + "/reason_code/24?operation=authorize"
	draftRuleOf24 = draftPath + "/rules/reason_code/24?operation=authorize"
	newRule       = draftPath + "/rules/error_code/CARD%2FLOST%20X"
	declined      = `{"vendor":"102","outcome":"declined"}`
)

// tag reads the ETag of an address.
func (h *house) tag(t testing.TB, path string) string {
	t.Helper()
	tag := h.get(t, access.RoleAdmin, path).Header.Get("ETag")
	if tag == "" {
		t.Fatalf("%s has no ETag", path)
	}
	return tag
}

// edit changes the draft as it is, as the admin.
func (h *house) edit(t testing.TB, method, path, body string, headers ...string) reply {
	t.Helper()
	return h.send(t, request(access.RoleAdmin, method, path, body, append(headers, "If-Match", h.tag(t, draftPath))...))
}

// publish edits and publishes as the admin.
func (h *house) publish(t testing.TB, method, path, body string) reply {
	t.Helper()
	if got := h.edit(t, method, path, body); got.StatusCode/100 != 2 {
		t.Fatalf("the edit: %s", got.body)
	}
	got := h.edit(t, "POST", codesPath+"/publish", `{"reason":"because"}`)
	got.want(t, http.StatusCreated, "", "")
	return got
}

func TestRuleIsPutReadAndDeleted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.send(t, request(access.RoleAdmin, "GET", newRule, "")).want(t, 404, "rule_not_found", "")
	full := `{"vendor":"102","description":"Lost","outcome":"declined","attempts":3,"hold_reason":"CW","hold_days":null,"days_between":1,"cancel":true,"messages":["Ask for another card"]}`
	put := h.edit(t, "PUT", newRule, full)
	put.want(t, http.StatusCreated, "", "")
	want := `{"id":"RLT:*:error_code:CARD/LOST X","service":"RLT","operation":"","source":"error_code","code":"CARD/LOST X","vendor":"102",` +
		`"description":"Lost","outcome":"declined","attempts":3,"hold_reason":"CW","hold_days":null,"days_between":1,"cancel":true,` +
		`"messages":["Ask for another card"],"updated":"2026-03-01T09:30:00Z"}` + "\n"
	if string(put.body) != want {
		t.Errorf("got\n%swant\n%s", put.body, want)
	}
	if tag := put.Header.Get("ETag"); tag == `"v1"` || tag != h.tag(t, draftPath) || tag != h.tag(t, newRule) {
		t.Errorf("the tag is %s", tag)
	}
	if got := h.send(t, request(access.RoleOperator, "GET", newRule, "")); string(got.body) != want {
		t.Errorf("a read gives\n%s", got.body)
	}
	h.send(t, request(access.RoleAdmin, "GET", codesPath+"/error_code/CARD%2FLOST%20X", "")).want(t, 404, "rule_not_found", "") // a draft is not in force
	h.edit(t, "PUT", newRule, declined).want(t, http.StatusOK, "", "")
	got := h.edit(t, "DELETE", newRule, "")
	if got.StatusCode != http.StatusNoContent || len(got.body) != 0 || got.Header.Get("ETag") != h.tag(t, draftPath) {
		t.Errorf("status %d, body %q", got.StatusCode, got.body)
	}
	h.edit(t, "DELETE", newRule, "").want(t, 404, "rule_not_found", "")
	h.send(t, request(access.RoleAdmin, "GET", ruleOf24, "")).want(t, http.StatusOK, "", "")
	h.send(t, request(access.RoleAdmin, "GET", codesPath+"/reason_code/24", "")).want(t, 404, "rule_not_found", "") // of any operation: another rule
}

// TestPublicationTakesEffectAtOnce changes what the next authorization is told, and takes it back.
func TestPublicationTakesEffectAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	told := func(key, want string) {
		t.Helper()
		if got := h.authorize(t, key, authorization); !bytes.Contains(got.body, []byte(want)) {
			t.Errorf("got %s, want %s", got.body, want)
		}
	}
	told("a", `"rule":"RLT:authorize:reason_code:24"},"codes_version":1,`)
	h.edit(t, "PUT", draftRuleOf24, `{"vendor":"777","description":"Good","outcome":"approved"}`).want(t, http.StatusOK, "", "")
	told("b", `"vendor_response":{"code":"100"`)
	got := h.edit(t, "POST", codesPath+"/publish", `{"reason":"Ticket 118"}`)
	got.want(t, http.StatusCreated, "", "")
	if string(got.body) != `{"version":2,"published_at":"2026-03-01T09:30:00.000Z","by":"the-admin","reason":"Ticket 118","base":1,"rolled_back_to":null}`+"\n" ||
		got.Header.Get("Location") != codesPath+"/versions/2" || got.Header.Get("ETag") != `"v2"` {
		t.Errorf("got %s, headers %v", got.body, got.Header)
	}
	told("c", `"vendor_response":{"code":"777","description":"Good"`)
	h.publish(t, "DELETE", draftRuleOf24, "")
	told("d", `"vendor_response":null,"codes_version":3,`)
	back := h.send(t, request(access.RoleAdmin, "POST", codesPath+"/rollback", `{"version":1,"reason":"It was wrong"}`, "If-Match", h.tag(t, codesPath)))
	back.want(t, http.StatusCreated, "", "")
	if !bytes.Contains(back.body, []byte(`"version":4,`)) || !bytes.Contains(back.body, []byte(`"base":3,"rolled_back_to":1}`)) {
		t.Errorf("got %s", back.body)
	}
	told("e", `"rule":"RLT:authorize:reason_code:24"},"codes_version":4,`)
	told("a", `"rule":"RLT:authorize:reason_code:24"},"codes_version":1,`) // what was told is not told anew
}

func TestRuleIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, c := range map[string]struct {
		path, body  string
		status      int
		code, field string
	}{
		"other service bureau":    {"/v1/services/XXX/codes/draft/rules/error_code/A", declined, 404, "service_not_found", ""},
		"card number as service":  {"/v1/services/" + cardNumber + "/codes/draft/rules/error_code/A", declined, 404, "service_not_found", ""},
		"operation unknown":       {newRule + "?operation=steal", declined, 422, "invalid_parameter", "operation"},
		"operation empty":         {newRule + "?operation=", declined, 422, "invalid_parameter", "operation"},
		"operation twice":         {newRule + "?operation=void&operation=void", declined, 400, "repeated_parameter", "operation"},
		"parameter unknown":       {newRule + "?dry_run=true", declined, 400, "unknown_parameter", "dry_run"},
		"source unknown":          {draftPath + "/rules/rumour/24", declined, 422, "invalid_source", "source"},
		"code with a control":     {draftPath + "/rules/error_code/A%00B", declined, 422, "invalid_code", "code"},
		"code not UTF-8":          {draftPath + "/rules/error_code/A%FFB", declined, 422, "invalid_code", "code"},
		"code too long":           {draftPath + "/rules/error_code/" + strings.Repeat("A", 65), declined, 422, "invalid_code", "code"},
		"body empty":              {newRule, `{}`, 422, "invalid_vendor", "vendor"},
		"body not JSON":           {newRule, `outcome=declined`, 400, "invalid_json", ""},
		"member unknown":          {newRule, `{"vendor":"102","outcome":"declined","weight":1}`, 400, "unknown_field", "weight"},
		"member of the address":   {newRule, `{"vendor":"102","outcome":"declined","code":"A"}`, 400, "unknown_field", "code"},
		"member twice":            {newRule, `{"vendor":"102","vendor":"103","outcome":"declined"}`, 400, "duplicate_field", "vendor"},
		"vendor a number":         {newRule, `{"vendor":102,"outcome":"declined"}`, 422, "invalid_vendor", "vendor"},
		"vendor with a space":     {newRule, `{"vendor":"1 2","outcome":"declined"}`, 422, "invalid_vendor", "vendor"},
		"outcome missing":         {newRule, `{"vendor":"102"}`, 422, "invalid_outcome", "outcome"},
		"outcome unknown":         {newRule, `{"vendor":"102","outcome":"accepted"}`, 422, "invalid_outcome", "outcome"},
		"outcome null":            {newRule, `{"vendor":"102","outcome":null}`, 422, "invalid_outcome", "outcome"},
		"an error that approves":  {newRule, `{"vendor":"102","outcome":"approved"}`, 422, "cannot_approve", "outcome"},
		"unavailable but it came": {newRule, `{"vendor":"102","outcome":"unavailable"}`, 422, "cannot_be_unavailable", "outcome"},
		"attempts text":           {newRule, `{"vendor":"102","outcome":"declined","attempts":"3"}`, 422, "invalid_number", "attempts"},
		"attempts a fraction":     {newRule, `{"vendor":"102","outcome":"declined","attempts":3.5}`, 422, "invalid_number", "attempts"},
		"attempts too many":       {newRule, `{"vendor":"102","outcome":"declined","attempts":1000}`, 422, "invalid_number", "attempts"},
		"hold days without hold":  {newRule, `{"vendor":"102","outcome":"declined","hold_days":3}`, 422, "hold_reason_needed", "hold_days"},
		"cancel text":             {newRule, `{"vendor":"102","outcome":"declined","cancel":"yes"}`, 422, "invalid_cancel", "cancel"},
		"messages text":           {newRule, `{"vendor":"102","outcome":"declined","messages":"Hello"}`, 422, "invalid_message", "messages"},
		"messages of numbers":     {newRule, `{"vendor":"102","outcome":"declined","messages":[1]}`, 422, "invalid_message", "messages"},
		"messages of lists":       {newRule, `{"vendor":"102","outcome":"declined","messages":[["a"]]}`, 422, "invalid_message", "messages"},
		"messages, one empty":     {newRule, `{"vendor":"102","outcome":"declined","messages":[""]}`, 422, "invalid_message", "messages"},
		"messages, five":          {newRule, `{"vendor":"102","outcome":"declined","messages":["a","b","c","d","e"]}`, 422, "too_many_messages", "messages"},
		"message, direction mark": {newRule, `{"vendor":"102","outcome":"declined","messages":["a\u202eb"]}`, 400, "invalid_text", "messages"},
	} {
		t.Run(name, func(t *testing.T) {
			got := h.edit(t, "PUT", c.path, c.body)
			got.want(t, c.status, c.code, c.field)
		})
	}
	t.Run("all that is wrong at once", func(t *testing.T) {
		p := h.edit(t, "PUT", newRule, `{"vendor":"","outcome":"","attempts":-1}`).problem(t)
		var codes []string
		for _, e := range p.Errors {
			codes = append(codes, e.Code+" "+e.Field)
		}
		if got := strings.Join(codes, ", "); got != "invalid_vendor vendor, invalid_outcome outcome, invalid_number attempts" {
			t.Errorf("errors: %s", got)
		}
	})
	t.Run("the store is broken", func(t *testing.T) {
		h := newHouse(t)
		h.rules.broken = errors.New("disk on fire, card " + cardNumber)
		got := h.edit(t, "PUT", newRule, declined)
		got.want(t, http.StatusInternalServerError, "internal", "")
		if p := got.problem(t); strings.Contains(p.Detail, "fire") || !strings.Contains(p.Detail, "nothing was sent") {
			t.Errorf("detail %q", p.Detail)
		}
		if !strings.Contains(h.log.String(), "disk on fire") {
			t.Errorf("the cause is not logged: %s", h.log)
		}
	})
}

func TestListOfCodes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for accept, want := range map[string]string{
		"":                                  "application/json",
		"*/*":                               "application/json",
		"application/json":                  "application/json",
		"application/*":                     "application/json",
		"text/html, */*;q=0.1":              "application/json",
		"text/csv":                          "text/csv; charset=utf-8",
		"Text/CSV":                          "text/csv; charset=utf-8",
		"text/*":                            "text/csv; charset=utf-8",
		"application/json;q=0.5, text/csv":  "text/csv; charset=utf-8",
		"text/csv;q=0, */*":                 "application/json",
		"text/csv, application/json":        "application/json",
		"text/csv;q=0.9, application/*;q=1": "application/json",
		"text/html":                         "",
		"application/json;q=0":              "",
		"text/csv;q=2":                      "",
		"text/csv;q=x":                      "",
		"application/xml, text/plain":       "",
		";":                                 "",
	} {
		t.Run(accept, func(t *testing.T) {
			r := request(access.RoleOperator, "GET", codesPath, "")
			if accept != "" {
				r.Header.Set("Accept", accept)
			}
			got := h.send(t, r)
			if want == "" {
				got.want(t, http.StatusNotAcceptable, "not_acceptable", "Accept")
				return
			}
			got.want(t, http.StatusOK, "", "")
			if got.Header.Get("Content-Type") != want || got.Header.Get("Vary") != "Accept" {
				t.Errorf("headers %v", got.Header)
			}
		})
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	upload := func(t *testing.T, h *house, query, csv string) reply {
		return h.edit(t, "POST", draftPath+"/import"+query, csv, "Content-Type", "text/csv")
	}
	export := func(t *testing.T, h *house) string {
		return string(h.send(t, request(access.RoleAdmin, "GET", draftPath, "", "Accept", "text/csv")).body)
	}
	t.Run("what was exported changes nothing", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		got := upload(t, h, "", export(t, h))
		got.want(t, http.StatusOK, "", "")
		if string(got.body) != `{"dry_run":false,"added":[],"changed":[],"removed":[]}`+"\n" {
			t.Errorf("got %s", got.body)
		}
	})
	t.Run("a dry run tells what the import does", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		before := export(t, h)
		csv := strings.Replace(before, "CARD_NOT_ACTIVE", "CARD_CLOSED", 1)
		csv = strings.Replace(csv, ",100,Approved,", ",100,Fine,", 1)
		dry := upload(t, h, "?dry_run=true", csv)
		dry.want(t, http.StatusOK, "", "")
		if !bytes.Contains(dry.body, []byte(`"added":["RLT:*:error_code:CARD_CLOSED"],"changed":["RLT:`)) || !bytes.Contains(dry.body, []byte(`"removed":["RLT:*:error_code:CARD_NOT_ACTIVE"]`)) {
			t.Errorf("got %s", dry.body)
		}
		if export(t, h) != before {
			t.Error("a dry run changed the draft")
		}
		done := upload(t, h, "?dry_run=false", csv)
		if string(done.body) != strings.Replace(string(dry.body), "true", "false", 1) {
			t.Errorf("the dry run told\n%s, the import did\n%s", dry.body, done.body)
		}
		if export(t, h) != csv {
			t.Errorf("the draft is\n%s, want\n%s", export(t, h), csv)
		}
	})
	for name, c := range map[string]struct {
		query, csv  string
		status      int
		code, field string
	}{
		"empty":             {"", " ", 422, "invalid_csv", ""},
		"header only":       {"", "service,operation\r\n", 422, "invalid_csv", "row 1, column source"},
		"not UTF-8":         {"", "service\xff", 422, "invalid_csv", "row 1"},
		"semicolons":        {"", "service;operation;source", 422, "invalid_csv", "row 1"},
		"JSON":              {"", authorization, 422, "invalid_csv", "row 1"},
		"dry run unclear":   {"?dry_run=maybe", "service", 422, "invalid_parameter", "dry_run"},
		"dry run empty":     {"?dry_run=", "service", 422, "invalid_parameter", "dry_run"},
		"parameter unknown": {"?force=true", "service", 400, "unknown_parameter", "force"},
		"too large":         {"", strings.Repeat("x", responsecodes.MaxFile+1), 413, "body_too_large", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			before := export(t, h)
			upload(t, h, c.query, c.csv).want(t, c.status, c.code, c.field)
			if export(t, h) != before {
				t.Error("a refused file changed the table")
			}
		})
	}
	t.Run("every row that is wrong is named", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		csv := strings.Replace(export(t, h), ",100,", ",1 0 0,", 2)
		got := upload(t, h, "", csv)
		p := got.problem(t)
		if p.Code != "invalid_csv" || len(p.Errors) != 2 || !strings.Contains(p.Detail, "see errors") {
			t.Errorf("got %s", got.body)
		}
		for _, e := range p.Errors {
			if e.Code != "invalid_csv" || !strings.HasSuffix(e.Field, ", column vendor") || e.Detail == "" {
				t.Errorf("got %+v", e)
			}
		}
	})
	t.Run("JSON is not taken", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		h.edit(t, "POST", draftPath+"/import", "{}").want(t, 415, "unsupported_media_type", "Content-Type")
	})
}
