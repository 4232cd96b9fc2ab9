package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
)

// outcomeTones colour outcomes; their words say the same.
var outcomeTones = map[string]tone{
	string(svcgate.Approved): good, string(svcgate.Partial): odd, string(svcgate.Undefined): odd,
	string(svcgate.Unavailable): bad, string(svcgate.Unknown): bad,
}

// showTop writes one look, in at most 80 columns.
func (s *shell) showTop(w io.Writer, f topFigures) {
	over := "since the start"
	if f.Over < f.Up-1 {
		over = "over the last " + showAge(f.Over)
	}
	fmt.Fprintf(w, "%s %s at %s\n%s, up %s; rates %s\n\n", s.paint(strong, "svcgate"), f.Version, f.Server, f.At.Format("15:04:05 MST"), showAge(f.Up), over)
	fmt.Fprintf(w, "requests %s/s  refused %s/s  failed %s/s  in flight %s  memory %s\n",
		showRate(f.Requests), showRate(f.Refused), s.paint(toneIf(f.Failed > 0, bad), showRate(f.Failed)), showCount(f.InFlight), showBytes(f.Memory))
	fmt.Fprintf(w, "commits  %s/s  of %s changes each  queue %s  write-ahead log %s\n\n",
		showRate(f.Commits), showKnown(f.Batch, showRate), showCount(f.Queue), showBytes(f.WAL))

	t := &table{head: []string{"LATENCY", "/S", "P50", "P99"}, right: map[int]bool{1: true, 2: true, 3: true}}
	for _, l := range f.Latencies {
		t.add(cells(l.What, showRate(l.PerSecond), showKnown(l.P50, showLatency), showKnown(l.P99, showLatency))...)
	}
	s.table(w, t)
	fmt.Fprintln(w)

	t = &table{head: []string{"OUTCOME", "/S", "TOTAL"}, right: map[int]bool{1: true, 2: true}}
	for _, o := range f.Outcomes {
		t.add(cell{o.Outcome, outcomeTones[o.Outcome]}, cell{text: showRate(o.PerSecond)}, cell{text: showCount(o.Total)})
	}
	s.table(w, t)
	fmt.Fprintln(w)

	t = &table{head: []string{"WAITS", "COUNT", "OLDEST"}, right: map[int]bool{1: true, 2: true}}
	for _, row := range []struct {
		what string
		topWaiting
	}{{"unresolved", f.Unresolved}, {"desk", f.Desk}} {
		t.add(cell{text: row.what}, cell{showKnown(row.Count, showCount), toneIf(row.Count == nil || *row.Count > 0, odd)}, cell{text: showKnown(row.Oldest, showAge)})
	}
	s.table(w, t)
	fmt.Fprintln(w)

	t = &table{head: []string{"PROVIDER", "WAY", "MESSAGES/S", "UNANSWERED/S"}, right: map[int]bool{2: true, 3: true}}
	for _, p := range f.Providers {
		way := cell{"open to messages", good}
		if p.LeftAlone {
			way = cell{"left alone for " + showAge(p.For), bad}
		}
		t.add(cell{text: p.Service}, way, cell{text: showRate(p.Messages)}, cell{showRate(p.Unanswered), toneIf(p.Unanswered > 0, odd)})
	}
	s.table(w, t)
	for i, alarm := range f.Alarms {
		if i == 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s %s\n", s.paint(bad, "ALARM"), alarm)
	}
}

func toneIf(wrong bool, t tone) tone {
	if wrong {
		return t
	}
	return plain
}

func showKnown(n *float64, show func(float64) string) string {
	if n == nil {
		return "-"
	}
	return show(*n)
}

func showRate(n float64) string { return strconv.FormatFloat(n, 'f', 1, 64) }

// showCount groups by thousands.
func showCount(n float64) string {
	text := strconv.FormatFloat(n, 'f', 0, 64)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func showBytes(n float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for ; n >= 1024 && i < len(units)-1; i++ {
		n /= 1024
	}
	if i == 0 {
		return showCount(n) + " B"
	}
	return strconv.FormatFloat(n, 'f', 1, 64) + " " + units[i]
}

func showLatency(seconds float64) string {
	switch {
	case seconds < .001:
		return strconv.FormatFloat(seconds*1e6, 'f', 0, 64) + " us"
	case seconds < 1:
		return strconv.FormatFloat(seconds*1e3, 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(seconds, 'f', 2, 64) + " s"
}

// showAge shows the two largest units.
func showAge(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	var parts []string
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := d / unit.of; n > 0 && len(parts) < 2 {
			parts = append(parts, strconv.Itoa(int(n))+unit.name)
			d -= n * unit.of
		} else if len(parts) > 0 {
			break
		}
	}
	if len(parts) == 0 {
		return "0s"
	}
	return strings.Join(parts, " ")
}
