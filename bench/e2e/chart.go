package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// The chart: one panel for each time that the provider takes, requests per second over connections, both logarithmic.
const (
	panelWidth, panelHeight = 250.0, 300.0
	marginLeft, marginTop   = 58.0, 46.0
	panelGap                = 34.0
	legendRow               = 18.0
)

type line struct{ arm, colour, dash string }

// series are the arms that the chart shows, with colours that stand out on white and on black.
var series = []line{
	{armSQLite, "#2f81f7", ""}, {armPostgres, "#a371f7", ""}, {armProxy, "#808890", ""}, {armNginx, "#808890", "2 3"},
	{armKept, "#2da44e", ""}, {armGowsdl, "#2da44e", "6 3"}, {armNaive, "#e5534b", ""},
}

// chart draws the cells as SVG. Text takes the colour that the reader's light or dark page wants.
func chart(all cells) string {
	var out strings.Builder
	shown := []way{way0, way20, way100}
	drawn := slices.Clone(series)
	drawn = slices.DeleteFunc(drawn, func(s line) bool { return !slices.ContainsFunc(all, func(c cell) bool { return c.Arm == s.arm }) })
	rows := (len(drawn) + 2) / 3
	width := marginLeft + float64(len(shown))*(panelWidth+panelGap)
	height := marginTop + panelHeight + 34 + float64(rows)*legendRow
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="Requests per second over connections">`+"\n", width, height, width, height)
	out.WriteString("<style>text{font:12px system-ui,sans-serif;fill:#24292f}.head{font-weight:600}.grid{stroke:#8888;stroke-width:.5}.line{fill:none;stroke-width:2}" +
		"@media(prefers-color-scheme:dark){text{fill:#d0d7de}}</style>\n")
	lowest, highest := extent(all, shown)
	y := func(v float64) float64 {
		return marginTop + panelHeight*(1-(math.Log10(v)-lowest)/(highest-lowest))
	}
	for i, w := range shown {
		left := marginLeft + float64(i)*(panelWidth+panelGap)
		x := func(conns int) float64 {
			return left + panelWidth*(0.06+0.88*float64(slices.Index(connections, conns))/float64(len(connections)-1))
		}
		fmt.Fprintf(&out, `<text class="head" x="%.1f" y="%.1f">provider: %s</text>`+"\n", left, marginTop-14, html.EscapeString(string(w)))
		for power := lowest; power <= highest; power++ {
			at := y(math.Pow(10, power))
			fmt.Fprintf(&out, `<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", left, at, left+panelWidth, at)
			if i == 0 {
				fmt.Fprintf(&out, `<text x="%.1f" y="%.1f" text-anchor="end">%.0f</text>`+"\n", left-6, at+4, math.Pow(10, power))
			}
		}
		for _, conns := range connections {
			fmt.Fprintf(&out, `<text x="%.1f" y="%.1f" text-anchor="middle">%d</text>`+"\n", x(conns), marginTop+panelHeight+18, conns)
		}
		for _, s := range drawn {
			drawLine(&out, all, spot{Arm: s.arm, Way: w}, s.colour, s.dash, x, y)
		}
	}
	fmt.Fprintf(&out, `<text x="%.1f" y="16">requests per second over connections</text>`+"\n", marginLeft)
	for i, s := range drawn {
		left, top := marginLeft+float64(i%3)*(width-marginLeft)/3, marginTop+panelHeight+44+float64(i/3)*legendRow
		fmt.Fprintf(&out, `<line class="line" stroke="%s" stroke-dasharray="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, s.colour, s.dash, left, top-4, left+24, top-4)
		fmt.Fprintf(&out, `<text x="%.1f" y="%.1f">%s</text>`+"\n", left+30, top, html.EscapeString(titleOf(s.arm)))
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// drawLine draws one arm on one way.
func drawLine(out *strings.Builder, all cells, s spot, colour, dash string, x func(int) float64, y func(float64) float64) {
	var points []string
	for _, s.Conns = range connections {
		if f := all.figure(s, rate); f.known() && f.Value > 0 {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(s.Conns), y(f.Value)))
			fmt.Fprintf(out, `<circle fill="%s" cx="%.1f" cy="%.1f" r="3"><title>%s, %d connections: %.0f requests per second</title></circle>`+"\n",
				colour, x(s.Conns), y(f.Value), html.EscapeString(titleOf(s.Arm)), s.Conns, f.Value)
		}
	}
	if len(points) > 1 {
		fmt.Fprintf(out, `<polyline class="line" stroke="%s" stroke-dasharray="%s" points="%s"/>`+"\n", colour, dash, strings.Join(points, " "))
	}
}

// extent is the powers of ten between which all that is shown lies.
func extent(all cells, shown []way) (lowest, highest float64) {
	lowest, highest = 1, 4
	for _, s := range series {
		for _, w := range shown {
			for _, conns := range connections {
				if f := all.figure(spot{s.arm, w, conns}, rate); f.known() && f.Value > 0 {
					lowest, highest = min(lowest, math.Floor(math.Log10(f.Value))), max(highest, math.Ceil(math.Log10(f.Value)))
				}
			}
		}
	}
	return lowest, highest
}
