package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A visit to the pages is a trace of its own, whatever the browser sends, and closing the gate sends what waits.
func TestPagesAreTraced(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got bytes.Buffer
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.Copy(&got, r.Body)
	}))
	t.Cleanup(collector.Close)
	settings, err := demoConfig(t.TempDir(), "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	settings.Tracing.Endpoint, settings.Tracing.Sample = collector.URL, 1
	g, err := openGate(t.Context(), settings, slog.New(slog.DiscardHandler), &leakGuard{})
	if err != nil {
		t.Fatal(err)
	}
	visited := false
	pages := g.traced(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visited = true }))
	r := httptest.NewRequest(http.MethodGet, "/console/6006491234560017", nil)
	r.Header.Set("Traceparent", "00-abcdabcdabcdabcd6006491234560017-00f067aa0ba902b7-01")
	pages.ServeHTTP(httptest.NewRecorder(), r)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if text := got.String(); !visited || !strings.Contains(text, "console") || strings.Contains(text, "6006491234560017") || strings.Contains(text, "\x60\x06\x49\x12\x34\x56\x00\x17") {
		t.Errorf("visited %v, the collector got %q", visited, text)
	}
	if g.traced(nil) != nil {
		t.Error("pages that are turned off are there")
	}
}

func TestTracingRefusesItsSettings(t *testing.T) {
	t.Parallel()
	settings, err := demoConfig(t.TempDir(), "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	settings.Tracing.Endpoint = "ftp://secret"
	_, err = openGate(t.Context(), settings, slog.New(slog.DiscardHandler), &leakGuard{})
	if statusOf(err) != exitUsage || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}
