package messages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// Description is a message told field by field, for people.
type Description struct {
	Kind      Kind
	IsAnswer  bool
	Enveloped bool
	Fields    []DescribedField // in the order of the message
}

// DescribedField is one element or attribute that carries a value.
type DescribedField struct {
	Path    string // from below the message's root, such as "Instrument/CardNumber" or "CardSeries/@ResponseCode"; that of the frame begins with "Envelope/"
	Value   string // card numbers and PINs masked, at most 256 bytes
	Meaning string // "" for an element that is not documented
	Source  string // where Meaning comes from, by public name
}

// Describe tells any of the sixteen messages, bare or enveloped, masked or not, field by field. The message need not
// be complete. A document that is unsafe, not well-formed, or holds no message is refused with a *SyntaxError.
func Describe(body []byte) (*Description, error) {
	text, err := wellFormed(body)
	if err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(text); err != nil {
		return nil, fmt.Errorf("messages: reading a document as a tree: %w", err)
	}
	root := doc.Root()
	message, kind, isAnswer := findMessage(root)
	if message == nil {
		return nil, (&failure{code: CodeNotAnAnswer, detail: "no message of this vocabulary in the document"}).locate(text)
	}
	d := &Description{Kind: kind, IsAnswer: isAnswer, Enveloped: message != root}
	if d.Enveloped {
		d.tell(root, root.Tag, message, frameMeanings, frameSource)
	}
	meanings, source := requestMeanings, kind.source(isAnswer)
	if isAnswer {
		meanings = answerMeanings
	}
	d.tell(message, "", nil, meanings, source)
	return d, nil
}

// wellFormed checks all of body and returns it as UTF-8 without the XML declaration.
func wellFormed(body []byte) ([]byte, error) {
	text, start, f := characters(body)
	var s scanner
	s.reset(text, start)
	if f.code != "" {
		s.failure = f
	}
	for {
		switch s.next() {
		case failed:
			return nil, s.failure.locate(text)
		case documentEnd:
			return text[start:], nil
		}
	}
}

// findMessage finds the first element that is one of the sixteen messages.
func findMessage(e *etree.Element) (message *etree.Element, kind Kind, isAnswer bool) {
	for i := range pairs {
		p := &pairs[i]
		switch e.Tag {
		case p.request:
			series := e.SelectElement("CardSeries")
			return e, p.kind, p.request == p.answer && (series == nil || series.SelectAttr("Action") == nil)
		case p.answer:
			return e, p.kind, true
		}
	}
	for _, child := range e.ChildElements() {
		if message, kind, isAnswer = findMessage(child); message != nil {
			return message, kind, isAnswer
		}
	}
	return nil, 0, false
}

// tell adds the attributes and the value of e, or those of its children.
func (d *Description) tell(e *etree.Element, path string, without *etree.Element, meanings map[string]meaning, source string) {
	for _, a := range e.Attr {
		if a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns" {
			continue
		}
		d.add(join(path, "@"+a.Key), a.Key, a.Value, meanings, source)
	}
	children := e.ChildElements()
	switch {
	case path != "" && len(children) > 0 && hidesName(e.Tag):
		d.add(path, e.Tag, maskedNone, meanings, source)
		return
	case path != "" && len(children) == 0:
		d.add(path, e.Tag, e.Text(), meanings, source)
	}
	for _, child := range children {
		if child != without {
			d.tell(child, join(path, child.Tag), without, meanings, source)
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}

func (d *Description) add(path, name, value string, meanings map[string]meaning, source string) {
	m, documented := meanings[path]
	if !documented {
		m, documented = anywhere[name]
	}
	f := DescribedField{Path: path, Value: shown(name, value)}
	if documented {
		f.Meaning, f.Source = m.of(d.Kind), source
		if m.source != "" {
			f.Source = m.source
		}
	}
	d.Fields = append(d.Fields, f)
}

// hidesName reports whether nothing may be told of what stands in elements of that name.
func hidesName(name string) bool { return hidesCard(name) || strings.EqualFold(name, hiddenPIN) }

// shown masks a value the way Mask does.
func shown(name, value string) string {
	value = strings.Trim(value, spaces)
	switch {
	case value == "":
		return ""
	case strings.EqualFold(name, hiddenPIN):
		return maskedPIN
	case hidesCard(name):
		return maskedCard(value)
	case slices.Contains(shownIDs[:], name) && allDigits(value) && len(value) <= maxShown:
		return value
	}
	return string(tidy([]byte(value)))
}
