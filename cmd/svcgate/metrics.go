package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/svcgate/svcgate/store"
)

// registerMetrics adds what the store and the leak guard count. The names are new in a fresh registry, so registering
// cannot fail.
func registerMetrics(r *prometheus.Registry, s *store.Store, guard *leakGuard) {
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
}
