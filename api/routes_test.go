package api_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// allMethods are those that routes may take, and some that none does.
var allMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"}

// TestRoutesAndDocumentAgree compares the router with the document, paths and methods, both ways.
func TestRoutesAndDocumentAgree(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	router, ok := h.api.Handler().(interface{ Walk(mux.WalkFunc) error })
	if !ok {
		t.Fatalf("the handler is a %T", h.api.Handler())
	}
	var served []string
	if err := router.Walk(func(r *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := r.GetPathTemplate()
		served = append(served, path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	documented := theDocument(t).Paths.Map()
	if len(served) != len(documented) || len(served) < 15 {
		t.Errorf("%d paths are served, %d documented", len(served), len(documented))
	}
	for _, path := range served {
		item := documented[path]
		if item == nil {
			t.Errorf("%s is not documented", path)
			continue
		}
		var want []string
		for method := range item.Operations() {
			want = append(want, method)
			if method == http.MethodGet {
				want = append(want, http.MethodHead)
			}
		}
		slices.Sort(want)
		for _, method := range allMethods {
			got := h.send(t, request("", method, path, "")) // the template as a path matches itself
			if slices.Contains(want, method) {
				if got.StatusCode == http.StatusMethodNotAllowed || got.StatusCode == http.StatusNotFound {
					t.Errorf("%s %s is documented and answered %d", method, path, got.StatusCode)
				}
				continue
			}
			if got.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s %s is answered %d", method, path, got.StatusCode)
			}
			allowed := strings.Split(got.Header.Get("Allow"), ", ")
			slices.Sort(allowed)
			if !slices.Equal(allowed, want) {
				t.Errorf("%s %s: Allow %v, want %v", method, path, allowed, want)
			}
		}
	}
}

func TestEveryOperationHasItsRoute(t *testing.T) {
	t.Parallel()
	documented := theDocument(t).Paths.Map()
	for _, op := range svcgate.Operations() {
		item := documented["/v1/"+op.Route]
		if item == nil || item.Post == nil || item.Post.OperationID != op.Name {
			t.Errorf("%s is not documented as POST /v1/%s", op.Name, op.Route)
		}
	}
}

func TestPathsAreExact(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{
		"/", "/v1", "/v1/", "/v2/authorizations", "/authorizations", "/v1/authorization", "/v1/Authorizations", "/v1/authorizations/",
		"//v1/authorizations", "/v1//authorizations", "/v1/./authorizations", "/v1/x/../authorizations", "/v1/%61uthorizations",
		"/v1/authorizations%2f", "/v1%2Fauthorizations", "/v1/authorizations%00", "/v1/%2e%2e/v1/authorizations", "/v1/authorizations;x=1",
		"/v1/transactions/", "/v1/transactions/a/b", "/v1/transactions/a/exchange/", "/v1/transactions//exchange", "/v1/services/RLT",
		"/v1/services/RLT/codes/", "/v1/services/RLT/codes/24", "/v1/services/RLT/codes/reason_code/24/", "/v1/services//codes",
		"/metrics", "/debug/pprof/", "/openapi.json", "/openapi.yaml/", "/livez/", "/.well-known/x", "/v1/" + cardNumber,
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			got := h.send(t, request(access.RoleOMS, method, path, authorization, "Idempotency-Key", "k"))
			got.want(t, http.StatusNotFound, "no_such_route", "")
			if got.Header.Get("Location") != "" {
				t.Errorf("%s %s redirects", method, path)
			}
		}
	}
	if h.provider.sent.Load() != 0 {
		t.Error("a path that is not one was acted on")
	}
}

// TestAnswersWithoutABody go over a real connection, which refuses what a recorder takes.
func TestAnswersWithoutABody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	file, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h.handler)
	defer server.Close()
	for _, c := range []struct {
		method, path string
		status       int
		length       int64
	}{
		{"HEAD", "/livez", http.StatusOK, int64(len("{\"status\":\"alive\"}\n"))},
		{"GET", "/livez", http.StatusOK, int64(len("{\"status\":\"alive\"}\n"))},
		{"GET", "/openapi.yaml", http.StatusOK, int64(len(file))},
		{"DELETE", draftRuleOf24, http.StatusNoContent, 0},
	} {
		r := request(access.RoleAdmin, c.method, server.URL+c.path, "", "If-Match", `"v1"`)
		r.RequestURI = ""
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != c.status || res.ContentLength != c.length {
			t.Errorf("%s %s: status %d, length %d", c.method, c.path, res.StatusCode, res.ContentLength)
		}
	}
	server.Close() // waits for the events
	if strings.Contains(h.log.String(), "answer_cut") || strings.Count(h.log.String(), "\n") != 4 {
		t.Errorf("logged %s", h.log)
	}
}

func TestAdminFace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for path, status := range map[string]int{"/metrics": 200, "/livez": 200, "/readyz": 200, "/v1/services": 404, "/openapi.yaml": 404,
		"/metrics/": 404, "/debug/pprof/": 404, "/v1/authorizations": 404} {
		w := httptest.NewRecorder()
		h.api.Admin().ServeHTTP(w, request(access.RoleAdmin, http.MethodGet, path, ""))
		if w.Code != status || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: status %d, want %d; headers %v", path, w.Code, status, w.Header())
		}
	}
}
