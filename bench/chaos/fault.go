package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/svcgate/svcgate"
)

// door is what stands between the gateway and the simulator, one for each cell.
type door string

// The doors.
const (
	doorProxy   door = "toxiproxy"    // toxiproxy before the simulator
	doorFront   door = "front"        // our own HTTP server, which can answer anything, before the simulator
	doorTLS     door = "tls front"    // the same behind TLS
	doorTunnel  door = "http proxy"   // an HTTP proxy before the TLS front
	doorBacklog door = "full backlog" // a listener that may accept nothing
	doorNowhere door = "no such name" // a name that does not resolve
)

// fault is one way to make a fault; what is empty does nothing.
type fault struct {
	door  door
	down  bool   // the proxy is switched off
	toxic *toxic // on the wire
	rule  string // in the simulator, for this message only
	prior prior  // what the simulator answered just before
	stop  bool   // the simulator is stopped, not ended
	act   *act   // what the front does
	tls   string // the front's certificate or version
	proxy string // what the HTTP proxy does
	full  bool   // the backlog is full
}

// toxic is one of toxiproxy's.
type toxic struct {
	kind       string
	downstream bool // on the answer; otherwise on the message
	attributes map[string]any
}

// prior says which message goes through the gateway just before, so that its answer can be given again.
type prior string

// The priors.
const (
	priorOtherCard prior = "another card"
	priorSameCard  prior = "the same card"
)

// variant is one form of a row's fault with what must come of it.
type variant struct {
	name   string
	fault  fault
	want   want
	except map[svcgate.Operation]want
	times  int  // messages of different cards while the fault holds; 0 is one
	small  bool // the card has less than what is asked for
	why    string
}

func (v variant) count() int { return max(v.times, 1) }

func (v variant) wanted(op svcgate.Operation) want {
	if w, other := v.except[op]; other {
		return w
	}
	return v.want
}

// row is one network fault with all its variants.
type row struct {
	id       string // N1 to N28
	name     string
	made     string // by what
	slow     bool   // the gateway's call limit has to run out
	alone    bool   // its cells share something and go one after the other
	breaker  bool   // a circuit breaker may refuse for a while afterwards
	declines string // an error code that a rule makes a decline
	later    string // what is not yet tested
	variants []variant
}

// door is the same for all variants of a row.
func (r row) door() door { return r.variants[0].fault.door }

// number is 7 for N7; 0 for what is no row's name.
func (r row) number() int {
	n, err := strconv.Atoi(strings.TrimPrefix(r.id, "N"))
	if err != nil {
		return 0
	}
	return n
}

// outcomes lists what is told in a cell, each once, in the order of the variants.
func (r row) outcomes(op svcgate.Operation) []svcgate.Outcome {
	var all []svcgate.Outcome
	for _, v := range r.variants {
		if o := v.wanted(op).outcome; !slices.Contains(all, o) {
			all = append(all, o)
		}
	}
	return all
}
