package api_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/access"
)

func TestNewNumberIsToldToWhoAskedAndNoOneElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	generate := func() *http.Request {
		return request(access.RoleOMS, http.MethodPost, "/v1/generations", `{"service":"RLT","order":"3242","sequence":1}`, "Idempotency-Key", "k")
	}
	const full = `"card":{"masked":"************0017","status":null,"number":"` + cardNumber + `"}`
	first := h.sendSecret(t, generate())
	first.want(t, http.StatusOK, "", "")
	if !bytes.Contains(first.body, []byte(full)) {
		t.Fatalf("the number is not told: %s", first.body)
	}
	again := h.sendSecret(t, generate())
	if !bytes.Equal(first.body, again.body) || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("the replay gives\n%s, the first was\n%s", again.body, first.body)
	}
	id := h.journal.rows[0].ID
	for _, path := range []string{"/v1/transactions/" + id, "/v1/transactions?order=3242", "/v1/transactions/" + id + "/exchange"} {
		got := h.send(t, request(access.RoleTester, http.MethodGet, path, "")) // send refuses a number in the answer
		if !bytes.Contains(got.body, []byte("************0017")) {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	h.journal.erase(id)
	late := h.send(t, generate())
	if masked := strings.Replace(string(first.body), `,"number":"`+cardNumber+`"`, "", 1); string(late.body) != masked {
		t.Errorf("after the number was erased the replay gives\n%s, want\n%s", late.body, masked)
	}
	if h.provider.sent.Load() != 1 {
		t.Errorf("%d numbers were used up", h.provider.sent.Load())
	}
}

func TestGenerationTakesNoCard(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct{ member, code, field string }{
		{`"card":{"number":"` + cardNumber + `"}`, "not_applicable", "card"},
		{`"card":{"pin":"1234"}`, "not_applicable", "card"},
		{`"card":{"swiped":true}`, "not_applicable", "card"},
		{`"amount":"11.07","currency":"USD"`, "not_applicable", "amount"},
		{`"sequence":1`, "not_applicable", "sequence"},
	} {
		got := h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/generations", `{"service":"RLT",`+c.member+`}`, "Idempotency-Key", "k"))
		got.want(t, http.StatusUnprocessableEntity, c.code, c.field)
	}
}
