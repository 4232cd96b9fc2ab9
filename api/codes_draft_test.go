package api_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/access"
)

func TestDraft(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type head struct {
		Exists          bool
		ETag            string
		Base, Published int
		Editors         []string
		Codes           []struct{ ID string }
		Changes         []struct {
			ID            string
			Before, After *struct{ Vendor string }
		}
		Widened  []string
		Warnings []struct{ Severity, Rule, Text string }
	}
	var d head
	h.get(t, access.RoleOperator, draftPath).read(t, &d)
	if d.Exists || d.ETag != `"v1"` || d.Base != 1 || d.Published != 1 || len(d.Editors) != 0 || len(d.Codes) != 13 {
		t.Errorf("without a draft: %+v", d)
	}
	h.edit(t, "DELETE", draftPath, "").want(t, http.StatusConflict, "no_draft", "")
	h.edit(t, "PUT", newRule, declined).want(t, http.StatusCreated, "", "")
	h.edit(t, "DELETE", draftRuleOf24, "").want(t, http.StatusNoContent, "", "")
	d = head{}
	h.get(t, access.RoleOperator, draftPath+"/diff").read(t, &d)
	if !d.Exists || d.ETag != h.tag(t, draftPath) || len(d.Editors) != 1 || d.Editors[0] != "the-admin" || len(d.Widened) != 0 ||
		len(d.Changes) != 2 || d.Changes[0].ID != "RLT:*:error_code:CARD/LOST X" || d.Changes[0].Before != nil || d.Changes[0].After.Vendor != "102" || d.Changes[1].After != nil ||
		len(d.Warnings) != 1 || d.Warnings[0].Severity != "warning" || !strings.Contains(d.Warnings[0].Text, "authorize") {
		t.Errorf("the difference is %+v", d)
	}
	h.edit(t, "DELETE", draftPath, "").want(t, http.StatusNoContent, "", "")
	if h.tag(t, draftPath) != `"v1"` {
		t.Error("a discarded draft is there")
	}
	got := h.send(t, request(access.RoleOperator, "GET", draftPath, "", "Accept", "text/csv"))
	if !bytes.HasPrefix(got.body, []byte("service,operation,")) || got.Header.Get("ETag") != `"v1"` {
		t.Errorf("as CSV: %s", got.body)
	}
}

// TestWriteNamesWhatItWasDecidedOn goes through every write of the codes.
func TestWriteNamesWhatItWasDecidedOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.publish(t, "PUT", newRule, declined)
	h.edit(t, "PUT", draftPath+"/rules/error_code/THEIRS", declined).want(t, http.StatusCreated, "", "")
	csv := string(h.send(t, request(access.RoleAdmin, "GET", codesPath, "", "Accept", "text/csv")).body)
	before := h.tag(t, draftPath)
	for name, c := range map[string]struct{ method, path, body, contentType string }{
		"put":       {"PUT", newRule, `{"vendor":"103","outcome":"declined"}`, "application/json"},
		"delete":    {"DELETE", newRule, "", ""},
		"import":    {"POST", draftPath + "/import", csv, "text/csv"},
		"discard":   {"DELETE", draftPath, "", ""},
		"rebase":    {"POST", draftPath + "/rebase", "", ""},
		"publish":   {"POST", codesPath + "/publish", `{"reason":"because"}`, "application/json"},
		"roll back": {"POST", codesPath + "/rollback", `{"version":1,"reason":"because"}`, "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			send := func(tags ...string) reply {
				r := request(access.RoleAdmin, c.method, c.path, c.body)
				if c.contentType != "" {
					r.Header.Set("Content-Type", c.contentType)
				}
				r.Header["If-Match"] = tags
				return h.send(t, r)
			}
			send().want(t, http.StatusPreconditionRequired, "if_match_required", "If-Match")
			for _, bad := range []string{"", "v1", `W/"v1"`, "*", `""`, `"v1", "v2"`, `"v1`, `"a b"`, `"` + strings.Repeat("a", 65) + `"`} {
				send(bad).want(t, http.StatusBadRequest, "invalid_if_match", "If-Match")
			}
			send(before, before).want(t, http.StatusBadRequest, "invalid_if_match", "If-Match")
			for _, old := range []string{`"v1"`, `"v9"`, `"` + strings.ToUpper(before[1:])} {
				got := send(old)
				got.want(t, http.StatusPreconditionFailed, "stale", "")
				if name == "roll back" {
					continue
				}
				if !bytes.Contains(got.body, []byte(`"stale":{"draft":{"exists":true,"etag":`+strings.ReplaceAll(`"`+before+`"`, `"`+before[:1], `"\"`)[:3])) ||
					!bytes.Contains(got.body, []byte(`"theirs":[{"id":"RLT:*:error_code:THEIRS","before":null`)) || got.Header.Get("ETag") != before {
					t.Errorf("got %s", got.body)
				}
				if yours := map[string]string{"put": `"yours":[{"id":"RLT:*:error_code:CARD/LOST X","before":{`, "delete": `"after":null}]`,
					"import": `"yours":[{"id":"RLT:*:error_code:THEIRS"`}[name]; !bytes.Contains(got.body, []byte(yours)) {
					t.Errorf("got %s, want %s", got.body, yours)
				}
			}
		})
	}
	if h.tag(t, draftPath) != before || h.tag(t, codesPath) != `"v2"` {
		t.Error("a refused write changed something")
	}
}

func TestPublicationIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const publish, rollback = codesPath + "/publish", codesPath + "/rollback"
	h.edit(t, "POST", publish, `{"reason":"because"}`).want(t, http.StatusConflict, "no_draft", "")
	h.edit(t, "PUT", newRule, declined).want(t, http.StatusCreated, "", "")
	for name, c := range map[string]struct {
		path, body  string
		status      int
		code, field string
	}{
		"no reason":              {publish, `{}`, 422, "invalid_reason", "reason"},
		"an empty reason":        {publish, `{"reason":" "}`, 422, "invalid_reason", "reason"},
		"a reason too long":      {publish, `{"reason":"` + strings.Repeat("r", 201) + `"}`, 422, "invalid_reason", "reason"},
		"a reason with the card": {publish, `{"reason":"card ` + cardNumber + `"}`, 422, "invalid_reason", "reason"},
		"a reason that is none":  {publish, `{"reason":7}`, 422, "invalid_reason", "reason"},
		"no JSON":                {publish, `reason`, 400, "invalid_json", ""},
		"another member":         {publish, `{"reason":"because","by":"ann"}`, 400, "unknown_field", "by"},
		"another service bureau": {"/v1/services/XXX/codes/publish", `{"reason":"because"}`, 404, "service_not_found", ""},
		"back to nothing":        {rollback, `{"reason":"because"}`, 422, "invalid_version", "version"},
		"back to a text":         {rollback, `{"version":"1","reason":"because"}`, 422, "invalid_version", "version"},
		"back without a reason":  {rollback, `{"version":1}`, 422, "invalid_reason", "reason"},
		"back to the future":     {rollback, `{"version":2,"reason":"because"}`, 404, "version_not_found", ""},
		"back to zero":           {rollback, `{"version":0,"reason":"because"}`, 404, "version_not_found", ""},
		"back to what is":        {rollback, `{"version":1,"reason":"because"}`, 409, "nothing_to_publish", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tag := h.tag(t, draftPath)
			if c.path == rollback {
				tag = h.tag(t, codesPath)
			}
			h.send(t, request(access.RoleAdmin, "POST", c.path, c.body, "If-Match", tag)).want(t, c.status, c.code, c.field)
		})
	}
	h.edit(t, "DELETE", newRule, "").want(t, http.StatusNoContent, "", "")
	h.edit(t, "POST", publish, `{"reason":"because"}`).want(t, http.StatusConflict, "nothing_to_publish", "")
	t.Run("by one person", func(t *testing.T) {
		h := newHouse(t)
		h.publish(t, "DELETE", draftRuleOf24, "")
		h.edit(t, "PUT", draftRuleOf24, `{"vendor":"100","outcome":"approved"}`).want(t, http.StatusCreated, "", "")
		if got := h.get(t, access.RoleOperator, draftPath+"/diff"); !bytes.Contains(got.body, []byte(`"widened":["RLT:authorize:reason_code:24"]`)) {
			t.Errorf("got %s", got.body)
		}
		h.edit(t, "POST", publish, `{"reason":"because"}`).want(t, http.StatusConflict, "needs_second_person", "")
		h.send(t, request(access.RoleApprover, "POST", publish, `{"reason":"because"}`, "If-Match", h.tag(t, draftPath))).want(t, http.StatusCreated, "", "")
	})
	t.Run("outdated", func(t *testing.T) {
		h := newHouse(t)
		h.publish(t, "PUT", newRule, declined)
		h.edit(t, "PUT", draftPath+"/rules/error_code/MORE", declined).want(t, http.StatusCreated, "", "")
		h.send(t, request(access.RoleAdmin, "POST", rollback, `{"version":1,"reason":"because"}`, "If-Match", `"v2"`)).want(t, http.StatusCreated, "", "")
		h.edit(t, "POST", publish, `{"reason":"because"}`).want(t, http.StatusConflict, "draft_outdated", "")
		got := h.edit(t, "POST", draftPath+"/rebase", "")
		if got.want(t, http.StatusOK, "", ""); !bytes.Contains(got.body, []byte(`"base":3,"published":3,`)) || got.Header.Get("ETag") != h.tag(t, draftPath) {
			t.Errorf("got %s", got.body)
		}
		h.edit(t, "POST", publish, `{"reason":"because"}`).want(t, http.StatusCreated, "", "")
		if got := h.get(t, access.RoleAdmin, codesPath); bytes.Contains(got.body, []byte("CARD/LOST")) || !bytes.Contains(got.body, []byte("MORE")) {
			t.Errorf("got %s", got.body)
		}
	})
}

func TestVersions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.publish(t, "PUT", newRule, declined)
	got := h.get(t, access.RoleOperator, codesPath+"/versions")
	want := `{"versions":[{"version":2,"published_at":"2026-03-01T09:30:00.000Z","by":"the-admin","reason":"because","base":1,"rolled_back_to":null},` +
		`{"version":1,"published_at":"2026-03-01T09:30:00.000Z","by":"svcgate:starter","reason":"The starter set","base":null,"rolled_back_to":null}]}` + "\n"
	if string(got.body) != want {
		t.Errorf("got\n%swant\n%s", got.body, want)
	}
	if got := h.get(t, access.RoleOperator, codesPath+"/versions?limit=1"); bytes.Contains(got.body, []byte(`"version":1,`)) {
		t.Errorf("got %s", got.body)
	}
	for n, rules := range map[string]int{"1": 13, "2": 14} {
		got := h.get(t, access.RoleOperator, codesPath+"/versions/"+n)
		if !bytes.HasPrefix(got.body, []byte(`{"version":`+n+`,`)) || bytes.Count(got.body, []byte(`{"id":"RLT:`)) != rules {
			t.Errorf("got %s", got.body)
		}
	}
	csv := h.send(t, request(access.RoleOperator, "GET", codesPath+"/versions/1", "", "Accept", "text/csv"))
	if bytes.Count(csv.body, []byte("\r\n")) != 14 {
		t.Errorf("got %s", csv.body)
	}
	for _, n := range []string{"0", "3", "-1", "x", "1.0", "99999999999999999999", "%31x"} {
		h.get(t, access.RoleOperator, codesPath+"/versions/"+n).want(t, http.StatusNotFound, "version_not_found", "")
	}
	h.get(t, access.RoleOperator, codesPath+"/versions?limit=0").want(t, http.StatusUnprocessableEntity, "invalid_parameter", "limit")
	h.rules.broken = errors.New("disk on fire")
	h.get(t, access.RoleOperator, codesPath+"/versions").want(t, http.StatusInternalServerError, "internal", "")
}
