package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// grid is a table: the first row is its head.
type grid [][]string

// text aligns the columns with blanks.
func (g grid) text() string {
	widths := map[int]int{}
	for _, row := range g {
		for i, field := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(field))
		}
	}
	var out strings.Builder
	for _, row := range g {
		line := ""
		for i, field := range row {
			line += field + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(field)+2)
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return out.String()
}

// markdown writes the table for a page.
func (g grid) markdown() string {
	var out strings.Builder
	for i, row := range g {
		fmt.Fprintf(&out, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			out.WriteString("|" + strings.Repeat("---|", len(row)) + "\n")
		}
	}
	return out.String()
}

// cellRows is a row for each spot that was measured on one way to the provider.
func cellRows(all cells, w way) grid {
	g := grid{{"connections", "what stands between", "req/s", "p50 ms", "p99 ms", "CPU µs", "of the proxy: req/s", "p50", "CPU", "errors", "noisy rounds"}}
	for _, conns := range connections {
		for _, k := range kinds {
			s, to := spot{k.name, w, conns}, spot{armProxy, w, conns}
			speed := all.figure(s, rate)
			if !speed.known() {
				continue
			}
			ms := func(value func(cell) float64) string { return number(all.figure(s, value).Value / 1000) }
			errs, loud := 0, 0
			for _, c := range all {
				if c.spot == s {
					errs += c.Errors
				}
				if c.spot == s && c.Noisy() {
					loud++
				}
			}
			g = append(g, []string{fmt.Sprint(conns), k.title, number(speed.Value), ms(p50), ms(p99), number(all.figure(s, cpuTime).Value),
				all.ratio(s, to, rate).short(), all.ratio(s, to, p50).short(), all.ratio(s, to, cpuTime).short(), fmt.Sprint(errs), fmt.Sprintf("%d/%d", loud, all.rounds())})
		}
	}
	return g
}

// nothing is what a cost that is none comes to now and then, by what goes on beside.
const nothing = 0.01

// costRows is a row for each spot of the fast provider that counts what an exchange costs.
func costRows(all cells) grid {
	g := grid{{"connections", "what stands between", "allocated KB", "objects", "commits", "to disk KB", "CPU µs", "CPU µs of the database server"}}
	for _, conns := range connections {
		for _, k := range kinds {
			value := func(of func(cell) float64, by float64) string {
				f := all.figure(fast(k.name, conns), of).scaled(by)
				if f.Value < nothing {
					return "–"
				}
				return number(f.Value)
			}
			objects := value(func(c cell) float64 { return c.Objects }, 1)
			if objects == "–" {
				continue
			}
			disk, server := value(func(c cell) float64 { return c.Written }, 1/kilo), "–"
			if onServer(k.name) {
				disk, server = server, value(func(c cell) float64 { return c.Server }, 1)
			}
			g = append(g, []string{fmt.Sprint(conns), k.title, value(func(c cell) float64 { return c.Bytes }, 1/kilo), objects,
				value(func(c cell) float64 { return c.Commits }, 1), disk, value(cpuTime, 1), server})
		}
	}
	return g
}

// short is the figure without its range.
func (f figure) short() string {
	if !f.known() {
		return "–"
	}
	if f.Noisy {
		return "~" + number(f.Value)
	}
	return number(f.Value)
}

// goalRows is a row for each part of each goal.
func goalRows(all []goal) grid {
	g := grid{{"#", "goal", "figure", "wanted", "measured", "verdict"}}
	for _, one := range all {
		for i, p := range one.Parts {
			label, title := "", ""
			if i == 0 {
				label, title = fmt.Sprint(one.Number), one.Title
			}
			what := p.What
			if p.Stretch {
				what = "stretch: " + what
			}
			g = append(g, []string{label, title, what, p.want(), p.got(), string(p.verdict())})
		}
		if len(one.Parts) == 0 {
			g = append(g, []string{fmt.Sprint(one.Number), one.Title, "", "", "–", string(notMeasured)})
		}
	}
	return g
}

// summary says how many goals are met.
func summary(all []goal) string {
	count, of := map[verdict]int{}, map[verdict][]string{}
	for _, g := range all {
		v := g.verdict()
		count[v]++
		of[v] = append(of[v], fmt.Sprint(g.Number))
	}
	var said []string
	for _, v := range []verdict{met, missed, notMeasured} {
		if count[v] > 0 {
			said = append(said, fmt.Sprintf("%d %s (%s)", count[v], v, strings.Join(of[v], ", ")))
		}
	}
	return fmt.Sprintf("Of %d goals: %s.", len(all), strings.Join(said, "; "))
}

var allWays = []way{way0, way20, way100, wayTLS}

// head says where and how it was measured.
func (r *report) head() string {
	out := fmt.Sprintf("%s, %s, %d rounds", r.At.Format("2006-01-02 15:04 MST"), r.Machine, r.Rounds)
	if r.Quick {
		out += " of the quick run"
	}
	out += fmt.Sprintf(", seed %d. The machine drifted by %sx; during %d of %d cells others took more than a tenth of it.", r.Seed,
		number(r.Cells.drift()), r.Cells.noisy(), len(r.Cells))
	if len(r.Extras.Sync) > 0 {
		out += fmt.Sprintf(" Appending 4 KB with fdatasync took %s µs.", figureOf(r.Extras.Sync).short())
	}
	if r.Rows > 0 {
		out += fmt.Sprintf(" The long journal has %d transactions.", r.Rows)
	}
	for _, a := range r.Absent {
		out += " Not measured: " + a + "."
	}
	return out
}

// text is the report for a terminal.
func (r *report) text() string {
	var out strings.Builder
	for _, w := range allWays {
		if g := cellRows(r.Cells, w); len(g) > 1 {
			fmt.Fprintf(&out, "provider: %s\n%s\n", w, g.text())
		}
	}
	if g := costRows(r.Cells); len(g) > 1 {
		fmt.Fprintf(&out, "cost of an exchange, provider: %s\n%s\n", way0, g.text())
	}
	fmt.Fprintf(&out, "%s\n%s\n%s\n", goalRows(r.Goals).text(), r.head(), summary(r.Goals))
	return out.String()
}

// markdown is the report for the page.
func (r *report) markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n\n### The goals\n\n%s\n\n%s\n### All cells\n", r.head(), summary(r.Goals), goalRows(r.Goals).markdown())
	for _, w := range allWays {
		if g := cellRows(r.Cells, w); len(g) > 1 {
			fmt.Fprintf(&out, "\nProvider: %s\n\n%s", w, g.markdown())
		}
	}
	fmt.Fprintf(&out, "\n### Cost of an exchange\n\n%s", costRows(r.Cells).markdown())
	return out.String()
}
