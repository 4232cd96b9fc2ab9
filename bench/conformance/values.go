package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/svcgate/svcgate/messages"
)

// values are what a message holds: text by path below its root, such as "Instrument/CardNumber" or
// "CardSeries/@Action", without the white space around it.
type values map[string]string

// anywhere are the parts of a refusal and the attributes, which count wherever they stand.
var anywhere = []string{"ErrorCode", "ResponseDescription", "FaultDetail", "@ResponseCode", "@Action"}

// valuesOf finds the message below e and takes its values.
func valuesOf(e *element, answer bool) values {
	v := values{}
	if root := find(e, answer); root != nil {
		v.take(root, "")
	}
	return v
}

func find(e *element, answer bool) *element {
	for _, kind := range messages.Kinds() {
		if answer && e.Local == kind.AnswerRoot() || !answer && e.Local == kind.RequestRoot() {
			return e
		}
	}
	for _, child := range e.Children {
		if e.Local == "Header" { // an envelope's: nothing in it is believed
			break
		}
		if found := find(child, answer); found != nil {
			return found
		}
	}
	return nil
}

func (v values) take(e *element, path string) {
	for name, value := range e.Attributes {
		// An attribute counts in the namespace of the messages and in none.
		if name = strings.TrimPrefix(name, "{"+messages.NamespaceIXRetail+"}"); name[0] != '{' {
			v.put(path, "@"+name, value)
		}
	}
	for _, child := range e.Children {
		v.put(path, child.Local, child.Text)
		v.take(child, join(path, child.Local))
	}
}

func (v values) put(path, name, value string) {
	full := join(path, name)
	if slices.Contains(anywhere, name) {
		full = name
	}
	if value = strings.Trim(value, " \t\r\n"); value != "" {
		v[full] = value
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}

// read has package messages read a document and gives the values it took: it writes them again, plainly, and that is
// read by the peers' eyes. ok is false for a document that is refused.
func read(p *peers, text []byte, answer bool) (v values, ok bool, err error) {
	var again []byte
	if answer {
		var a messages.Answer
		if messages.ReadAnswer(text, &a) != nil {
			return nil, false, nil
		}
		again, err = messages.AppendAnswer(nil, &a, messages.AnswerForm{})
	} else {
		var r messages.Request
		if r, err = messages.ReadRequest(text); err != nil {
			return nil, false, nil
		}
		again, err = messages.AppendRequest(nil, r, messages.Form{Bare: true})
	}
	if err != nil {
		return nil, true, fmt.Errorf("what was read cannot be written again: %w", err)
	}
	o, err := p.ask(again)
	if err != nil {
		return nil, true, err
	}
	if o.Expat.Tree == nil {
		return nil, true, fmt.Errorf("expat refuses what was written again: %s", o.Expat.Error)
	}
	return valuesOf(o.Expat.Tree, answer), true, nil
}

// prose is what the reader cleans, cuts and masks; only clean and short texts are compared.
var prose = []string{"ErrorCode", "ResponseDescription", "FaultDetail", "SVATransaction/Reason/Description"}

// differ lists the paths at which ours and theirs hold other values. vocabulary are the paths that messages know.
func differ(ours, theirs values, vocabulary map[string]bool) []string {
	var list []string
	all := maps.Clone(vocabulary)
	for path := range ours {
		all[path] = true
	}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		our, their := ours[path], theirs[path]
		switch {
		case our == their, path == "Instrument/CardSwiped" && our == "False" && their == "":
		case slices.Contains(prose, path) && !clean(their):
		default:
			list = append(list, path)
		}
	}
	return list
}

func clean(text string) bool {
	digits := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			digits++
		}
		if r < ' ' || r > '~' {
			return false
		}
	}
	return digits < 10 && len(text) <= 256
}
