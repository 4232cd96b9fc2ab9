package console

import (
	"bytes"
	"errors"
	"strings"

	"github.com/svcgate/svcgate/responsecodes"
)

// importForm takes a file or text. What was read is shown before it goes into the draft: the text waits in the form.
func (c *Console) importForm(service string) *form {
	f := newForm("import", codesPath(service, "import"), "Show what it would change",
		&field{Name: "etag", Type: "hidden", Optional: true},
		&field{Name: "do", Type: "hidden", Optional: true},
		&field{Name: "file", Label: "A CSV file", Type: "file", Optional: true, Accept: ".csv,text/csv", Hint: "One with all rules of the service bureau, such as an export. UTF-8, at most " + number(responsecodes.MaxFile>>10) + " KiB."},
		&field{Name: "text", Label: "Or its text", Type: "area", Optional: true, Max: responsecodes.MaxFile, Hint: "Pasted as it is, with its header."})
	return f
}

// importPage is what the page is filled with.
type importPage struct {
	Menu     codesMenu
	Service  string
	Form     *form
	Columns  []string
	Problems []string // of the file, a sentence each
	More     bool     // problems than are told
	Read     int      // rules
	Changes  *changesView
	Sample   string // address of a file to begin with
	Draft    bool
}

func (c *Console) showImport(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	return c.importPage(v, &importPage{Service: service, Form: c.importForm(service)})
}

func (c *Console) importPage(v *visit, p *importPage) (*answer, error) {
	p.Menu, p.Columns, p.Sample = c.codesMenu(v, p.Service, "import"), responsecodes.Columns(), codesPath(p.Service, "rules.csv?of=draft")
	return v.page("codesimport", "Import codes of "+p.Service, p, p.Form)
}

// importCodes reads the file and shows what it would change of the draft; when that was seen and is still so, the
// rules become the draft.
func (c *Console) importCodes(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	p := &importPage{Service: service, Form: c.importForm(service)}
	f := p.Form
	if err := v.read(f); err != nil {
		return nil, err
	}
	text := []byte(f.Get("text"))
	if file := f.Field("file"); len(file.Body) > 0 {
		text = file.Body
		f.Field("text").Value, f.Field("text").Problem = strings.ToValidUTF8(strings.ReplaceAll(string(text), "\x00", "�"), "�"), ""
	}
	if f.OK() && len(bytes.TrimSpace(text)) == 0 {
		f.Wrong("file", "Choose a file, or paste its text below.")
	}
	if !f.OK() {
		return c.importPage(v, p)
	}
	rules, err := responsecodes.ReadCSV(bytes.NewReader(text), service)
	if wrong, is := errors.AsType[*responsecodes.FileError](err); is {
		for _, one := range wrong.Problems {
			p.Problems = append(p.Problems, one.String())
		}
		p.More = wrong.More
		f.Problem = "The file cannot be taken: nothing was changed."
		return c.importPage(v, p)
	}
	if err != nil {
		return nil, err
	}
	p.Read = len(rules)
	edit := responsecodes.ImportRules(rules)
	if f.Get("do") == "import" {
		d, err := c.Codes.EditDraft(v.Context(), v.person.Name, service, f.Get("etag"), edit)
		if _, stale := errors.AsType[*responsecodes.StaleError](err); stale {
			f.Problem = "The draft was changed since this was shown, so nothing was done. This is what the file would change of it now."
		} else if err := f.take(err); err != nil {
			return nil, err
		}
		if f.OK() {
			return c.imported(v, service, d)
		}
	}
	d, err := c.Codes.Draft(v.Context(), service)
	if err != nil {
		return nil, err
	}
	if _, err := d.Preview(edit); err != nil {
		if err := f.take(err); err != nil {
			return nil, err
		}
		return c.importPage(v, p)
	}
	changes := newChangesView(d.Rules, rules, service, false)
	p.Changes, p.Draft = &changes, d.Exists
	f.Field("etag").Value = d.ETag
	return c.importPage(v, p)
}

func (c *Console) imported(v *visit, service string, d *responsecodes.Draft) (*answer, error) {
	if !d.Exists {
		v.tell(true, "The file says what is in force already. There is nothing to publish.")
		return v.redirect(codesPath(service, "rules"))
	}
	v.tell(true, "The file is in the draft, and not in force yet. This is what it would do.")
	return v.redirect(codesPath(service, "draft"))
}
