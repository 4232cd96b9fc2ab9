package messages_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/svcgate/svcgate/messages"
)

// TestEveryElementIsDescribed goes through all messages in all forms: every field has a meaning and a source, none
// shows a number, and none is left out.
func TestEveryElementIsDescribed(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		a := s.answer
		a.FaultDetail, a.ErrorCode, a.ResponseDescription = "line 7", "E", "no"
		bodies := map[string][]byte{
			"request":          encoded(t, withPIN(s.request, true), messages.Form{}),
			"request.strict":   encoded(t, withPIN(s.request, true), messages.Form{StrictSOAP: true}),
			"request.bare":     encoded(t, s.request, messages.Form{Bare: true}),
			"request.masked":   encoded(t, withPIN(s.request, true), messages.Form{Masked: true, Bare: true}),
			"answer":           encodedAnswer(t, a, messages.AnswerForm{}),
			"answer.enveloped": encodedAnswer(t, s.answer, messages.AnswerForm{Enveloped: true}),
			"refused":          encodedAnswer(t, refused(a.Kind), messages.AnswerForm{NoNamespace: true}),
		}
		for name, body := range bodies {
			t.Run(s.noun+"/"+name, func(t *testing.T) {
				t.Parallel()
				d, err := messages.Describe(body)
				if err != nil {
					t.Fatal(err)
				}
				if d.Kind != a.Kind || d.IsAnswer == strings.HasPrefix(name, "request") {
					t.Errorf("a %v, answer %v", d.Kind, d.IsAnswer)
				}
				if want := name == "request" || name == "request.strict" || name == "answer.enveloped"; d.Enveloped != want {
					t.Errorf("enveloped %v", d.Enveloped)
				}
				for _, f := range d.Fields {
					if f.Meaning == "" || f.Source == "" {
						t.Errorf("%s is not explained", f.Path)
					}
					for _, hidden := range []string{cardNumber, serialNumber, pin} {
						if strings.Contains(f.Value, hidden) {
							t.Errorf("%s shows %s", f.Path, hidden)
						}
					}
				}
				if leaves := countLeaves(parsed(t, body).Root()); len(d.Fields) != leaves {
					t.Errorf("%d fields of %d", len(d.Fields), leaves)
				}
			})
		}
	}
}

// countLeaves counts elements without children and attributes that declare no namespace.
func countLeaves(e *etree.Element) (n int) {
	for _, a := range e.Attr {
		if a.Space != "xmlns" && a.Key != "xmlns" {
			n++
		}
	}
	if len(e.ChildElements()) == 0 {
		return n + 1
	}
	for _, child := range e.ChildElements() {
		n += countLeaves(child)
	}
	return n
}

func TestDescribeTells(t *testing.T) {
	t.Parallel()
	body := `<VoidRequest><Instrument><CardNumber>6006491234560017</CardNumber><Extra>6006 4912 3456 0017</Extra></Instrument>` +
		`<RTPTransaction><DeviceID>4</DeviceID><RTPAmount><Amount>1.00</Amount></RTPAmount></RTPTransaction></VoidRequest>`
	d, err := messages.Describe([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	at := func(path string) messages.DescribedField {
		i := slices.IndexFunc(d.Fields, func(f messages.DescribedField) bool { return f.Path == path })
		if i < 0 {
			t.Fatalf("no field %s in %+v", path, d.Fields)
		}
		return d.Fields[i]
	}
	if f := at("Instrument/CardNumber"); f.Value != "************0017" || f.Source != "OMS 15.1 help SO14_08, Void Request" {
		t.Errorf("%+v", f)
	}
	if f := at("Instrument/Extra"); f.Value != "************0017" || f.Meaning != "" || f.Source != "" {
		t.Errorf("%+v", f)
	}
	if f := at("RTPTransaction/DeviceID"); f.Meaning == "" || strings.Contains(f.Source, "SO14_08") {
		t.Errorf("%+v", f)
	}
	if f := at("RTPTransaction/RTPAmount/Amount"); f.Value != "1.00" || !strings.Contains(f.Meaning, "freed") {
		t.Errorf("%+v", f)
	}
}

func TestDescribeHidesWhatStandsBelowAHiddenElement(t *testing.T) {
	t.Parallel()
	for _, hidden := range []string{"<x>7395</x>", "7395<x/>", "<x a='7395'/>", "<x><y>7395</y></x>"} {
		for _, name := range []string{"AuthenticationData", "CardNumber", "instrumentid"} {
			d, err := messages.Describe([]byte("<VoidRequest><Instrument><" + name + ">" + hidden + "</" + name + "></Instrument></VoidRequest>"))
			if err != nil {
				t.Fatal(err)
			}
			if len(d.Fields) != 1 || d.Fields[0].Path != "Instrument/"+name || strings.Trim(d.Fields[0].Value, "*") != "" || d.Fields[0].Value == "" {
				t.Errorf("%s in %s: %+v", hidden, name, d.Fields)
			}
		}
	}
}

func TestDescribeRefuses(t *testing.T) {
	t.Parallel()
	for body, code := range map[string]string{
		"":                                messages.CodeMalformed,
		"<a>":                             messages.CodeMalformed,
		"<!DOCTYPE a>" + bare:             messages.CodeDoctype,
		"<!DOCTYPE html><html/>":          messages.CodeNotAnAnswer,
		"<status/>":                       messages.CodeNotAnAnswer,
		strings.Repeat("<a>", 70):         messages.CodeDepthLimit,
		"\xff\xfe<\x00":                   messages.CodeEncoding,
		enveloped("<soap:Fault/>"):        messages.CodeNotAnAnswer,
		bare + strings.Repeat(" ", 1<<20): messages.CodeSizeLimit,
	} {
		d, err := messages.Describe([]byte(body))
		if problem, ok := errors.AsType[*messages.SyntaxError](err); !ok || problem.Code != code || d != nil {
			t.Errorf("%.60q: %v, %v; want %s", body, d, err, code)
		}
	}
}
