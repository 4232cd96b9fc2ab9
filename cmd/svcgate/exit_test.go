package main

import (
	"errors"
	"fmt"
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
