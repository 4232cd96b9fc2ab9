package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/access"
)

// watched is a gate whose provider nobody is, and what its metrics tell.
func watched(t *testing.T) (g *gate, told func() string) {
	t.Helper()
	settings, err := demoConfig(t.TempDir(), "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if g, err = openGate(t.Context(), settings, slog.New(slog.DiscardHandler), &leakGuard{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g, func() string {
		t.Helper()
		answer := httptest.NewRecorder()
		g.api.Admin().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.Code != http.StatusOK {
			t.Fatalf("status %d, %v", answer.Code, err)
		}
		return string(text)
	}
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
}

func TestMetricsTellOfTheProvider(t *testing.T) {
	t.Parallel()
	g, told := watched(t)
	tokens, err := g.demoRecords(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, told(), `svcgate_provider_exchanges_total{class="mismatch",operation="void",service="RLT"} 0`,
		`svcgate_provider_transport_failures_total{service="RLT",step="tls"} 0`, `svcgate_provider_left_alone_seconds{service="RLT"} 0`)
	for n := range g.config.Breaker.Failures {
		r := httptest.NewRequest(http.MethodPost, "/v1/authorizations", strings.NewReader(
			fmt.Sprintf(`{"service":"RLT","order":"%d","sequence":1,"amount":"1.00","currency":"USD","card":{"number":"6006491234560017"}}`, n+1)))
		r.Header.Set("Authorization", "Bearer "+tokens[access.RoleOMS])
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", fmt.Sprintf("key-%d", n))
		answer := httptest.NewRecorder()
		if g.api.Handler().ServeHTTP(answer, r); answer.Code != http.StatusServiceUnavailable {
			t.Fatalf("status %d: %s", answer.Code, answer.Body)
		}
	}
	text := told()
	n := g.config.Breaker.Failures
	wantLines(t, text, fmt.Sprintf(`svcgate_provider_exchanges_total{class="not_sent",operation="authorize",service="RLT"} %d`, n),
		fmt.Sprintf(`svcgate_provider_transport_failures_total{service="RLT",step="dial"} %d`, n), `svcgate_provider_left_alone{service="RLT"} 1`,
		fmt.Sprintf(`svcgate_journal_duration_seconds_count{step="finish"} %d`, n), `svcgate_transactions_unresolved 0`)
	if strings.Contains(text, "\n"+`svcgate_provider_left_alone_seconds{service="RLT"} 0`+"\n") {
		t.Error("a provider that is left alone is so for no time")
	}
	if strings.Contains(text, "svcgate_certificate_expiry_timestamp_seconds{") {
		t.Error("a certificate is told of a provider without one")
	}
}

func TestMetricsTellOfPeople(t *testing.T) {
	t.Parallel()
	g, told := watched(t)
	wantLines(t, told(), `svcgate_signins_total{result="ok"} 0`, `svcgate_signins_total{result="wrong"} 0`)
	if _, err := g.door.SignIn(t.Context(), "nobody", "a password of many letters", "", "192.0.2.7:1"); !errors.Is(err, access.ErrWrong) {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (auditor{g.store, g.health}).Audit(gone, access.Entry{Actor: "jo", Action: "look"}); err == nil {
		t.Fatal("an entry was taken after all")
	}
	wantLines(t, told(), `svcgate_signins_total{result="wrong"} 1`, `svcgate_audit_failures_total 1`)
}

// What was changed by another way is told without anybody verifying.
func TestMetricsTellOfABrokenChain(t *testing.T) {
	t.Parallel()
	g, told := watched(t)
	if _, err := g.demoRecords(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.checkChain(t.Context())
	wantLines(t, told(), "svcgate_chain_broken 0")
	db, err := sql.Open("sqlite3", g.store.Path())
	if err != nil {
		t.Fatal(err)
	}
	var triggers string
	if err := db.QueryRowContext(t.Context(), `SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'`).Scan(&triggers); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{triggers, `UPDATE chain SET hash = zeroblob(32) WHERE seq = (SELECT max(seq) FROM chain)`} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	g.checkChain(t.Context())
	wantLines(t, told(), "svcgate_chain_broken 1")
}

func TestCollectorFromTheEnvironment(t *testing.T) {
	t.Parallel()
	for want, env := range map[string]map[string]string{
		"":                        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "True"},
		"http://c:4318/v1/traces": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/"},
		"http://t/as/it/stands":   {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t/as/it/stands"},
	} {
		if got := collectorOf(func(name string) string { return env[name] }); got != want {
			t.Errorf("%v gives %q, want %q", env, got, want)
		}
	}
	if got := collectorOf(func(string) string { return "" }); got != "" {
		t.Errorf("nothing gives %q", got)
	}
	got, err := headersOf(" authorization=Bearer%20x=, tenant = 1 ,")
	if err != nil || len(got) != 2 || got["authorization"] != "Bearer x=" || got["tenant"] != "1" {
		t.Errorf("%v, %v", got, err)
	}
	for _, wrong := range []string{"secret", "=secret", "a=secret%zz"} {
		if got, err := headersOf(wrong); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q gives %v, %v", wrong, got, err)
		}
	}
}
