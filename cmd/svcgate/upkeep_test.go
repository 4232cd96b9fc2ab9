package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
)

// A chore that panics is logged like a panic of a request, without its value and without addresses, and ends nothing.
func TestAChoreThatPanicsEndsNothing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, guard, err := newLogger(&out, "info", "json")
	if err != nil {
		t.Fatal(err)
	}
	g, times := &gate{log: log}, 0
	for range 2 {
		g.do(t.Context(), chore{do: func(context.Context) {
			times++
			panic("broken by 6006491234560017")
		}})
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if times != 2 || len(lines) != 2 {
		t.Fatalf("done %d times, logged %s", times, lines)
	}
	for _, line := range lines {
		if !strings.Contains(line, `"msg":"work in the background panicked","panic":"string","stack":"goroutine `) || !strings.Contains(line, "TestAChoreThatPanics") {
			t.Errorf("logged %s", line)
		}
		if strings.Contains(line, "broken") || regexp.MustCompile("0x[0-9a-f]").MatchString(line) || guard.hits.Load() != 0 {
			t.Errorf("more than a type and places is logged: %s", line)
		}
	}
}
