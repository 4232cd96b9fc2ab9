package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"sync"
	"sync/atomic"
	"time"
)

// minDigits is the length from which a run of digits may be a card number.
const minDigits = 10

// leakGuard is the last line before a log is written: whatever went wrong before it, no run of ten digits or more
// leaves it. A hit is a defect elsewhere, so hits are counted and shown as svcgate_leak_guard_total.
type leakGuard struct {
	mu   sync.Mutex
	to   io.Writer
	hits atomic.Uint64

	failures atomic.Uint64 // lines that could not be written
}

// newLogger makes a logger whose every line passes a leakGuard. level and format are those of the settings.
func newLogger(to io.Writer, level, format string) (*slog.Logger, *leakGuard, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, nil, fmt.Errorf("log level: %w", err)
	}
	guard := &leakGuard{to: to}
	options := &slog.HandlerOptions{Level: least, ReplaceAttr: readable}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(guard, options)), guard, nil
	}
	return slog.New(slog.NewTextHandler(guard, options)), guard, nil
}

// addresses in a stack say nothing, and may have as many decimal digits in a row as a card number.
var addresses = regexp.MustCompile(`0x[0-9a-f]+`)

// readable keeps JSON from writing bytes as base64, which the guard does not see through, and durations and stacks with
// so many digits that the guard would take them for a card number.
func readable(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		if a.Key == "stack" {
			a.Value = slog.StringValue(addresses.ReplaceAllString(a.Value.String(), "0x"))
		}
	case slog.KindDuration:
		a.Value = slog.StringValue(a.Value.Duration().Round(time.Millisecond / 100).String())
	case slog.KindAny:
		if v, ok := a.Value.Any().([]byte); ok {
			a.Value = slog.StringValue(string(v))
		}
	}
	return a
}

// Write passes one line on. slog writes every record with one call.
func (g *leakGuard) Write(line []byte) (int, error) {
	masked, hits := maskDigits(line)
	g.hits.Add(uint64(hits))
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := g.to.Write(masked); err != nil {
		g.failures.Add(1)
		return 0, err
	}
	return len(line), nil
}

// maskDigits replaces the digits of every run of at least ten by stars and says how many runs there were. Groups of
// three digits or more with single spaces or dashes between them are one run: cards are printed so, times are not.
// A bare number of JSON becomes a text, so that the line stays JSON.
func maskDigits(line []byte) (masked []byte, hits int) {
	kept := 0 // what of line is in masked already
	for at := 0; at < len(line); {
		if !isDigit(line[at]) {
			at++
			continue
		}
		end, digits := digitRun(line, at)
		if digits < minDigits || inTraceID(line, at, end) {
			at = end
			continue
		}
		hits++
		quote := ""
		if at > 1 && line[at-1] == ':' && line[at-2] == '"' {
			quote = `"`
		}
		masked = append(append(masked, line[kept:at]...), quote...)
		for ; at < end || quote != "" && at < len(line) && bytes.IndexByte([]byte("+-.0123456789Ee"), line[at]) >= 0; at++ {
			if isDigit(line[at]) {
				masked = append(masked, '*')
			} else {
				masked = append(masked, line[at])
			}
		}
		masked = append(masked, quote...)
		kept = at
	}
	if hits == 0 {
		return line, 0
	}
	return append(masked, line[kept:]...), hits
}

// digitRun returns where the run that begins at a digit ends and how many digits it has.
func digitRun(line []byte, at int) (end, digits int) {
	group := func(from int) int {
		to := from
		for to < len(line) && isDigit(line[to]) {
			to++
		}
		return to
	}
	const leastGroup = 3
	end = group(at)
	digits = end - at
	if digits < leastGroup {
		return end, digits
	}
	for end+1 < len(line) && (line[end] == ' ' || line[end] == '-') {
		next := group(end + 1)
		if next-end-1 < leastGroup {
			break
		}
		digits += next - end - 1
		end = next
	}
	return end, digits
}

// inTraceID reports whether a run is a part of a request's trace id, which is random: ten digits in a row are common in
// one. The API has made sure that it is not the request's card number.
func inTraceID(line []byte, at, end int) bool {
	const length = 32
	for at > 0 && isHex(line[at-1]) {
		at--
	}
	for end < len(line) && isHex(line[end]) {
		end++
	}
	return end-at == length && (bytes.HasSuffix(line[:at], []byte(` trace=`)) || bytes.HasSuffix(line[:at], []byte(`,"trace":"`)))
}

func isHex(b byte) bool { return isDigit(b) || b >= 'a' && b <= 'f' }

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
