package main

import (
	"fmt"
	"strings"
	"time"
)

const (
	progressAfter = 300 * time.Millisecond // nothing is shown of what ends sooner
	progressEvery = 100 * time.Millisecond // on a terminal
	progressLines = 2 * time.Second        // elsewhere
	progressWidth = 30
)

// progress shows how far a long reading has come: a bar on a terminal, now and then a line elsewhere. done takes the bar
// away.
func (s *shell) progress(what string) (step func(done, total int), done func()) {
	terminal := isTerminal(s.err) && s.getenv("TERM") != "dumb"
	every := progressLines
	if terminal {
		every = progressEvery
	}
	begun, shown := time.Now(), time.Time{}
	step = func(done, total int) {
		now := time.Now()
		if total <= 0 || now.Sub(begun) < progressAfter || now.Sub(shown) < every {
			return
		}
		shown = now
		if !terminal {
			s.tell("%d of %d %s", done, total, what)
			return
		}
		filled := min(progressWidth*done/total, progressWidth)
		fmt.Fprintf(s.err, "\r%s%s %d of %d %s ", strings.Repeat("█", filled), strings.Repeat("░", progressWidth-filled), done, total, what)
	}
	return step, func() {
		if terminal && !shown.IsZero() {
			fmt.Fprint(s.err, "\r\x1b[K")
		}
	}
}
