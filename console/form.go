package console

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/svcgate/svcgate"
)

// form is one form of a page: how it is drawn, what was typed and what is wrong with it. What it does not list is
// refused, so nothing can be set that the page does not offer.
type form struct {
	ID      string // unique on its page
	Action  string // where it is sent
	Submit  string // what its button says
	Confirm string // asked before it is sent; "" for nothing
	Danger  bool   // the button takes something away
	Quiet   bool   // the button is not what the page is for
	Fields  []*field
	Problem string // of the form as a whole
}

// field is one member of a form.
type field struct {
	Name, Label, Hint string
	Type              string   // text ("" too), password, search, number, area, select, checks, radio, file, hidden
	Value             string   // typed, or to begin with
	Values            []string // ticked, of checks
	Options           []option // of select, checks and radio
	Optional          bool
	Max               int    // longest text in bytes; 0: 200
	Autocomplete      string // what a browser may fill in; "" is off
	Numeric           bool   // a narrow screen shows digits to type
	Accept            string // of file
	Body              []byte // of file, once read
	Problem           string
	ID                string
}

type option struct {
	Value, Label, Hint string
	Chosen             bool
}

const defaultMax = 200

// newForm gives the fields their ids.
func newForm(id, action, submit string, fields ...*field) *form {
	f := &form{ID: id, Action: action, Submit: submit, Fields: fields}
	for _, one := range fields {
		one.ID = id + "-" + one.Name
		if one.Type == "" {
			one.Type = "text"
		}
		if one.Max == 0 {
			one.Max = defaultMax
		}
		one.choose()
	}
	return f
}

// choose marks the options that are chosen.
func (f *field) choose() {
	for i := range f.Options {
		o := &f.Options[i]
		o.Chosen = (f.Type == "select" || f.Type == "radio") && o.Value == f.Value || f.Type == "checks" && slices.Contains(f.Values, o.Value)
	}
}

// Field returns the field of that name. One that is not there is a mistake of the page.
func (f *form) Field(name string) *field {
	i := slices.IndexFunc(f.Fields, func(one *field) bool { return one.Name == name })
	return f.Fields[i]
}

// Get returns what was typed.
func (f *form) Get(name string) string { return f.Field(name).Value }

// All returns what was ticked.
func (f *form) All(name string) []string { return f.Field(name).Values }

// Wrong puts a problem at a field, or at the form for the name "".
func (f *form) Wrong(name, problem string) {
	if i := slices.IndexFunc(f.Fields, func(one *field) bool { return one.Name == name }); i >= 0 {
		f.Fields[i].Problem = problem
		return
	}
	f.Problem = problem
}

// sweep masks whatever could be a card number in fields that are shown again.
func (f *form) sweep(names ...string) {
	for _, name := range names {
		f.Field(name).Value = sweep(f.Get(name))
	}
}

// OK reports that nothing is wrong.
func (f *form) OK() bool {
	return f.Problem == "" && !slices.ContainsFunc(f.Fields, func(one *field) bool { return one.Problem != "" })
}

// Multipart reports whether the form carries a file.
func (f *form) Multipart() bool {
	return slices.ContainsFunc(f.Fields, func(one *field) bool { return one.Type == "file" })
}

// take puts an error that the person can do something about at its field, the several of a joined error too, and
// returns nil; any other error is returned. alias renames an error's field to that of the form.
func (f *form) take(err error, alias ...string) error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var rest []error
		for _, one := range joined.Unwrap() {
			rest = append(rest, f.take(one, alias...))
		}
		return errors.Join(rest...)
	}
	e, ok := errors.AsType[*svcgate.Error](err)
	if !ok || e.Code != svcgate.CodeInvalid && e.Code != svcgate.CodeConflict && e.Code != svcgate.CodeUnauthenticated || e.Detail == "" {
		return err
	}
	name := e.Field
	for i := 0; i+1 < len(alias); i += 2 {
		if alias[i] == name {
			name = alias[i+1]
		}
	}
	f.Wrong(name, e.Detail)
	return nil
}

// read takes what a browser sent. What a person typed wrong stands at its field; an error is a request that the page
// does not make.
func (v *visit) read(f *form) error {
	if err := v.parse(f.Multipart()); err != nil {
		return err
	}
	for name := range v.PostForm {
		if !slices.ContainsFunc(f.Fields, func(one *field) bool { return one.Name == name }) {
			return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "unknown_field", Detail: "The form holds a field that this page does not have."}
		}
	}
	for _, one := range f.Fields {
		if err := one.read(v.PostForm[one.Name], v.MultipartForm); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) parse(files bool) error {
	err := v.ParseForm()
	if files {
		err = v.ParseMultipartForm(v.console.MaxUpload)
	}
	if err != nil {
		return unreadable(err)
	}
	return nil
}

// unreadable tells a form that is too large from one that broke off or is none.
func unreadable(err error) error {
	if large, is := errors.AsType[*http.MaxBytesError](err); is {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "too_large", Detail: "That is more than fits: at most " + number(int(large.Limit>>10)) + " KiB."}
	}
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "unreadable_form", Err: err}
}

func (f *field) read(given []string, files *multipart.Form) error {
	if f.Type == "file" {
		return f.readFile(files)
	}
	if len(given) > 1 && f.Type != "checks" || slices.ContainsFunc(given, func(s string) bool { return !utf8.ValidString(s) }) {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "unreadable_form", Detail: "A field came twice, or is not text."}
	}
	if f.Type == "checks" {
		f.Values = given
	} else {
		f.Value = strings.Join(given, "")
	}
	if f.Type != "password" && f.Type != "hidden" {
		f.Value = strings.TrimSpace(f.Value)
	}
	f.choose()
	switch multiline := f.Type == "area"; {
	case !f.Optional && f.Value == "" && len(f.Values) == 0:
		f.Problem = "Fill this in."
		if f.Options != nil {
			f.Problem = "Choose what fits."
		}
	case len(f.Value) > f.Max:
		f.Problem = "This is too long: at most " + strconv.Itoa(f.Max) + " bytes."
	case strings.ContainsFunc(f.Value, func(r rune) bool {
		return unicode.IsControl(r) && !(multiline && (r == '\n' || r == '\r' || r == '\t'))
	}):
		f.Problem = "This holds characters that cannot be shown."
	case f.Options != nil && slices.ContainsFunc(append(slices.Clone(f.Values), f.Value), func(s string) bool { return s != "" && !f.offers(s) }):
		f.Problem = "Choose one of those offered."
	}
	return nil
}

func (f *field) offers(value string) bool {
	return slices.ContainsFunc(f.Options, func(o option) bool { return o.Value == value })
}

func (f *field) readFile(files *multipart.Form) error {
	if files == nil || len(files.File[f.Name]) == 0 {
		if !f.Optional {
			f.Problem = "Choose a file."
		}
		return nil
	}
	file, err := files.File[f.Name][0].Open()
	if err != nil {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "unreadable_form", Err: err}
	}
	defer func() { _ = file.Close() }() // it was only read
	f.Body, err = io.ReadAll(file)
	return err
}

// pager links the pages of a list.
type pager struct{ First, Next string }

// pager makes the links of a list that goes on at the cursor next, "" for its end. The rest of the query stays.
func (v *visit) pager(next string) pager {
	p := pager{}
	q := v.URL.Query()
	to := func(cursor string) string {
		q.Del("cursor")
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		return (&url.URL{Path: v.URL.Path, RawQuery: q.Encode()}).String()
	}
	if v.URL.Query().Get("cursor") != "" {
		p.First = to("")
	}
	if next != "" {
		p.Next = to(next)
	}
	return p
}
