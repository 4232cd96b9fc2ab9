//go:build linux

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/svcgate/svcgate/bench/check"
)

// The goals.
const (
	goalAdded  = 30 * time.Millisecond // p99
	goalMemory = 150 << 20             // bytes, of each gateway
	goalGrowth = 5.0                   // percent after the fifth minute
	goalRate   = 0.98                  // of the rate that was asked for
)

// A machine is quiet when the disk takes no longer for a page and this program leaves no later than so, both at p99. On
// another one times say nothing about the gateway.
const (
	quietDisk = 10 * time.Millisecond
	quietLate = 5 * time.Millisecond
)

func (v *verdict) quiet() bool {
	return percentile(v.synced, 99) <= quietDisk && percentile(v.tally.late, 99) <= quietLate
}

// verdict is what is held against the goals.
type verdict struct {
	tally  tally
	used   used
	synced []time.Duration
	report check.Report
	asked  float64 // operations a second
	took   time.Duration
}

// goal is one line of the verdict.
type goal struct {
	what, want, have string
	met              bool
}

func (v *verdict) goals() []goal {
	added, r := percentile(v.tally.added, 99), v.report
	rate := float64(len(v.tally.late)) / v.took.Seconds()
	speed := goal{"time added, p99", "<= " + milliseconds(goalAdded), milliseconds(added), len(v.tally.added) > 0 && added <= goalAdded}
	kept := goal{"rate", fmt.Sprintf(">= %.0f/s", goalRate*v.asked), fmt.Sprintf("%.1f/s", rate), rate >= goalRate*v.asked}
	if !v.quiet() && len(v.tally.added) > 0 {
		const excused = "(the machine is not quiet: not judged)"
		speed.want, speed.met, kept.want, kept.met = excused, true, excused, true
	}
	growth := goal{"memory growth", fmt.Sprintf("<= %.0f %%", goalGrowth), fmt.Sprintf("%.1f %%", v.used.growth), v.used.growth <= goalGrowth}
	if !v.used.judged {
		growth.want, growth.met = "(too short to judge)", true
	}
	return []goal{
		speed,
		{"answers not asked for", "0", fmt.Sprint(v.tally.errors), v.tally.errors == 0},
		kept,
		{"memory of the largest gateway", "<= " + mebibytes(goalMemory), mebibytes(v.used.most), v.used.most > 0 && v.used.most <= goalMemory},
		growth,
		{"lost, doubled, wrongly told, unexplained", "0 0 0 0", fmt.Sprint(len(r.Lost), len(r.Doubled), len(r.WronglyTold), len(r.Unexplained)), r.OK()},
	}
}

func (v *verdict) ok() bool {
	return !slices.ContainsFunc(v.goals(), func(g goal) bool { return !g.met })
}

func (v *verdict) print(w io.Writer) {
	t := &v.tally
	fmt.Fprintf(w, "\nrequests    %d in %v:", len(t.late), v.took.Round(100*time.Millisecond))
	for _, one := range weights {
		fmt.Fprintf(w, " %s %d", one.verb, t.count[one.verb])
	}
	fmt.Fprintf(w, "\ntime added  p50 %s, p90 %s, p99 %s, p99.9 %s, most %s; a repeat p50 %s, p99 %s\n", milliseconds(percentile(t.added, 50)),
		milliseconds(percentile(t.added, 90)), milliseconds(percentile(t.added, 99)), milliseconds(percentile(t.added, 99.9)), milliseconds(percentile(t.added, 100)),
		milliseconds(percentile(t.replays, 50)), milliseconds(percentile(t.replays, 99)))
	fmt.Fprintf(w, "of it       p50 %s, p99 %s are the bench's own: requests that left late\n", milliseconds(percentile(t.late, 50)), milliseconds(percentile(t.late, 99)))
	fmt.Fprintf(w, "the disk    p50 %s, p99 %s for one page to be on it, beside the gateway's own\n", milliseconds(percentile(v.synced, 50)), milliseconds(percentile(v.synced, 99)))
	fmt.Fprintf(w, "processor   %.0f us a request in all gateways, %.2f of a core\n", float64(v.used.cpu.Microseconds())/float64(max(1, len(t.late))), v.used.cpu.Seconds()/float64(max(1, v.used.seconds)))
	fmt.Fprint(w, v.report.String())
	for _, what := range slices.Sorted(maps.Keys(t.wrong)) {
		fmt.Fprintf(w, "error: %d times: %s\n", t.wrong[what], what)
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, g := range v.goals() {
		sign := "✓"
		if !g.met {
			sign = "✗ missed"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", g.what, g.want, g.have, sign)
	}
	_ = table.Flush() // a terminal that is gone has nobody to tell
}
