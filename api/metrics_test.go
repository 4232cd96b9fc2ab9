package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

func metricsOf(t testing.TB, h *house) string {
	t.Helper()
	return h.adminOf(t, request("", "GET", "/metrics", ""))
}

func (h *house) adminOf(t testing.TB, r *http.Request) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.api.Admin().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.authorize(t, "k", authorization)
	h.authorize(t, "k", authorization)
	h.ask(t, amountUnknown)
	h.authorize(t, "bad", "{}")
	h.send(t, request(access.RoleOMS, "GET", "/v1/transactions/txn_x", ""))
	h.send(t, request(access.RoleOMS, "BREW", "/v1/transactions/txn_x", ""))
	h.send(t, request(access.RoleOMS, "GET", "/nowhere", ""))
	text := metricsOf(t, h)
	for _, want := range []string{
		`svcgate_http_requests_total{method="POST",route="/v1/authorizations",status="200"} 2`,
		`svcgate_http_requests_total{method="POST",route="/v1/authorizations",status="422"} 1`,
		`svcgate_http_requests_total{method="POST",route="/v1/authorizations",status="504"} 1`,
		`svcgate_http_requests_total{method="GET",route="/v1/transactions/{id}",status="404"} 1`,
		`svcgate_http_requests_total{method="other",route="/v1/transactions/{id}",status="405"} 1`,
		`svcgate_http_requests_total{method="GET",route="none",status="404"} 1`,
		`svcgate_operations_total{operation="authorize",outcome="approved",replayed="false"} 1`,
		`svcgate_operations_total{operation="authorize",outcome="approved",replayed="true"} 1`,
		`svcgate_operations_total{operation="authorize",outcome="unknown",replayed="false"} 1`,
		`svcgate_http_request_duration_seconds_count{method="POST",route="/v1/authorizations"} 4`,
		`svcgate_http_requests_in_flight 0`,
		`svcgate_operations_in_flight 0`,
		`svcgate_build_info{version="test"} 1`,
		`go_goroutines `,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no line %s", want)
		}
	}
	if strings.Contains(text, "txn_") || strings.Contains(text, "nowhere") || strings.Contains(text, "BREW") {
		t.Error("a label was taken from a request")
	}
}

func TestSharedRegistry(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	mine := prometheus.NewCounter(prometheus.CounterOpts{Name: "mine_total", Help: "Mine."})
	registry.MustRegister(mine)
	h := newHouse(t, func(c *api.Config) { c.Metrics = registry })
	if !strings.Contains(metricsOf(t, h), "mine_total 0") {
		t.Error("what the owner of the registry counts is not shown")
	}
	if _, err := api.New(h.Config); err == nil {
		t.Error("two APIs count into one registry")
	}
}
