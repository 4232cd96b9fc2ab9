package console

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
)

// search is what was typed into the box, understood.
type search struct {
	Filter  svcgate.Filter
	Meaning []string // in words, for whoever reads the page
	bare    string   // a word that names no field; "" for none
}

// word is one part of a search, such as outcome:declined.
type word struct{ Name, Value string }

// String writes the word as it is typed.
func (w word) String() string {
	name := w.Name + ":"
	if w.Name == "" {
		name = ""
	}
	if strings.ContainsAny(w.Value, " \"") {
		return name + strconv.Quote(w.Value)
	}
	return name + w.Value
}

// searchWords are the names that a word may have, with the names that mean the same.
var searchWords = map[string]string{
	"order": "order", "card": "card", "last4": "card", "op": "op", "operation": "op", "outcome": "outcome", "state": "state",
	"code": "code", "source": "source", "service": "service", "key": "key", "amount": "amount", "currency": "currency",
	"since": "since", "from": "since", "until": "until", "to": "until",
}

var (
	wordText    = regexp.MustCompile(`(?:([a-z0-9]+):)?(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))`)
	last4Text   = regexp.MustCompile(`^[0-9]{4}$`)
	serviceText = regexp.MustCompile(`^[A-Za-z0-9._-]{1,16}$`)
	plainText   = regexp.MustCompile(`^[ -~]+$`)
	idText      = regexp.MustCompile(`^txn_[a-z0-9_]{1,64}$`)
	digitRun    = regexp.MustCompile(`[0-9](?:[ ._/-]*[0-9]){9,}`)
)

// split parts what was typed into words.
func split(text string) []word {
	var words []word
	for _, m := range wordText.FindAllStringSubmatch(text, -1) {
		value := m[3]
		if value == "" {
			if unquoted, err := strconv.Unquote(`"` + m[2] + `"`); err == nil {
				value = unquoted
			} else {
				value = m[2]
			}
		}
		name := m[1]
		if name != "" && searchWords[name] == "" { // a time or a code with a colon
			name, value = "", name+":"+value
		}
		words = append(words, word{cmp.Or(searchWords[name], name), value})
	}
	return words
}

// understand turns words into a filter. The error is an *svcgate.Error with CodeInvalid, whose Field is the word's name.
func (c *Console) understand(words []word, now time.Time) (search, error) {
	s := search{}
	amounts := ""
	currency := cmp.Or(c.Currency, "USD")
	seen := map[string]bool{}
	for _, w := range words {
		if w.Name != "" && seen[w.Name] {
			return s, wrongWord(w.Name, "Say this once.")
		}
		seen[w.Name] = true
		advice, ok := "", true
		switch w.Name {
		case "":
			ok = s.take(w.Value)
			advice = "Say what one of these is: order:…, card:… or code:…"
		case "amount":
			amounts = w.Value
		case "currency":
			currency = strings.ToUpper(w.Value)
		case "since", "until":
			at, understood := instant(w.Value, now)
			ok, advice = understood, "Give a time: 30m, 24h or 7d ago, 2026-03-01, or 2026-03-01T09:30 (UTC)."
			if w.Name == "since" {
				s.Filter.From = at
			} else {
				s.Filter.To = at
			}
			if ok {
				s.mean(w.Name + " " + at.Format("2006-01-02 15:04 UTC"))
			}
		default:
			advice, ok = s.narrow(w)
		}
		if !ok {
			return s, wrongWord(w.Name, advice)
		}
	}
	if !s.Filter.From.IsZero() && !s.Filter.To.IsZero() && !s.Filter.From.Before(s.Filter.To) {
		return s, wrongWord("until", "The end must be after the beginning.")
	}
	if amounts == "" {
		return s, nil
	}
	if err := s.between(amounts, currency); err != nil {
		return s, err
	}
	if f := s.Filter; f.From.IsZero() && f.Order == "" && f.Last4 == "" && f.Code == "" && f.Key == "" {
		s.Filter.From = now.Add(-amountSpan)
		s.mean("in the last 30 days, as an amount alone is looked for")
	}
	return s, nil
}

// amountSpan is how far back amounts are looked for when nothing else narrows the search.
const amountSpan = 30 * 24 * time.Hour

func wrongWord(name, detail string) error {
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_search", Field: name, Detail: detail}
}

func (s *search) mean(text string) { s.Meaning = append(s.Meaning, text) }

// take reads a word without a name: an outcome, an operation or a state is one; anything else may be several things.
func (s *search) take(value string) bool {
	for _, name := range []string{"outcome", "op", "state"} {
		if _, ok := s.narrow(word{name, value}); ok {
			return true
		}
	}
	if _, ok := (&search{}).narrow(word{"code", value}); !ok || s.bare != "" {
		return false
	}
	s.bare = value
	return true
}

// narrow puts one word into the filter, or says what would have been right.
func (s *search) narrow(w word) (advice string, ok bool) {
	f := &s.Filter
	switch w.Name {
	case "order":
		advice, ok = "An order number is 1 to 32 plain characters.", plainText.MatchString(w.Value) && len(w.Value) <= svcgate.MaxOrder
		f.Order = w.Value
	case "card":
		advice, ok = "Give the last four digits of the card and no more.", last4Text.MatchString(w.Value)
		f.Last4 = w.Value
	case "code":
		advice, ok = "A code is 1 to 64 plain characters.", plainText.MatchString(w.Value) && len(w.Value) <= 64
		f.Code = w.Value
	case "key":
		advice, ok = "An Idempotency-Key is 1 to 255 plain characters.", plainText.MatchString(w.Value) && len(w.Value) <= 255
		f.Key = w.Value
	case "service":
		advice, ok = "A service bureau's code is letters and digits, such as RLT.", serviceText.MatchString(w.Value)
		f.Service = w.Value
	case "source":
		advice, ok = "A code stands in "+inWords(svcgate.Sources())+".", slices.Contains(svcgate.Sources(), svcgate.Source(w.Value))
		f.Source = svcgate.Source(w.Value)
	case "op":
		op, err := svcgate.ParseOperation(w.Value)
		if advice, ok = "The operations are "+inWords(operationNames())+".", err == nil; ok {
			f.Operation = op
		}
	case "outcome":
		outcome, err := svcgate.ParseOutcome(w.Value)
		if advice, ok = "The outcomes are "+inWords(svcgate.Outcomes())+".", err == nil; ok {
			f.Outcome = outcome
		}
	case "state":
		state, err := svcgate.ParseState(w.Value)
		if advice, ok = "The states are "+inWords(states)+".", err == nil; ok {
			f.State = state
		}
	}
	if ok {
		s.mean(meanings[w.Name] + " " + w.Value)
	}
	return advice, ok
}

var meanings = map[string]string{
	"order": "order", "card": "cards ending in", "code": "provider's code", "key": "Idempotency-Key", "service": "service bureau",
	"source": "code in the", "op": "operation", "outcome": "outcome", "state": "state",
}

// between reads 11.07, >50, <20.00 or 10..20.
func (s *search) between(text, currency string) error {
	least, most := text, text
	if from, to, ok := strings.Cut(text, ".."); ok {
		least, most = from, to
	} else if rest, ok := strings.CutPrefix(text, ">"); ok {
		least, most = strings.TrimPrefix(rest, "="), ""
	} else if rest, ok := strings.CutPrefix(text, "<"); ok {
		least, most = "", strings.TrimPrefix(rest, "=")
	}
	var err error
	for _, end := range []struct {
		text string
		to   *svcgate.Money
	}{{least, &s.Filter.Least}, {most, &s.Filter.Most}} {
		if end.text == "" || err != nil {
			continue
		}
		*end.to, err = svcgate.ParseMoney(end.text, currency)
	}
	f := s.Filter
	switch {
	case err != nil || f.Least.IsZero() && f.Most.IsZero():
		return wrongWord("amount", "Give an amount, such as 11.07, >50, <20.00 or 10..20; currency:EUR for another currency than "+currency+".")
	case f.Least == f.Most:
		s.mean("amount " + f.Least.String())
	case f.Most.IsZero():
		s.mean("at least " + f.Least.String())
	case f.Least.IsZero():
		s.mean("at most " + f.Most.String())
	default:
		s.mean(f.Least.String() + " to " + f.Most.String())
	}
	return nil
}

var ageText = regexp.MustCompile(`^([0-9]{1,4})(m|min|h|d|w)$`)

// instant reads a time that was typed: an age, a day or a moment, in UTC.
func instant(text string, now time.Time) (time.Time, bool) {
	if m := ageText.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1]) // four digits at most
		unit := map[string]time.Duration{"m": time.Minute, "min": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
		return now.Add(-time.Duration(n) * unit).UTC(), true
	}
	if text == "today" {
		return now.UTC().Truncate(24 * time.Hour), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1 && !at.IsZero() {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// readings are what a word without a name can be, the likeliest first.
func readings(value string) []word {
	var all []word
	for _, name := range []string{"card", "order", "code"} {
		if _, ok := (&search{}).narrow(word{name, value}); ok {
			all = append(all, word{name, value})
		}
	}
	return all
}

// searchAddress is the page of a search.
func searchAddress(words []word) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.String()
	}
	return transactionsPath + "?" + url.Values{"q": {strings.Join(texts, " ")}}.Encode()
}

var states = []svcgate.State{svcgate.StateSent, svcgate.StateUnresolved, svcgate.StateDesk, svcgate.StateFinal}

func operationNames() []string {
	var names []string
	for _, row := range svcgate.Operations() {
		names = append(names, row.Name)
	}
	return names
}

func inWords[T ~string](all []T) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(all)), ", "), "[]")
}
