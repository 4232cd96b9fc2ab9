package main

import (
	"math"
	"slices"
)

// figure is a median over the rounds, with the range that they spread over.
type figure struct {
	Value  float64 `json:"value"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Rounds int     `json:"rounds"`
	Noisy  bool    `json:"noisy"` // too few of the rounds had the machine for themselves, so all were taken
}

// known reports whether there was anything to take a median of.
func (f figure) known() bool { return f.Rounds > 0 }

// median is the middle of the values, or between the two middle ones; of none it is NaN.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func figureOf(values []float64) figure {
	if len(values) == 0 {
		return figure{}
	}
	return figure{Value: median(values), Low: slices.Min(values), High: slices.Max(values), Rounds: len(values)}
}

// enough is how many quiet rounds a figure may stand on without the noisy ones.
const enough = 2

// overRounds is a figure of one value a round. Rounds in which a cell of it was noisy are left out if enough others are
// there.
func overRounds(rounds int, value func(round int) (v float64, quiet, ok bool)) figure {
	var all, quietly []float64
	for round := 1; round <= rounds; round++ {
		v, quiet, ok := value(round)
		if !ok || math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		all = append(all, v)
		if quiet {
			quietly = append(quietly, v)
		}
	}
	if len(quietly) >= min(enough, rounds) {
		return figureOf(quietly)
	}
	f := figureOf(all)
	f.Noisy = f.known()
	return f
}

// cells are what was measured, to be asked.
type cells []cell

func (all cells) find(s spot, round int) (cell, bool) {
	i := slices.IndexFunc(all, func(c cell) bool { return c.spot == s && c.Round == round })
	if i < 0 {
		return cell{}, false
	}
	return all[i], true
}

func (all cells) rounds() (n int) {
	for _, c := range all {
		n = max(n, c.Round)
	}
	return n
}

// figure is the median of a value of one spot.
func (all cells) figure(s spot, value func(cell) float64) figure {
	return overRounds(all.rounds(), func(round int) (float64, bool, bool) {
		c, ok := all.find(s, round)
		return value(c), !c.Noisy(), ok
	})
}

// ratio is the median of the ratios of one spot to another, each of one round.
func (all cells) ratio(s, to spot, value func(cell) float64) figure {
	return all.both(s, to, func(a, b cell) float64 { return value(a) / value(b) })
}

// both is the median of a value of two spots of one round.
func (all cells) both(s, to spot, value func(a, b cell) float64) figure {
	return overRounds(all.rounds(), func(round int) (float64, bool, bool) {
		a, found := all.find(s, round)
		b, too := all.find(to, round)
		if !found || !too {
			return 0, false, false
		}
		return value(a, b), !a.Noisy() && !b.Noisy(), true
	})
}

// The values that are compared.
func rate(c cell) float64    { return c.Rate }
func p50(c cell) float64     { return micros(c.P50) }
func p99(c cell) float64     { return micros(c.P99) }
func cpuTime(c cell) float64 { return c.CPU }
