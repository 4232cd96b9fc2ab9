package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

// spans is a tracer that keeps what it is told.
type spans struct{ begun, ended []*span }

type span struct {
	of, name string // the trace it was begun in: the caller's header, or "own"
	sampled  bool
	fields   map[string]string
}

const ownTrace = "0000000000000000000000000000feed"

func (s *spans) start(r *http.Request, name string, _ time.Time, fresh bool) (context.Context, api.Span) {
	of := r.Header.Get("Traceparent")
	if fresh || of == "" {
		of = "own"
	}
	one := &span{of: of, name: name, sampled: strings.HasSuffix(of, "01")}
	s.begun = append(s.begun, one)
	return r.Context(), &open{one, s}
}

type open struct {
	*span
	in *spans
}

func (o *open) TraceID() string {
	if o.of == "own" {
		return ownTrace
	}
	return strings.Split(o.of, "-")[1]
}
func (o *open) Sampled() bool    { return o.sampled }
func (o *open) Response() string { return "00-" + o.TraceID() + "-00000000000000aa-01" }
func (o *open) End(_ time.Time, fields []slog.Attr) {
	o.fields = map[string]string{}
	for _, f := range fields {
		o.fields[f.Key] = f.Value.String()
	}
	o.in.ended = append(o.in.ended, o.span)
}

const (
	plainTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	digitTrace = "00-4bf92f35771234567890a929d0e0e473-00f067aa0ba902b7-01" // ten digits in a row, as one random id in twelve
	cardTrace  = "00-abcdabcdabcdabcd" + cardNumber + "-00f067aa0ba902b7-01"
	cardParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-" + cardNumber + "-01"
)

// The caller's trace is gone on with, unless it holds a card number or could and cannot be compared with one.
func TestCallersTrace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header, body string
		own          bool
	}{
		"none":                                  {"", authorization, true},
		"plain":                                 {plainTrace, authorization, false},
		"digits, compared with the card":        {digitTrace, authorization, false},
		"digits, and no card to compare":        {digitTrace, `{`, true},
		"the card as trace":                     {cardTrace, authorization, true},
		"the card as span":                      {cardParent, authorization, true},
		"the card, in a body that is not right": {cardTrace, `{"card":1}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &spans{}
			h := newHouse(t, func(c *api.Config) { c.Tracer = s.start })
			r := request(access.RoleOMS, http.MethodPost, "/v1/authorizations", test.body, "Idempotency-Key", "k")
			if test.header != "" {
				r.Header.Set("Traceparent", test.header)
			}
			got := h.send(t, r)
			if len(s.ended) != 1 {
				t.Fatalf("%d spans were ended", len(s.ended))
			}
			id := ownTrace
			if !test.own {
				id = strings.Split(test.header, "-")[1]
			}
			var line map[string]any
			if err := json.Unmarshal([]byte(h.log.lastLine()), &line); err != nil {
				t.Fatal(err)
			}
			one := s.ended[0]
			if (one.of == "own") != test.own || line["trace"] != id || got.Header.Get("Traceresponse") != "00-"+id+"-00000000000000aa-01" {
				t.Errorf("the span is of %s, the log says %v, the caller is told %s; want %s", one.of, line["trace"], got.Header.Get("Traceresponse"), id)
			}
			if one.name != "POST /v1/authorizations" || one.fields["status"] == "" || one.fields["request"] == "" || one.fields["trace"] != "" || one.fields["err"] != "" {
				t.Errorf("the span is %+v", one)
			}
			if strings.Contains(h.log.String(), cardNumber) {
				t.Errorf("logged %s", h.log)
			}
		})
	}
}

// A problem names its trace, but not beside a transaction, which is told in the same bytes for ever.
func TestProblemNamesItsTrace(t *testing.T) {
	t.Parallel()
	s := &spans{}
	h := newHouse(t, func(c *api.Config) { c.Tracer = s.start })
	if p := h.authorize(t, "bad", "{}").problem(t); p.TraceID != ownTrace {
		t.Errorf("trace %q", p.TraceID)
	}
	if p := h.ask(t, amountUnknown).problem(t); p.TraceID != "" || p.Transaction == nil {
		t.Errorf("trace %q beside a transaction", p.TraceID)
	}
}

func TestNothingIsTracedByDefault(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.authorize(t, "k", authorization)
	if got.Header.Get("Traceresponse") != "" || strings.Contains(h.log.String(), `"trace"`) {
		t.Errorf("%v, logged %s", got.Header, h.log)
	}
	if p := h.authorize(t, "bad", "{}").problem(t); p.TraceID != "" {
		t.Errorf("trace %q", p.TraceID)
	}
}

// A latency points at what it was the latency of: the kept trace, or else the request.
func TestExemplars(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ header, want string }{
		"kept":     {plainTrace, `trace_id="4bf92f3577b34da6a3ce929d0e0e4736"`},
		"not kept": {"", `request_id="req_`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &spans{}
			h := newHouse(t, func(c *api.Config) { c.Tracer = s.start })
			r := request(access.RoleOMS, http.MethodPost, "/v1/authorizations", authorization, "Idempotency-Key", "k")
			r.Header.Set("Traceparent", test.header)
			h.send(t, r)
			ask := request("", http.MethodGet, "/metrics", "")
			ask.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
			text := h.adminOf(t, ask)
			if !slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool {
				return strings.HasPrefix(line, `svcgate_http_request_duration_seconds_bucket{method="POST",route="/v1/authorizations",le="`) && strings.Contains(line, "# {"+test.want)
			}) {
				t.Errorf("no exemplar %s in\n%s", test.want, text)
			}
			if !strings.HasSuffix(text, "# EOF\n") {
				t.Error("not OpenMetrics")
			}
		})
	}
}

// timed is a gateway that says where its time went.
type timed struct{ api.Doer }

func (d timed) Do(ctx context.Context, caller, key string, r *svcgate.Request) (*svcgate.Result, error) {
	*svcgate.PhasesOf(ctx) = svcgate.Phases{Queue: time.Second, Begin: 2 * time.Millisecond, Provider: 30 * time.Millisecond,
		Finish: 4 * time.Millisecond, Messages: 2, Tries: 3}
	return d.Doer.Do(ctx, caller, key, r)
}

func TestEventTellsThePhases(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *api.Config) { c.Gateway = timed{c.Gateway} })
	h.authorize(t, "k", authorization)
	var line map[string]any
	if err := json.Unmarshal([]byte(h.log.lastLine()), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"queue": 1e9, "begin": 2e6, "provider": 3e7, "finish": 4e6, "messages": 2, "tries": 4} {
		if line[name] != want {
			t.Errorf("%s is %v, want %v", name, line[name], want)
		}
	}
}
