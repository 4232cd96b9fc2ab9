package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/telemetry"
)

// openTracing makes the tracing that the settings want, or OpenTelemetry's standard variables; nil for none.
func (g *gate) openTracing(ctx context.Context) (*telemetry.Tracing, error) {
	endpoint := cmp.Or(g.config.Tracing.Endpoint, collectorOf(os.Getenv))
	if endpoint == "" {
		return nil, nil
	}
	headers, err := headersOf(cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS"), os.Getenv("OTEL_EXPORTER_OTLP_HEADERS")))
	if err != nil {
		return nil, fail(exitUsage, "%w", err)
	}
	t, err := telemetry.NewTracing(ctx, telemetry.TracingConfig{
		Endpoint: endpoint, Headers: headers, Sample: g.config.Tracing.Sample, Version: thisBuild().Version, Log: g.log})
	if err != nil {
		return nil, fail(exitUsage, "%w", err)
	}
	g.close = append(g.close, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), tracingDrain)
		defer cancel()
		if err := t.Close(ctx); err != nil {
			g.log.Warn("the last spans were not sent", "err", err)
		}
		return nil
	})
	return t, nil
}

// tracingDrain is how long a stop waits for a collector.
const tracingDrain = 3 * time.Second

// collectorOf reads the endpoint as OpenTelemetry's "OTLP Exporter Configuration" has it: one for traces is taken as it
// stands, one for everything gets their path.
func collectorOf(getenv func(string) string) string {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return ""
	}
	if traces := getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"); traces != "" {
		return traces
	}
	if all := getenv("OTEL_EXPORTER_OTLP_ENDPOINT"); all != "" {
		return strings.TrimSuffix(all, "/") + "/v1/traces"
	}
	return ""
}

// headersOf reads pairs such as "authorization=Bearer%20x,tenant=1". They are never quoted: credentials stand in them.
func headersOf(text string) (map[string]string, error) {
	headers := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.TrimSpace(name); !found || name == "" || err != nil {
			return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_HEADERS: want name=value pairs with commas between them, percent-encoded")
		}
		headers[name] = value
	}
	return headers, nil
}

// tracer is the tracing as the API knows it; nil when nothing is traced.
func (g *gate) tracer() api.Tracer {
	if g.tracing == nil {
		return nil
	}
	return func(r *http.Request, name string, at time.Time, fresh bool) (context.Context, api.Span) {
		return g.tracing.Request(r, name, at, fresh)
	}
}

// traced makes a trace of each visit to the pages, so that what they ask the provider belongs together. nil stays nil.
func (g *gate) traced(pages http.Handler) http.Handler {
	if pages == nil || g.tracing == nil {
		return pages
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := g.tracing.Request(r, "console", time.Now(), true)
		defer func() { span.End(time.Now(), nil) }()
		pages.ServeHTTP(w, r.WithContext(ctx))
	})
}

// settler makes a trace of each look that a reader of a transaction causes.
type settler struct {
	*svcgate.Gateway
	watch *telemetry.Watch
}

// LookInto looks.
func (s settler) LookInto(ctx context.Context, id string) error {
	return s.watch.Work(ctx, "settle", func(ctx context.Context) (bool, error) { return true, s.Gateway.LookInto(ctx, id) })
}
