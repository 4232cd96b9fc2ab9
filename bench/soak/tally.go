//go:build linux

package main

import (
	"slices"
	"time"
)

// tally is what came of requests.
type tally struct {
	count   map[verb]int
	added   []time.Duration // by the gateway, of each request that was a message
	replays []time.Duration // a repeat's whole time
	late    []time.Duration // how much later than due a request left: the bench's own
	errors  int
	wrong   map[string]int // how often, of each sort
}

// sorts bounds how many sorts of errors are told apart.
const sorts = 50

func (t *tally) answered(v verb, took, late time.Duration) {
	if t.count == nil {
		t.count = map[verb]int{}
	}
	t.count[v]++
	t.late = append(t.late, late)
	if v == repeat {
		t.replays = append(t.replays, took)
		return
	}
	t.added = append(t.added, took)
}

func (t *tally) failed(what string) {
	t.errors++
	if t.wrong == nil {
		t.wrong = map[string]int{}
	}
	if _, known := t.wrong[what]; !known && len(t.wrong) >= sorts {
		what = "other sorts"
	}
	t.wrong[what]++
}

// percentile returns the value below which so many of a hundred lie; it sorts.
func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(float64(len(all))*p/100))]
}
