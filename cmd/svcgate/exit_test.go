package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
)

func TestEveryCodeAndOutcomeHasAStatus(t *testing.T) {
	t.Parallel()
	for _, code := range svcgate.Codes() {
		if _, ok := codeStatus[code]; !ok {
			t.Errorf("code %s has no exit status", code)
		}
	}
	for _, outcome := range svcgate.Outcomes() {
		status, ok := outcomeStatus[outcome]
		if !ok || (status == exitDone) != (outcome == svcgate.Approved) {
			t.Errorf("outcome %s has exit status %d, %t", outcome, status, ok)
		}
	}
}

// TestExitStatuses pins the numbers of docs/errors.md, which scripts go by.
func TestExitStatuses(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[svcgate.Outcome]int{
		svcgate.Approved: 0, svcgate.Partial: 1, svcgate.Declined: 1, svcgate.Undefined: 1, svcgate.Unavailable: 3, svcgate.Unknown: 6,
	} {
		if got := outcomeStatus[outcome]; got != want {
			t.Errorf("%s ends with %d, not %d", outcome, got, want)
		}
	}
	for _, code := range svcgate.Codes() {
		if (statusOfCode(code) == exitUnknown) != code.MayHaveMoved() {
			t.Errorf("%s ends with %d", code, statusOfCode(code))
		}
	}
}

// TestNoAnswerIsNoFailure asks servers that take a request and answer nothing of svcgate's.
func TestNoAnswerIsNoFailure(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"a page of a proxy": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGatewayTimeout) },
		"a broken one": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"id":`))
		},
		"none": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(answer)
			defer server.Close()
			card := filepath.Join(t.TempDir(), "card")
			if err := os.WriteFile(card, []byte("6006491234560017\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var out, told bytes.Buffer
			s := newShell(strings.NewReader(""), &out, &told, []string{"SVCGATE_TOKEN=t"})
			status := run(t.Context(), s, []string{"call", "recharge", "--server", server.URL, "--order", "1", "--amount", "5.00", "--key", "k-1", "--card-file", card})
			if status != exitUnknown || !strings.Contains(told.String(), "--key k-1") {
				t.Errorf("ended with %d: %s", status, told.String())
			}
		})
	}
}

func TestStatusOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"nil":               {nil, exitDone},
		"plain":             {errors.New("x"), exitFailed},
		"failure":           {fail(exitRefused, "x"), exitRefused},
		"wrapped failure":   {fmt.Errorf("doing: %w", fail(exitConflict, "x")), exitConflict},
		"joined failure":    {errors.Join(silent(exitUsage), errors.New("x")), exitUsage},
		"error with code":   {fmt.Errorf("doing: %w", &svcgate.Error{Code: svcgate.CodeConflict}), exitConflict},
		"failure with code": {fail(exitUsage, "x: %w", &svcgate.Error{Code: svcgate.CodeConflict}), exitUsage},
		"unknown code":      {&svcgate.Error{Code: "new"}, exitFailed},
	} {
		if got := statusOf(c.err); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}
