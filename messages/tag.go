package messages

import (
	"bytes"
	"unicode/utf8"
)

// startTag scans the start tag or empty element at pos.
func (s *scanner) startTag() event {
	switch {
	case s.depth == 0 && s.seenRoot:
		return s.fail(CodeMalformed, s.pos, "a second root element")
	case s.depth == maxDepth:
		return s.fail(CodeDepthLimit, s.pos, "elements more than 64 levels deep")
	case s.elements == maxElements:
		return s.fail(CodeElementsLimit, s.pos, "more than 10,000 elements")
	}
	name, prefix, local, i := s.name(s.pos + 1)
	if name == nil {
		return failed
	}
	s.levels[s.depth] = level{name, len(s.bindings)}
	s.depth++
	s.elements++
	s.seenRoot = true
	s.attributes = s.attributes[:0]
	if s.text[i] != '>' {
		if i = s.attributeList(i); i < 0 {
			return failed
		}
	}
	s.pos = i + 1
	space, _, ok := s.resolve(prefix)
	if !ok {
		return s.fail(CodeMalformed, s.at, "a namespace prefix that is not declared")
	}
	s.local, s.space = local, space
	return startTag
}

// name scans a name at i: two names without colons, the first of them optional. The text goes on behind it, or the
// name is nil and the scanner failed.
func (s *scanner) name(i int) (name, prefix, local []byte, end int) {
	end = i
	colon := -1
	for ; end < len(s.text); end++ {
		c := s.text[end]
		if classes[c]&inName != 0 && (classes[c]&nameStart != 0 || end > i && end != colon+1) {
			continue
		}
		if c == ':' && colon < 0 && end > i {
			colon = end
			continue
		}
		break
	}
	switch {
	case end == len(s.text):
		s.fail(CodeMalformed, i, "the document ends inside a tag")
		return nil, nil, nil, end
	case s.text[end] >= utf8.RuneSelf:
		s.fail(CodeNameLimit, i, "a name with characters outside ASCII")
		return nil, nil, nil, end
	case end == i || end == colon+1 || classes[s.text[end]]&inName != 0 || s.text[end] == ':':
		s.fail(CodeMalformed, i, "something else where a name has to stand")
		return nil, nil, nil, end
	case end-i > maxName:
		s.fail(CodeNameLimit, i, "a name of more than 256 characters")
		return nil, nil, nil, end
	}
	name, local = s.text[i:end], s.text[i:end]
	if colon >= 0 {
		prefix, local = s.text[i:colon], s.text[colon+1:end]
	}
	return name, prefix, local, end
}

// attributeList scans from behind the tag's name to its last character and returns where that stands, or -1.
func (s *scanner) attributeList(i int) int {
	for {
		next := s.skipSpace(i)
		if next == len(s.text) {
			s.fail(CodeMalformed, s.at, "the document ends inside a tag")
			return -1
		}
		switch c := s.text[next]; {
		case c == '/':
			if next+1 == len(s.text) || s.text[next+1] != '>' {
				s.fail(CodeMalformed, next, "a slash that does not end a tag")
				return -1
			}
			s.empty = true
			next++
			fallthrough
		case c == '>':
			if len(s.attributes) > 0 && !s.checkAttributes() {
				return -1
			}
			return next
		case next == i:
			s.fail(CodeMalformed, i, "attributes without white space between them")
			return -1
		}
		if i = s.attribute(next); i < 0 {
			return -1
		}
	}
}

// attribute scans one attribute at i and returns where the text goes on, or -1.
func (s *scanner) attribute(i int) int {
	if len(s.attributes) == maxAttributes {
		s.fail(CodeAttributesLimit, i, "more than 64 attributes")
		return -1
	}
	a := attribute{at: i}
	a.name, a.prefix, a.local, i = s.name(i)
	if a.name == nil {
		return -1
	}
	i = s.skipSpace(i)
	if i == len(s.text) || s.text[i] != '=' {
		s.fail(CodeMalformed, a.at, "an attribute without a value")
		return -1
	}
	i = s.skipSpace(i + 1)
	if i == len(s.text) || s.text[i] != '"' && s.text[i] != '\'' {
		s.fail(CodeMalformed, a.at, "an attribute whose value is not quoted")
		return -1
	}
	quote, first := s.text[i], i+1
	for i = first; i < len(s.text) && s.text[i] != quote; {
		switch c := s.text[i]; {
		case classes[c]&inValue != 0 || c == '"' || c == '\'':
			i++
		case c == '&':
			_, length := reference(s.text[i:])
			if length == 0 {
				s.fail(CodeMalformed, i, "a reference to nothing that XML defines")
				return -1
			}
			i += length
		default:
			s.fail(CodeMalformed, i, "a character that may not stand in an attribute")
			return -1
		}
	}
	if i == len(s.text) {
		s.fail(CodeMalformed, a.at, "the document ends inside an attribute")
		return -1
	}
	if a.value = s.text[first:i]; len(a.value) > maxRun {
		s.fail(CodeTextLimit, a.at, "an attribute of more than 64 KiB")
		return -1
	}
	s.attributes = append(s.attributes, a)
	return i + 1
}

// checkAttributes brings declared namespaces into force and refuses what stands there twice.
func (s *scanner) checkAttributes() bool {
	prefixed := 0
	for i := range s.attributes {
		a := &s.attributes[i]
		for j := range i {
			if string(s.attributes[j].name) == string(a.name) {
				s.fail(CodeMalformed, a.at, "an attribute that stands there twice")
				return false
			}
		}
		switch {
		case string(a.prefix) == "xmlns":
			if !s.bind(a, a.local) {
				return false
			}
		case a.prefix != nil:
			prefixed++
		case string(a.local) == "xmlns":
			if !s.bind(a, nil) {
				return false
			}
		}
	}
	if prefixed == 0 {
		return true
	}
	return s.checkPrefixed()
}

// checkPrefixed resolves attributes that have a prefix: two prefixes can mean one namespace.
func (s *scanner) checkPrefixed() bool {
	for i := range s.attributes {
		a := &s.attributes[i]
		if a.prefix == nil || string(a.prefix) == "xmlns" {
			continue
		}
		_, uri, ok := s.resolve(a.prefix)
		if !ok {
			s.fail(CodeMalformed, a.at, "a namespace prefix that is not declared")
			return false
		}
		for j := range i {
			b := &s.attributes[j]
			if b.prefix == nil || string(b.local) != string(a.local) || string(b.prefix) == "xmlns" {
				continue
			}
			if _, other, _ := s.resolve(b.prefix); bytes.Equal(uri, other) {
				s.fail(CodeMalformed, a.at, "an attribute that stands there twice")
				return false
			}
		}
	}
	return true
}

const (
	xmlURI   = "http://www.w3.org/XML/1998/namespace"
	xmlnsURI = "http://www.w3.org/2000/xmlns/"
)

var xmlURIBytes = []byte(xmlURI)

// bind brings one declared namespace into force.
func (s *scanner) bind(a *attribute, prefix []byte) bool {
	uri := a.value
	if bytes.ContainsAny(uri, "&\t\n\r") {
		uri = appendAttribute(nil, uri)
	}
	switch {
	case prefix != nil && len(uri) == 0,
		string(prefix) == "xmlns",
		(string(prefix) == "xml") != (string(uri) == xmlURI),
		string(uri) == xmlnsURI:
		s.fail(CodeMalformed, a.at, "a namespace declaration that XML reserves or forbids")
		return false
	case len(s.bindings) == maxBindings:
		s.fail(CodeAttributesLimit, a.at, "more than 128 namespace declarations in force")
		return false
	}
	space := nsOther
	switch string(uri) {
	case "":
		space = nsNone
	case NamespaceIXRetail:
		space = nsIXRetail
	case NamespaceSOAP:
		space = nsSOAP
	case NamespaceFrame:
		space = nsFrame
	}
	s.bindings = append(s.bindings, binding{prefix, uri, space})
	return true
}

// resolve finds the namespace that a prefix, or none, means where the scanner stands.
func (s *scanner) resolve(prefix []byte) (space namespace, uri []byte, ok bool) {
	for i := len(s.bindings) - 1; i >= 0; i-- {
		if b := &s.bindings[i]; string(b.prefix) == string(prefix) {
			return b.space, b.uri, true
		}
	}
	if string(prefix) == "xml" {
		return nsOther, xmlURIBytes, true
	}
	return nsNone, nil, prefix == nil
}

// appendAttribute appends the value of an attribute: references replaced, white space turned into spaces.
func appendAttribute(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '&':
			r, length := reference(raw[i:])
			dst = utf8.AppendRune(dst, r)
			i += length
		case c == '\r' && i+1 < len(raw) && raw[i+1] == '\n':
			i++
		case isSpace(c):
			dst = append(dst, ' ')
			i++
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}
