package main

import (
	"fmt"
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
	opens  int  // after so many of them a breaker is open and keeps the rest back; 0 is never
	hurry  bool // the next variant comes at once, while the breaker is open
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

// wantedAt is what must come of message i of an operation; alone says that an open breaker must keep it back.
func (v variant) wantedAt(op svcgate.Operation, i int) (w want, alone bool) {
	w = v.wanted(op)
	alone = v.opens > 0 && i >= v.opens
	if alone {
		w = notSent()
	}
	if op == svcgate.Generate && v.count() > 1 {
		// Generations look alike at the provider: all of the variant's are counted for each.
		reach := v.count()
		if v.opens > 0 {
			reach = v.opens
		}
		w.arrived, w.booked = reach*v.want.arrived, reach*v.want.booked
	}
	return w, alone
}

// known reports whether the card's balance was told over the row's way before the message.
func (v variant) known() bool { return v.fault.prior == priorSameCard }

// row is one network fault with all its variants.
type row struct {
	id       string // N1 to N28, S1 and S2
	name     string
	made     string // by what
	slow     bool   // the gateway's call limit has to run out
	alone    bool   // its cells share something and go one after the other
	breaker  bool   // a circuit breaker may refuse for a while afterwards
	declines string // an error code that a rule makes a decline
	settles  bool   // the gateway looks by itself until what is unknown is settled or on the desk
	variants []variant
}

// door is the same for all variants of a row.
func (r row) door() door { return r.variants[0].fault.door }

// number is 7 for N7 and 41 for S1; 0 for what is no row's name.
func (r row) number() int {
	digits, settles := strings.CutPrefix(r.id, "S")
	n, err := strconv.Atoi(strings.TrimPrefix(digits, "N"))
	switch {
	case err != nil:
		return 0
	case settles:
		return 40 + n
	}
	return n
}

// host is an address of this machine that is the row's alone.
func (r row) host() string { return fmt.Sprintf("127.0.1.%d", r.number()) }

// opens reports whether a breaker must be open while messages of the row are sent.
func (r row) opens() bool {
	return slices.ContainsFunc(r.variants, func(v variant) bool { return v.opens > 0 })
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
