package api

import (
	"log/slog"
	"regexp"
	"time"

	"github.com/svcgate/svcgate"
)

// event is what one request is logged as: filled on the way, printed once, with no body, no query and no path but the
// route's template.
type event struct {
	RequestID   string
	Caller      string
	Role        string
	Operation   string
	Service     string
	Transaction string
	Outcome     string
	Vendor      string // what the OMS is to do, by the vendor response table
	Class       string // how far the exchange with the provider got
	Card        string // masked
	Code        string // of the problem
	Status      int
	Bytes       int // of the answer's body
	Replayed    bool
	Cut         bool // the answer could not be written
	Err         error
	Panic       string // the type of a panic's value
	Stack       string
	Started     time.Time
	Phases      svcgate.Phases // of an operation
}

// mostFields is room for what a line says of an operation, rare fields left out.
const mostFields = 22

// finish counts and logs the request.
func (a *API) finish(c *call) {
	took := a.Now().Sub(c.Started)
	a.metrics.request(c, took)
	attrs := append(make([]slog.Attr, 0, mostFields),
		slog.String("request", c.RequestID), slog.String("method", method(c.r.Method)), slog.String("route", c.route.path),
		slog.Int("status", c.Status), slog.Duration("took", took), slog.Int("bytes", c.Bytes),
	)
	for _, t := range [...]struct{ name, text string }{
		{"code", c.Code}, {"caller", c.Caller}, {"role", c.Role}, {"operation", c.Operation}, {"service", c.Service},
		{"transaction", c.Transaction}, {"outcome", c.Outcome}, {"vendor", c.Vendor}, {"class", c.Class}, {"card", c.Card},
		{"panic", c.Panic}, {"stack", c.Stack},
	} {
		if t.text != "" {
			attrs = append(attrs, slog.String(t.name, t.text))
		}
	}
	attrs = c.phases(attrs)
	if c.Replayed {
		attrs = append(attrs, slog.Bool("replayed", true))
	}
	if c.Cut {
		attrs = append(attrs, slog.Bool("answer_cut", true))
	}
	level := slog.LevelInfo
	if c.Status >= 500 {
		level = slog.LevelWarn
	}
	if c.Status == 500 {
		level = slog.LevelError
	}
	if c.span != nil {
		c.span.End(c.Started.Add(took), attrs)
		attrs = append(attrs, slog.String("trace", c.span.TraceID()))
	}
	if (c.Status >= 500 || c.Status == statusGone) && c.Err != nil {
		attrs = append(attrs, slog.String("err", sweep(c.Err.Error())))
	}
	// As a group without a name, which stands in the line like its members: a record copies members, but not groups.
	a.Log.LogAttrs(c.r.Context(), level, "request", slog.Attr{Value: slog.GroupValue(attrs...)})
}

// phases adds where the time of an operation went: what is not named is svcgate's own.
func (c *call) phases(attrs []slog.Attr) []slog.Attr {
	p := &c.Phases
	for _, t := range [...]struct {
		name string
		took time.Duration
	}{{"queue", p.Queue}, {"begin", p.Begin}, {"provider", p.Provider}, {"finish", p.Finish}} {
		if t.took > 0 {
			attrs = append(attrs, slog.Duration(t.name, t.took))
		}
	}
	if p.Messages > 0 {
		attrs = append(attrs, slog.Int("messages", p.Messages))
	}
	if p.Tries > 1 {
		attrs = append(attrs, slog.Int("tries", p.Tries))
	}
	return attrs
}

// digitRun is any ten digits or more, whatever separates them: as long as the shortest card number.
var digitRun = regexp.MustCompile(`[0-9](?:[ ._:/-]*[0-9]){9,}`)

// holdsDigits reports whether a text could hold a card number.
func holdsDigits(s string) bool { return digitRun.MatchString(s) }

// sweep masks whatever could be a card number in a text that others made.
func sweep(s string) string { return digitRun.ReplaceAllString(s, "****************") }

// method returns a method that is fit for a log line or a label: what a client made up is not.
func method(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT":
		return m
	}
	return "other"
}
