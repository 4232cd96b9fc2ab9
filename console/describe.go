package console

import (
	"errors"
	"fmt"
	"strings"

	"github.com/svcgate/svcgate/messages"
)

// maxDescribed is the largest message that the page takes, in bytes; a form has room for it however it is escaped.
const maxDescribed = 256 << 10

func describeForm() *form {
	return newForm("describe", Root+"/describe", "Describe", &field{
		Name: "message", Label: "A message of the provider or to it", Type: "area", Max: maxDescribed,
		Hint: "XML, bare or in its envelope. It is described and forgotten: nothing of it is kept or logged, and card numbers and PINs do not come back.",
	})
}

// explained is a message told field by field: its own fields and those of the frame around it.
type explained struct {
	*messages.Description
	Name   string
	Groups []fieldGroup
	Masked []piece
}

// fieldGroup is fields that are told together.
type fieldGroup struct {
	Title  string
	Fields []messages.DescribedField
	Source string // that all of them share; "" for none
}

func (c *Console) showDescribe(v *visit) (*answer, error) {
	return describePage(v, describeForm(), nil)
}

// describe tells what was pasted. Only the masked text goes back into the form.
func (c *Console) describe(v *visit) (*answer, error) {
	f := describeForm()
	if err := v.read(f); err != nil {
		return nil, err
	}
	body := []byte(f.Get("message"))
	f.Field("message").Value = string(messages.Mask(body))
	if !f.OK() {
		return describePage(v, f, nil)
	}
	d, err := messages.Describe(body)
	if syntax, ok := errors.AsType[*messages.SyntaxError](err); ok {
		f.Wrong("message", fmt.Sprintf("No message that can be described: line %d, column %d: %s (%s).", syntax.Line, syntax.Column, syntax.Detail, syntax.Code))
		return describePage(v, f, nil)
	}
	if err != nil {
		return nil, err
	}
	return describePage(v, f, explain(d, body))
}

func describePage(v *visit, f *form, e *explained) (*answer, error) {
	return v.page("describe", "Describe a message", struct {
		Form    *form
		Message *explained
	}{f, e}, f)
}

func explain(d *messages.Description, body []byte) *explained {
	e := &explained{Description: d, Name: d.Kind.RequestRoot(), Masked: pretty(body)}
	if d.IsAnswer {
		e.Name = d.Kind.AnswerRoot()
	}
	own, frame := fieldGroup{Title: "Fields of the message"}, fieldGroup{Title: "Fields of the frame around it"}
	for _, f := range d.Fields {
		if strings.HasPrefix(f.Path, "Envelope/") {
			frame.Fields = append(frame.Fields, f)
		} else {
			own.Fields = append(own.Fields, f)
		}
	}
	for _, g := range []fieldGroup{own, frame} {
		if len(g.Fields) == 0 {
			continue
		}
		g.Source = g.Fields[0].Source
		for _, f := range g.Fields {
			if f.Source != g.Source {
				g.Source = ""
			}
		}
		e.Groups = append(e.Groups, g)
	}
	return e
}
