package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/access"
)

func TestTokenIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, c := range map[string]struct {
		given []string
		code  string
	}{
		"none":              {nil, "token_required"},
		"empty":             {[]string{""}, "token_malformed"},
		"scheme alone":      {[]string{"Bearer"}, "token_malformed"},
		"scheme and space":  {[]string{"Bearer "}, "token_malformed"},
		"token alone":       {[]string{token(access.RoleOMS)}, "token_malformed"},
		"basic":             {[]string{"Basic b21zOnNlY3JldA=="}, "token_malformed"},
		"two spaces":        {[]string{"Bearer  " + token(access.RoleOMS)}, "token_malformed"},
		"two tokens":        {[]string{"Bearer " + token(access.RoleOMS) + " " + token(access.RoleAdmin)}, "token_malformed"},
		"two headers":       {[]string{"Bearer " + token(access.RoleOMS), "Bearer " + token(access.RoleOMS)}, "token_malformed"},
		"comma":             {[]string{"Bearer " + token(access.RoleOMS) + ",x"}, "token_malformed"},
		"too long":          {[]string{"Bearer " + strings.Repeat("x", 257)}, "token_malformed"},
		"not ASCII":         {[]string{"Bearer tokén-of-oms"}, "token_malformed"},
		"not known":         {[]string{"Bearer token-of-stranger"}, "token_invalid"},
		"other letter case": {[]string{"Bearer " + strings.ToUpper(token(access.RoleOMS))}, "token_invalid"},
		"cut":               {[]string{"Bearer " + token(access.RoleOMS)[:11]}, "token_invalid"},
		"its hash":          {[]string{"Bearer " + access.HashToken(token(access.RoleOMS))}, "token_invalid"},
		"a card number":     {[]string{"Bearer " + cardNumber}, "token_invalid"},
		"revoked":           {[]string{"Bearer token-revoked"}, "token_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request("", http.MethodPost, "/v1/authorizations", authorization, "Idempotency-Key", "k")
			r.Header["Authorization"] = c.given
			got := h.send(t, r)
			got.want(t, http.StatusUnauthorized, c.code, "")
			if !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), `Bearer realm="svcgate"`) {
				t.Errorf("WWW-Authenticate is %q", got.Header.Get("WWW-Authenticate"))
			}
		})
	}
	if int(h.provider.sent.Load())+len(h.journal.rows) != 0 {
		t.Error("a request without a good token was acted on")
	}
	t.Run("scheme in small letters is good", func(t *testing.T) {
		h.send(t, request("", http.MethodGet, "/v1/services", "", "Authorization", "bearer "+token(access.RoleOMS))).want(t, http.StatusOK, "", "")
	})
	t.Run("token in the query", func(t *testing.T) {
		h.send(t, request("", http.MethodGet, "/v1/services?access_token="+token(access.RoleOMS), "")).want(t, http.StatusUnauthorized, "token_required", "")
	})
	t.Run("token in a cookie", func(t *testing.T) {
		r := request("", http.MethodGet, "/v1/services", "")
		r.AddCookie(&http.Cookie{Name: "token", Value: token(access.RoleOMS)})
		h.send(t, r).want(t, http.StatusUnauthorized, "token_required", "")
	})
	t.Run("a role that is none may do nothing", func(t *testing.T) {
		h.send(t, request("nobody", http.MethodGet, "/v1/services", "")).want(t, http.StatusForbidden, "permission_missing", "")
	})
}

func TestTokensThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.tokens.broken = errors.New("disk on fire")
	got := h.authorize(t, "k", authorization)
	got.want(t, http.StatusServiceUnavailable, "tokens_unavailable", "")
	if strings.Contains(string(got.body), "fire") || !strings.Contains(h.log.String(), "fire") {
		t.Error("the cause belongs into the log and not into the answer")
	}
}

// matrix says which role may use which route, in the order of access.Roles: oms, operator, admin, tester.
var matrix = map[string]string{
	"POST /v1/generations":                                "yes no no yes",
	"POST /v1/activations":                                "yes no no yes",
	"POST /v1/recharges":                                  "yes no no yes",
	"POST /v1/inquiries":                                  "yes yes yes yes",
	"POST /v1/authorizations":                             "yes no no yes",
	"POST /v1/deposits":                                   "yes no no yes",
	"POST /v1/returns":                                    "yes no no yes",
	"POST /v1/reversals":                                  "yes no no yes",
	"GET /v1/transactions":                                "yes yes yes yes",
	"GET /v1/transactions/{id}":                           "yes yes yes yes",
	"GET /v1/transactions/{id}/exchange":                  "no yes yes yes",
	"POST /v1/transactions/{id}/settlement":               "no yes no no",
	"GET /v1/desk":                                        "no yes yes yes",
	"GET /v1/cards/holds":                                 "yes yes yes yes",
	"GET /v1/tokens":                                      "no no yes no",
	"POST /v1/tokens":                                     "no no yes no",
	"DELETE /v1/tokens/{name}":                            "no no yes no",
	"GET /v1/audit":                                       "no no yes no",
	"GET /v1/operations":                                  "yes yes yes yes",
	"GET /v1/services":                                    "yes yes yes yes",
	"GET /v1/services/{service}/codes":                    "no yes yes yes",
	"POST /v1/services/{service}/codes/import":            "no no yes no",
	"GET /v1/services/{service}/codes/{source}/{code}":    "no yes yes yes",
	"PUT /v1/services/{service}/codes/{source}/{code}":    "no no yes no",
	"DELETE /v1/services/{service}/codes/{source}/{code}": "no no yes no",
	"GET /openapi.yaml":                                   "public",
	"GET /livez":                                          "public",
	"GET /readyz":                                         "public",
}

// TestEveryRouteWithEveryRole walks the documented routes, so a new one cannot be without a row.
func TestEveryRouteWithEveryRole(t *testing.T) {
	t.Parallel()
	if got, want := fmt.Sprint(access.Roles()), "[oms operator admin tester]"; got != want {
		t.Fatalf("the roles are %s, the matrix is of %s", got, want)
	}
	h := newHouse(t)
	seen := 0
	for path, item := range theDocument(t).Paths.Map() {
		for method := range item.Operations() {
			name := method + " " + path
			row, ok := matrix[name]
			if !ok {
				t.Errorf("%s is not in the matrix", name)
				continue
			}
			seen++
			target := strings.NewReplacer("{id}", "txn_x", "{name}", "nobody", "{service}", "XXX", "{source}", "reason_code", "{code}", "24").Replace(path)
			if row == "public" {
				if got := h.send(t, request("", method, target, "")); got.StatusCode != http.StatusOK {
					t.Errorf("%s without a token: %d", name, got.StatusCode)
				}
				continue
			}
			for i, word := range strings.Fields(row) {
				role := access.Roles()[i]
				t.Run(name+" "+string(role), func(t *testing.T) {
					got := h.send(t, request(role, method, target, "{}"))
					if word == "no" {
						got.want(t, http.StatusForbidden, "permission_missing", "")
					} else if got.StatusCode == http.StatusForbidden || got.StatusCode == http.StatusUnauthorized {
						t.Errorf("refused: %s", got.body)
					}
				})
			}
			h.send(t, request("", method, target, "{}")).want(t, http.StatusUnauthorized, "token_required", "")
		}
	}
	if seen != len(matrix) {
		t.Errorf("%d routes are documented, %d in the matrix", seen, len(matrix))
	}
}

func TestMissingPermissionIsNamed(t *testing.T) {
	t.Parallel()
	p := newHouse(t).send(t, request(access.RoleAdmin, http.MethodPost, "/v1/recharges", "{}", "Idempotency-Key", "k")).problem(t)
	if !strings.Contains(p.Detail, "transact") || !strings.Contains(p.Detail, "admin") {
		t.Errorf("detail %q", p.Detail)
	}
}

// TestRoleIsAskedBeforeTheBodyIsRead: who may not do it learns nothing of what is wrong with the request.
func TestRoleIsAskedBeforeTheBodyIsRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := httptest.NewRequest(http.MethodPost, "/v1/authorizations?x=1", &brokenBody{err: errors.New("read")})
	r.Header.Set("Authorization", "Bearer "+token(access.RoleOperator))
	h.send(t, r).want(t, http.StatusForbidden, "permission_missing", "")
}
