package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/simulator"
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

// What an earlier process left is due before the first request is taken, so that the first sweep, which may come late,
// wakes nothing of what this process sends.
func TestWhatWasLeftIsDueBeforeAnythingIsTaken(t *testing.T) {
	t.Parallel()
	stopSim, url, err := startSim(t.Context(), "127.0.0.1:0", simulator.Config{Seed: 1, Cards: simulator.DemoCards()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stopSim() })
	c, err := demoConfig(t.TempDir(), url)
	if err != nil {
		t.Fatal(err)
	}
	c.KeyFile, c.Live = "", false
	c.Settling.Schedule, c.Settling.Every = []time.Duration{time.Hour}, time.Hour
	gate := func() *gate {
		t.Helper()
		log, guard, err := newLogger(&bytes.Buffer{}, "info", "json")
		if err != nil {
			t.Fatal(err)
		}
		g, err := openGate(t.Context(), c, log, guard)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	first := gate()
	if _, err := first.demoRecords(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := svcgate.NewRequest(svcgate.Draft{Operation: svcgate.Recharge, Service: "RLT", Order: "9", CardNumber: secret.New("6006491234569909"), Amount: "5.00", Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	lost, err := first.gateway.Do(t.Context(), "oms", "k", r)
	if svcgate.CodeOf(err) != svcgate.CodeUnknown {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := gate()
	got, err := second.store.Transaction(t.Context(), lost.Transaction.ID)
	if err != nil || got.State != svcgate.StateUnresolved || got.Next.After(second.store.Now()) {
		t.Errorf("what was left is %s and sleeps until %v: %v", got.State, got.Next, err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}
