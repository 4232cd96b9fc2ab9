//go:build linux

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/svcgate/svcgate/bench/check"
)

// result is a row of the table.
type result struct {
	part, verb string
	points     int      // to be struck
	runs       int      // gateways started for it
	struck     int      // of the runs
	missed     []string // points that were never struck
	report     check.Report
	note       string // a part that is not possible here, and why
}

// ok reports whether the row shows nothing wrong. A part that is not possible here is not wrong.
func (r *result) ok() bool { return r.report.OK() && len(r.missed) == 0 }

// printTable prints the rows, their sum and every finding, and reports whether all is right.
func printTable(w io.Writer, rows []result) bool {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PART\tVERB\tPOINTS\tMISSED\tRUNS\tSTRUCK\tACKNOWLEDGED\tBOOKED\tLOST\tDOUBLED\tWRONGLY TOLD\tUNEXPLAINED\tNOTE")
	total, right := result{part: "all"}, true
	for _, r := range rows {
		printRow(t, r)
		right = right && r.ok()
		total.points += r.points
		total.missed = append(total.missed, r.missed...)
		total.runs += r.runs
		total.struck += r.struck
		total.report.Add(r.report)
	}
	printRow(t, total)
	_ = t.Flush() // a terminal that is gone has nobody to tell
	for _, r := range rows {
		if len(r.missed) > 0 {
			fmt.Fprintf(w, "%s, %s: never struck: %s\n", r.part, r.verb, strings.Join(r.missed, ", "))
		}
		if !r.report.OK() {
			fmt.Fprintf(w, "%s, %s:\n%s", r.part, r.verb, r.report.String())
		}
	}
	return right
}

func printRow(w io.Writer, r result) {
	if r.note != "" && r.runs == 0 {
		fmt.Fprintf(w, "%s\t%s\t\t\t\t\t\t\t\t\t\t\t%s\n", r.part, r.verb, r.note)
		return
	}
	p := r.report
	fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", r.part, r.verb, r.points, len(r.missed), r.runs, r.struck,
		p.Acknowledged, p.Moved, len(p.Lost), len(p.Doubled), len(p.WronglyTold), len(p.Unexplained), r.note)
}
