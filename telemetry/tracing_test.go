package telemetry_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	wire "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/svcgate/svcgate/telemetry"
)

// receiver is a collector that keeps what it is sent.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	refuse   []int // statuses of the next posts
	posts    []*http.Request
	raw      []byte
	resource map[string]string
	spans    []*wire.Span
}

func newReceiver(t *testing.T, refuse ...int) *receiver {
	c := &receiver{refuse: refuse, resource: map[string]string{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Server.Close)
	return c
}

func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posts = append(c.posts, r)
	if len(c.refuse) > 0 {
		w.WriteHeader(c.refuse[0])
		c.refuse = c.refuse[1:]
		return
	}
	body, err := io.ReadAll(r.Body)
	var data wire.TracesData
	if err != nil || r.Header.Get("Content-Type") != "application/x-protobuf" || proto.Unmarshal(body, &data) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.raw = append(c.raw, body...)
	for _, of := range data.ResourceSpans {
		for _, a := range of.Resource.Attributes {
			c.resource[a.Key] = a.Value.GetStringValue()
		}
		for _, scope := range of.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

// named returns the one span of a name.
func (c *receiver) named(t *testing.T, name string) *wire.Span {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for _, s := range c.spans {
		if s.Name == name {
			return s
		}
		names = append(names, s.Name)
	}
	t.Fatalf("no span %s among %v", name, names)
	return nil
}

func attributes(s *wire.Span) map[string]string {
	all := map[string]string{}
	for _, a := range s.Attributes {
		all[a.Key] = strings.Trim(fmt.Sprint(a.Value.GetStringValue(), a.Value.GetIntValue()), " ")
	}
	return all
}

func newTracing(t *testing.T, c telemetry.TracingConfig) *telemetry.Tracing {
	t.Helper()
	tracing, err := telemetry.NewTracing(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return tracing
}

func closed(t *testing.T, tracing *telemetry.Tracing) {
	t.Helper()
	if err := tracing.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

const (
	kept    = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	notKept = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
)

func asked(traceparent ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/authorizations?card=6006491234560017", nil)
	r.Header["Traceparent"] = traceparent
	r.Header.Set("Tracestate", "card=6006491234560017")
	r.Header.Set("Baggage", "card=6006491234560017")
	return r
}

func TestRequestSpan(t *testing.T) {
	t.Parallel()
	c := newReceiver(t)
	tracing := newTracing(t, telemetry.TracingConfig{Endpoint: c.URL, Headers: map[string]string{"Authorization": "Bearer x"}, Sample: 0, Version: "v1"})
	at := time.UnixMilli(1_800_000_000_000)
	_, span := tracing.Request(asked(kept), "POST /v1/authorizations", at, false)
	if !span.Sampled() || span.TraceID() != kept[3:35] || !strings.HasPrefix(span.Response(), kept[:36]) || span.Response()[36:52] == kept[36:52] {
		t.Errorf("trace %s, sampled %v, response %s", span.TraceID(), span.Sampled(), span.Response())
	}
	span.End(at.Add(time.Second), []slog.Attr{slog.Int("status", 503), slog.String("outcome", "unavailable"), slog.Bool("replayed", true),
		slog.String("card", "************0017"), slog.String("order", "77"), slog.String("err", "secret"), slog.Duration("took", time.Second)})
	closed(t, tracing)

	got := c.named(t, "POST /v1/authorizations")
	if hex.EncodeToString(got.TraceId) != kept[3:35] || hex.EncodeToString(got.ParentSpanId) != kept[36:52] || got.TraceState != "" ||
		got.Kind != wire.Span_SPAN_KIND_SERVER || got.EndTimeUnixNano-got.StartTimeUnixNano != 1e9 || got.Status.GetCode() != wire.Status_STATUS_CODE_ERROR {
		t.Errorf("span %v", got)
	}
	all := attributes(got)
	if len(all) != 3 || all["http.response.status_code"] != "503" || all["svcgate.outcome"] == "" || all["svcgate.replayed"] == "" {
		t.Errorf("attributes %v", all)
	}
	if c.resource["service.name"] != "svcgate" || c.resource["service.version"] != "v1" {
		t.Errorf("resource %v", c.resource)
	}
	if post := c.posts[0]; post.URL.Path != "/v1/traces" || post.Header.Get("Authorization") != "Bearer x" {
		t.Errorf("posted %s with %v", post.URL, post.Header)
	}
	if strings.Contains(string(c.raw), "6006491234560017") {
		t.Error("what the caller put beside its trace was sent on")
	}
}

func TestWhoseTrace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		given         []string
		sample        float64
		fresh         bool
		caller, taken bool
	}{
		"kept by the caller":         {[]string{kept}, 0, false, true, true},
		"not kept by the caller":     {[]string{notKept}, 1, false, true, false},
		"none, all kept":             {nil, 1, false, false, true},
		"none, nothing kept":         {nil, 0, false, false, false},
		"two":                        {[]string{kept, kept}, 1, false, false, true},
		"no traceparent":             {[]string{"00-6006491234560017"}, 1, false, false, true},
		"all zeros":                  {[]string{"00-00000000000000000000000000000000-00f067aa0ba902b7-01"}, 0, false, false, false},
		"the caller's is not wanted": {[]string{kept}, 1, true, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newReceiver(t)
			tracing := newTracing(t, telemetry.TracingConfig{Endpoint: c.URL, Sample: test.sample})
			_, span := tracing.Request(asked(test.given...), "x", time.Now(), test.fresh)
			if (span.TraceID() == kept[3:35]) != test.caller || span.Sampled() != test.taken {
				t.Errorf("trace %s, kept %v", span.TraceID(), span.Sampled())
			}
			span.End(time.Now(), nil)
			closed(t, tracing)
			if got := len(c.spans) == 1; got != test.taken {
				t.Errorf("%d spans were sent", len(c.spans))
			}
		})
	}
}

// A collector that fails is nobody's business but the log's, and what it is told holds no address.
func TestCollectorThatFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		refuse []int
		lost   uint64
		posts  int
	}{
		"once":     {[]int{503}, 0, 2},
		"for good": {[]int{400}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newReceiver(t, test.refuse...)
			var log strings.Builder
			tracing := newTracing(t, telemetry.TracingConfig{Endpoint: c.URL + "/secret/path", Sample: 1, Log: slog.New(slog.NewTextHandler(&log, nil))})
			_, span := tracing.Request(asked(), "x", time.Now(), false)
			span.End(time.Now(), nil)
			closed(t, tracing)
			if tracing.Lost() != test.lost || len(c.posts) != test.posts || strings.Contains(log.String(), "secret") {
				t.Errorf("%d spans lost, %d posts, logged %s", tracing.Lost(), len(c.posts), &log)
			}
			if (test.lost > 0) != strings.Contains(log.String(), "count=1") {
				t.Errorf("logged %q", log.String())
			}
		})
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"", "127.0.0.1:4318", "ftp://x", "http://user:secret@x", "http://", "grpc://x:4317", "http://[::1"} {
		_, err := telemetry.NewTracing(t.Context(), telemetry.TracingConfig{Endpoint: wrong})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestNoTracing(t *testing.T) {
	t.Parallel()
	var none *telemetry.Tracing
	if none.Lost() != 0 || none.Close(context.Background()) != nil {
		t.Error("no tracing is not nothing")
	}
}

var errSecret = errors.New("card 6006491234560017")

func names(c *receiver) (all []string) {
	for _, s := range c.spans {
		all = append(all, s.Name)
	}
	slices.Sort(all)
	return all
}
