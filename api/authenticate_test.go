package api_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/responsecodes"
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

// TestEveryRouteWithEveryRole walks the documented routes, so a new one cannot be without a row in the matrix, and asks
// each as each role. What a role may do is refused for what is wrong with the request at most.
func TestEveryRouteWithEveryRole(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *api.Config) { c.Review, c.Figures = nothing{}, nothing{} })
	h.sampled = map[string]bool{}
	var rows []string
	for path, item := range theDocument(t).Paths.Map() {
		for method := range item.Operations() {
			rows = append(rows, h.matrixRow(t, method, path))
		}
	}
	slices.SortFunc(rows, func(a, b string) int { // by path, then by method
		one, other := strings.Fields(a), strings.Fields(b)
		return cmp.Or(strings.Compare(one[1], other[1]), strings.Compare(one[0], other[0]))
	})
	var head strings.Builder
	fmt.Fprintf(&head, "%-66s", "")
	for _, role := range access.Roles() {
		fmt.Fprintf(&head, " %*s", matrixWidth(role), role)
	}
	got := head.String() + "\n" + strings.Join(rows, "\n") + "\n"
	const golden = "testdata/matrix.txt"
	if os.Getenv("UPDATE") != "" && !t.Failed() {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("rights are\n%s\nand should be as %s says (UPDATE=1 go test ./api -run EveryRole writes it; read the difference):\n%s", got, golden, want)
	}
}

// nothing is an api.Reviewer and api.Figures that cannot be asked.
type nothing struct{}

var errNothing = &svcgate.Error{Code: svcgate.CodeOverloaded, Detail: "Not now."}

func (nothing) DryRun(context.Context, string, time.Time, func(done, total int)) (*responsecodes.Report, error) {
	return nil, errNothing
}
func (nothing) Reevaluate(context.Context, string, time.Time, func(done, total int)) (*responsecodes.Report, error) {
	return nil, errNothing
}
func (nothing) Unmapped(context.Context, string, time.Time) ([]responsecodes.Unmapped, error) {
	return nil, errNothing
}
func (nothing) Explain(context.Context, string) (*responsecodes.Explanation, error) {
	return nil, errNothing
}
func (nothing) Affected(context.Context, string, responsecodes.Tally, time.Time, int, string) (*svcgate.Page, error) {
	return nil, errNothing
}
func (nothing) Report(context.Context, svcgate.ReportName, svcgate.Filter) (*svcgate.Page, error) {
	return nil, errNothing
}
func (nothing) Activity(context.Context, time.Time, time.Duration) ([]svcgate.Bucket, error) {
	return nil, errNothing
}
func (nothing) RuleHits(context.Context, string, time.Time, int) (map[string][]int, error) {
	return nil, errNothing
}

func matrixWidth(role access.Role) int { return max(len(role), len("2xx")) }

// matrixRow asks a route as nobody and as each role.
func (h *house) matrixRow(t *testing.T, method, path string) string {
	t.Helper()
	target := regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllStringFunc(path, func(name string) string {
		return cmp.Or(map[string]string{"{service}": "RLT", "{source}": "reason_code", "{code}": "24", "{number}": "1"}[name], "nobody")
	})
	var row strings.Builder
	fmt.Fprintf(&row, "%-66s", method+" "+path)
	open := h.send(t, request("", method, target, "")).StatusCode == http.StatusOK
	if !open {
		h.send(t, request("", method, target, "{}")).want(t, http.StatusUnauthorized, "token_required", "")
	}
	for _, role := range access.Roles() {
		word := "2xx"
		got := h.send(t, request(role, method, target, "{}"))
		switch {
		case open:
			word = "all"
		case got.StatusCode == http.StatusForbidden:
			word = "403"
			got.want(t, http.StatusForbidden, "permission_missing", "")
		case got.StatusCode == http.StatusUnauthorized, got.StatusCode == http.StatusMethodNotAllowed, got.StatusCode == http.StatusInternalServerError,
			bytes.Contains(got.body, []byte("no_such_route")):
			t.Errorf("%s %s as %s: %s", method, path, role, got.body)
		}
		fmt.Fprintf(&row, " %*s", matrixWidth(role), word)
	}
	return row.String()
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
