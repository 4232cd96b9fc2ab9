package main

import (
	"context"
	"strings"
	"testing"
)

func TestCellsAreBounded(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		for _, w := range k.ways {
			for _, conns := range connections {
				full, quick := k.requests(w, conns, false), k.requests(w, conns, true)
				if full > 12_000 || quick > 4_000 || quick > full || quick < min(conns, k.most+conns) && k.most == 0 {
					t.Errorf("%s, %s, %d connections: %d requests, %d in the quick run", k.name, w, conns, full, quick)
				}
			}
		}
	}
}

func TestArmsAreChosenByName(t *testing.T) {
	t.Parallel()
	all, err := chosen(nil)
	if err != nil || len(all) != len(kinds) {
		t.Errorf("%d arms, %v", len(all), err)
	}
	some, err := chosen([]string{armNaive, armProxy})
	if err != nil || len(some) != 2 || some[0].name != armProxy {
		t.Errorf("%v, %v", some, err)
	}
	if _, err := chosen([]string{"prxy"}); err == nil {
		t.Error("a name that is none was taken")
	}
	b := bench{}
	starters := b.starters()
	for _, k := range kinds {
		if starters[k.name] == nil {
			t.Errorf("nobody starts %s", k.name)
		}
	}
	if err := b.startRows(context.Background(), &arm{}); err == nil {
		t.Error("a long journal was made without being asked for")
	}
}

func TestNumbersInText(t *testing.T) {
	t.Parallel()
	const text = "# HELP svcgate_store_commits_total Commits.\nsvcgate_store_commits_total 1.5e+06\nVmRSS:\t   4096 kB\nempty\n"
	for name, want := range map[string]float64{"svcgate_store_commits_total ": 1_500_000, "VmRSS:": 4096} {
		if got, ok := numberIn(text, name); !ok || got != want {
			t.Errorf("%s: got %v, %v", name, got, ok)
		}
	}
	for _, name := range []string{"empty", "nothing", "svcgate_store "} {
		if got, ok := numberIn(text, name); ok {
			t.Errorf("%q gave %v", name, got)
		}
	}
}

func TestReadMetrics(t *testing.T) {
	t.Parallel()
	const text = `goos: linux
BenchmarkRatio/encode-2         	       1	         0 ns/op	        54.20 std/append
BenchmarkCodec/decode_enveloped/read-16  	 2000	 2612 ns/op	 144 B/op	 1 allocs/op
BenchmarkBroken 	 word
PASS
`
	all := readMetrics(text)
	if len(all) != 2 || all.figure("BenchmarkRatio/encode", "std/append").Value != 54.2 || all.figure("BenchmarkCodec/decode_enveloped/read", "B/op").Value != 144 {
		t.Errorf("%v", all)
	}
	if all.figure("BenchmarkRatio/encode", "gowsdl/append").known() || all.figure("BenchmarkRatio", "std/append").known() {
		t.Error("a figure came from nowhere")
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	t.Parallel()
	var said tail
	for _, text := range []string{strings.Repeat("a", 3*tailSize), "b", strings.Repeat("c", tailSize-2) + "\n"} {
		if n, err := said.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatal(n, err)
		}
	}
	if got := said.String(); got != "b"+strings.Repeat("c", tailSize-2) {
		t.Errorf("%d bytes are left, %.10q…", len(got), got)
	}
}
