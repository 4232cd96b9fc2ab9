package messages

import (
	"bytes"
	"unicode/utf8"
)

// allowed checks the characters of a comment or a CDATA section.
func (s *scanner) allowed(from, to int) bool {
	for i := from; i < to; i++ {
		if c := s.text[i]; c < 0x20 && !isSpace(c) {
			s.fail(CodeMalformed, i, "a character that XML 1.0 forbids")
			return false
		}
	}
	return true
}

// appendLines ends lines the way XML does: with \n alone.
func appendLines(dst, text []byte) []byte {
	for i, c := range text {
		switch {
		case c != '\r':
			dst = append(dst, c)
		case i+1 == len(text) || text[i+1] != '\n':
			dst = append(dst, '\n')
		}
	}
	return dst
}

// characters scans text up to the next tag.
func (s *scanner) characters() event {
	i := s.pos
	for i < len(s.text) && classes[s.text[i]]&inText != 0 {
		i++
	}
	if i < len(s.text) && s.text[i] != '<' {
		return s.referring(i)
	}
	s.data = s.text[s.pos:i]
	s.pos = i
	if len(s.data) > maxRun {
		return s.fail(CodeTextLimit, s.at, "more than 64 KiB of text")
	}
	return characterData
}

// referring scans text that has references or line ends at i or later.
func (s *scanner) referring(i int) event {
	s.scratch = append(s.scratch[:0], s.text[s.pos:i]...)
	for i < len(s.text) && s.text[i] != '<' {
		switch c := s.text[i]; {
		case classes[c]&inText != 0:
			s.scratch = append(s.scratch, c)
			i++
		case c == '&':
			if s.depth == 0 {
				return s.fail(CodeMalformed, i, "text outside the root element")
			}
			r, length := reference(s.text[i:])
			if length == 0 {
				return s.fail(CodeMalformed, i, "a reference to nothing that XML defines")
			}
			s.scratch = utf8.AppendRune(s.scratch, r)
			i += length
		case c == '\r':
			i++
			if i == len(s.text) || s.text[i] != '\n' {
				s.scratch = append(s.scratch, '\n')
			}
		case c == ']':
			if bytes.HasPrefix(s.text[i:], []byte("]]>")) {
				return s.fail(CodeMalformed, i, "the end of a CDATA section that did not begin")
			}
			s.scratch = append(s.scratch, c)
			i++
		default:
			return s.fail(CodeMalformed, i, "a character that XML 1.0 forbids")
		}
	}
	if i-s.pos > maxRun {
		return s.fail(CodeTextLimit, s.at, "more than 64 KiB of text")
	}
	s.data, s.pos = s.scratch, i
	return characterData
}

// reference reads the reference that text begins with; the length is 0 when it is none.
func reference(text []byte) (r rune, length int) {
	end := bytes.IndexByte(text[:min(len(text), maxRun)], ';')
	if end < 0 {
		return 0, 0
	}
	name := text[1:end]
	switch string(name) {
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "amp":
		return '&', end + 1
	case "quot":
		return '"', end + 1
	case "apos":
		return '\'', end + 1
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, 0
	}
	base, digits := rune(10), name[1:]
	if digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	for _, c := range digits {
		d := rune(c - '0')
		if base == 16 && c|0x20 >= 'a' && c|0x20 <= 'f' {
			d = rune(c|0x20-'a') + 10
		} else if c < '0' || c > '9' {
			return 0, 0
		}
		if r = r*base + d; r > utf8.MaxRune {
			return 0, 0
		}
	}
	if len(digits) == 0 || !isChar(r) {
		return 0, 0
	}
	return r, end + 1
}

func isSpace(c byte) bool { return classes[c]&white != 0 }

// Classes of bytes.
const (
	inText    = 1 << iota // stands for itself in text
	inValue               // stands for itself in an attribute
	inName                // may stand in a name
	nameStart             // may begin one
	white
)

var classes = func() (classes [256]uint8) {
	for c := 0x20; c < len(classes); c++ {
		classes[c] = inText | inValue
	}
	for _, c := range "\t\n\r " {
		classes[c] |= white
	}
	classes['\t'] |= inText | inValue
	classes['\n'] |= inText | inValue
	classes['\r'] |= inValue
	classes['<'], classes['&'] = 0, 0
	classes[']'] &^= inText
	classes['"'] &^= inValue
	classes['\''] &^= inValue
	for c := 'a'; c <= 'z'; c++ {
		classes[c] |= inName | nameStart
		classes[c-'a'+'A'] |= inName | nameStart
	}
	for c := '0'; c <= '9'; c++ {
		classes[c] |= inName
	}
	for _, c := range "-." {
		classes[c] |= inName
	}
	classes['_'] |= inName | nameStart
	return classes
}()
