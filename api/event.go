package api

import (
	"context"
	"log/slog"
	"regexp"
	"time"
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
	Card        string // masked
	Code        string // of the problem
	Status      int
	Replayed    bool
	Cut         bool // the answer could not be written
	Err         error
	Panic       string // the type of a panic's value
	Stack       string
	Started     time.Time
}

// finish counts and logs the request.
func (a *API) finish(c *call) {
	took := a.Now().Sub(c.Started)
	a.metrics.request(c, took)
	attrs := []slog.Attr{
		slog.String("request", c.RequestID), slog.String("method", method(c.r.Method)), slog.String("route", c.route.path),
		slog.Int("status", c.Status), slog.Duration("took", took),
	}
	for _, t := range []struct{ name, text string }{
		{"code", c.Code}, {"caller", c.Caller}, {"role", c.Role}, {"operation", c.Operation}, {"service", c.Service},
		{"transaction", c.Transaction}, {"outcome", c.Outcome}, {"card", c.Card}, {"panic", c.Panic}, {"stack", c.Stack},
	} {
		if t.text != "" {
			attrs = append(attrs, slog.String(t.name, t.text))
		}
	}
	if c.Replayed {
		attrs = append(attrs, slog.Bool("replayed", true))
	}
	if c.Cut {
		attrs = append(attrs, slog.Bool("answer_cut", true))
	}
	level := slog.LevelInfo
	if c.Status >= 500 {
		level = slog.LevelWarn
		if c.Err != nil {
			attrs = append(attrs, slog.String("err", sweep(c.Err.Error())))
		}
	}
	if c.Status == 500 {
		level = slog.LevelError
	}
	a.Log.LogAttrs(context.WithoutCancel(c.r.Context()), level, "request", attrs...)
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
