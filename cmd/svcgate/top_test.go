package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// metricsAfter is what a server tells after so many operations of each kind.
func metricsAfter(n, started int) string {
	return fmt.Sprintf(`# TYPE svcgate_build_info gauge
svcgate_build_info{version="v1.2.0"} 1
# TYPE process_start_time_seconds gauge
process_start_time_seconds %d
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 2.3068672e+07
# TYPE svcgate_http_requests_total counter
svcgate_http_requests_total{method="POST",route="/v1/authorizations",status="200"} %[2]d
svcgate_http_requests_total{method="POST",route="/v1/authorizations",status="422"} %[3]d
svcgate_http_requests_total{method="POST",route="/v1/authorizations",status="504"} 10
# TYPE svcgate_operations_in_flight gauge
svcgate_operations_in_flight 12
# TYPE svcgate_operations_total counter
svcgate_operations_total{operation="authorize",outcome="approved",replayed="false"} %[2]d
svcgate_operations_total{operation="deposit",outcome="approved",replayed="true"} 1234
svcgate_operations_total{operation="authorize",outcome="unknown",replayed="false"} 3
# TYPE svcgate_http_request_duration_seconds histogram
svcgate_http_request_duration_seconds_bucket{method="GET",route="/livez",le="0.001"} 9000000
svcgate_http_request_duration_seconds_bucket{method="GET",route="/livez",le="+Inf"} 9000000
svcgate_http_request_duration_seconds_sum{method="GET",route="/livez"} 1
svcgate_http_request_duration_seconds_count{method="GET",route="/livez"} 9000000
svcgate_http_request_duration_seconds_bucket{method="POST",route="/v1/authorizations",le="0.01"} %[4]d
svcgate_http_request_duration_seconds_bucket{method="POST",route="/v1/authorizations",le="0.05"} %[5]d
svcgate_http_request_duration_seconds_bucket{method="POST",route="/v1/authorizations",le="+Inf"} %[2]d
svcgate_http_request_duration_seconds_sum{method="POST",route="/v1/authorizations"} 1
svcgate_http_request_duration_seconds_count{method="POST",route="/v1/authorizations"} %[2]d
# TYPE svcgate_provider_left_alone gauge
svcgate_provider_left_alone{service="RLT"} 0
svcgate_provider_left_alone{service="SVC"} 1
# TYPE svcgate_provider_left_alone_seconds gauge
svcgate_provider_left_alone_seconds{service="RLT"} 0
svcgate_provider_left_alone_seconds{service="SVC"} 754.2
# TYPE svcgate_provider_exchanges_total counter
svcgate_provider_exchanges_total{class="answered",operation="authorize",service="RLT"} %[2]d
svcgate_provider_exchanges_total{class="sent_no_reply",operation="authorize",service="SVC"} %[3]d
# TYPE svcgate_transactions_unresolved gauge
svcgate_transactions_unresolved 3
# TYPE svcgate_transactions_desk gauge
svcgate_transactions_desk NaN
# TYPE svcgate_transactions_oldest_seconds gauge
svcgate_transactions_oldest_seconds{state="unresolved"} 4000
svcgate_transactions_oldest_seconds{state="desk"} NaN
# TYPE svcgate_store_commits_total counter
svcgate_store_commits_total %[3]d
# TYPE svcgate_store_changes_total counter
svcgate_store_changes_total %[2]d
# TYPE svcgate_store_queue gauge
svcgate_store_queue 5
# TYPE svcgate_store_wal_bytes gauge
svcgate_store_wal_bytes 4.1943e+06
# TYPE svcgate_leak_guard_total counter
svcgate_leak_guard_total 1
`, started, n, n/10, n/2, n*9/10)
}

// clockAt is a minute after the servers of these tests started.
var clockAt = time.Unix(1_800_000_060, 0)

// topServer answers with one text after the other, and then 503.
func topServer(t *testing.T, texts ...string) *top {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" || r.Header.Get("Authorization") != "" || len(texts) == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(texts[0]))
		texts = texts[1:]
	}))
	t.Cleanup(server.Close)
	tp, err := newTop(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	at := clockAt.Add(-2 * time.Second)
	tp.now = func() time.Time { at = at.Add(2 * time.Second); return at }
	return tp
}

const topStart = 1_800_000_000

func TestTopLooks(t *testing.T) {
	t.Parallel()
	tp := topServer(t, metricsAfter(6000, topStart), metricsAfter(6400, topStart))
	for _, name := range []string{"top_first.golden", "top_second.golden"} {
		f, err := tp.look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f.Server = "http://127.0.0.1:8081"
		s, out, _ := testShell()
		s.showTop(out, f)
		file := filepath.Join("testdata", name)
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || out.String() != string(want) {
			t.Errorf("%v; want %s:\n%s\ngot:\n%s", err, name, want, out)
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Error("colour without a terminal")
		}
		for line := range strings.Lines(out.String()) {
			if n := len([]rune(line)); n > 81 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}

// Counters that fell belong to a process that began anew: nothing is negative and nothing is lost.
func TestTopSurvivesARestart(t *testing.T) {
	t.Parallel()
	tp := topServer(t, metricsAfter(6000, topStart), metricsAfter(200, topStart+61))
	var f topFigures
	var err error
	for range 2 {
		if f, err = tp.look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if f.Over != 2 || f.Outcomes[0].Outcome != "approved" || f.Outcomes[0].PerSecond != 100 || f.Requests != 110 || f.Latencies[0].PerSecond != 100 || *f.Latencies[0].P50 != .01 {
		t.Errorf("%+v", f)
	}
}

func TestTopJSON(t *testing.T) {
	t.Parallel()
	tp := topServer(t, metricsAfter(6000, topStart))
	s, out, _ := testShell()
	if err := tp.once(t.Context(), s, true); err != nil {
		t.Fatal(err)
	}
	var f topFigures
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		t.Fatal(err)
	}
	if f.Version != "v1.2.0" || f.Up != 60 || f.Requests != 110+1./6 || f.Desk.Count != nil || *f.Unresolved.Count != 3 || len(f.Alarms) != 1 || *f.Batch != 10 {
		t.Errorf("%s", out)
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	for name, test := range map[string]struct {
		bins  spread
		share float64
		want  float64
	}{
		"nothing":                    {nil, .5, math.NaN()},
		"no observation":             {spread{{1, 0}, {inf, 0}}, .5, math.NaN()},
		"in the middle of a bin":     {spread{{1, 10}, {2, 30}, {inf, 30}}, .5, 1.25},
		"first bin begins at 0":      {spread{{1, 10}, {inf, 10}}, .5, .5},
		"on a bound":                 {spread{{1, 5}, {2, 10}, {inf, 10}}, .5, 1},
		"an empty bin between":       {spread{{1, 5}, {2, 5}, {4, 10}, {inf, 10}}, .75, 3},
		"beyond the last bound":      {spread{{1, 5}, {inf, 10}}, .99, 1},
		"no bound at all":            {spread{{inf, 10}}, .5, math.NaN()},
		"all of it":                  {spread{{1, 5}, {2, 10}, {inf, 10}}, 1, 2},
		"the least":                  {spread{{1, 5}, {2, 10}, {inf, 10}}, 0, 0},
		"one observation, far right": {spread{{1, 0}, {2, 0}, {4, 1}, {inf, 1}}, .5, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.bins.quantile(test.share); got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

func TestTopShows(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		showCount(0): "0", showCount(999): "999", showCount(1000): "1,000", showCount(1234567): "1,234,567", showCount(-1234): "-1,234",
		showBytes(512): "512 B", showBytes(1536): "1.5 KiB", showBytes(5 << 40): "5.0 TiB", showBytes(5 << 50): "5120.0 TiB",
		showLatency(.00012): "120 us", showLatency(.0123): "12.3 ms", showLatency(2.5): "2.50 s",
		showAge(0): "0s", showAge(59.6): "1m", showAge(3661): "1h 1m", showAge(3601): "1h", showAge(90061): "1d 1h",
		showKnown(nil, showRate): "-",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Keys pause, go on and end; trouble is shown under the last figures.
func TestTopLoop(t *testing.T) {
	t.Parallel()
	tp := topServer(t, metricsAfter(6000, topStart))
	s, out, _ := testShell()
	ticks, keys := make(chan time.Time), make(chan byte)
	ended := make(chan error, 1)
	go func() { ended <- tp.loop(t.Context(), s, ticks, keys) }()
	keys <- 'p'
	ticks <- clockAt // nothing is asked while it stands
	keys <- 'p'
	ticks <- clockAt // the server fails
	keys <- 'x'
	keys <- 'q'
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	frames := strings.Split(out.String(), drawFromTop)[1:]
	if len(frames) != 4 || !strings.Contains(frames[0], "approved") || !strings.Contains(frames[1], "(paused)") || strings.Contains(frames[2], "paused") ||
		!strings.Contains(frames[3], "approved") || !strings.Contains(frames[3], "HTTP status 503") {
		t.Errorf("%d frames: %q", len(frames), frames)
	}
	if strings.Contains(strings.ReplaceAll(out.String(), "\r\n", ""), "\n") {
		t.Error("a line of a raw terminal ends without a return")
	}
}

func TestTopEndsWithItsTerminal(t *testing.T) {
	t.Parallel()
	tp := topServer(t)
	s, out, _ := testShell()
	keys := make(chan byte)
	close(keys)
	if err := tp.loop(t.Context(), s, nil, keys); err != nil || !strings.Contains(out.String(), "503") {
		t.Errorf("%v: %q", err, out)
	}
}

func TestTopRefuses(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("up 1\n")) }))
	t.Cleanup(other.Close)
	for name, test := range map[string]struct {
		args   []string
		status int
		tells  string
	}{
		"no address":       {[]string{"--server", "localhost"}, exitUsage, "--server wants an address"},
		"a path":           {[]string{"--server", "http://127.0.0.1:1/metrics"}, exitUsage, "--server wants an address"},
		"a user":           {[]string{"--server", "http://u:p@127.0.0.1:1"}, exitUsage, "--server wants an address"},
		"too often":        {[]string{"--server", other.URL, "--every", "1ms"}, exitUsage, "--every"},
		"nobody there":     {[]string{"--server", "http://127.0.0.1:1", "--once"}, exitUnreachable, "no server answers"},
		"somebody else":    {[]string{"--server", other.URL, "--once"}, exitFailed, "admin address"},
		"somebody's JSON":  {[]string{"--server", other.URL, "--json"}, exitFailed, "admin address"},
		"too many":         {[]string{"--server", other.URL, "x"}, exitUsage, "takes no arguments"},
		"pipe, not --once": {[]string{"--server", other.URL}, exitFailed, "admin address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, out, errs := testShell()
			if status := run(t.Context(), s, append([]string{"top"}, test.args...)); status != test.status || !strings.Contains(errs.String(), test.tells) || out.Len() > 0 {
				t.Errorf("status %d, want %d: %s%s", status, test.status, out, errs)
			}
		})
	}
}
