package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/svcgate/svcgate"
)

// Tracer begins the span of a request that came at an instant, as a part of the trace that the caller's header
// traceparent names; fresh begins a trace of its own all the same. The context carries the span.
type Tracer func(r *http.Request, name string, at time.Time, fresh bool) (context.Context, Span)

// Span is the part of a trace that one request is. It is ended once; one that is not ended is never seen.
type Span interface {
	TraceID() string                      // 32 hexadecimal digits
	Sampled() bool                        // whether the trace is kept
	Response() string                     // value of the header traceresponse
	End(at time.Time, fields []slog.Attr) // fields are those of the request's log line, up to its error
}

// trace begins the span. A trace id that could hold a card number is the caller's text and is not taken as it came,
// until trust has compared it with the card.
func (a *API) trace(c *call) {
	if a.Tracer == nil {
		return
	}
	c.retrace = holdsDigits(c.r.Header.Get(headerTrace))
	c.follow(a.Tracer, c.retrace)
}

const (
	headerTrace    = "Traceparent"
	headerTraceOut = "Traceresponse"
)

// trust takes the caller's trace after all once it is known not to hold the card's number: one random id in twelve has
// ten digits in a row.
func (a *API) trust(c *call, card svcgate.Card) {
	if c.retrace && !card.IsZero() && !holdsCard(c.r.Header.Get(headerTrace), card) {
		c.follow(a.Tracer, false)
	}
}

func (c *call) follow(t Tracer, fresh bool) {
	var ctx context.Context
	ctx, c.span = t(c.r, method(c.r.Method)+" "+c.route.path, c.Started, fresh)
	c.r = c.r.WithContext(ctx)
	c.header.Set(headerTraceOut, c.span.Response())
}

// traceID is the id of the request's trace, "" when it has none.
func (c *call) traceID() string {
	if c.span == nil {
		return ""
	}
	return c.span.TraceID()
}

// sampledTrace is traceID when the trace is kept, else "".
func (c *call) sampledTrace() string {
	if c.span == nil || !c.span.Sampled() {
		return ""
	}
	return c.span.TraceID()
}
