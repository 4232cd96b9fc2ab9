package messages

import (
	"bytes"
)

// Limits of a document. The largest message of this vocabulary has 5 levels, 25 elements and 3 attributes.
const (
	maxDepth      = 64
	maxElements   = 10_000
	maxAttributes = 64
	maxName       = 256
	maxRun        = 64 << 10 // one run of text, one attribute, all comments together
	maxBindings   = 128
)

// event is what the scanner found.
type event uint8

const (
	failed event = iota
	startTag
	endTag
	characterData
	comment
	documentEnd
)

// namespace is which of the namespaces that matter here an element is in.
type namespace uint8

const (
	nsNone namespace = iota
	nsIXRetail
	nsSOAP
	nsFrame
	nsOther
)

type attribute struct {
	name, prefix, local, value []byte // value with its references
	at                         int
}

type binding struct {
	prefix, uri []byte
	space       namespace
}

type level struct {
	name     []byte
	bindings int // how many were in force outside
}

// scanner walks a whole document of UTF-8 characters and checks all of XML 1.0 and of its namespaces that a document
// without a document type has, except that names are ASCII. It allocates nothing for documents of the usual shape.
type scanner struct {
	text    []byte
	pos     int
	failure failure

	// Of the event. data, local and attributes are valid until the next one.
	at         int
	local      []byte
	space      namespace
	data       []byte
	attributes []attribute

	depth    int // levels open, the element of a startTag included, that of an endTag excluded
	elements int
	comments int
	seenRoot bool
	empty    bool // the start tag that was given was also the end tag

	bindings []binding
	levels   [maxDepth]level
	scratch  []byte
}

// reset makes the scanner begin at start of text.
func (s *scanner) reset(text []byte, start int) {
	s.text, s.pos, s.failure = text, start, failure{}
	s.depth, s.elements, s.comments, s.seenRoot, s.empty = 0, 0, 0, false, false
	s.bindings, s.scratch = s.bindings[:0], s.scratch[:0]
	if i := bytes.Index(text, []byte("\uFFFE")); i >= 0 {
		s.fail(CodeMalformed, i, "a character that XML 1.0 forbids")
	} else if i := bytes.Index(text, []byte("\uFFFF")); i >= 0 {
		s.fail(CodeMalformed, i, "a character that XML 1.0 forbids")
	}
}

func (s *scanner) fail(code string, at int, detail string) event {
	if s.failure.code == "" {
		s.failure = failure{code: code, detail: detail, at: at}
	}
	return failed
}

// next gives the next event. After failed it gives failed.
func (s *scanner) next() event {
	if s.failure.code != "" {
		return failed
	}
	if s.empty {
		s.empty = false
		return s.leave()
	}
	for {
		s.at = s.pos
		if s.pos == len(s.text) {
			if s.depth > 0 || !s.seenRoot {
				return s.fail(CodeMalformed, s.pos, "the document ends too early")
			}
			return documentEnd
		}
		var e event
		switch {
		case s.text[s.pos] != '<':
			if e = s.characters(); e == characterData && s.depth == 0 {
				if len(bytes.Trim(s.text[s.at:s.pos], spaces)) > 0 {
					return s.fail(CodeMalformed, s.at, "text outside the root element")
				}
				continue
			}
			return e
		case s.pos+1 == len(s.text):
			return s.fail(CodeMalformed, s.pos, "the document ends inside a tag")
		}
		switch s.text[s.pos+1] {
		case '/':
			return s.endTag()
		case '!':
			return s.declared()
		case '?':
			return s.fail(CodePI, s.pos, "a processing instruction")
		}
		return s.startTag()
	}
}

// declared scans what begins with <! : a comment or a CDATA section.
func (s *scanner) declared() event {
	rest := s.text[s.pos+2:]
	switch {
	case bytes.HasPrefix(rest, []byte("--")):
		length := bytes.Index(rest[2:], []byte("--"))
		if length < 0 || 2+length+2 == len(rest) || rest[2+length+2] != '>' {
			return s.fail(CodeMalformed, s.pos, "a comment that does not end, or holds two dashes")
		}
		if s.comments += length; s.comments > maxRun {
			return s.fail(CodeTextLimit, s.pos, "more than 64 KiB of comments")
		}
		if !s.allowed(s.pos+4, s.pos+4+length) {
			return failed
		}
		s.pos += 2 + 2 + length + 3
		return comment
	case bytes.HasPrefix(rest, []byte("[CDATA[")):
		const open = len("[CDATA[")
		length := bytes.Index(rest[open:], []byte("]]>"))
		if length < 0 || s.depth == 0 {
			return s.fail(CodeMalformed, s.pos, "a CDATA section that does not end, or stands outside the root element")
		}
		if length > maxRun {
			return s.fail(CodeTextLimit, s.pos, "more than 64 KiB of text")
		}
		first := s.pos + 2 + open
		if !s.allowed(first, first+length) {
			return failed
		}
		s.data = s.text[first : first+length]
		if bytes.IndexByte(s.data, '\r') >= 0 {
			s.scratch = appendLines(s.scratch[:0], s.data)
			s.data = s.scratch
		}
		s.pos = first + length + len("]]>")
		return characterData
	case bytes.HasPrefix(rest, []byte("DOCTYPE")):
		if isHTML(rest[len("DOCTYPE"):]) {
			return s.fail(CodeNotAnAnswer, s.pos, "an HTML page")
		}
		return s.fail(CodeDoctype, s.pos, "a document type declaration")
	case len(rest) >= 7 && bytes.EqualFold(rest[:7], []byte("DOCTYPE")) && isHTML(rest[7:]):
		return s.fail(CodeNotAnAnswer, s.pos, "an HTML page")
	}
	return s.fail(CodeMalformed, s.pos, "a declaration that is neither comment nor CDATA section")
}

func isHTML(name []byte) bool {
	name = bytes.TrimLeft(name, spaces)
	return len(name) >= 4 && bytes.EqualFold(name[:4], []byte("html")) && (len(name) == 4 || name[4] == '>' || isSpace(name[4]))
}

// endTag scans the end tag at pos.
func (s *scanner) endTag() event {
	if s.depth == 0 {
		return s.fail(CodeMalformed, s.pos, "an end tag without a start tag")
	}
	name := s.levels[s.depth-1].name
	rest := s.text[s.pos+2:]
	if len(rest) <= len(name) || string(rest[:len(name)]) != string(name) {
		return s.fail(CodeMalformed, s.pos, "an end tag that does not match its start tag")
	}
	i := s.skipSpace(s.pos + 2 + len(name))
	if i == len(s.text) || s.text[i] != '>' {
		return s.fail(CodeMalformed, s.pos, "an end tag that does not match its start tag")
	}
	s.pos = i + 1
	return s.leave()
}

func (s *scanner) leave() event {
	s.depth--
	s.bindings = s.bindings[:s.levels[s.depth].bindings]
	return endTag
}

func (s *scanner) skipSpace(i int) int {
	for i < len(s.text) && isSpace(s.text[i]) {
		i++
	}
	return i
}
