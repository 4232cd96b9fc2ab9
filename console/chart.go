package console

import (
	"math"
	"strconv"
	"strings"

	"github.com/svcgate/svcgate"
)

// Inner size of drawings, in units that the style sheet stretches.
const (
	chartWidth  = 1000
	chartHeight = 200
	sparkWidth  = 120
	sparkHeight = 28
)

// chart is a column chart, stacked by series, with the same numbers as a table beside it for whoever does not see it.
type chart struct {
	Title   string
	Summary string // what there is to see, in words
	Legend  []legend
	Columns []column
	Ticks   []string // of the vertical axis, from the top
	Labels  []string // of the horizontal axis, evenly apart
	Width   int
	Height  int
}

type legend struct {
	Class, Label string
	Total        int
}

type column struct {
	Label  string
	Total  int
	Values []int // in the order of the legend
	Bars   []bar
}

// bar is one piece of a column. Its place is text, so that a template writes it as it is.
type bar struct{ Class, X, Y, Width, Height string }

// series is one kind of thing that is counted, a number for each column.
type series struct {
	Class, Label string // Class is a class of the style sheet, such as an outcome
	Values       []int
}

// newChart draws series over columns. Every series has as many values as there are labels.
func newChart(title string, labels []string, all []series) *chart {
	c := &chart{Title: title, Width: chartWidth, Height: chartHeight}
	most := 0
	for i, label := range labels {
		col := column{Label: label}
		for _, s := range all {
			col.Values = append(col.Values, s.Values[i])
			col.Total += s.Values[i]
		}
		most = max(most, col.Total)
		c.Columns = append(c.Columns, col)
	}
	top := niceTop(most)
	c.Ticks = []string{number(top), number(top / 2), "0"}
	for _, s := range all {
		total := 0
		for _, n := range s.Values {
			total += n
		}
		c.Legend = append(c.Legend, legend{s.Class, s.Label, total})
	}
	step := float64(chartWidth) / float64(max(len(labels), 1))
	gap := min(step*0.25, 8)
	for i := range c.Columns {
		col, y := &c.Columns[i], float64(chartHeight)
		for j, n := range col.Values {
			if n == 0 {
				continue
			}
			height := max(float64(n)/float64(top)*chartHeight, 1.5) // few among many must still be seen
			y = max(y-height, 0)
			col.Bars = append(col.Bars, bar{all[j].Class, unit(float64(i)*step + gap/2), unit(y), unit(step - gap), unit(height)})
		}
	}
	for i := 0; i < len(labels); i += max(len(labels)/6, 1) {
		c.Labels = append(c.Labels, labels[i])
	}
	c.Summary = c.inWords(most)
	return c
}

func (c *chart) inWords(most int) string {
	var parts []string
	for _, l := range c.Legend {
		if l.Total > 0 {
			parts = append(parts, number(l.Total)+" "+l.Label)
		}
	}
	if len(parts) == 0 {
		return "Nothing in this time."
	}
	return strings.Join(parts, ", ") + "; at most " + number(most) + " at a time."
}

// niceTop is the least of 2, 4, 10, 20, 40, 100 and so on that is not below n.
func niceTop(n int) int {
	for scale := 1; scale < math.MaxInt/10; scale *= 10 {
		for _, step := range []int{2, 4, 10} {
			if n <= step*scale {
				return step * scale
			}
		}
	}
	return math.MaxInt
}

func unit(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// spark is a small line without axes, beside a number.
type spark struct {
	Points        string
	Text          string // for whoever does not see it
	Width, Height int
}

// newSpark draws values, oldest first.
func newSpark(values []int) *spark {
	s := &spark{Width: sparkWidth, Height: sparkHeight, Text: "nothing yet"}
	most, total := 1, 0
	for _, v := range values {
		most, total = max(most, v), total+v
	}
	var points []string
	for i, v := range values {
		x := float64(i) / float64(max(len(values)-1, 1)) * sparkWidth
		y := sparkHeight - 2 - float64(v)/float64(most)*(sparkHeight-4)
		points = append(points, unit(x)+","+unit(y))
	}
	s.Points = strings.Join(points, " ")
	if total > 0 {
		s.Text = number(total) + " in all, at most " + number(most) + " at a time, " + number(values[len(values)-1]) + " lately"
	}
	return s
}

// outcomeSeries counts buckets by outcome, in the order of svcgate.Outcomes.
func outcomeSeries(buckets []Bucket) []series {
	var all []series
	for _, o := range svcgate.Outcomes() {
		s := series{Class: string(o), Label: string(o), Values: make([]int, len(buckets))}
		for i, b := range buckets {
			s.Values[i] = b.ByOutcome[o]
		}
		all = append(all, s)
	}
	return all
}
