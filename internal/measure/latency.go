// Package measure says how latencies are measured everywhere in svcgate.
package measure

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Latency is a histogram of seconds with buckets for every scraper, and the finer native ones for those that know them.
func Latency(name, help string) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{Name: name, Help: help,
		Buckets:                     []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour}
}

// Exemplars ties latencies to something to look at: a trace, a request, a transaction. To make one costs more than to
// count, so of what is neither slow nor traced only one a second gets one.
type Exemplars struct{ last atomic.Int64 }

// Slow is what is always worth an exemplar.
const Slow = 250 * time.Millisecond

// Observe notes how long something took that ended at an instant. trace is the id of its trace if that is kept, else ""; then it is named by
// label and id, which are no secret and at most 100 letters.
func (e *Exemplars) Observe(o prometheus.Observer, at time.Time, took time.Duration, trace, label, id string) {
	if trace != "" {
		label, id = "trace_id", trace
	} else if took < Slow && !e.due(at.UnixNano()) {
		o.Observe(took.Seconds())
		return
	}
	o.(prometheus.ExemplarObserver).ObserveWithExemplar(took.Seconds(), prometheus.Labels{label: id})
}

// due reports whether the last exemplar is a second ago, or the clock was set back.
func (e *Exemplars) due(now int64) bool {
	last := e.last.Load()
	return (now-last >= int64(time.Second) || now < last) && e.last.CompareAndSwap(last, now)
}
