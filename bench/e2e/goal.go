package main

import (
	"fmt"
	"math"
)

// goal is one of the fourteen.
type goal struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	Parts  []part `json:"parts"`
}

// part is one figure that a goal asks for.
type part struct {
	What    string  `json:"what"`
	AtMost  bool    `json:"at_most"` // else at least
	Limit   float64 `json:"limit"`
	Stretch bool    `json:"stretch"` // wished for beyond the goal
	Unit    string  `json:"unit,omitempty"`
	Got     figure  `json:"got"`
}

// verdict of a goal or a part.
type verdict string

const (
	met         verdict = "met"
	missed      verdict = "missed"
	notMeasured verdict = "not measured"
)

func (p part) verdict() verdict {
	switch {
	case !p.Got.known():
		return notMeasured
	case p.AtMost && p.Got.Value <= p.Limit, !p.AtMost && p.Got.Value >= p.Limit:
		return met
	}
	return missed
}

// verdict is of the goal without its stretch: missed when a part is, not measured when one was not.
func (g goal) verdict() verdict {
	all := met
	if len(g.Parts) == 0 {
		all = notMeasured
	}
	for _, p := range g.Parts {
		switch v := p.verdict(); {
		case p.Stretch, v == met:
		case v == missed:
			return missed
		default:
			all = notMeasured
		}
	}
	return all
}

// want is the limit as text.
func (p part) want() string {
	sign := "≥"
	if p.AtMost {
		sign = "≤"
	}
	return sign + " " + number(p.Limit) + p.Unit
}

// got is the figure as text, a tilde before it when the machine was not quiet.
func (p part) got() string {
	if !p.Got.known() {
		return "–"
	}
	text := number(p.Got.Value) + p.Unit
	if p.Got.Noisy {
		text = "~" + text
	}
	if p.Got.Rounds > 1 {
		text += fmt.Sprintf(" (%s–%s)", number(p.Got.Low), number(p.Got.High))
	}
	return text
}

// number writes as many digits as mean something.
func number(v float64) string {
	switch size := math.Abs(v); {
	case size >= 100 || v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case size >= 10:
		return fmt.Sprintf("%.1f", v)
	case size >= 0.1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

func least(what string, limit float64, got figure) part {
	return part{What: what, Limit: limit, Got: got}
}

func most(what string, limit float64, got figure) part {
	return part{What: what, AtMost: true, Limit: limit, Got: got}
}

func (p part) in(unit string) part { p.Unit = unit; return p }

// wish makes a stretch of a part.
func (p part) wish(limit float64) part { p.Limit, p.Stretch = limit, true; return p }

// scaled is the figure in another unit.
func (f figure) scaled(by float64) figure {
	f.Value, f.Low, f.High = f.Value*by, f.Low*by, f.High*by
	return f
}
