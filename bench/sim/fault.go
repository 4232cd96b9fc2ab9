package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/svcgate/svcgate"
)

// kind is one way in which things go wrong.
type kind uint8

const (
	// The network and the provider. What is booked and what is not is said by the name or drawn.
	refused kind = iota + 1
	dropBefore
	dropAfter
	resetBefore
	resetAfter
	late // carried out after the caller gave up, within the quiet time
	duplicate
	swapped
	truncated
	cut
	garbled
	page
	badGateway
	soapFault
	unauthorized
	wrongVerb
	moreThanAsked
	otherCurrency

	// The process, at the kill points of one operation.
	killBeforeBegin  // K2
	killAfterBegin   // K3
	killBeforeSend   // K4
	killAfterSend    // K5
	killAnswerRead   // K6
	killBeforeFinish // K6, at the commit
	killAfterFinish  // K7
	killBeforeAnswer // K8

	// The disk.
	beginFails
	beginUnsure
	finishFails
	finishUnsure

	// The sweeper's own commits.
	killBeforeSettle
	killAfterSettle
	settleFails
	settleUnsure
	kinds
)

var kindNames = [kinds]string{
	refused: "connection refused", dropBefore: "drop before booking", dropAfter: "drop after booking", resetBefore: "reset before booking",
	resetAfter: "reset after booking", late: "late arrival", duplicate: "duplicate answer", swapped: "swapped answers", truncated: "truncated answer",
	cut: "answer cut", garbled: "garbled answer", page: "html page", badGateway: "502 page", soapFault: "soap fault", unauthorized: "401",
	wrongVerb: "wrong verb's answer", moreThanAsked: "more than asked", otherCurrency: "other currency",
	killBeforeBegin: "K2 kill before begin", killAfterBegin: "K3 kill after begin", killBeforeSend: "K4 kill before send", killAfterSend: "K5 kill after send",
	killAnswerRead: "K6 kill, answer read", killBeforeFinish: "K6 kill before finish", killAfterFinish: "K7 kill after finish", killBeforeAnswer: "K8 kill before answer",
	beginFails: "begin fails", beginUnsure: "begin fails, kept", finishFails: "finish fails", finishUnsure: "finish fails, kept",
	killBeforeSettle: "kill before settling", killAfterSettle: "kill after settling", settleFails: "settling fails", settleUnsure: "settling fails, kept",
}

// applies reports whether a fault can strike an operation.
func (k kind) applies(op svcgate.Operation) bool {
	switch k {
	case moreThanAsked:
		return op != svcgate.Generate && op != svcgate.Inquire
	case otherCurrency:
		return op != svcgate.Generate
	case killBeforeSettle, killAfterSettle, settleFails, settleUnsure:
		return false // not drawn for a request; counted where the sweeper meets them
	}
	return true
}

// network reports whether it strikes on the wire.
func (k kind) network() bool { return k >= refused && k <= otherCurrency }

// fault is one fault that was drawn for one operation; it strikes once.
type fault struct {
	kind kind
	skip int // chances to pass first, so that a later part of a split deposit is struck too
	done bool
}

func (f *fault) is(k kind) bool {
	if f == nil || f.done || f.kind != k || f.kind == 0 {
		return false
	}
	if f.skip > 0 {
		f.skip--
		return false
	}
	return true
}

func (f *fault) struck(w *world, a *actor, op svcgate.Operation) {
	f.done = true
	w.cover.hit(f.kind, op)
	w.note(a, "fault: %s", kindNames[f.kind])
}

// strikes returns what was drawn for an operation, nil for nothing.
func (a *actor) strikes(w *world, op svcgate.Operation) *fault {
	if w.noFaults {
		return nil
	}
	if a.errand == nil {
		f := a.sweepFault
		a.sweepFault = nil
		return f
	}
	if a.errand.fault == nil || a.errand.draft.Operation != op {
		return nil
	}
	return a.errand.fault
}

func jitter(r *rand.Rand) time.Duration { return time.Duration(r.Int64N(int64(time.Millisecond))) }

// coverage counts how often each fault struck each operation, and what else there was.
type coverage struct {
	mu     sync.Mutex
	hits   [kinds][9]int
	other  map[string]int
	totals map[string]int
}

func newCoverage() *coverage { return &coverage{other: map[string]int{}, totals: map[string]int{}} }

func (c *coverage) hit(k kind, op svcgate.Operation) { c.hits[k][op]++ }

func (c *coverage) count(what string, n int) { c.totals[what] += n }

func (c *coverage) event(what string) { c.other[what]++ }

func (c *coverage) add(o *coverage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range o.hits {
		for op := range o.hits[k] {
			c.hits[k][op] += o.hits[k][op]
		}
	}
	for name, n := range o.other {
		c.other[name] += n
	}
	for name, n := range o.totals {
		c.totals[name] += n
	}
}

// worldEvents must each have happened in a full run.
var worldEvents = []string{"clock set forward", "clock set back", "provider down", "provider down for days", "disk down", "other channel", "spent to zero",
	"late, before the first look", "late, after a look", "repeat under its key", "key with other content", "repeat under a new key",
	"split deposit", "void of an unknown hold", "deposit of a foreign hold", "void of a foreign hold", "deposit of an unknown hold", "deposit too large",
	"settled by a person", "settled by svcgate"}

// gaps names what was never hit although it can be.
func (c *coverage) gaps() []string {
	var gaps []string
	for k := refused; k < kinds; k++ {
		any := 0
		for _, row := range svcgate.Operations() {
			any += c.hits[k][row.Operation]
			if k.applies(row.Operation) && c.hits[k][row.Operation] == 0 {
				gaps = append(gaps, kindNames[k]+" x "+row.Name)
			}
		}
		if any == 0 && k >= killBeforeSettle {
			gaps = append(gaps, kindNames[k])
		}
	}
	for _, name := range worldEvents {
		if c.other[name] == 0 {
			gaps = append(gaps, name)
		}
	}
	return gaps
}

func (c *coverage) print(to io.Writer) {
	fmt.Fprintf(to, "%-24s", "struck")
	for _, row := range svcgate.Operations() {
		fmt.Fprintf(to, "%10s", row.Name)
	}
	fmt.Fprintln(to)
	for k := refused; k < kinds; k++ {
		fmt.Fprintf(to, "%-24s", kindNames[k])
		for _, row := range svcgate.Operations() {
			if n := c.hits[k][row.Operation]; n > 0 || k.applies(row.Operation) {
				fmt.Fprintf(to, "%10d", n)
			} else {
				fmt.Fprintf(to, "%10s", "-")
			}
		}
		fmt.Fprintln(to)
	}
	for _, m := range []map[string]int{c.other, c.totals} {
		names := make([]string, 0, len(m))
		for name := range m {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(to, "%-28s %d\n", name, m[name])
		}
	}
}
