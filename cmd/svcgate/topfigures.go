package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// scrape is what /metrics said at an instant.
type scrape struct {
	at       time.Time
	families map[string]*dto.MetricFamily
}

func readScrape(r io.Reader, at time.Time) (*scrape, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(r)
	if err != nil {
		return nil, fmt.Errorf("these are no metrics: %w", err)
	}
	if families["svcgate_build_info"] == nil {
		return nil, fmt.Errorf("these are not the metrics of svcgate")
	}
	return &scrape{at, families}, nil
}

// labels says whether a metric is meant.
type labels func(map[string]string) bool

func all(map[string]string) bool { return true }

// where wants a label to have one of the values.
func where(name string, values ...string) labels {
	return func(l map[string]string) bool { return slices.Contains(values, l[name]) }
}

func (s *scrape) each(name string, do func(map[string]string, *dto.Metric)) {
	if s == nil || s.families[name] == nil {
		return
	}
	for _, m := range s.families[name].Metric {
		l := map[string]string{}
		for _, pair := range m.Label {
			l[pair.GetName()] = pair.GetValue()
		}
		do(l, m)
	}
}

// number is the sum of what is meant of a counter or gauge; NaN when there is none.
func (s *scrape) number(name string, meant labels) float64 {
	sum := math.NaN()
	s.each(name, func(l map[string]string, m *dto.Metric) {
		if !meant(l) {
			return
		}
		if math.IsNaN(sum) {
			sum = 0
		}
		sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue()
	})
	return sum
}

// grown is by how much the counters that are meant grew since before (nil: since they began). One that fell began anew
// with the process: then all of it is new.
func (s *scrape) grown(before *scrape, name string, meant labels) float64 {
	old := map[string]float64{}
	before.each(name, func(l map[string]string, m *dto.Metric) { old[fmt.Sprint(l)] = m.GetCounter().GetValue() })
	sum := 0.0
	s.each(name, func(l map[string]string, m *dto.Metric) {
		if now := m.GetCounter().GetValue(); meant(l) {
			sum += since(old[fmt.Sprint(l)], now)
		}
	})
	return sum
}

func since(old, now float64) float64 {
	if now < old {
		return now
	}
	return now - old
}

// spread is how often something took at most how long, summed over series; le of the last is +Inf.
type spread []bin

type bin struct{ le, count float64 }

// spread is what the histograms that are meant counted since before (nil: since they began).
func (s *scrape) spread(before *scrape, name string, meant labels) spread {
	old := map[string]*dto.Histogram{}
	before.each(name, func(l map[string]string, m *dto.Metric) { old[fmt.Sprint(l)] = m.GetHistogram() })
	counts := map[float64]float64{}
	s.each(name, func(l map[string]string, m *dto.Metric) {
		if !meant(l) {
			return
		}
		now, was := m.GetHistogram(), old[fmt.Sprint(l)]
		if was.GetSampleCount() > now.GetSampleCount() {
			was = nil // it began anew
		}
		earlier := map[float64]float64{}
		for _, b := range was.GetBucket() {
			earlier[b.GetUpperBound()] = float64(b.GetCumulativeCount())
		}
		for _, b := range now.GetBucket() {
			if !math.IsInf(b.GetUpperBound(), 1) {
				counts[b.GetUpperBound()] += float64(b.GetCumulativeCount()) - earlier[b.GetUpperBound()]
			}
		}
		counts[math.Inf(1)] += float64(now.GetSampleCount() - was.GetSampleCount())
	})
	var bins spread
	for _, le := range slices.Sorted(maps.Keys(counts)) {
		bins = append(bins, bin{le, counts[le]})
	}
	return bins
}

func (b spread) total() float64 {
	if len(b) == 0 {
		return 0
	}
	return b[len(b)-1].count
}

// quantile is the time, in seconds, that a share of all stayed below: between the bounds of a bin as if what is in it lay
// evenly. Beyond the last bound it is that bound. NaN when there is nothing.
func (b spread) quantile(share float64) float64 {
	rank := share * b.total()
	if b.total() == 0 {
		return math.NaN()
	}
	at := slices.IndexFunc(b, func(one bin) bool { return one.count >= rank })
	if math.IsInf(b[at].le, 1) {
		if at == 0 {
			return math.NaN()
		}
		return b[at-1].le
	}
	from := bin{}
	if at > 0 {
		from = b[at-1]
	}
	if b[at].count == from.count {
		return b[at].le
	}
	return from.le + (b[at].le-from.le)*(rank-from.count)/(b[at].count-from.count)
}

// topFigures are what svcgate top shows. Times are in seconds; what is not known is left out.
type topFigures struct {
	At         time.Time     `json:"at"`
	Server     string        `json:"server"`
	Version    string        `json:"version"`
	Up         float64       `json:"up_seconds"`
	Over       float64       `json:"rates_over_seconds"` // the whole life of the process in a first look
	Requests   float64       `json:"requests_per_second"`
	Refused    float64       `json:"refused_per_second"` // 4xx
	Failed     float64       `json:"failed_per_second"`  // 5xx
	InFlight   float64       `json:"operations_in_flight"`
	Latencies  []topLatency  `json:"latencies"`
	Outcomes   []topOutcome  `json:"outcomes"`
	Unresolved topWaiting    `json:"unresolved"`
	Desk       topWaiting    `json:"desk"`
	Providers  []topProvider `json:"providers"`
	Commits    float64       `json:"commits_per_second"`
	Batch      *float64      `json:"changes_per_commit,omitempty"`
	Queue      float64       `json:"store_queue"`
	WAL        float64       `json:"wal_bytes"`
	Memory     float64       `json:"memory_bytes"`
	Alarms     []string      `json:"alarms"`
}

type topLatency struct {
	What      string   `json:"what"`
	PerSecond float64  `json:"per_second"`
	P50       *float64 `json:"p50,omitempty"`
	P99       *float64 `json:"p99,omitempty"`
}

type topOutcome struct {
	Outcome   string  `json:"outcome"`
	PerSecond float64 `json:"per_second"`
	Total     float64 `json:"total"`
}

type topWaiting struct {
	Count  *float64 `json:"count,omitempty"` // not known while the journal cannot be asked
	Oldest *float64 `json:"oldest_seconds,omitempty"`
}

type topProvider struct {
	Service    string  `json:"service"`
	LeftAlone  bool    `json:"left_alone"`
	For        float64 `json:"left_alone_seconds"`
	Messages   float64 `json:"messages_per_second"`
	Unanswered float64 `json:"unanswered_per_second"`
}

// figures draws from a scrape, and the one before it (nil: the process's start), what is shown.
func (s *scrape) figures(before *scrape, server string) topFigures {
	gauge := func(name string) float64 {
		if n := known(s.number(name, all)); n != nil {
			return *n
		}
		return 0
	}
	up := max(float64(s.at.UnixMilli())/1000-gauge("process_start_time_seconds"), 0)
	over := max(up, .001)
	if before != nil {
		over = max(s.at.Sub(before.at).Seconds(), .001)
	}
	rate := func(name string, meant labels) float64 { return s.grown(before, name, meant) / over }
	f := topFigures{
		At: s.at.UTC(), Server: server, Up: up, Over: over,
		Requests: rate("svcgate_http_requests_total", all),
		Refused:  rate("svcgate_http_requests_total", func(l map[string]string) bool { return strings.HasPrefix(l["status"], "4") }),
		Failed:   rate("svcgate_http_requests_total", func(l map[string]string) bool { return strings.HasPrefix(l["status"], "5") }),
		InFlight: gauge("svcgate_operations_in_flight"),
		Unresolved: topWaiting{known(s.number("svcgate_transactions_unresolved", all)),
			known(s.number("svcgate_transactions_oldest_seconds", where("state", "unresolved")))},
		Desk: topWaiting{known(s.number("svcgate_transactions_desk", all)),
			known(s.number("svcgate_transactions_oldest_seconds", where("state", "desk")))},
		Commits: rate("svcgate_store_commits_total", all),
		Batch:   known(s.grown(before, "svcgate_store_changes_total", all) / s.grown(before, "svcgate_store_commits_total", all)),
		Queue:   gauge("svcgate_store_queue"), WAL: gauge("svcgate_store_wal_bytes"),
		Memory: gauge("process_resident_memory_bytes"), Alarms: s.alarms(),
	}
	s.each("svcgate_build_info", func(l map[string]string, _ *dto.Metric) { f.Version = l["version"] })
	latency := func(what, name string, meant labels) {
		b := s.spread(before, name, meant)
		f.Latencies = append(f.Latencies, topLatency{what, b.total() / over, known(b.quantile(.5)), known(b.quantile(.99))})
	}
	latency("requests (POST)", "svcgate_http_request_duration_seconds", where("method", "POST"))
	for _, service := range s.values("svcgate_provider_left_alone", "service") {
		latency("provider "+service, "svcgate_provider_duration_seconds", where("service", service))
		f.Providers = append(f.Providers, topProvider{Service: service,
			LeftAlone: s.number("svcgate_provider_left_alone", where("service", service)) > 0,
			For:       s.number("svcgate_provider_left_alone_seconds", where("service", service)),
			Messages:  rate("svcgate_provider_exchanges_total", where("service", service)),
			Unanswered: rate("svcgate_provider_exchanges_total", func(l map[string]string) bool {
				return l["service"] == service && l["class"] != "answered"
			})})
	}
	latency("journal, before sending", "svcgate_journal_duration_seconds", where("step", "begin"))
	latency("journal, after", "svcgate_journal_duration_seconds", where("step", "finish"))
	for _, outcome := range s.values("svcgate_operations_total", "outcome") {
		f.Outcomes = append(f.Outcomes, topOutcome{outcome, rate("svcgate_operations_total", where("outcome", outcome)),
			s.number("svcgate_operations_total", where("outcome", outcome))})
	}
	return f
}

// known is nil for what is not a number.
func known(n float64) *float64 {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return nil
	}
	return &n
}

func (s *scrape) values(name, label string) []string {
	seen := map[string]bool{}
	s.each(name, func(l map[string]string, _ *dto.Metric) { seen[l[label]] = true })
	return slices.Sorted(maps.Keys(seen))
}

// alarms are what must be 0 and is not.
func (s *scrape) alarms() []string {
	found := []string{}
	for _, row := range []struct{ metric, text string }{
		{"svcgate_store_suspect", "the disk failed and does not yet take writes again"},
		{"svcgate_chain_broken", "the journal's chain is broken: svcgate verify names the row"},
		{"svcgate_leak_guard_total", "a run of digits was on its way into the log: report it"},
		{"svcgate_audit_failures_total", "the audit trail did not take an entry"},
		{"svcgate_journal_failures_total", "the journal could not do its part"},
		{"svcgate_codes_unmapped", "the provider answers codes that no rule knows: svcgate codes inbox"},
	} {
		if s.number(row.metric, all) > 0 {
			found = append(found, row.text)
		}
	}
	if s.number("svcgate_provider_exchanges_total", where("class", "mismatch")) > 0 {
		found = append(found, "the provider answered another question than was asked")
	}
	return found
}
