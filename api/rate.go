package api

import (
	"math"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// Rate is how many requests may come. The zero value does not limit.
type Rate struct {
	PerSecond float64 // on the long run; below one for less than one a second
	Burst     int     // at once, after a pause; at least 1
}

// Rates are the limits of one caller. Inquiries are counted apart, because whoever tries out card numbers does it with
// them, and because a flood of them must not keep the caller's payments out.
type Rates struct {
	Requests  Rate // all but inquiries, reads too
	Inquiries Rate
}

// bucket is what one limit counts.
type bucket struct {
	caller  string
	inquiry bool
}

// limits holds a limiter for each bucket in use. Callers are names of tokens, so there are few.
type limits struct {
	mu       sync.Mutex
	limiters map[bucket]*rate.Limiter
}

// wait reports how long a request of the bucket must wait; zero lets it pass and counts it.
func (l *limits) wait(b bucket, r Rate, now time.Time) time.Duration {
	if r.PerSecond <= 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.limiters[b]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Limit(r.PerSecond), max(1, r.Burst))
		l.limiters[b] = limiter
	}
	reservation := limiter.ReserveN(now, 1)
	delay := reservation.DelayFrom(now)
	if delay > 0 {
		reservation.CancelAt(now) // whoever is refused does not make the next wait longer
	}
	return delay
}

// admit refuses a request that comes too soon after others of the same caller.
func (a *API) admit(c *call) error {
	if a.Rates == nil || c.route.permission == public {
		return nil
	}
	inquiry := c.route.permission == access.Inquire
	rates := a.Rates(c.caller)
	limit := rates.Requests
	if inquiry {
		limit = rates.Inquiries
	}
	delay := a.limits.wait(bucket{c.caller.Name, inquiry}, limit, a.Now())
	if delay == 0 {
		return nil
	}
	c.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(delay.Seconds()))))
	return &svcgate.Error{Code: svcgate.CodeOverloaded, Reason: "rate_limited",
		Detail: "This token sends more than it may; nothing was done. Wait as Retry-After says and send it again, with the same Idempotency-Key."}
}
