package main

import "time"

// pace is how patient a gateway is with its provider.
type pace struct {
	call     time.Duration
	schedule time.Duration // of looks into what is unknown; what is read is looked into at once in any case
	every    time.Duration
	quiet    time.Duration
	failures int // until the breaker opens; 0 is never
	open     time.Duration
}

// pace chooses for a row. Most have no breaker and no looks but those that the bench asks for by reading, so that what
// must come of each message is certain.
func (r row) pace() pace {
	p := pace{call: slowCall, schedule: time.Hour, every: time.Minute, quiet: 90 * time.Second, open: 3 * time.Second}
	switch {
	case r.slow:
		p.call = quickCall
	case r.settles:
		p.call, p.schedule, p.every, p.quiet = 3*time.Second, 5*time.Second, 200*time.Millisecond, 4*time.Second
	}
	if r.breaker {
		p.failures = breakerOpens
	}
	return p
}

// breakerOpens is after how many messages without an answer a breaker opens.
const breakerOpens = 3
