package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

//go:embed templates
var templateFS embed.FS

// view is what the layout is filled with. A page's own data is in Data.
type view struct {
	Title       string
	Name        string // of the template
	Person      access.Person
	Groups      []group // the navigation
	Environment string
	Production  bool // the cards are real
	Flash       *flash
	Form        *form // the form at fault; its problems are listed above the page
	Data        any
	Warn        int  // seconds until a person who does nothing is warned; 0: nobody is signed in
	Search      bool // the page of transactions is there for this person
}

type group struct {
	Label string
	Links []shownLink
}

type shownLink struct {
	link
	Here bool
}

// flash is told once, on the page after a change.
type flash struct{ Good, Text string }

// flash keeps a sentence for the next page. Good and bad news look different.
func (v *visit) tell(good bool, format string, args ...any) {
	mark := "-"
	if good {
		mark = "+"
	}
	v.console.sessions.Put(v.Context(), keyFlash, mark+fmt.Sprintf(format, args...))
}

// page renders a template of templates/ with the layout around it. A form that was refused makes it a 422 and is
// summed up above the page.
func (v *visit) page(name, title string, data any, forms ...*form) (*answer, error) {
	c := v.console
	parsed, there := c.pages[name]
	if !there {
		return nil, fmt.Errorf("there is no template %s", name)
	}
	t, err := parsed()
	if err != nil {
		return nil, err
	}
	w := view{Title: title, Name: name, Person: v.person, Environment: c.Environment, Production: c.Production, Data: data}
	status := http.StatusOK
	for _, f := range forms {
		if f != nil && !f.OK() {
			status, w.Form = http.StatusUnprocessableEntity, f
		}
	}
	if v.session && v.person.Name != "" {
		w.Groups, w.Warn = c.menu(v), int((IdleLimit - time.Minute).Seconds())
		w.Search = c.reaches(v, "/console/transactions")
		if text := c.sessions.PopString(v.Context(), keyFlash); text != "" {
			w.Flash = &flash{Good: text[:1], Text: text[1:]}
		}
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, "layout", w); err != nil {
		return nil, fmt.Errorf("writing the page %s: %w", name, err)
	}
	return &answer{status: status, contentType: "text/html; charset=utf-8", body: out.Bytes()}, nil
}

// menu is the navigation of a person: what is there and theirs to open.
func (c *Console) menu(v *visit) []group {
	var groups []group
	for _, l := range navigation {
		if !c.reaches(v, l.Path) {
			continue
		}
		if len(groups) == 0 || groups[len(groups)-1].Label != l.Group {
			groups = append(groups, group{Label: l.Group})
		}
		here := v.URL.Path == l.Path || strings.HasPrefix(v.URL.Path, l.Path+"/")
		last := &groups[len(groups)-1]
		last.Links = append(last.Links, shownLink{l, here})
	}
	return groups
}

// reaches reports whether there is a page at the path and the person may read it.
func (c *Console) reaches(v *visit, path string) bool {
	for _, rt := range c.table {
		if rt.path == path && rt.method == http.MethodGet {
			return v.may(rt.permission)
		}
	}
	return false
}

// loadPages finds the pages of templates/. Each is parsed, with the layout and the parts, when it is first shown: all of
// them take longer than everything else at a start.
func (c *Console) loadPages() error {
	base := sync.OnceValues(func() (*template.Template, error) {
		return template.New("").Funcs(c.functions()).ParseFS(templateFS, "templates/layout.html", "templates/parts/*.html")
	})
	files, err := fs.Glob(templateFS, "templates/*.html")
	if err != nil {
		return fmt.Errorf("console: finding the pages: %w", err)
	}
	c.pages = map[string]func() (*template.Template, error){}
	for _, file := range files {
		c.pages[strings.TrimSuffix(path.Base(file), ".html")] = sync.OnceValues(func() (*template.Template, error) {
			t, err := base()
			if err == nil {
				t, err = t.Clone()
			}
			if err == nil {
				t, err = t.ParseFS(templateFS, file)
			}
			if err != nil {
				return nil, fmt.Errorf("console: parsing %s: %w", file, err)
			}
			return t, nil
		})
	}
	return nil
}

// functions are what templates can call beside the built-in ones.
func (c *Console) functions() template.FuncMap {
	return template.FuncMap{
		"asset": func(name string) (string, error) {
			a, ok := c.assets[name]
			if !ok {
				return "", fmt.Errorf("there is no file %s", name)
			}
			return a.address, nil
		},
		"money":  amount,
		"card":   svcgate.MaskLast4,
		"number": number,
		"ref":    groups,
		"plural": func(n int, one, many string) string {
			if n == 1 {
				return "1 " + one
			}
			return number(n) + " " + many
		},
		"ago":   func(t time.Time) string { return ago(c.Now().Sub(t)) },
		"span":  ago,
		"took":  took,
		"minus": func(a, b int) int { return a - b },
		"clock": func(t time.Time) clock { return clock{t.UTC()} },
		"list":  func(of ...any) []any { return of },
		"pick":  func(of ...any) map[string]any { return pick(of) },
	}
}

// amount writes money; "–" for none.
func amount(m svcgate.Money) string {
	if m.IsZero() {
		return "–"
	}
	return m.String()
}

// pick makes a map of names and values, for templates that take more than one thing.
func pick(of []any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(of); i += 2 {
		m[fmt.Sprint(of[i])] = of[i+1]
	}
	return m
}

// clock is an instant as pages show it.
type clock struct{ time.Time }

// Machine is the instant for the browser.
func (c clock) Machine() string { return c.Format(time.RFC3339) }

// Text is the instant in UTC; "–" for none.
func (c clock) Text() string {
	if c.IsZero() || c.Unix() == 0 {
		return "–"
	}
	return c.Format("2006-01-02 15:04:05")
}

// number writes a whole number with its thousands apart: 10,312. A long one never looks like a card number.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// ago writes a length of time in its two largest units at most: "3 h 12 min".
func ago(d time.Duration) string {
	if d < time.Second {
		return "now"
	}
	units := []struct {
		name string
		of   time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}
	for i, u := range units {
		if d < u.of {
			continue
		}
		text := strconv.Itoa(int(d/u.of)) + " " + u.name
		if i+1 < len(units) {
			if rest := int(d % u.of / units[i+1].of); rest > 0 && d/u.of < 10 {
				text += " " + strconv.Itoa(rest) + " " + units[i+1].name
			}
		}
		return text
	}
	return "now"
}

// took writes how long something took: "42 ms", "1.3 s".
func took(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64) + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}
