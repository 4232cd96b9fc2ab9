package api_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

const inquiry = `{"service":"RLT","card":{"number":"` + cardNumber + `"}}`

func TestRates(t *testing.T) {
	t.Parallel()
	var now atomic.Int64 // milliseconds since at
	h := newHouse(t, func(c *api.Config) {
		c.Now = func() time.Time { return at.Add(time.Duration(now.Load()) * time.Millisecond) }
		c.Rates = func(caller access.Token) api.Rates {
			if caller.Role == access.RoleAdmin {
				return api.Rates{}
			}
			return api.Rates{Requests: api.Rate{PerSecond: 2, Burst: 3}, Inquiries: api.Rate{PerSecond: 0.1, Burst: 1}}
		}
	})
	ask := func(role access.Role) reply {
		return h.send(t, request(role, http.MethodPost, "/v1/inquiries", inquiry))
	}
	list := func(role access.Role) reply { return h.get(t, role, "/v1/services") }
	limited := func(got reply, after string) {
		t.Helper()
		got.want(t, http.StatusTooManyRequests, "rate_limited", "")
		if got.Header.Get("Retry-After") != after || got.problem(t).Category != "overloaded" {
			t.Errorf("Retry-After %q, want %q: %s", got.Header.Get("Retry-After"), after, got.body)
		}
	}
	for range 3 {
		list(access.RoleOMS).want(t, http.StatusOK, "", "")
	}
	limited(list(access.RoleOMS), "1")
	limited(h.authorize(t, "k", authorization), "1")
	limited(h.authorize(t, "k", "{"), "1") // before the body is read
	ask(access.RoleOMS).want(t, http.StatusOK, "", "")
	limited(ask(access.RoleOMS), "10")
	for range 3 { // others have their own
		list(access.RoleTester).want(t, http.StatusOK, "", "")
	}
	for range 20 {
		list(access.RoleAdmin).want(t, http.StatusOK, "", "")
		ask(access.RoleAdmin).want(t, http.StatusOK, "", "")
		h.get(t, access.RoleOMS, "/livez").want(t, http.StatusOK, "", "")
	}
	now.Store(500)
	h.authorize(t, "k", authorization).want(t, http.StatusOK, "", "") // whoever was refused did not use it up
	limited(list(access.RoleOMS), "1")
	limited(ask(access.RoleOMS), "10")
	now.Store(10000)
	ask(access.RoleOMS).want(t, http.StatusOK, "", "")
	limited(ask(access.RoleOMS), "10")
	for range 3 {
		list(access.RoleOMS).want(t, http.StatusOK, "", "")
	}
	limited(list(access.RoleOMS), "1")
	now.Store(0) // a clock set back
	limited(list(access.RoleOMS), "1")
	if sent := h.provider.sent.Load(); sent != 23 {
		t.Errorf("%d messages were sent", sent)
	}
	if text := metricsOf(t, h); !strings.Contains(text, `route="/v1/authorizations",status="429"} 2`) {
		t.Error("what was refused is not counted")
	}
}

// TestRatesWhenAllComeAtOnce counts who passes a bucket that does not fill up.
func TestRatesWhenAllComeAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *api.Config) {
		c.Rates = func(access.Token) api.Rates { return api.Rates{Requests: api.Rate{PerSecond: 1, Burst: 10}} }
	})
	var passed, refused atomic.Int64
	start := make(chan struct{})
	var all sync.WaitGroup
	for range 60 {
		all.Go(func() {
			<-start
			switch got := h.get(t, access.RoleOMS, "/v1/services"); got.StatusCode {
			case http.StatusOK:
				passed.Add(1)
			case http.StatusTooManyRequests:
				refused.Add(1)
			}
		})
	}
	close(start)
	all.Wait()
	if passed.Load() != 10 || refused.Load() != 50 {
		t.Errorf("%d passed, %d were refused", passed.Load(), refused.Load())
	}
}

func TestARateWithoutABurstLetsOnePass(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *api.Config) {
		c.Rates = func(access.Token) api.Rates { return api.Rates{Requests: api.Rate{PerSecond: 5}} }
	})
	h.get(t, access.RoleOMS, "/v1/services").want(t, http.StatusOK, "", "")
	h.get(t, access.RoleOMS, "/v1/services").want(t, http.StatusTooManyRequests, "rate_limited", "")
}
