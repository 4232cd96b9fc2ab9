package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/svcgate/svcgate/internal/measure"
)

// metrics are what /metrics tells of this face. Every label comes from a table of ours, none from a request.
type metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.CounterVec
	took       *prometheus.HistogramVec
	operations *prometheus.CounterVec
	inFlight   prometheus.Gauge
	exemplars  measure.Exemplars
}

// newMetrics registers them; operating tells how many operations are under way.
func newMetrics(c Config, operating func() float64) (*metrics, error) {
	m := &metrics{
		registry: c.Metrics,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "svcgate_http_requests_total",
			Help: "Requests answered, by method, route template and status."}, []string{"method", "route", "status"}),
		took: prometheus.NewHistogramVec(measure.Latency("svcgate_http_request_duration_seconds",
			"How long requests took, by method and route template."), []string{"method", "route"}),
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "svcgate_operations_total",
			Help: "Operations told to callers, by operation and outcome; replays are counted apart."}, []string{"operation", "outcome", "replayed"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "svcgate_http_requests_in_flight", Help: "Requests being answered now."}),
	}
	operations := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "svcgate_operations_in_flight", Help: "Operations under way now."}, operating)
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "svcgate_build_info", Help: "1, with the version that runs.",
		ConstLabels: prometheus.Labels{"version": c.Version}})
	build.Set(1)
	all := []prometheus.Collector{m.requests, m.took, m.operations, m.inFlight, operations, build}
	for _, collector := range all {
		if err := c.Metrics.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, registerRuntime(c.Metrics)
}

// registerRuntime adds what Go and the system tell of the process, unless the owner of the registry did.
func registerRuntime(r *prometheus.Registry) error {
	for _, collector := range []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		var twice prometheus.AlreadyRegisteredError
		if err := r.Register(collector); err != nil && !errors.As(err, &twice) {
			return err
		}
	}
	return nil
}

// request counts one request that was answered.
func (m *metrics) request(c *call, took time.Duration) {
	m.requests.WithLabelValues(method(c.r.Method), c.route.path, strconv.Itoa(c.Status)).Inc()
	m.exemplars.Observe(m.took.WithLabelValues(method(c.r.Method), c.route.path), c.Started.Add(took), took, c.sampledTrace(), "request_id", c.RequestID)
	if c.begun != "" && c.Outcome != "" {
		m.operations.WithLabelValues(c.Operation, c.Outcome, strconv.FormatBool(c.Replayed)).Inc()
	}
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
}
