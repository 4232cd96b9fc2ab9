package responsecodes

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/svcgate/svcgate"
)

// Unmapped is a code that the provider answered and no rule knows.
type Unmapped struct {
	Operation   string         `json:"operation"` // that it answered
	Source      svcgate.Source `json:"source"`
	Code        string         `json:"code"`
	Accepted    bool           `json:"accepted"`    // the provider said that it acted, the last time
	Description string         `json:"description"` // the provider's words beside it, of the sample; "" until read
	Count       int            `json:"count"`
	First       time.Time      `json:"first"`
	Last        time.Time      `json:"last"`
	Sample      string         `json:"sample"` // id of one of the latest transactions
}

// FindUnmapped lists the answers whose codes the rules of a service bureau do not know, the one that came most often
// first. Answers to svcgate's own questions count too: their codes are no better known.
func FindUnmapped(service string, tallies []Tally, rules []Rule) []Unmapped {
	known := newMeanings(service, rules)
	all, at := []Unmapped{}, map[meaningKey]int{}
	for _, t := range tallies {
		if _, ok := known.find(t.Operation, t.Source, t.Code); ok {
			continue
		}
		key := meaningKey{t.Operation, t.Source, t.Code}
		i, seen := at[key]
		if !seen {
			i = len(all)
			at[key] = i
			all = append(all, Unmapped{Operation: t.Operation, Source: t.Source, Code: t.Code, Accepted: t.Accepted, First: t.First, Last: t.Last, Sample: t.Sample})
		}
		u := &all[i]
		u.Count += t.Count
		if t.First.Before(u.First) {
			u.First = t.First
		}
		if t.Last.After(u.Last) {
			u.Last, u.Sample, u.Accepted = t.Last, t.Sample, t.Accepted
		}
	}
	slices.SortFunc(all, func(a, b Unmapped) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), b.Last.Compare(a.Last), cmp.Compare(a.Operation, b.Operation),
			cmp.Compare(a.Source, b.Source), cmp.Compare(a.Code, b.Code))
	})
	return all
}

// Prefilled is a rule for the code with all that is known of it. It is not valid yet: what it means, the vendor response
// code, somebody has to say. The outcome is the most careful one that fits.
func (u Unmapped) Prefilled(service string) Rule {
	r := Rule{Service: service, Operation: u.Operation, Source: u.Source, Code: u.Code, Description: short(u.Description),
		Outcome: svcgate.Undefined, Messages: []string{}}
	switch {
	case u.Source == svcgate.SourceTransport:
		r.Operation, r.Outcome = "", svcgate.Unavailable
	case !u.Accepted:
		r.Outcome = svcgate.Declined
	}
	return r
}

// short cuts a text of the provider to what a rule's description takes.
func short(text string) string {
	text = strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, strings.ToValidUTF8(text, "")))
	for utf8.RuneCountInString(text) > MaxDescription {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return strings.TrimSpace(text)
}
