package measure_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/svcgate/svcgate/internal/measure"
)

// Traces and what is slow get an exemplar each time, the rest one a second; every observation is counted.
func TestExemplars(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	for name, test := range map[string]struct {
		after time.Duration // since a first exemplar
		took  time.Duration
		trace string
		want  string // label and value; "first" when there is no new one
	}{
		"soon":               {time.Second - 1, time.Millisecond, "", "request_id first"},
		"a second later":     {time.Second, time.Millisecond, "", "request_id second"},
		"slow":               {0, measure.Slow, "", "request_id second"},
		"traced":             {0, time.Millisecond, "abc", "trace_id abc"},
		"the clock set back": {-time.Hour, time.Millisecond, "", "request_id second"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := prometheus.NewHistogram(measure.Latency("x_seconds", "X."))
			var e measure.Exemplars
			e.Observe(h, at, test.took, "", "request_id", "first")
			e.Observe(h, at.Add(test.after), test.took, test.trace, "request_id", "second")
			var m dto.Metric
			if err := h.Write(&m); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, b := range m.Histogram.Bucket {
				if x := b.Exemplar; x != nil {
					got = x.Label[0].GetName() + " " + x.Label[0].GetValue()
				}
			}
			if got != test.want || m.Histogram.GetSampleCount() != 2 || m.Histogram.GetSchema() == 0 {
				t.Errorf("exemplar %q of %d, want %q; native schema %d", got, m.Histogram.GetSampleCount(), test.want, m.Histogram.GetSchema())
			}
		})
	}
}
