package console

import (
	"errors"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/messages"
)

// Route is a row of the table, for tests.
type Route struct {
	Method, Path, Permission string
	Prove                    bool
}

// Routes returns the table.
func (c *Console) Routes() []Route {
	var all []Route
	for _, rt := range c.table {
		all = append(all, Route{rt.method, rt.path, string(rt.permission), rt.prove})
	}
	return all
}

// ParsePages parses every page, as showing each would.
func (c *Console) ParsePages() error {
	var errs []error
	for _, parsed := range c.pages {
		_, err := parsed()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Check is check for one row.
func Check(method, path, permission string) error {
	return check([]route{{method: method, path: path, permission: access.Permission(permission)}})
}

// Asset returns the address of one of our files.
func (c *Console) Asset(name string) string { return c.assets[name].address }

// Pretty returns a message as it is shown, with each stretch in brackets after its class.
func Pretty(body string) (text, marked string) {
	for _, p := range pretty([]byte(body)) {
		text += p.Text
		if p.Class != "" {
			marked += p.Class + "[" + p.Text + "]"
		} else {
			marked += p.Text
		}
	}
	return text, marked
}

// Functions and constants that tests look into.
var (
	Ago      = ago
	Number   = number
	Local    = local
	SafeCell = safeCell
	NiceTop  = niceTop
	Problems = problems
)

// Status returns the page's status.
func (p problemPage) Status() int { return p.status }

// Chart draws two series, a and b.
func Chart(a, b []int) *chart {
	labels := make([]string, len(a))
	return newChart("chart", labels, []series{{"a", "a", a}, {"b", "b", b}})
}

// Spark returns the points and the words of a line.
func Spark(values []int) (points, text string) {
	s := newSpark(values)
	return s.Points, s.Text
}

// Masked is a message as pretty may show it.
func Masked(body string) string { return string(messages.Mask([]byte(body))) }
