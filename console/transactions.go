package console

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

const transactionsPath = Root + "/transactions"

// pageRows is how many rows a list shows at a time.
const pageRows = 50

// filterForm is the search as a plain form. Its fields are words of the box.
func (c *Console) filterForm(names ...string) *form {
	all := map[string]*field{
		"order":   {Name: "order", Label: "Order", Max: svcgate.MaxOrder},
		"card":    {Name: "card", Label: "Card, last four digits", Max: 4, Numeric: true},
		"code":    {Name: "code", Label: "Provider's code", Max: 64},
		"op":      {Name: "op", Label: "Operation", Type: "select", Options: choices("any", operationNames())},
		"outcome": {Name: "outcome", Label: "Outcome", Type: "select", Options: choices("any", svcgate.Outcomes())},
		"state":   {Name: "state", Label: "State", Type: "select", Options: choices("any", states)},
		"service": {Name: "service", Label: "Service bureau", Type: "select", Options: choices("any", c.Services)},
		"amount":  {Name: "amount", Label: "Amount asked for", Hint: "11.07, >50, <20.00 or 10..20", Max: 40},
		"since":   {Name: "since", Label: "Since", Hint: "1h, 7d or 2026-03-01 (UTC)", Max: 30},
		"until":   {Name: "until", Label: "Until", Hint: "as since", Max: 30},
	}
	var fields []*field
	for _, name := range names {
		one := all[name]
		one.Optional = true
		fields = append(fields, one)
	}
	return newForm("filter", "", "Show", fields...)
}

func choices[T ~string](none string, all []T) []option {
	options := []option{{Label: none}}
	for _, one := range all {
		options = append(options, option{Value: string(one), Label: string(one)})
	}
	return options
}

// ask reads a form that is sent as the page's query. It returns the fields that hold something as words.
func (v *visit) ask(f *form) ([]word, error) {
	var words []word
	for _, one := range f.Fields {
		if err := one.read(v.URL.Query()[one.Name], nil); err != nil {
			return nil, err
		}
		if one.Value != "" {
			words = append(words, word{one.Name, one.Value})
		}
	}
	return words, nil
}

// since is the instant that ages in a search count from: now, or that of the list's first page.
func (v *visit) since() time.Time {
	at, err := time.Parse(time.RFC3339, v.URL.Query().Get("at"))
	if now := v.console.Now().UTC(); err != nil || at.After(now) {
		return now.Truncate(time.Second)
	}
	return at.UTC()
}

// listPager is the pager of a list in which ages are counted from the same instant on every page.
func (v *visit) listPager(next string, at time.Time) pager {
	q := v.URL.Query()
	q.Set("at", at.Format(time.RFC3339))
	u := *v.URL
	u.RawQuery = q.Encode()
	r := *v.Request
	r.URL = &u
	again := *v
	again.Request = &r
	return again.pager(next)
}

// transactionsPage is what the list is filled with.
type transactionsPage struct {
	Typed    string
	Problem  string // of the box
	Meaning  string
	Form     *form
	Open     bool // the plain form is shown
	Rows     []*svcgate.Transaction
	Pager    pager
	Readings []otherReading // what a word can mean too, where nothing was found
	File     string         // address of the list as a file; "" for none
	Detail   bool           // there is a page of each
}

type otherReading struct{ Text, Path string }

var filterNames = []string{"order", "card", "op", "outcome", "code", "state", "service", "amount", "since", "until"}

// showTransactions is the search. Everything that was typed becomes the words of one box, so that the address of a list
// says what it is.
func (c *Console) showTransactions(v *visit) (*answer, error) {
	p := transactionsPage{Typed: strings.TrimSpace(v.URL.Query().Get("q")), Form: c.filterForm(filterNames...), Detail: c.reaches(v, transactionsPath+"/{id}")}
	asked, err := v.ask(p.Form)
	if err != nil {
		return nil, err
	}
	if len(asked) > 0 || !p.Form.OK() {
		if p.Open = true; p.Form.OK() {
			if _, err := c.understand(asked, v.since()); p.Form.take(err) == nil && p.Form.OK() {
				return v.redirect(searchAddress(asked))
			}
		}
		return v.page("transactions", "Transactions", p, p.Form)
	}
	words := split(p.Typed)
	if to := cardTyped(words); to != "" {
		v.tell(true, "A number of ten digits and more is taken for a card number and not looked for; only its last four digits are. For an order of that name write order: before it.")
		return v.redirect(to)
	}
	s, err := c.understand(words, v.since())
	if err == nil && len(p.Typed) > 500 {
		err = wrongWord("", "That is longer than anything that can be looked for.")
	}
	if err != nil {
		box := newForm("box", "", "", &field{Name: "q"})
		name := ""
		if e, ok := errors.AsType[*svcgate.Error](err); ok {
			name = e.Field
		}
		if err := box.take(err, name, "q"); err != nil {
			return nil, err
		}
		p.Problem = box.Field("q").Problem
		return v.page("transactions", "Transactions", p, box)
	}
	if s.bare != "" {
		return c.findBare(v, words, s)
	}
	for _, w := range words {
		if i := slices.IndexFunc(p.Form.Fields, func(f *field) bool { return f.Name == w.Name }); i >= 0 {
			p.Form.Fields[i].Value = w.Value
			p.Form.Fields[i].choose()
		}
	}
	s.Filter.Limit, s.Filter.Cursor = pageRows, v.URL.Query().Get("cursor")
	page, err := c.Journal.Transactions(v.Context(), s.Filter)
	if err != nil {
		return nil, err
	}
	p.Rows, p.Meaning, p.Pager = page.Transactions, strings.Join(s.Meaning, " · "), v.listPager(page.Next, v.since())
	if len(p.Rows) == 0 {
		p.Readings = otherReadings(words)
	} else if v.may(access.ReadReports) {
		p.File = transactionsPath + ".csv?" + url.Values{"q": {p.Typed}, "at": {v.since().Format(time.RFC3339)}}.Encode()
	}
	return v.page("transactions", "Transactions", p)
}

// cardTyped returns the address of a search by last four digits when a card number was typed; "" for none.
func cardTyped(words []word) string {
	var rest []word
	var typed []string
	for _, w := range words {
		if w.Name == "" || w.Name == "card" {
			typed = append(typed, w.Value)
		} else {
			rest = append(rest, w)
		}
	}
	run := digitRun.FindString(strings.Join(typed, " "))
	if run == "" {
		return ""
	}
	return searchAddress(append(rest, word{"card", run[len(run)-4:]}))
}

// findBare looks for a word that names no field as each thing that it can be, and goes on to what it found.
func (c *Console) findBare(v *visit, words []word, s search) (*answer, error) {
	if idText.MatchString(s.bare) && len(words) == 1 {
		return v.redirect(transactionsPath + "/" + s.bare)
	}
	as := func(reading word) []word {
		var all []word
		for _, w := range words {
			if w.Name == "" && w.Value == s.bare {
				w = reading
			}
			all = append(all, w)
		}
		return all
	}
	var found []word
	possible := readings(s.bare)
	for _, r := range possible {
		one := s
		if one.narrow(r); one.Filter.Limit == 0 {
			one.Filter.Limit = 1
		}
		page, err := c.Journal.Transactions(v.Context(), one.Filter)
		if err != nil {
			return nil, err
		}
		if len(page.Transactions) > 0 {
			found = append(found, r)
		}
	}
	if len(found) > 1 {
		var others []string
		for _, r := range found[1:] {
			others = append(others, r.String())
		}
		v.tell(true, "Found as %s, and also as %s.", found[0], strings.Join(others, " and "))
	}
	return v.redirect(searchAddress(as(append(found, possible...)[0])))
}

// otherReadings are the searches that an empty one could have meant.
func otherReadings(words []word) []otherReading {
	var all []otherReading
	for i, w := range words {
		if !slices.Contains([]string{"order", "card", "code"}, w.Name) {
			continue
		}
		for _, r := range readings(w.Value) {
			if r.Name != w.Name {
				other := slices.Clone(words)
				other[i] = r
				all = append(all, otherReading{r.String(), searchAddress(other)})
			}
		}
	}
	return all
}

// showLatest goes to the newest transaction that a search finds, for scripts and bookmarks.
func (c *Console) showLatest(v *visit) (*answer, error) {
	s, err := c.understand(split(v.URL.Query().Get("q")), v.since())
	if err != nil {
		return nil, err
	}
	if s.bare != "" {
		return nil, wrongWord("", "Say what one of these is: order:…, card:… or code:…")
	}
	s.Filter.Limit = 1
	page, err := c.Journal.Transactions(v.Context(), s.Filter)
	if err != nil {
		return nil, err
	}
	if len(page.Transactions) == 0 {
		return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "No transaction is like that."}
	}
	return v.redirect(transactionsPath + "/" + page.Transactions[0].ID)
}
