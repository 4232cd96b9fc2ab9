package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/access"
)

func (h *house) people(t testing.TB, method, path, body string) reply {
	t.Helper()
	return h.send(t, request(access.RoleSecurityAdmin, method, "/v1/people"+path, body))
}

func TestPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if got := h.people(t, "GET", "", ""); string(got.body) != `{"people":[]}`+"\n" {
		t.Errorf("got %s", got.body)
	}
	got := h.people(t, "POST", "", `{"name":"ann","full_name":"Ann Example","roles":["security-admin"]}`)
	got.want(t, http.StatusCreated, "", "")
	if want := `{"name":"ann","kind":"invite","link":"/console/welcome/svl_ann","expires_at":"2026-03-02T09:30:00.000Z"}` + "\n"; string(got.body) != want {
		t.Errorf("got %s, want %s", got.body, want)
	}
	if strings.Contains(h.log.String(), "svl_ann") {
		t.Error("the link is logged")
	}
	h.people(t, "POST", "", `{"name":"ann","roles":["viewer"]}`).want(t, http.StatusConflict, "person_exists", "name")
	h.people(t, "POST", "", `{"name":"bert","roles":["viewer"]}`).want(t, http.StatusCreated, "", "")
	h.people(t, "PUT", "/bert/roles", `{"roles":["operator","approver"]}`).want(t, http.StatusNoContent, "", "")
	h.people(t, "POST", "/ann/disable", "").want(t, http.StatusConflict, "last_security_admin", "")
	h.people(t, "POST", "/bert/disable", "").want(t, http.StatusNoContent, "", "")
	h.people(t, "POST", "/bert/reset", "").want(t, http.StatusConflict, "person_disabled", "")
	h.people(t, "POST", "/bert/enable", "").want(t, http.StatusNoContent, "", "")
	got = h.people(t, "POST", "/bert/reset", "")
	got.want(t, http.StatusOK, "", "")
	if want := `{"name":"bert","kind":"reset","link":"/console/welcome/svl_bert","expires_at":"2026-03-01T10:30:00.000Z"}` + "\n"; string(got.body) != want {
		t.Errorf("got %s, want %s", got.body, want)
	}
	h.people(t, "DELETE", "/bert/sessions", "").want(t, http.StatusNoContent, "", "")
	want := `{"people":[{"name":"ann","full_name":"Ann Example","roles":["security-admin"],"second_factor":false,"created_at":"2026-03-01T09:30:00.000Z",` +
		`"disabled_at":null,"password_at":null,"last_seen_at":null},{"name":"bert","full_name":"","roles":["operator","approver"],`
	if got := h.people(t, "GET", "", ""); !strings.HasPrefix(string(got.body), want) {
		t.Errorf("got %s, want %s", got.body, want)
	}
	done := "the-security-admin adds ann, the-security-admin adds bert, the-security-admin gives roles to bert, the-security-admin disables bert, " +
		"the-security-admin resets bert, the-security-admin enables bert, the-security-admin resets bert, the-security-admin ends the sessions of bert"
	if got := strings.Join(h.persons.done, ", "); got != done {
		t.Errorf("done\n%s, want\n%s", got, done)
	}
}

func TestPersonIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
		field  string
	}{
		"empty":               {`{}`, 422, "invalid_person", "name"},
		"no roles":            {`{"name":"ann"}`, 422, "invalid_person", "roles"},
		"empty roles":         {`{"name":"ann","roles":[]}`, 422, "invalid_person", "roles"},
		"role of a program":   {`{"name":"ann","roles":["viewer","oms"]}`, 422, "invalid_person", "roles"},
		"admin":               {`{"name":"ann","roles":["admin"]}`, 422, "invalid_person", "roles"},
		"role twice":          {`{"name":"ann","roles":["viewer","viewer"]}`, 422, "invalid_person", "roles"},
		"role in capitals":    {`{"name":"ann","roles":["Viewer"]}`, 422, "invalid_person", "roles"},
		"roles as text":       {`{"name":"ann","roles":"viewer"}`, 422, "invalid_person", "roles"},
		"role null":           {`{"name":"ann","roles":[null]}`, 422, "invalid_person", "roles"},
		"name in capitals":    {`{"name":"Ann","roles":["viewer"]}`, 422, "invalid_person", "name"},
		"name with a slash":   {`{"name":"a/n","roles":["viewer"]}`, 422, "invalid_person", "name"},
		"name too long":       {`{"name":"` + strings.Repeat("n", 65) + `","roles":["viewer"]}`, 422, "invalid_person", "name"},
		"name of ours":        {`{"name":"svcgate:door","roles":["viewer"]}`, 422, "invalid_person", "name"},
		"name with the card":  {`{"name":"c` + cardNumber + `","roles":["viewer"]}`, 422, "invalid_person", "name"},
		"full name: a card":   {`{"name":"ann","full_name":"` + cardNumber + `","roles":["viewer"]}`, 422, "invalid_person", "full_name"},
		"full name too long":  {`{"name":"ann","full_name":"` + strings.Repeat("n", 129) + `","roles":["viewer"]}`, 422, "invalid_person", "full_name"},
		"a password":          {`{"name":"ann","roles":["viewer"],"password":"x"}`, 400, "unknown_field", "password"},
		"disabled from birth": {`{"name":"ann","roles":["viewer"],"disabled_at":null}`, 400, "unknown_field", "disabled_at"},
	} {
		t.Run(name, func(t *testing.T) {
			h.people(t, "POST", "", c.body).want(t, c.status, c.code, c.field)
		})
	}
	if len(h.persons.kept) > 0 {
		t.Errorf("somebody was added: %v", h.persons.kept)
	}
	for _, path := range []string{"/nobody/disable", "/nobody/enable", "/nobody/reset", "/no%20body/disable"} {
		h.people(t, "POST", path, "").want(t, http.StatusNotFound, "person_not_found", "")
	}
	h.people(t, "PUT", "/nobody/roles", `{"roles":["viewer"]}`).want(t, http.StatusNotFound, "person_not_found", "")
	h.people(t, "PUT", "/nobody/roles", `{"roles":["king"]}`).want(t, 422, "invalid_person", "roles")
	h.people(t, "DELETE", "/nobody/sessions", "").want(t, http.StatusNotFound, "person_not_found", "")
	// A token and a person never have the same name, but what would be if they had must not be a way up.
	h.people(t, "PUT", "/the-security-admin/roles", `{"roles":["viewer"]}`).want(t, http.StatusForbidden, "not_oneself", "")
	h.persons.broken = errors.New("disk on fire")
	got := h.people(t, "POST", "/ann/disable", "")
	got.want(t, http.StatusInternalServerError, "internal", "")
	if strings.Contains(string(got.body), "fire") {
		t.Error("the cause belongs into the log and not into the answer")
	}
}
