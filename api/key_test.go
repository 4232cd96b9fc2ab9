package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

// derives lets the OMS, and nobody else, leave the key out.
func derives(c *api.Config) { c.DeriveKeys = func(caller string) bool { return caller == "the-oms" } }

func TestDerivedKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t, derives)
	post := func(path, body string, headers ...string) reply {
		return h.sendSecret(t, request(access.RoleOMS, http.MethodPost, path, body, headers...))
	}
	with := func(old, new string) string { return strings.Replace(authorization, old, new, 1) }
	first := post("/v1/authorizations", authorization)
	first.want(t, http.StatusOK, "", "")
	const key = "derived:RLT:3242:1:authorize:11.07 USD:"
	if got := first.Header.Get("Idempotency-Key"); got != key || !strings.Contains(string(first.body), `"idempotency_key":"`+key+`"`) {
		t.Errorf("the key is %q: %s", got, first.body)
	}
	again := post("/v1/authorizations", authorization)
	if string(again.body) != string(first.body) || again.Header.Get("Idempotent-Replayed") != "true" || again.Header.Get("Idempotency-Key") != key {
		t.Errorf("the replay is %v %s", again.Header, again.body)
	}
	if h.provider.sent.Load() != 1 {
		t.Fatalf("%d messages were sent", h.provider.sent.Load())
	}
	if got := h.get(t, access.RoleOMS, "/v1/transactions?key=derived%3ARLT%3A3242%3A1%3Aauthorize%3A11.07+USD%3A"); h.journal.filter.Key != key || got.StatusCode != 200 {
		t.Errorf("looked for %q", h.journal.filter.Key)
	}
	t.Run("the card is content, not key", func(t *testing.T) {
		post("/v1/authorizations", with(cardNumber, "6006497751230025")).want(t, http.StatusUnprocessableEntity, "key_reused", "Idempotency-Key")
	})
	t.Run("each part makes another request", func(t *testing.T) {
		keys := map[string]bool{key: true}
		for _, c := range []struct{ path, body string }{
			{"/v1/authorizations", with(`"sequence":1`, `"sequence":2`)},
			{"/v1/authorizations", with("3242", "3243")},
			{"/v1/authorizations", with("11.07", "11.08")},
			{"/v1/recharges", authorization},
			{"/v1/returns", authorization},
			{"/v1/returns", with(`"amount"`, `"authorization":"9354","amount"`)},
			{"/v1/deposits", with(`"amount"`, `"authorization":"9354","amount"`)},
			{"/v1/generations", `{"service":"RLT","order":"3242","sequence":1}`},
			{"/v1/authorizations", with("USD", "CAD")},
		} {
			got := post(c.path, c.body)
			got.want(t, http.StatusOK, "", "")
			if k := got.Header.Get("Idempotency-Key"); k == "" || keys[k] {
				t.Errorf("%s %s has the key %q again", c.path, c.body, k)
			} else {
				keys[k] = true
			}
		}
	})
	t.Run("a key that is sent counts", func(t *testing.T) {
		got := post("/v1/authorizations", authorization, "Idempotency-Key", "own")
		got.want(t, http.StatusOK, "", "")
		if got.Header.Get("Idempotency-Key") != "" || !strings.Contains(string(got.body), `"idempotency_key":"own"`) {
			t.Errorf("headers %v: %s", got.Header, got.body)
		}
	})
	t.Run("an unfit key is still unfit", func(t *testing.T) {
		post("/v1/authorizations", authorization, "Idempotency-Key", "").want(t, http.StatusBadRequest, "idempotency_key_invalid", "Idempotency-Key")
	})
	t.Run("without a sequence there is none", func(t *testing.T) {
		for path, body := range map[string]string{
			"/v1/authorizations": with(`"sequence":1,`, ``),
			"/v1/recharges":      with(`"sequence":1,`, `"sequence":0,`),
			"/v1/generations":    `{"service":"RLT"}`,
		} {
			got := post(path, body)
			got.want(t, http.StatusBadRequest, "sequence_required", "sequence")
			if !strings.Contains(got.problem(t).Detail, "Idempotency-Key") {
				t.Errorf("%s", got.body)
			}
		}
	})
	t.Run("of what is wrong nothing is derived", func(t *testing.T) {
		post("/v1/authorizations", with("11.07", "x")).want(t, http.StatusUnprocessableEntity, "invalid_amount", "amount")
	})
	t.Run("inquiries need none and get none", func(t *testing.T) {
		got := post("/v1/inquiries", `{"service":"RLT","card":{"number":"`+cardNumber+`"}}`)
		got.want(t, http.StatusOK, "", "")
		if got.Header.Get("Idempotency-Key") != "" {
			t.Error("an inquiry got a key")
		}
	})
	t.Run("others must send one", func(t *testing.T) {
		h.send(t, request(access.RoleTester, http.MethodPost, "/v1/authorizations", authorization)).
			want(t, http.StatusBadRequest, "idempotency_key_required", "Idempotency-Key")
	})
}

// TestDerivedKeyIsToldOfFailuresToo: whoever did not send the key learns it whatever happens.
func TestDerivedKeyIsToldOfFailuresToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t, derives)
	for amount, status := range map[string]int{amountUnavailable: 503, amountUnknown: 504} {
		body := strings.Replace(authorization, "11.07", amount, 1)
		got := h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/authorizations", strings.Replace(body, cardNumber, "60064977512300"+amount[:2], 1)))
		if got.StatusCode != status || got.Header.Get("Idempotency-Key") != "derived:RLT:3242:1:authorize:"+amount+" USD:" {
			t.Errorf("status %d, key %q", got.StatusCode, got.Header.Get("Idempotency-Key"))
		}
	}
}

func TestConfirmDuplicate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *api.Config) {
		real := c.Gateway
		c.Gateway = doer(func(ctx context.Context, caller, key string, r *svcgate.Request) (*svcgate.Result, error) {
			if !r.ConfirmDuplicate() {
				return nil, &svcgate.Error{Code: svcgate.CodeConflict, Reason: "possible_duplicate", Detail: "Read txn_x first."}
			}
			return real.Do(ctx, caller, key, r)
		})
	})
	for _, op := range svcgate.Operations() {
		if !op.MovesMoney {
			continue
		}
		member := `"sequence":1`
		if op.NeedsAuthorization {
			member += `,"authorization":"9354"`
		}
		if op.NeedsKind {
			member += `,"kind":"physical"`
		}
		post := func(more string) reply {
			return h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/"+op.Route, strings.Replace(authorization, `"sequence":1`, member+more, 1), "Idempotency-Key", op.Name))
		}
		for _, more := range []string{``, `,"confirm_duplicate":false`} {
			got := post(more)
			got.want(t, http.StatusConflict, "possible_duplicate", "")
			if got.Header.Get("Retry-After") != "" {
				t.Error("waiting does not help")
			}
		}
		for _, wrong := range []string{`"true"`, `1`, `null`, `{}`} {
			post(`,"confirm_duplicate":`+wrong).want(t, http.StatusUnprocessableEntity, "invalid_confirm_duplicate", "confirm_duplicate")
		}
		post(`,"confirm_duplicate":true`).want(t, http.StatusOK, "", "")
	}
	for path, body := range map[string]string{
		"/v1/inquiries":   `{"service":"RLT","card":{"number":"` + cardNumber + `"},"confirm_duplicate":true}`,
		"/v1/generations": `{"service":"RLT","confirm_duplicate":true}`,
	} {
		h.send(t, request(access.RoleOMS, http.MethodPost, path, body, "Idempotency-Key", "k")).want(t, http.StatusUnprocessableEntity, "not_applicable", "confirm_duplicate")
	}
}
