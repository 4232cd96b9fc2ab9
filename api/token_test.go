package api_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

func (h *house) addToken(t testing.TB, body string) reply {
	t.Helper()
	return h.send(t, request(access.RoleAdmin, http.MethodPost, "/v1/tokens", body))
}

func TestTokens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if got := h.get(t, access.RoleAdmin, "/v1/tokens"); string(got.body) != `{"tokens":[]}`+"\n" {
		t.Errorf("got %s", got.body)
	}
	made := h.addToken(t, `{"name":"jo","role":"operator"}`)
	made.want(t, http.StatusCreated, "", "")
	form := regexp.MustCompile(`^\{"name":"jo","role":"operator","created_at":"2026-03-01T09:30:00.000Z","revoked_at":null,"token":"(svc_[a-z]{64})"\}\n$`)
	match := form.FindSubmatch(made.body)
	if match == nil || h.tokens.hashes["jo"] != access.HashToken(string(match[1])) {
		t.Fatalf("got %s", made.body)
	}
	hash := access.HashToken("a text of one's own")
	own := h.addToken(t, `{"name":"oms-live","role":"oms","hash":"`+hash+`"}`)
	own.want(t, http.StatusCreated, "", "")
	if string(own.body) != `{"name":"oms-live","role":"oms","created_at":"2026-03-01T09:30:00.000Z","revoked_at":null}`+"\n" || h.tokens.hashes["oms-live"] != hash {
		t.Errorf("got %s", own.body)
	}
	h.addToken(t, `{"name":"jo","role":"oms"}`).want(t, http.StatusConflict, "token_exists", "name")
	revoke := request(access.RoleAdmin, http.MethodDelete, "/v1/tokens/jo", "")
	h.send(t, revoke).want(t, http.StatusNoContent, "", "")
	list := h.get(t, access.RoleAdmin, "/v1/tokens")
	if !strings.HasPrefix(string(list.body), `{"tokens":[{"name":"jo","role":"operator","created_at":"2026-03-01T09:30:00.000Z","revoked_at":"2026-03-01T09:30:00.000Z"},{"name":"oms-live",`) {
		t.Errorf("got %s", list.body)
	}
	for _, secret := range []string{string(match[1]), hash, h.tokens.hashes["jo"]} {
		if strings.Contains(string(list.body), secret) || strings.Contains(h.log.String(), secret) {
			t.Error("a token's text or hash is shown")
		}
	}
	h.send(t, request(access.RoleAdmin, http.MethodDelete, "/v1/tokens/nobody", "")).want(t, http.StatusNotFound, "not_found", "")
	want := "the-admin token.add jo, the-admin token.add oms-live, the-admin token.add jo, the-admin token.add.failed jo, the-admin token.revoke jo, " +
		"the-admin token.revoke nobody, the-admin token.revoke.failed nobody"
	if got := strings.Join(h.audit.all(), ", "); got != want {
		t.Errorf("audited\n%s, want\n%s", got, want)
	}
}

func TestTokenToBeAddedIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hash := access.HashToken("x")
	for name, c := range map[string]struct {
		body        string
		status      int
		code, field string
	}{
		"empty":              {`{}`, 422, "invalid_token", "name"},
		"no JSON":            {`name=jo`, 400, "invalid_json", ""},
		"array":              {`[{"name":"jo","role":"oms"}]`, 400, "invalid_json", ""},
		"trailing":           {`{"name":"jo","role":"oms"}{}`, 400, "invalid_json", ""},
		"unknown member":     {`{"name":"jo","role":"oms","token":"svc_x"}`, 400, "unknown_field", "token"},
		"other case":         {`{"Name":"jo","role":"oms"}`, 400, "unknown_field", "Name"},
		"twice":              {`{"name":"jo","name":"ann","role":"oms"}`, 400, "duplicate_field", "name"},
		"name a number":      {`{"name":7,"role":"oms"}`, 422, "invalid_token", "name"},
		"name null":          {`{"name":null,"role":"oms"}`, 422, "invalid_token", "name"},
		"name with a space":  {`{"name":"j o","role":"oms"}`, 422, "invalid_token", "name"},
		"name of ours":       {`{"name":"svcgate:settling","role":"oms"}`, 422, "invalid_token", "name"},
		"name with a slash":  {`{"name":"j/o","role":"oms"}`, 422, "invalid_token", "name"},
		"name too long":      {`{"name":"` + strings.Repeat("n", 65) + `","role":"oms"}`, 422, "invalid_token", "name"},
		"name with the card": {`{"name":"c` + cardNumber + `","role":"oms"}`, 422, "invalid_token", "name"},
		"name with dashes":   {`{"name":"c6006-4977-5123-0017","role":"oms"}`, 422, "invalid_token", "name"},
		"role missing":       {`{"name":"jo"}`, 422, "invalid_token", "role"},
		"role unknown":       {`{"name":"jo","role":"emperor"}`, 422, "invalid_token", "role"},
		"role in capitals":   {`{"name":"jo","role":"OMS"}`, 422, "invalid_token", "role"},
		"two roles":          {`{"name":"jo","role":"oms,admin"}`, 422, "invalid_token", "role"},
		"hash short":         {`{"name":"jo","role":"oms","hash":"` + hash[1:] + `"}`, 422, "invalid_token", "hash"},
		"hash in capitals":   {`{"name":"jo","role":"oms","hash":"` + strings.ToUpper(hash) + `"}`, 422, "invalid_token", "hash"},
		"hash null":          {`{"name":"jo","role":"oms","hash":null}`, 422, "invalid_token", "hash"},
	} {
		t.Run(name, func(t *testing.T) { h.addToken(t, c.body).want(t, c.status, c.code, c.field) })
	}
	for _, name := range []string{"j%20o", cardNumber, "c" + cardNumber, "%00", "svcgate%3Asettling", strings.Repeat("n", 65), "1"} {
		h.send(t, request(access.RoleAdmin, http.MethodDelete, "/v1/tokens/"+name, "")).want(t, http.StatusNotFound, "token_not_found", "")
	}
	if len(h.tokens.kept)+len(h.audit.entries) != 0 {
		t.Errorf("kept %v, audited %v", h.tokens.kept, h.audit.entries)
	}
	h.send(t, request(access.RoleAdmin, http.MethodPost, "/v1/tokens", `{}`, "Content-Type", "text/plain")).want(t, 415, "unsupported_media_type", "Content-Type")
	h.audit.broken = errors.New("disk on fire")
	h.addToken(t, `{"name":"jo","role":"oms"}`).want(t, http.StatusServiceUnavailable, "audit_unavailable", "")
	if len(h.tokens.kept) != 0 {
		t.Error("a token was added without an entry")
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, name := range []string{"jo", "ann", "eve"} {
		h.addToken(t, `{"name":"`+name+`","role":"oms"}`).want(t, http.StatusCreated, "", "")
	}
	h.addToken(t, `{"name":"jo jo","role":"oms"}`).want(t, http.StatusUnprocessableEntity, "invalid_token", "name")
	for _, name := range []string{"jo", "ann"} {
		h.send(t, request(access.RoleAdmin, http.MethodDelete, "/v1/tokens/"+name, "")).want(t, http.StatusNoContent, "", "")
	}
	type page struct {
		Entries []struct{ At, Actor, Action, Subject, Detail string }
		Next    *string
	}
	var all page
	h.get(t, access.RoleAdmin, "/v1/audit").read(t, &all)
	var lines []string
	for _, e := range all.Entries {
		lines = append(lines, e.Action+" "+e.Subject+": "+e.Detail)
		if e.Actor != "the-admin" || e.At != "2026-03-01T09:30:00.000Z" {
			t.Errorf("entry %+v", e)
		}
	}
	want := []string{"token.revoke ann: ", "token.revoke jo: ", "token.add eve: role oms", "token.add ann: role oms", "token.add jo: role oms"}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") || all.Next != nil {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	var first, second page
	h.get(t, access.RoleAdmin, "/v1/audit?limit=2").read(t, &first)
	h.get(t, access.RoleAdmin, "/v1/audit?limit=3&cursor="+*first.Next).read(t, &second)
	if len(first.Entries) != 2 || len(second.Entries) != 3 || second.Next != nil || second.Entries[2] != all.Entries[4] {
		t.Errorf("got %+v and %+v", first, second)
	}
	for query, c := range map[string]struct{ code, field string }{
		"limit=0": {"invalid_parameter", "limit"}, "limit=501": {"invalid_parameter", "limit"}, "cursor=%20": {"invalid_parameter", "cursor"}, "cursor=x": {"invalid_cursor", "cursor"},
	} {
		h.get(t, access.RoleAdmin, "/v1/audit?"+query).want(t, http.StatusUnprocessableEntity, c.code, c.field)
	}
	h.get(t, access.RoleAdmin, "/v1/audit?who=jo").want(t, http.StatusBadRequest, "unknown_parameter", "who")
	for query, found := range map[string]int{"actor=the-admin": 5, "actor=jo": 0, "action=token.revoke": 2, "subject=jo": 2, "subject=jo&action=token.add": 1} {
		var chosen page
		if h.get(t, access.RoleAdmin, "/v1/audit?"+query).read(t, &chosen); len(chosen.Entries) != found {
			t.Errorf("%s chooses %d entries, want %d", query, len(chosen.Entries), found)
		}
	}
	for _, query := range []string{"actor=a%0Ab", "action=%FF", "subject=" + strings.Repeat("x", access.MaxSubject+1)} {
		name, _, _ := strings.Cut(query, "=")
		h.get(t, access.RoleAdmin, "/v1/audit?"+query).want(t, http.StatusUnprocessableEntity, "invalid_parameter", name)
	}
}

func TestNothingIsChangedThatCannotBeAudited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.audit.broken = errors.New("disk on fire")
	for _, r := range []*http.Request{
		request(access.RoleAdmin, "POST", "/v1/tokens", `{"name":"jo","role":"oms"}`),
		request(access.RoleAdmin, "DELETE", "/v1/tokens/jo", ""),
	} {
		got := h.send(t, r)
		got.want(t, http.StatusServiceUnavailable, "audit_unavailable", "")
		if strings.Contains(string(got.body), "fire") {
			t.Errorf("got %s", got.body)
		}
	}
	if len(h.tokens.kept) != 0 {
		t.Errorf("kept %v", h.tokens.kept)
	}
	h.get(t, access.RoleAdmin, "/v1/audit").want(t, http.StatusInternalServerError, "internal", "")
}

// TestAuditOfAChangeThatFails: the entry that came first is corrected by a second.
func TestAuditOfAChangeThatFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.tokens.broken = errors.New("disk on fire")
	h.Config.Tokens = &tokens{}
	var err error
	if h.api, err = api.New(h.Config); err != nil {
		t.Fatal(err)
	}
	h.handler = h.api.Handler()
	h.addToken(t, `{"name":"jo","role":"oms"}`).want(t, http.StatusInternalServerError, "internal", "")
	if len(h.audit.entries) != 2 || h.audit.entries[1].Action != "token.add.failed" || h.audit.entries[1].Detail != "it may have been changed or not" ||
		h.audit.entries[1].At.Sub(at) != time.Duration(0) {
		t.Errorf("audited %+v", h.audit.entries)
	}
}
