package telemetry_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/telemetry"
)

// BenchmarkWatch is what watching adds to one operation: both commits and its message, over a journal that does nothing.
func BenchmarkWatch(b *testing.B) {
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer sink.Close()
	for name, sample := range map[string]float64{"measured": -1, "not sampled": 0, "sampled": 1} {
		b.Run(name, func(b *testing.B) {
			var tracing *telemetry.Tracing
			if sample >= 0 {
				var err error
				if tracing, err = telemetry.NewTracing(b.Context(), telemetry.TracingConfig{Endpoint: sink.URL, Sample: sample}); err != nil {
					b.Fatal(err)
				}
			}
			w, err := telemetry.NewWatch(tracing, prometheus.NewRegistry())
			if err != nil {
				b.Fatal(err)
			}
			j := w.Journal(&keeper{})
			b.ReportAllocs()
			for b.Loop() {
				var phases svcgate.Phases
				ctx := svcgate.WithPhases(b.Context(), &phases)
				if _, err := j.Begin(ctx, &transaction); err != nil {
					b.Fatal(err)
				}
				if err := j.Finish(ctx, &transaction, &svcgate.Exchange{Class: svcgate.ClassAnswered, Took: time.Millisecond}); err != nil {
					b.Fatal(err)
				}
			}
			_ = tracing.Close(b.Context()) // the sink takes what it can
		})
	}
}
