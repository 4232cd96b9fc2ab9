package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/svcgate/svcgate/fixtures"
)

// replayBar shows on a terminal how far a replay has come. A short one shows nothing.
type replayBar struct {
	w            io.Writer // nil: no terminal
	now          func() time.Time
	begun, drawn time.Time
	total, done  int
	wrong        int
}

const (
	barAfter = 500 * time.Millisecond // no bar for what ends sooner
	barEvery = 100 * time.Millisecond
	barWidth = 30
)

func (s *shell) newBar(cases []*fixtures.Case) *replayBar {
	b := &replayBar{now: time.Now}
	if isTerminal(s.err) && s.getenv("TERM") != "dumb" {
		b.w = s.err
	}
	for _, c := range cases {
		b.total += len(c.Steps())
	}
	b.begun = b.now()
	return b
}

func (b *replayBar) step(s fixtures.Step) {
	b.done++
	if s.Verdict == fixtures.StepFailed || s.Verdict == fixtures.StepBlocked {
		b.wrong++
	}
	now := b.now()
	if b.w == nil || now.Sub(b.begun) < barAfter || now.Sub(b.drawn) < barEvery {
		return
	}
	b.drawn = now
	filled := barWidth * b.done / b.total
	fmt.Fprintf(b.w, "\r%s%s %d of %d steps, %d wrong ", strings.Repeat("█", filled), strings.Repeat("░", barWidth-filled), b.done, b.total, b.wrong)
}

// clear takes the bar away.
func (b *replayBar) clear() {
	if !b.drawn.IsZero() {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
