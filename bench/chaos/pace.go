package main

import "time"

// How long things may take. An answer comes within patience under any fault, on a busy machine too. That is long after
// quickCall, which has to run out in some rows, and before slowCall: an answer that waits for the call limit, where the
// dial limit or the end of an answer must have ended it, is told too late.
const (
	quickCall      = 5 * time.Second
	patience       = 25 * time.Second
	slowCall       = 30 * time.Second // so that a busy machine alone makes nothing unknown
	operationLimit = slowCall + 10*time.Second
)

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
		// No look comes by itself before the message was repeated and counted.
		p.call, p.schedule, p.every, p.quiet = quickCall, 30*time.Second, 200*time.Millisecond, slowCall
	}
	if r.breaker {
		p.failures = breakerOpens
	}
	if r.opens() {
		p.open = 15 * time.Second // all of the form's messages are sent meanwhile
	}
	return p
}

// breakerOpens is after how many messages without an answer a breaker opens.
const breakerOpens = 3
