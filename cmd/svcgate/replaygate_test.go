package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/svcgate/svcgate/fixtures"
)

func corpus(t testing.TB) []*fixtures.Case {
	t.Helper()
	cases, err := fixtures.Load(fixtures.Corpus)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func replayGates(t testing.TB, n int) (gates []*replayGate, targets []fixtures.Target) {
	t.Helper()
	for range n {
		gate, err := newReplayGate()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := gate.Close(); err != nil {
				t.Error(err)
			}
		})
		gates, targets = append(gates, gate), append(targets, gate)
	}
	return gates, targets
}

func wantOK(t testing.TB, r fixtures.Report) {
	t.Helper()
	if r.OK() {
		return
	}
	var b strings.Builder
	if err := r.WriteTree(&b, fixtures.Tree{OnlyWrong: true}); err != nil {
		t.Fatal(err)
	}
	t.Fatal(b.String())
}

// TestCorpusPassesTheGateway replays all cases, spelling and all, in both directions: what one case leaves in a shared
// database must not reach another, whichever comes first.
func TestCorpusPassesTheGateway(t *testing.T) {
	t.Parallel()
	cases := corpus(t)
	backwards := make([]*fixtures.Case, len(cases))
	for i, c := range cases {
		backwards[len(cases)-1-i] = c
	}
	_, targets := replayGates(t, 2)
	for name, list := range map[string][]*fixtures.Case{"forwards": cases, "backwards": backwards} {
		t.Run(name, func(t *testing.T) {
			wantOK(t, fixtures.Runner{Targets: targets, Rules: fixtures.Rules{Exact: true}}.Run(t.Context(), list))
		})
	}
}

// TestDatabasesAreShared says when a new database is needed: for an order or a transaction id that is there already.
func TestDatabasesAreShared(t *testing.T) {
	t.Parallel()
	cases := corpus(t)
	pick := func(name string) *fixtures.Case {
		for _, c := range cases {
			if c.Name == name {
				return c
			}
		}
		t.Fatalf("there is no %s", name)
		return nil
	}
	authorize, inquire := pick("authorize/approved"), pick("inquire/approved")
	sameOrder := *authorize // as if another test had recorded it, with another id
	sameOrder.Incoming = bytes.ReplaceAll(authorize.Incoming, []byte("8841"), []byte("9999"))
	sameOrder.Reply = bytes.ReplaceAll(authorize.Reply, []byte("8841"), []byte("9999"))
	sameID := *authorize
	sameID.Request = bytes.ReplaceAll(authorize.Request, []byte("70301"), []byte("79999"))
	sameID.Outgoing = bytes.ReplaceAll(authorize.Outgoing, []byte("70301"), []byte("79999"))
	sameID.Reply = bytes.ReplaceAll(authorize.Reply, []byte("70301"), []byte("79999"))
	for _, test := range []struct {
		name  string
		cases []*fixtures.Case
		want  int
	}{
		{"one case", []*fixtures.Case{authorize}, 1},
		{"another order and id, the same card", []*fixtures.Case{authorize, inquire}, 1},
		{"the same case twice", []*fixtures.Case{authorize, authorize}, 2},
		{"the same order", []*fixtures.Case{authorize, &sameOrder}, 2},
		{"the same id", []*fixtures.Case{authorize, &sameID}, 2},
		{"an order of a setup", []*fixtures.Case{pick("void/approved"), authorize}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			gates, targets := replayGates(t, 1)
			wantOK(t, fixtures.Runner{Targets: targets}.Run(t.Context(), test.cases))
			if gates[0].databases != test.want {
				t.Errorf("%d databases, want %d", gates[0].databases, test.want)
			}
		})
	}
}

func TestWireCasesAreSkipped(t *testing.T) {
	t.Parallel()
	_, targets := replayGates(t, 1)
	wire := *corpus(t)[0]
	wire.Request, wire.Reply = nil, nil
	if r := (fixtures.Runner{Targets: targets}).Run(t.Context(), []*fixtures.Case{&wire}); r.Skipped != 1 || r.OK() {
		t.Error(r.Summary())
	}
}

func TestReplayBar(t *testing.T) {
	t.Parallel()
	cases := corpus(t)[:10]
	var out bytes.Buffer
	now := time.Now()
	b := (&shell{err: &out, out: &out}).newBar(cases)
	if b.w != nil {
		t.Error("there is a bar where there is no terminal")
	}
	b.step(fixtures.Step{})
	b.clear()
	b = &replayBar{w: &out, now: func() time.Time { return now }, begun: now, total: 10}
	b.step(fixtures.Step{Verdict: fixtures.StepPassed})
	b.clear()
	if out.Len() > 0 {
		t.Errorf("a short run shows %q", &out)
	}
	now = now.Add(barAfter)
	b.step(fixtures.Step{Verdict: fixtures.StepFailed})
	b.step(fixtures.Step{Verdict: fixtures.StepPassed}) // too soon to be drawn
	now = now.Add(barEvery)
	b.step(fixtures.Step{Verdict: fixtures.StepBlocked})
	b.clear()
	want := "\r" + strings.Repeat("█", 6) + strings.Repeat("░", 24) + " 2 of 10 steps, 1 wrong \r" +
		strings.Repeat("█", 12) + strings.Repeat("░", 18) + " 4 of 10 steps, 2 wrong \r\x1b[K"
	if out.String() != want {
		t.Errorf("the bar is %q\nwant %q", &out, want)
	}
}

// others makes n cases out of the corpus. Each round has orders and transaction ids of its own, as recordings have.
func others(t testing.TB, n int) []*fixtures.Case {
	t.Helper()
	all := corpus(t)
	var list []*fixtures.Case
	for round := 0; len(list) < n; round++ {
		made := map[*fixtures.Case]*fixtures.Case{}
		var change func(*fixtures.Case) *fixtures.Case
		change = func(c *fixtures.Case) *fixtures.Case {
			if made[c] == nil {
				other := *c
				made[c] = &other
				swap := renumber(c, round)
				for _, body := range []*[]byte{&other.Request, &other.Outgoing, &other.Incoming, &other.Reply} {
					if *body != nil {
						*body = []byte(swap.Replace(string(*body)))
					}
				}
				other.Setup = nil
				for _, s := range c.Setup {
					other.Setup = append(other.Setup, change(s))
				}
			}
			return made[c]
		}
		for _, c := range all {
			list = append(list, change(c))
		}
	}
	return list[:n]
}

// renumber replaces the plain numbers among the case's names, and the authorization numbers that hold them. All keep
// their length, so that nothing else about the case changes.
func renumber(c *fixtures.Case, round int) *strings.Replacer {
	var pairs []string
	for _, name := range namesIn(c) {
		_, number, _ := strings.Cut(name, " ")
		if round == 0 || len(number) < 4 || len(number) > 6 || strings.Trim(number, "0123456789") != "" {
			continue
		}
		other := fmt.Sprintf("%d%s", (int(number[0]-'1')+round)%9+1, number[1:])
		for _, end := range []string{`"`, "<"} {
			pairs = append(pairs, `"`+number+end, `"`+other+end, ">"+number+end, ">"+other+end)
		}
		pairs = append(pairs, "000000"+number, "000000"+other, "Transaction "+number, "Transaction "+other, " "+number+" ", " "+other+" ")
	}
	return strings.NewReplacer(pairs...)
}

// BenchmarkReplayGate replays 1,000 cases against a gateway with two workers: with orders of their own, as recordings
// have, and, for the worst case, all with the same order, so that each needs a new database.
func BenchmarkReplayGate(b *testing.B) {
	same := corpus(b)
	for i, c := range same {
		if c.Name == "authorize/approved" {
			same = []*fixtures.Case{same[i]}
			break
		}
	}
	for len(same) < 1000 {
		same = append(same, same[0])
	}
	for _, test := range []struct {
		name  string
		cases []*fixtures.Case
	}{{"1000 cases", others(b, 1000)}, {"1000 of one order", same}} {
		b.Run(test.name, func(b *testing.B) {
			gates, targets := replayGates(b, 2)
			heap := func() int64 {
				var m runtime.MemStats
				runtime.GC()
				runtime.GC() // what pools held
				runtime.ReadMemStats(&m)
				return int64(m.HeapAlloc)
			}
			runner := fixtures.Runner{Targets: targets}
			wantOK(b, runner.Run(b.Context(), test.cases[:20]))
			before, spent := heap(), processorTime(b)
			databases := 0
			var report fixtures.Report
			for b.Loop() {
				report = runner.Run(b.Context(), test.cases)
			}
			b.StopTimer()
			spent = processorTime(b) - spent
			wantOK(b, report)
			grown := heap() - before
			for _, gate := range gates {
				databases += gate.databases
			}
			n := float64(b.N * len(test.cases))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n, "ns/case")
			b.ReportMetric(b.Elapsed().Seconds()/n*1000, "s/1000cases")
			b.ReportMetric(spent.Seconds()/n*1000, "cpu-s/1000cases")
			b.ReportMetric(float64(grown)/1024, "heap-growth-KiB")
			b.ReportMetric(float64(databases)/n*1000, "databases/1000cases")
			runtime.KeepAlive(report)
		})
	}
}

// processorTime is what the process has used of its processors, which other programs on the machine do not change much.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// TestReplayKeepsMemoryFlat replays four times as many cases and finds the heap no larger than its report explains.
func TestReplayKeepsMemoryFlat(t *testing.T) {
	cases := others(t, 480)
	_, targets := replayGates(t, 1)
	grown := func(list []*fixtures.Case) int64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		report := fixtures.Runner{Targets: targets}.Run(t.Context(), list)
		wantOK(t, report)
		runtime.GC()
		runtime.ReadMemStats(&after)
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		return int64(after.HeapAlloc) - int64(before.HeapAlloc) - int64(len(text))
	}
	grown(cases[:120])
	if n := grown(cases); n > 2<<20 {
		t.Errorf("the heap grew by %d bytes over %d cases", n, len(cases))
	}
}

// TestReplayWatches runs as typed, breaks a case and waits until that is told. The report that it writes among the
// cases leads to no run.
func TestReplayWatches(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"testcards.txt", "inquire/approved/case.txt", "inquire/approved/request.json", "inquire/approved/outgoing.xml",
		"inquire/approved/incoming.xml", "inquire/approved/reply.json"} {
		text, err := fixtures.Corpus.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, text, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := make(writes)
	ended := make(chan int, 1)
	go func() {
		s := &shell{out: out, err: io.Discard}
		ended <- run(ctx, s, []string{"replay", folder, "--watch", "--html", filepath.Join(folder, "report.html")})
	}()
	next := func(want string) {
		t.Helper()
		select {
		case text := <-out:
			if !strings.Contains(text, want) {
				t.Errorf("told %q, want %q", text, want)
			}
		case code := <-ended:
			t.Fatalf("ended with %d", code)
		case <-t.Context().Done():
		}
	}
	next("1 passed, 0 failed")
	reply, changed := filepath.Join(folder, "inquire/approved/reply.json"), filepath.Join(t.TempDir(), "reply.json")
	text, err := os.ReadFile(reply)
	if err == nil {
		err = os.WriteFile(changed, bytes.Replace(text, []byte(`"160.00"`), []byte(`"161.00"`), 1), 0o600)
	}
	if err := errors.Join(err, os.Rename(changed, reply)); err != nil { // one event, where writing would be two
		t.Fatal(err)
	}
	next(`$.balance.amount: changed: want "161.00", got "160.00"`)
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("ended with %d", code)
	}
}

// writes hands on each write.
type writes chan string

func (w writes) Write(b []byte) (int, error) {
	w <- string(b)
	return len(b), nil
}
