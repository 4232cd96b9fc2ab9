package messages

import (
	"bytes"
	"sync"

	"github.com/svcgate/svcgate/internal/secret"
)

// reader walks one document along a tree and keeps what stands at its places. It is blind where the provider varies
// and nowhere else: the message may stand bare or anywhere inside a SOAP body, its elements may be in the IXRetail
// namespace or in none.
type reader struct {
	scanner
	tree *tree
	asks bool // reads requests

	kind      Kind
	payloadAt int
	seen      uint64         // a bit for each place
	starts    [maxPlaces]int // where the element begins
	texts     [maxPlaces]span
	amounts   [maxPlaces]Decimal
	times     [maxPlaces]Timestamp
	secrets   [maxPlaces]secret.String
	sealed    bool // there is something in secrets

	arena  []byte // short texts, one behind the other
	values string // the same at the end, in one piece
}

type span struct{ from, to int }

var readers = sync.Pool{New: func() any { return new(reader) }}

// read scans body and leaves what it holds in a reader that the caller releases.
func read(body []byte, t *tree) *reader {
	r := readers.Get().(*reader)
	r.tree, r.asks, r.kind, r.seen, r.arena = t, t == requestTree, 0, 0, r.arena[:0]
	text, start, f := characters(body)
	r.reset(text, start)
	if f.code != "" {
		r.failure = f
	}
	if r.walk() {
		r.values = string(r.arena)
	}
	return r
}

// release ends the use of r and forgets the document.
func (r *reader) release() *SyntaxError {
	var err *SyntaxError
	if r.failure.code != "" {
		if r.asks && r.failure.code == CodeNotAnAnswer {
			r.failure.code = CodeNotARequest
		}
		err = r.failure.locate(r.text)
	}
	r.text, r.local, r.data, r.values, r.failure = nil, nil, nil, "", failure{}
	clear(r.levels[:])
	clear(r.attributes[:cap(r.attributes)])
	clear(r.bindings[:cap(r.bindings)])
	clear(r.scratch[:cap(r.scratch)])
	if r.sealed {
		clear(r.secrets[:])
		r.sealed = false
	}
	if cap(r.scratch) > maxRun {
		r.scratch = nil
	}
	if cap(r.arena) > maxRun {
		r.arena = nil
	}
	readers.Put(r)
	return err
}

func (r *reader) refuse(code string, p place, detail string) bool {
	r.fail(code, r.scanner.at, detail)
	r.failure.element = r.tree.elements[p].name
	return false
}

// walk reads the whole document.
func (r *reader) walk() bool {
	var path, hint [maxDepth + 1]place // of each open level; hint is the child found last
	begin := 0                         // of the value in the arena
	for {
		switch r.next() {
		case failed:
			return false
		case documentEnd:
			if r.kind == 0 {
				return r.refuse(CodeNotAnAnswer, outside, "no message of this vocabulary in the document")
			}
			return true
		case startTag:
			parent := r.depth - 1
			p, ok := r.enter(path[parent], hint[parent])
			if !ok {
				return false
			}
			if len(r.attributes) > 0 && p >= unknown && !r.tags() {
				return false
			}
			path[r.depth], hint[r.depth], hint[parent] = p, 0, p
			begin = len(r.arena)
		case characterData:
			switch p := path[r.depth]; {
			case r.tree.elements[p].holds != elements:
				r.arena = append(r.arena, r.data...)
			case p >= payload && len(bytes.Trim(r.data, spaces)) > 0:
				return r.refuse(CodeMixedValue, p, "text between elements")
			}
		case comment:
			if p := path[r.depth]; r.tree.elements[p].holds != elements {
				return r.refuse(CodeMixedValue, p, "a comment inside a value")
			}
		case endTag:
			if p := path[r.depth+1]; r.tree.elements[p].holds != elements && !r.keep(p, begin) {
				return false
			}
		}
	}
}

// enter finds the place of the element that begins.
func (r *reader) enter(parent, hint place) (place, bool) {
	switch {
	case parent == outside:
		return r.approach()
	case parent == ignored:
		return ignored, true
	case r.tree.elements[parent].holds != elements:
		return 0, r.refuse(CodeMixedValue, parent, "an element inside a value")
	case r.space != nsNone && r.space != nsIXRetail:
		return 0, r.refuse(CodeUnexpectedElement, outside, "an element of a foreign namespace inside the message")
	}
	p, found := r.tree.find(parent, hint, r.local)
	if !found {
		p, found = r.tree.find(unknown, 0, r.local)
	}
	if found {
		return p, r.mark(p)
	}
	if r.root() != 0 {
		return 0, r.refuse(CodeDuplicateElement, outside, "a second message in the document")
	}
	return unknown, true
}

// approach finds the place of an element above or beside the payload.
func (r *reader) approach() (place, bool) {
	kind := r.root()
	switch {
	case kind != 0 && r.kind != 0:
		return 0, r.refuse(CodeDuplicateElement, outside, "a second message in the document")
	case kind != 0 && r.space != nsNone && r.space != nsIXRetail:
		return 0, r.refuse(CodeUnexpectedElement, outside, "a message in a foreign namespace")
	case kind != 0:
		r.kind, r.payloadAt = kind, r.scanner.at
		return payload, true
	case string(r.local) == "Fault":
		return 0, r.refuse(CodeFault, outside, "a SOAP fault instead of a message")
	case r.depth == 1 && string(r.local) == "Envelope" && r.space != nsSOAP:
		return 0, r.refuse(CodeUnexpectedElement, outside, "an envelope that is not of SOAP 1.1")
	case r.depth == 1 && bytes.EqualFold(r.local, []byte("html")):
		return 0, r.refuse(CodeNotAnAnswer, outside, "an HTML page")
	case r.depth == 2 && r.space == nsSOAP && string(r.local) == "Header":
		return ignored, true
	}
	p, found := r.tree.find(outside, 0, r.local)
	if !found {
		return outside, true
	}
	if r.space != nsFrame {
		return 0, r.refuse(CodeUnexpectedElement, p, "an element of the frame in a foreign namespace")
	}
	return p, r.mark(p)
}

// root gives the kind whose message begins with the element, 0 for none.
func (r *reader) root() Kind {
	for i := range pairs {
		root := pairs[i].answer
		if r.asks {
			root = pairs[i].request
		}
		if root == string(r.local) {
			return pairs[i].kind
		}
	}
	return 0
}

func (r *reader) mark(p place) bool {
	if r.seen&(1<<p) != 0 {
		return r.refuse(CodeDuplicateElement, p, "stands there twice")
	}
	r.seen |= 1 << p
	r.starts[p] = r.scanner.at
	return true
}

// tags keeps the attributes that carry something.
func (r *reader) tags() bool {
	for i := range r.attributes {
		a := &r.attributes[i]
		if a.prefix != nil {
			if space, _, _ := r.resolve(a.prefix); space != nsIXRetail {
				continue
			}
		}
		p, found := r.tree.find(inTag, 0, a.local)
		if !found {
			continue
		}
		if !r.mark(p) {
			return false
		}
		begin := len(r.arena)
		r.arena = appendAttribute(r.arena, a.value)
		if !r.keep(p, begin) {
			return false
		}
	}
	return true
}

// has reports whether the element stood in the message.
func (r *reader) has(p place) bool { return r.seen&(1<<p) != 0 }

func (r *reader) string(p place) string {
	if !r.has(p) {
		return ""
	}
	return r.values[r.texts[p].from:r.texts[p].to]
}

func (r *reader) decimal(p place) Decimal {
	if !r.has(p) {
		return Decimal{}
	}
	return r.amounts[p]
}

func (r *reader) time(p place) Timestamp {
	if !r.has(p) {
		return Timestamp{}
	}
	return r.times[p]
}

func (r *reader) secret(p place) secret.String {
	if !r.has(p) {
		return secret.String{}
	}
	return r.secrets[p]
}

// require refuses a message in which an element is missing.
func (r *reader) require(p place, there bool) bool {
	if !there {
		r.fail(CodeMissingElement, r.payloadAt, "is missing or empty")
		r.failure.element = r.tree.elements[p].name
	}
	return there
}
