// Package telemetry watches the gateway at work: spans of a trace and measurements are put around the journal and the
// providers, which know nothing of it. What leaves it names operations, outcomes, codes and ids of ours: never a card
// number, a PIN, a key of a caller's, an order or a text that others wrote.
package telemetry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/svcgate/svcgate"
)

// TracingConfig says where spans go. Endpoint must be set.
type TracingConfig struct {
	Endpoint string            // of a collector that takes OTLP over HTTP; without a path, /v1/traces is meant
	Headers  map[string]string // sent along, such as a credential
	Sample   float64           // share of the traces that begin here and are kept, 0 to 1; a caller's trace follows the caller
	Version  string            // of this program
	Log      *slog.Logger      // nil: discard
}

// Tracing makes spans and sends them to a collector, in the background and in groups. What a slow collector does not
// take is dropped. A nil *Tracing traces nothing and costs nothing.
type Tracing struct {
	tracer   trace.Tracer
	provider *sdk.TracerProvider
	exporter *exporter
}

// NewTracing makes a Tracing; nothing is sent before the first span. Close it after use. The environment variables
// OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES and OTEL_BSP_* are heeded, as OpenTelemetry describes them.
func NewTracing(ctx context.Context, c TracingConfig) (*Tracing, error) {
	client, err := newCollector(c.Endpoint, c.Headers)
	if err != nil {
		return nil, err
	}
	otlp, err := otlptrace.New(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "svcgate"), attribute.String("service.version", c.Version)), resource.WithHost(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("tracing: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	x := &exporter{SpanExporter: otlp, log: c.Log}
	if x.log == nil {
		x.log = slog.New(slog.DiscardHandler)
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(x), sdk.WithResource(about),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(c.Sample))))
	return &Tracing{tracer: provider.Tracer("github.com/svcgate/svcgate"), provider: provider, exporter: x}, nil
}

// Close sends what waits, for as long as ctx allows.
func (t *Tracing) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("tracing: sending the last spans: %w", err)
	}
	return nil
}

// Lost counts the spans that no collector took.
func (t *Tracing) Lost() uint64 {
	if t == nil {
		return 0
	}
	return t.exporter.lost.Load()
}

// exporter logs and counts what its inner one reports, which would go to the standard error otherwise.
type exporter struct {
	sdk.SpanExporter
	log  *slog.Logger
	lost atomic.Uint64
}

// ExportSpans never fails: there is nobody to tell but the log.
func (x *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := x.SpanExporter.ExportSpans(ctx, spans); err != nil {
		x.lost.Add(uint64(len(spans)))
		x.log.Warn("spans were not taken by the collector", "count", len(spans), "err", err)
	}
	return nil
}

// Request is the span of one request at the API. It is begun by Tracing.Request and ended once.
type Request struct{ span trace.Span }

// Request begins the span of a request that came at an instant, as a part of the trace that the caller's header
// traceparent names; fresh begins a trace of its own all the same. The caller's tracestate and baggage are left out:
// they may hold anything. The context carries the span to whatever is done for the request.
func (t *Tracing) Request(r *http.Request, name string, at time.Time, fresh bool) (context.Context, *Request) {
	ctx := r.Context()
	if given := r.Header.Values("Traceparent"); len(given) == 1 && !fresh {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": given[0]})
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(at))
	return ctx, &Request{span}
}

// TraceID is the trace's id, in hexadecimal digits.
func (r *Request) TraceID() string { return r.span.SpanContext().TraceID().String() }

// Sampled reports whether the trace is kept.
func (r *Request) Sampled() bool { return r.span.SpanContext().IsSampled() }

// Response is the value of the header traceresponse: the ids in the form of traceparent.
func (r *Request) Response() string {
	c := r.span.SpanContext()
	return "00-" + c.TraceID().String() + "-" + c.SpanID().String() + "-" + c.TraceFlags().String()
}

// told are the fields of a request's log line that its span has too.
var told = map[string]attribute.Key{
	"request": "svcgate.request.id", "method": "http.request.method", "route": "http.route", "status": "http.response.status_code",
	"bytes": "http.response.body.size", "code": "svcgate.problem.code", "caller": "svcgate.caller", "role": "svcgate.role",
	"operation": "svcgate.operation", "service": "svcgate.service", "transaction": "svcgate.transaction.id", "outcome": "svcgate.outcome",
	"class": "svcgate.exchange.class", "replayed": "svcgate.replayed", "tries": "svcgate.tries", "messages": "svcgate.messages",
}

// End ends the span with what the request's log line says and is fit for a span. A status of 500 and above is a failure.
func (r *Request) End(at time.Time, fields []slog.Attr) {
	if !r.span.IsRecording() {
		return
	}
	for _, f := range fields {
		key, fit := told[f.Key]
		switch {
		case !fit:
		case f.Value.Kind() == slog.KindInt64:
			r.span.SetAttributes(key.Int64(f.Value.Int64()))
			if f.Key == "status" && f.Value.Int64() >= http.StatusInternalServerError {
				r.span.SetStatus(codes.Error, "")
			}
		case f.Value.Kind() == slog.KindBool:
			r.span.SetAttributes(key.Bool(f.Value.Bool()))
		default:
			r.span.SetAttributes(key.String(f.Value.String()))
		}
	}
	r.span.End(trace.WithTimestamp(at))
}

// start begins a span below the one in ctx, and returns what ends it. An error is told by its code alone.
func (t *Tracing) start(ctx context.Context, name string, kind trace.SpanKind, about ...attribute.KeyValue) (context.Context, func(error)) {
	if t == nil {
		return ctx, noSpan
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(about...))
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, reason(err))
		}
		span.End()
	}
}

// reason is what of an error may be told anywhere.
func reason(err error) string {
	if e, ok := errors.AsType[*svcgate.Error](err); ok {
		return cmp.Or(e.Reason, string(e.Code))
	}
	return fmt.Sprintf("%T", err)
}
