package main

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/orce"
	"github.com/svcgate/svcgate/soap"
	"github.com/svcgate/svcgate/store"
)

// countLimit bounds what one reading of the metrics may ask of the journal.
const countLimit = 2 * time.Second

// unmappedWindow is how far back codes without a rule are looked for; the inbox has all.
const unmappedWindow = time.Hour

// health is what the gate counts of itself, beside what its parts count.
type health struct {
	audit  atomic.Uint64 // entries that the audit trail did not take
	broken atomic.Bool   // the chain was found broken
	tried  *prometheus.CounterVec
}

func newHealth() *health {
	h := &health{tried: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "svcgate_signins_total",
		Help: "Tries to sign in or to prove again who one is, by how they ended."}, []string{"result"})}
	for _, end := range []access.Tried{access.TriedWell, access.TriedWrong, access.TriedThrottled, access.TriedBroken} {
		h.tried.WithLabelValues(string(end))
	}
	return h
}

func (h *health) counts(end access.Tried) { h.tried.WithLabelValues(string(end)).Inc() }

// auditor counts what the trail does not take.
type auditor struct {
	api.Auditor
	health *health
}

// Audit adds an entry.
func (a auditor) Audit(ctx context.Context, e access.Entry) error {
	err := a.Auditor.Audit(ctx, e)
	if err != nil {
		a.health.audit.Add(1)
	}
	return err
}

// registerMetrics adds what the store and the leak guard count, what waits, and how the ways to the providers stand. The
// names are new in a fresh registry, so registering cannot fail.
func registerMetrics(r *prometheus.Registry, g *gate, guard *leakGuard) {
	s := g.store
	counter := func(name, help string, value func() uint64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help},
			func() float64 { return float64(value()) }))
	}
	counter("svcgate_leak_guard_total", "Runs of ten digits or more that had to be masked in the log; anything but 0 is a defect.", guard.hits.Load)
	counter("svcgate_log_failures_total", "Log lines that could not be written.", guard.failures.Load)
	counter("svcgate_audit_failures_total", "Entries that the audit trail did not take; what they were about was not done.", g.health.audit.Load)
	counter("svcgate_tracing_lost_total", "Spans that no collector took.", g.tracing.Lost)
	counter("svcgate_store_commits_total", "Commits of the database.", func() uint64 { return s.Stats().Commits })
	counter("svcgate_store_changes_total", "Changes kept by those commits.", func() uint64 { return s.Stats().Changes })
	counter("svcgate_store_failures_total", "Changes that were answered with an error, refusals such as a card that is held too.", func() uint64 { return s.Stats().Failures })
	counter("svcgate_node_fenced_total", "Times that this process lost its lease on the database and sent nothing until it had a new one.", func() uint64 { return s.Stats().Fenced })
	counter("svcgate_node_taken_total", "Attempts of other nodes that this one made unresolved, because those were gone.", func() uint64 { return s.Stats().Taken })
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("svcgate_store_wal_bytes", "Size of the write-ahead log.", func() float64 { return float64(s.Stats().WALBytes) })
	gauge("svcgate_store_queue", "Changes that wait for the writer.", func() float64 { return float64(s.Stats().Waiting) })
	gauge("svcgate_store_unrecorded", "Outcomes that are kept in memory because the journal did not take them yet.", func() float64 { return float64(g.gateway.Unrecorded()) })
	gauge("svcgate_store_suspect", "1 while a disk failure is not settled.", func() float64 { return truth(s.Stats().Suspect) })
	gauge("svcgate_node_epoch", "Number of this process among the nodes of its database; 0 on SQLite.", func() float64 { return float64(s.Stats().Epoch) })
	gauge("svcgate_node_lease_seconds", "What is left of this process's lease on the database; 0 on SQLite.", func() float64 { return s.Stats().Lease.Seconds() })
	gauge("svcgate_chain_broken", "1 once the end of the journal's hash chain was found changed by another way; it is looked at every hour.",
		func() float64 { return truth(g.health.broken.Load()) })
	gauge("svcgate_codes_unmapped", "Codes that the provider answered in the last hour and no published rule knows; NaN when the journal could not be asked.", g.countUnmapped)
	r.MustRegister(g.health.tried, waiting{g}, ways{g})
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (g *gate) countUnmapped() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), countLimit)
	defer cancel()
	n, err := g.unmapped(ctx, time.Now().Add(-unmappedWindow))
	if err != nil {
		return math.NaN()
	}
	return float64(n)
}

var (
	descUnresolved = prometheus.NewDesc("svcgate_transactions_unresolved", "Transactions whose outcome is not known; NaN when the journal could not be asked.", nil, nil)
	descDesk       = prometheus.NewDesc("svcgate_transactions_desk", "Transactions that wait for a person; NaN when the journal could not be asked.", nil, nil)
	descOldest     = prometheus.NewDesc("svcgate_transactions_oldest_seconds", "Age of the oldest transaction that is unresolved or on the desk; 0 for none.", []string{"state"}, nil)
)

// waiting tells what waits for its outcome, by one question to the journal.
type waiting struct{ g *gate }

// Describe names what Collect gives.
func (waiting) Describe(to chan<- *prometheus.Desc) {
	to <- descUnresolved
	to <- descDesk
	to <- descOldest
}

// Collect asks the journal.
func (w waiting) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), countLimit)
	defer cancel()
	unresolved, desk, err := w.g.store.Waiting(ctx)
	number := func(n float64) float64 {
		if err != nil {
			return math.NaN()
		}
		return n
	}
	age := func(of store.Waiting) float64 {
		if of.Oldest.IsZero() {
			return number(0)
		}
		return number(max(time.Since(of.Oldest).Seconds(), 0))
	}
	to <- prometheus.MustNewConstMetric(descUnresolved, prometheus.GaugeValue, number(float64(unresolved.Count)))
	to <- prometheus.MustNewConstMetric(descDesk, prometheus.GaugeValue, number(float64(desk.Count)))
	to <- prometheus.MustNewConstMetric(descOldest, prometheus.GaugeValue, age(unresolved), "unresolved")
	to <- prometheus.MustNewConstMetric(descOldest, prometheus.GaugeValue, age(desk), "desk")
}

var (
	descAlone     = prometheus.NewDesc("svcgate_provider_left_alone", "1 while nothing but an inquiry is sent to the provider, because it did not answer lately.", []string{"service"}, nil)
	descAloneFor  = prometheus.NewDesc("svcgate_provider_left_alone_seconds", "For how long the provider has been left alone; 0 while it is not.", []string{"service"}, nil)
	descTransport = prometheus.NewDesc("svcgate_provider_transport_failures_total", "Calls that got no complete answer, by the step that failed.", []string{"service", "step"}, nil)
	descEnds      = prometheus.NewDesc("svcgate_certificate_expiry_timestamp_seconds", "When a certificate ends: the provider's, as it was shown last, or ours for it (client).", []string{"service", "certificate"}, nil)
)

// wired is a provider that knows the wire it speaks over.
type wired struct {
	*orce.Provider
	client *soap.Client
}

// ways tells how the ways to the providers stand.
type ways struct{ g *gate }

// Describe names what Collect gives.
func (ways) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descAlone, descAloneFor, descTransport, descEnds} {
		to <- d
	}
}

// Collect reads memory only.
func (w ways) Collect(to chan<- prometheus.Metric) {
	alone := w.g.gateway.LeftAlone()
	for service, state := range w.g.gateway.Providing() {
		to <- prometheus.MustNewConstMetric(descAlone, prometheus.GaugeValue, truth(state != "closed"), service)
		to <- prometheus.MustNewConstMetric(descAloneFor, prometheus.GaugeValue, alone[service].Seconds(), service)
	}
	for service, client := range w.g.clients {
		seen := client.Figures()
		for step, n := range seen.Failed {
			to <- prometheus.MustNewConstMetric(descTransport, prometheus.CounterValue, float64(n), service, step)
		}
		for certificate, ends := range map[string]time.Time{"provider": seen.ProviderEnds, "client": seen.OwnEnds} {
			if !ends.IsZero() {
				to <- prometheus.MustNewConstMetric(descEnds, prometheus.GaugeValue, float64(ends.Unix()), service, certificate)
			}
		}
	}
}

// watchChain is how often the end of the chain is looked at.
const watchChain = time.Hour

// checkChain looks at the end of the chain, so that what was changed by another way is told before somebody verifies.
func (g *gate) checkChain(ctx context.Context) {
	err := g.store.VerifyTail(ctx)
	if ctx.Err() != nil || err == nil {
		return
	}
	if _, broken := errors.AsType[*store.BrokenError](err); broken {
		g.health.broken.Store(true)
	}
	g.log.Error("checking the end of the journal's chain failed", "err", err)
}
