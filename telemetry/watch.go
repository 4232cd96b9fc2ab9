package telemetry

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/measure"
)

// Watch measures what passes through the journal and the providers that it is put around, and makes spans of it when
// there is a Tracing.
type Watch struct {
	tracing   *Tracing
	begin     prometheus.Observer
	finish    prometheus.Observer
	provider  *prometheus.HistogramVec
	exchanges *prometheus.CounterVec
	failures  *prometheus.CounterVec
	settled   *prometheus.CounterVec
	exemplars measure.Exemplars
}

// NewWatch makes a Watch whose measurements are in the registry. The names must be new there. A nil Tracing makes no spans.
func NewWatch(t *Tracing, r prometheus.Registerer) (*Watch, error) {
	took := prometheus.NewHistogramVec(measure.Latency("svcgate_journal_duration_seconds",
		"How long the journal took for its commit before sending (begin) and after (finish)."), []string{"step"})
	w := &Watch{tracing: t, begin: took.WithLabelValues(stepBegin), finish: took.WithLabelValues(stepFinish),
		provider: prometheus.NewHistogramVec(measure.Latency("svcgate_provider_duration_seconds",
			"How long the provider took for one message, whatever came of it."), []string{"service"}),
		exchanges: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "svcgate_provider_exchanges_total",
			Help: "Messages by what came of them; svcgate's own inquiries too."}, []string{"service", "operation", "class"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "svcgate_journal_failures_total",
			Help: "Times that the journal could not do its part; a card that is held and the like are none."}, []string{"step"}),
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "svcgate_settlements_total",
			Help: "Unknown outcomes that were settled, by verdict; desk counts those that a person must decide."}, []string{"verdict"}),
	}
	for _, step := range []string{stepBegin, stepFinish, stepSettle, stepDesk} {
		w.failures.WithLabelValues(step)
	}
	for _, c := range []prometheus.Collector{took, w.provider, w.exchanges, w.failures, w.settled} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// The steps of the journal.
const (
	stepBegin  = "begin"
	stepFinish = "finish"
	stepSettle = "settle"
	stepDesk   = "desk"
)

// Known makes the counters of a service stand at 0, so that their first increase is seen as one.
func (w *Watch) Known(service string) {
	for _, op := range svcgate.Operations() {
		for _, class := range svcgate.Classes() {
			w.exchanges.WithLabelValues(service, op.Name, string(class))
		}
	}
}

// Journal puts the watch around a journal.
func (w *Watch) Journal(j svcgate.Journal) svcgate.Journal { return &journal{j, w} }

// Decisions puts the watch around the part of a journal that settling writes.
func (w *Watch) Decisions(d svcgate.Decisions) svcgate.Decisions { return &decisions{d, w} }

// Provider puts spans around a provider's messages; without a Tracing it returns the provider itself.
func (w *Watch) Provider(p svcgate.Provider) svcgate.Provider {
	if w.tracing == nil {
		return p
	}
	return &provider{p, w}
}

// Work makes a span of work that no request asked for, and hands it on to work. One that did nothing leaves no trace.
func (w *Watch) Work(ctx context.Context, name string, work func(context.Context) (did bool, err error)) error {
	ctx, end := w.tracing.start(ctx, name, trace.SpanKindInternal)
	did, err := work(ctx)
	if did || err != nil {
		end(err)
	}
	return err
}

type journal struct {
	svcgate.Journal
	watch *Watch
}

// Begin measures.
func (j *journal) Begin(ctx context.Context, t *svcgate.Transaction) (*svcgate.Transaction, error) {
	w, began := j.watch, time.Now()
	spanned, end := w.span(ctx, "journal.begin", t.ID)
	earlier, err := j.Journal.Begin(spanned, t)
	end(err)
	now := time.Now()
	took := now.Sub(began)
	w.exemplars.Observe(w.begin, now, took, w.sampled(ctx), "transaction", t.ID)
	w.failed(stepBegin, err)
	if p := svcgate.PhasesOf(ctx); p != nil {
		p.Begin += took
	}
	return earlier, err
}

// Finish measures, and counts what came of the message once that is kept.
func (j *journal) Finish(ctx context.Context, t *svcgate.Transaction, x *svcgate.Exchange) error {
	w, began := j.watch, time.Now()
	spanned, end := w.span(ctx, "journal.finish", t.ID)
	err := j.Journal.Finish(spanned, t, x)
	end(err)
	now := time.Now()
	took := now.Sub(began)
	w.exemplars.Observe(w.finish, now, took, w.sampled(ctx), "transaction", t.ID)
	w.failed(stepFinish, err)
	p := svcgate.PhasesOf(ctx)
	if p != nil {
		p.Finish += took
	}
	if err != nil || x == nil {
		return err
	}
	w.exchanges.WithLabelValues(t.Service, t.Operation.String(), string(x.Class)).Inc()
	if x.Took > 0 {
		w.exemplars.Observe(w.provider.WithLabelValues(t.Service), now, x.Took, w.sampled(ctx), "transaction", t.ID)
	}
	if p != nil {
		p.Provider += x.Took
		p.Messages++
	}
	return nil
}

// span begins a span of a step of the journal, and returns what ends it.
func (w *Watch) span(ctx context.Context, name, id string) (context.Context, func(error)) {
	if w.tracing == nil {
		return ctx, noSpan
	}
	return w.tracing.start(ctx, name, trace.SpanKindInternal, attribute.String("svcgate.transaction.id", id))
}

func noSpan(error) {}

// sampled returns the id of the trace that ctx belongs to when it is kept, else "".
func (w *Watch) sampled(ctx context.Context) string {
	if w.tracing == nil {
		return ""
	}
	if c := trace.SpanContextFromContext(ctx); c.IsSampled() {
		return c.TraceID().String()
	}
	return ""
}

// failed counts an error that tells of the journal and not of the operation.
func (w *Watch) failed(step string, err error) {
	if err == nil || errors.Is(err, svcgate.ErrIDSeen) || errors.Is(err, svcgate.ErrMoved) || errors.Is(err, svcgate.ErrFinished) ||
		errors.Is(err, context.Canceled) {
		return
	}
	if _, held := errors.AsType[*svcgate.CardHeldError](err); held {
		return
	}
	if c := svcgate.CodeOf(err); c == svcgate.CodeConflict || c == svcgate.CodeNotFound || c == svcgate.CodeInvalid {
		return
	}
	w.failures.WithLabelValues(step).Inc()
}

type decisions struct {
	svcgate.Decisions
	watch *Watch
}

// ToDesk counts.
func (d *decisions) ToDesk(ctx context.Context, id string, f svcgate.Finding, at time.Time) error {
	ctx, end := d.watch.span(ctx, "journal.desk", id)
	err := d.Decisions.ToDesk(ctx, id, f, at)
	end(err)
	d.watch.settle(stepDesk, "desk", err)
	return err
}

// Settle counts, by verdict.
func (d *decisions) Settle(ctx context.Context, t *svcgate.Transaction) error {
	ctx, end := d.watch.span(ctx, "journal.settle", t.ID)
	err := d.Decisions.Settle(ctx, t)
	end(err)
	verdict := "none"
	if t.Settlement != nil {
		verdict = string(t.Settlement.Verdict)
	}
	d.watch.settle(stepSettle, verdict, err)
	return err
}

func (w *Watch) settle(step, verdict string, err error) {
	w.failed(step, err)
	if err == nil {
		w.settled.WithLabelValues(verdict).Inc()
	}
}

type provider struct {
	svcgate.Provider
	watch *Watch
}

// Prepare makes a message whose sending is a span.
func (p *provider) Prepare(r *svcgate.Request, at time.Time) (svcgate.Message, error) {
	m, err := p.Provider.Prepare(r, at)
	if err != nil {
		return nil, err
	}
	return &message{m, p.watch, r}, nil
}

type message struct {
	svcgate.Message
	watch   *Watch
	request *svcgate.Request
}

// Send makes a span of the exchange. Nothing of the trace is sent to the provider.
func (m *message) Send(ctx context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	op := m.request.Operation().String()
	ctx, end := m.watch.tracing.start(ctx, "provider."+op, trace.SpanKindClient,
		attribute.String("svcgate.service", m.request.Service()), attribute.String("svcgate.operation", op))
	reply, x, err := m.Message.Send(ctx)
	trace.SpanFromContext(ctx).SetAttributes(attribute.String("svcgate.exchange.class", string(x.Class)))
	end(err)
	return reply, x, err
}
