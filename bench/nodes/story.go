//go:build linux

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/svcgate/svcgate/bench/world"
)

// story is how a request got its lasting answer.
type story struct {
	began time.Time
	took  time.Duration
	tries []try
}

// try is one or more in a row that ended alike.
type try struct {
	node, end string
	times     int
	took      time.Duration
}

// add tells of one try.
func (s *story) add(node string, took time.Duration, a world.Answer, err error) {
	end := fmt.Sprintf("%d %s", a.Status, a.Code)
	if err != nil {
		end = "no answer"
	}
	if n := len(s.tries); n > 0 && s.tries[n-1].end == end {
		last := &s.tries[n-1]
		last.times++
		last.took += took
		if !strings.Contains(last.node, node) {
			last.node += "," + node
		}
		return
	}
	s.tries = append(s.tries, try{node, end, 1, took})
}

// shown is how many sorts of tries String tells of.
const shown = 6

// String is one line.
func (s *story) String() string {
	var parts []string
	for i, t := range s.tries {
		if i == shown && len(s.tries) > shown+1 {
			parts = append(parts, fmt.Sprintf("... %d more", len(s.tries)-shown))
			break
		}
		parts = append(parts, fmt.Sprintf("%dx %s at %s in %v", t.times, strings.TrimSpace(t.end), t.node, t.took.Round(time.Millisecond)))
	}
	return fmt.Sprintf("%v: %s", s.took.Round(time.Millisecond), strings.Join(parts, "; "))
}
