package main

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/svcgate/svcgate"
)

// countLimit bounds what one reading of the metrics may ask of the journal.
const countLimit = 2 * time.Second

// registerMetrics adds what the store and the leak guard count, what waits on the desk and how the ways to the providers
// stand. The names are new in a fresh registry, so registering cannot fail.
func registerMetrics(r *prometheus.Registry, g *gate, guard *leakGuard) {
	s := g.store
	counter := func(name, help string, value func() uint64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help},
			func() float64 { return float64(value()) }))
	}
	counter("svcgate_leak_guard_total", "Runs of ten digits or more that had to be masked in the log; anything but 0 is a defect.", guard.hits.Load)
	counter("svcgate_store_commits_total", "Commits of the database.", func() uint64 { return s.Stats().Commits })
	counter("svcgate_store_changes_total", "Changes kept by those commits.", func() uint64 { return s.Stats().Changes })
	counter("svcgate_store_failures_total", "Changes that the database failed to keep.", func() uint64 { return s.Stats().Failures })
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("svcgate_store_wal_bytes", "Size of the write-ahead log.", func() float64 { return float64(s.Stats().WALBytes) })
	gauge("svcgate_store_suspect", "1 while a disk failure is not settled.", func() float64 {
		if s.Stats().Suspect {
			return 1
		}
		return 0
	})
	gauge("svcgate_transactions_desk", "Transactions that wait for a person; NaN when the journal could not be asked.", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), countLimit)
		defer cancel()
		n, err := countIn(ctx, s, svcgate.StateDesk)
		if err != nil {
			return math.NaN()
		}
		return n
	})
	for service := range g.gateway.Providing() {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "svcgate_provider_left_alone",
			Help:        "1 while nothing but an inquiry is sent to the provider, because it did not answer lately.",
			ConstLabels: prometheus.Labels{"service": service}}, func() float64 {
			if g.gateway.Providing()[service] == "closed" {
				return 0
			}
			return 1
		}))
	}
}
