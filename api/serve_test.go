package api_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/responsecodes"
)

func TestNewWantsItsParts(t *testing.T) {
	t.Parallel()
	good := newHouse(t).Config
	good.Metrics = nil
	for name, spoil := range map[string]func(*api.Config){
		"gateway":            func(c *api.Config) { c.Gateway = nil },
		"settler":            func(c *api.Config) { c.Settler = nil },
		"token keeper":       func(c *api.Config) { c.TokenKeeper = nil },
		"people":             func(c *api.Config) { c.People = nil },
		"auditor":            func(c *api.Config) { c.Auditor = nil },
		"trail":              func(c *api.Config) { c.Trail = nil },
		"journal":            func(c *api.Config) { c.Journal = nil },
		"codes":              func(c *api.Config) { c.Codes = nil },
		"tokens":             func(c *api.Config) { c.Tokens = nil },
		"services":           func(c *api.Config) { c.Services = nil },
		"operations at once": func(c *api.Config) { c.MaxInFlight = -1 },
	} {
		c := good
		spoil(&c)
		if _, err := api.New(c); err == nil {
			t.Errorf("an API without good %s was made", name)
		}
	}
	c := good
	c.Log, c.Now, c.Ready = nil, nil, nil
	a, err := api.New(c)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, request("", "GET", "/readyz", ""))
	if w.Code != http.StatusOK {
		t.Errorf("with the defaults it answers %d", w.Code)
	}
	if _, err := api.New(c); err != nil {
		t.Errorf("a second API with a registry of its own: %v", err)
	}
}

var _ api.CodeTable = (*responsecodes.Book)(nil)
var _ api.Doer = (*svcgate.Gateway)(nil)

// TestOverload fills all places, sees the next refused and a place freed again.
func TestOverload(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	h := newHouse(t, func(c *api.Config) {
		c.MaxInFlight = 2
		real := c.Gateway
		c.Gateway = doer(func(ctx context.Context, caller, key string, r *svcgate.Request) (*svcgate.Result, error) {
			begun <- struct{}{}
			<-release
			return real.Do(ctx, caller, key, r)
		})
	})
	var all sync.WaitGroup
	for _, key := range []string{"a", "b"} {
		all.Go(func() { h.authorize(t, key, authorization).want(t, http.StatusOK, "", "") })
		<-begun
	}
	got := h.authorize(t, "c", authorization)
	got.want(t, http.StatusServiceUnavailable, "overloaded", "")
	if got.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.send(t, request(access.RoleOMS, "GET", "/v1/transactions", "")).want(t, http.StatusOK, "", "") // reads go on
	close(release)
	all.Wait()
	all.Go(func() { h.authorize(t, "c", authorization).want(t, http.StatusOK, "", "") })
	<-begun
	all.Wait()
}

// TestPanic wants a problem, a place given back, and nothing of the panic's value anywhere.
func TestPanic(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *api.Config) {
		c.MaxInFlight = 1
		c.Gateway = doer(func(_ context.Context, _, _ string, r *svcgate.Request) (*svcgate.Result, error) {
			panic("broken by " + r.Card().Number().Reveal())
		})
	})
	for range 2 {
		got := h.authorize(t, "k", authorization)
		got.want(t, http.StatusInternalServerError, "internal", "")
		if p := got.problem(t); !strings.Contains(p.Detail, "money may have moved") {
			t.Errorf("detail %q", p.Detail)
		}
	}
	var line struct{ Level, Panic, Stack, Code string }
	if err := json.Unmarshal([]byte(h.log.lastLine()), &line); err != nil {
		t.Fatal(err)
	}
	if line.Level != "ERROR" || line.Panic != "string" || !strings.Contains(line.Stack, "serve_test.go") || line.Code != "internal" || strings.Contains(h.log.String(), "broken by") {
		t.Errorf("logged %s", h.log.lastLine())
	}
}

func TestEvent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.authorize(t, "k", authorization)
	var line map[string]any
	if err := json.Unmarshal([]byte(h.log.lastLine()), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"level": "INFO", "msg": "request", "method": "POST", "route": "/v1/authorizations", "status": 200.0, "caller": "the-oms",
		"role": "oms", "operation": "authorize", "service": "RLT", "transaction": h.journal.rows[0].ID, "outcome": "approved", "vendor": "100", "class": "answered", "card": "************0017", "took": 0.0, "bytes": float64(len(got.body))} {
		if line[name] != want {
			t.Errorf("%s is %v, want %v", name, line[name], want)
		}
	}
	if len(line) != 18 { // and time and request
		t.Errorf("the event has other parts: %v", line)
	}
	h.authorize(t, "k", authorization)
	if !strings.Contains(h.log.lastLine(), `"replayed":true`) {
		t.Errorf("logged %s", h.log.lastLine())
	}
	h.authorize(t, "k2", `{"tip":1}`)
	if !strings.Contains(h.log.lastLine(), `"code":"unknown_field"`) || strings.Contains(h.log.lastLine(), "tip") {
		t.Errorf("logged %s", h.log.lastLine())
	}
	h.ask(t, amountUnknown)
	if !strings.Contains(h.log.lastLine(), `"level":"WARN"`) || !strings.Contains(h.log.lastLine(), `"outcome":"unknown"`) {
		t.Errorf("logged %s", h.log.lastLine())
	}
	h.send(t, request(access.RoleOMS, "GET", "/v1/transactions/"+h.journal.rows[0].ID, ""))
	if !strings.Contains(h.log.lastLine(), `"route":"/v1/transactions/{id}"`) || !strings.Contains(h.log.lastLine(), h.journal.rows[0].ID) {
		t.Errorf("logged %s", h.log.lastLine())
	}
	if lines := strings.Count(h.log.String(), "\n"); lines != 5 {
		t.Errorf("%d events for 5 requests", lines)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for given, kept := range map[string]bool{
		"trace-0042-abc":                       true,
		"0198f3e2-aaaa-7bbb-8ccc-9dd0e1f2a3b4": true,
		"short":                                false,
		"":                                     false,
		strings.Repeat("x", 65):                false,
		"with a space":                         false,
		"with\nnewline":                        false,
		"<script>alert</script>":               false,
		"café-au-lait":                         false,
		cardNumber:                             false,
		"req-" + cardNumber:                    false,
		"6006-4977-5123-0017":                  false,
		"6006.4977.5123.0017":                  false,
	} {
		r := request("", "GET", "/livez", "")
		r.Header["X-Request-Id"] = []string{given}
		if got := h.send(t, r).Header.Get("X-Request-Id"); (got == given) != kept {
			t.Errorf("%q became %q", given, got)
		}
	}
	r := request("", "GET", "/livez", "")
	r.Header["X-Request-Id"] = []string{"trace-one", "trace-two"}
	if got := h.send(t, r).Header.Get("X-Request-Id"); strings.HasPrefix(got, "trace") {
		t.Errorf("one of two was taken: %q", got)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	var notReady error
	h := newHouse(t, func(c *api.Config) { c.Ready = func(context.Context) error { return notReady } })
	h.send(t, request("", "GET", "/readyz", "")).want(t, http.StatusOK, "", "")
	notReady = errors.New("disk on fire")
	got := h.send(t, request("", "GET", "/readyz", ""))
	got.want(t, http.StatusServiceUnavailable, "not_ready", "")
	if strings.Contains(string(got.body), "fire") || !strings.Contains(h.log.String(), "fire") {
		t.Error("the cause belongs into the log and not into the answer")
	}
	h.send(t, request("", "GET", "/livez", "")).want(t, http.StatusOK, "", "")
	notReady = nil // it recovers without a restart
	h.send(t, request("", "GET", "/readyz", "")).want(t, http.StatusOK, "", "")
}

func TestStrictTransportSecurityOverTLSOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := request("", "GET", "/livez", "")
	if got := h.send(t, r).Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("without TLS: %q", got)
	}
	r.TLS = &tls.ConnectionState{}
	if got := h.send(t, r).Header.Get("Strict-Transport-Security"); got == "" {
		t.Error("with TLS: none")
	}
}

func TestNewServer(t *testing.T) {
	t.Parallel()
	s := api.NewServer(http.NotFoundHandler(), 35*time.Second)
	if s.ReadHeaderTimeout != 5*time.Second || s.ReadTimeout != 10*time.Second || s.WriteTimeout != 40*time.Second ||
		s.IdleTimeout != time.Minute || s.MaxHeaderBytes != 16<<10 || !s.DisableGeneralOptionsHandler || s.Handler == nil {
		t.Errorf("got %+v", s)
	}
}

// TestCallerGone: what fails because its caller hung up is no defect, and wakes nobody.
func TestCallerGone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path string
		stays        bool  // with the caller
		err          error // of the journal
		tokens       error
		line         string
	}{
		"a read":                         {"GET", "/v1/transactions", false, errors.New("interrupted"), nil, `"level":"INFO","msg":"request",|"status":499|"code":"caller_gone"|"err":"interrupted"`},
		"finding the token":              {"POST", "/v1/authorizations", false, nil, fmt.Errorf("reading: %w", context.Canceled), `"level":"INFO"|"status":499|"code":"caller_gone"`},
		"a read of one who stays":        {"GET", "/v1/transactions", true, errors.New("interrupted"), nil, `"level":"ERROR"|"status":500|"code":"internal"`},
		"a refusal of ours":              {"GET", "/v1/transactions", false, &svcgate.Error{Code: svcgate.CodeInternal}, nil, `"level":"ERROR"|"status":500`},
		"an operation that was begun":    {"POST", "/v1/authorizations", false, context.Canceled, nil, `"level":"WARN"|"status":503|"code":"journal_unavailable"`},
		"a change that failed by itself": {"POST", "/v1/people", false, nil, nil, `"level":"ERROR"|"status":500`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.journal.broken, h.tokens.broken, h.persons.broken = c.err, c.tokens, errors.New("disk on fire")
			ctx, hangUp := context.WithCancel(t.Context())
			defer hangUp()
			if !c.stays {
				hangUp()
			}
			role, body := access.RoleOMS, ""
			switch c.path {
			case "/v1/authorizations":
				body = authorization
			case "/v1/people":
				role, body = access.RoleAdmin, `{"name":"bob","roles":["viewer"]}`
			}
			h.handler.ServeHTTP(httptest.NewRecorder(), request(role, c.method, c.path, body, "Idempotency-Key", "k").WithContext(ctx))
			for part := range strings.SplitSeq(c.line, "|") {
				if !strings.Contains(h.log.lastLine(), part) {
					t.Errorf("no %s in %s", part, h.log.lastLine())
				}
			}
			if gone := strings.Contains(metricsOf(t, h), `status="499"} 1`); gone != strings.Contains(c.line, "499") {
				t.Errorf("counted as gone: %t", gone)
			}
		})
	}
}

// TestCallerHangsUp: the gateway finishes what it began, whoever listens.
func TestCallerHangsUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := request(access.RoleOMS, "POST", "/v1/authorizations", authorization, "Idempotency-Key", "k").WithContext(ctx)
	h.send(t, r).want(t, http.StatusOK, "", "")
	if h.journal.rows[0].Outcome != svcgate.Approved {
		t.Errorf("outcome %q", h.journal.rows[0].Outcome)
	}
}
