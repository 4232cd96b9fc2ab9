package api_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

// statuses says what each code is answered with. A code that is not here fails the walk.
var statuses = map[svcgate.Code]struct {
	status int
	retry  string
}{
	svcgate.CodeInvalid: {422, ""}, svcgate.CodeUnauthenticated: {401, ""}, svcgate.CodeForbidden: {403, ""},
	svcgate.CodeNotFound: {404, ""}, svcgate.CodeConflict: {409, "1"}, svcgate.CodeKeyReused: {422, ""},
	svcgate.CodeOverloaded: {503, "1"}, svcgate.CodeUnavailable: {503, "30"}, svcgate.CodeUnknown: {504, ""},
	svcgate.CodeInternal: {500, ""},
}

// failing is an API whose gateway gives back an error and nothing else.
func failing(t testing.TB, err error) *house {
	t.Helper()
	return newHouse(t, func(c *api.Config) {
		c.Gateway = doer(func(context.Context, string, string, *svcgate.Request) (*svcgate.Result, error) { return nil, err })
	})
}

func TestEveryCodeHasItsStatus(t *testing.T) {
	t.Parallel()
	for _, code := range svcgate.Codes() {
		for _, reason := range []string{"", "no_such_reason", "invalid_json", "key_in_progress"} {
			t.Run(string(code)+" "+reason, func(t *testing.T) {
				want, ok := statuses[code]
				if !ok {
					t.Fatal("this code has no status in the test")
				}
				if reason == "invalid_json" && code == svcgate.CodeInvalid || reason == "key_in_progress" && code == svcgate.CodeConflict {
					return // these belong together; the tables of the bodies and keys have them
				}
				err := fmt.Errorf("doing: %w", &svcgate.Error{Code: code, Reason: reason, Detail: "A sentence.", Err: errors.New("cause")})
				w := httptest.NewRecorder() // not through send: no operation documents a 404
				failing(t, err).api.Handler().ServeHTTP(w, request(access.RoleOMS, "POST", "/v1/authorizations", authorization, "Idempotency-Key", "k"))
				got := reply{w.Result(), w.Body.Bytes()}
				got.want(t, want.status, string(code), "")
				p := got.problem(t)
				if p.Category != string(code) || got.Header.Get("Retry-After") != want.retry || strings.Contains(string(got.body), "cause") {
					t.Errorf("Retry-After %q: %s", got.Header.Get("Retry-After"), got.body)
				}
			})
		}
	}
}

func TestFailuresOfOurs(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"an error of no kind": errors.New("connection to " + cardNumber + " broke"),
		"a code of no kind":   &svcgate.Error{Code: "surprise", Detail: "A secret."},
		"internal":            &svcgate.Error{Code: svcgate.CodeInternal, Field: "amount", Detail: "A secret."},
		"no error at all":     nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := failing(t, err)
			got := h.authorize(t, "k", authorization)
			got.want(t, http.StatusInternalServerError, "internal", "")
			if p := got.problem(t); !strings.Contains(p.Detail, "money may have moved") || strings.Contains(p.Detail, "secret") || p.Category != "internal" {
				t.Errorf("detail %q", p.Detail)
			}
			inquiry := h.send(t, request(access.RoleOMS, "POST", "/v1/inquiries", `{"service":"RLT","card":{"number":"`+cardNumber+`"}}`))
			if p := inquiry.problem(t); strings.Contains(p.Detail, "money may") {
				t.Errorf("an inquiry moves no money: %q", p.Detail)
			}
		})
	}
}

func TestReferenceOfProblemsIsSound(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i, row := range api.ProblemCodes() {
		if seen[row.Code] {
			t.Errorf("%s stands there twice", row.Code)
		}
		seen[row.Code] = true
		if i < len(svcgate.Codes()) && (row.Code != string(svcgate.Codes()[i]) || row.Category != svcgate.Codes()[i]) {
			t.Errorf("row %d is %s, want %s", i, row.Code, svcgate.Codes()[i])
		}
		if !regexp.MustCompile(`^[a-z][a-z_]{2,31}$`).MatchString(row.Code) || !slices.Contains(svcgate.Codes(), row.Category) ||
			row.Status < 400 || row.Status > 599 || http.StatusText(row.Status) == "" || row.Title == "" || row.RetryAfter < 0 {
			t.Errorf("row %+v", row)
		}
		lasting := []string{"possible_duplicate", "not_open", "wrong_state", "transaction_id_seen", "settle_its_parts", "no_rule", "token_exists",
			"no_draft", "nothing_to_publish", "draft_outdated", "needs_second_person",
			"person_exists", "person_disabled", "last_security_admin"} // waiting does not help
		again := row.Status == 503 || row.Status == 429 || row.Status == 409 && !slices.Contains(lasting, row.Code)
		if again != (row.RetryAfter > 0) {
			t.Errorf("%s: status %d, Retry-After %d", row.Code, row.Status, row.RetryAfter)
		}
	}
}

// TestReferenceOfProblemsIsDocumented compares the table with the document: the list and the table for people.
func TestReferenceOfProblemsIsDocumented(t *testing.T) {
	t.Parallel()
	schema := theDocument(t).Components.Schemas["ProblemCode"].Value
	var listed []string
	for _, code := range schema.Enum {
		listed = append(listed, fmt.Sprint(code))
	}
	var want []string
	for _, row := range api.ProblemCodes() {
		want = append(want, row.Code)
		line := fmt.Sprintf("| `%s` | %d | %s | %s |", row.Code, row.Status, row.Category, row.Title)
		if !strings.Contains(schema.Description, line) {
			t.Errorf("the document lacks the line %s", line)
		}
	}
	if !slices.Equal(listed, want) {
		t.Errorf("the document lists\n%v, want\n%v", listed, want)
	}
	if lines := strings.Count(schema.Description, "\n| `"); lines != len(want) {
		t.Errorf("the document's table has %d lines, want %d", lines, len(want))
	}
}

// TestEveryReasonIsInTheReference reads the sources that make errors which come to a caller, so that none is told by
// its category for want of a row.
func TestEveryReasonIsInTheReference(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, row := range api.ProblemCodes() {
		known[row.Code] = true
	}
	// Outcomes are told by their code; a revoked token is told as any that is not good; the store checks filters again
	// and entries that this package has checked.
	elsewhere := []string{"provider_unavailable", "provider_left_alone", "node_fenced", "outcome_unknown", "token_revoked", "invalid_limit", "invalid_state", "invalid_entry"}
	found := 0
	for _, folder := range []string{"..", "../mapping", "../orce", "../responsecodes", "../store", "."} {
		for reason, place := range reasons(t, folder) {
			found++
			if !known[reason] && !slices.Contains(elsewhere, reason) {
				t.Errorf("%s: %s has no row", place, reason)
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d reasons were found in the sources", found)
	}
}

var reasonText = regexp.MustCompile(`^[a-z]+(_[a-z]+)+$`)

// reasons finds the texts that stand as Reason of a literal or as second argument of the functions that make errors.
func reasons(t testing.TB, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := gotoken.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		note := func(e ast.Expr) {
			if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == gotoken.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil && reasonText.MatchString(text) {
					out[text] = set.Position(lit.Pos()).String()
				}
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && (key.Name == "Reason" || key.Name == "reason") {
					note(n.Value)
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && slices.Contains([]string{"invalid", "refuse", "unsuitable"}, f.Name) && len(n.Args) > 1 {
					note(n.Args[1])
				}
			}
			return true
		})
	}
	return out
}
