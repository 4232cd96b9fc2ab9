package messages

import (
	"bytes"
	"unicode/utf8"
)

func glyphAt(in []byte, i int) (r rune, size int) {
	if i >= len(in) {
		return utf8.RuneError, 0
	}
	return glyph(in, i)
}

// glyph returns the character at i and the length of its spelling. A reference is the character that it means in the
// end, however often it was escaped; a decimal or hexadecimal one need not end in a semicolon.
func glyph(in []byte, i int) (r rune, size int) {
	if c := in[i]; c != '&' {
		if c < utf8.RuneSelf {
			return rune(c), 1
		}
		return utf8.DecodeRune(in[i:])
	}
	r, end := '&', i+1
	for {
		next, after := ampersand(in, end)
		if after == end {
			return r, end - i
		}
		if r, end = next, after; r != '&' {
			return r, end - i
		}
	}
}

// ampersand reads the rest of a reference behind its ampersand; end is i when it is none.
func ampersand(in []byte, i int) (r rune, end int) {
	rest := in[i:]
	switch {
	case bytes.HasPrefix(rest, []byte("amp;")):
		return '&', i + 4
	case bytes.HasPrefix(rest, []byte("lt;")):
		return '<', i + 3
	case bytes.HasPrefix(rest, []byte("gt;")):
		return '>', i + 3
	case bytes.HasPrefix(rest, []byte("quot;")):
		return '"', i + 5
	case bytes.HasPrefix(rest, []byte("apos;")):
		return '\'', i + 5
	case len(rest) < 2 || rest[0] != '#':
		return 0, i
	}
	base, j := rune(10), i+1
	if in[j]|0x20 == 'x' {
		base, j = 16, j+1
	}
	first := j
	for ; j < len(in); j++ {
		d, ok := hexDigit(in[j])
		if !ok || d >= base {
			break
		}
		if r = r*base + d; r > utf8.MaxRune {
			return 0, i
		}
	}
	if j == first {
		return 0, i
	}
	if j < len(in) && in[j] == ';' {
		j++
	}
	return r, j
}

func hexDigit(c byte) (rune, bool) {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0'), true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10, true
	}
	return 0, false
}

// spellsNumber reports whether the spelling of a character has as many digits as a card number, as that of a reference
// with leading zeros may.
func spellsNumber(spelling []byte) bool {
	if len(spelling) < minRun {
		return false
	}
	run := 0
	for _, c := range spelling {
		if c < '0' || c > '9' {
			run = 0
		} else if run++; run == minRun {
			return true
		}
	}
	return false
}

// endsName reports whether c may stand behind the name of an element.
func endsName(c byte) bool { return isSpace(c) || c == '>' || c == '/' || c == '&' }

// localName reads a name at i and returns it without its prefix.
func localName(in []byte, i int) (name []byte, end int) {
	for end = i; end < len(in) && (classes[in[end]]&inName != 0 || in[end] == ':'); end++ {
		if in[end] == ':' {
			i = end + 1
		}
	}
	return in[i:end], end
}

// tagEnd returns where the tag that goes on at i ends and whether it was empty. A quote that does not end quotes
// nothing; a tag that does not end goes on to the end of in.
func tagEnd(in []byte, i int) (end int, empty bool) {
	quote, slash, unquoted := rune(0), false, 0
	for i < len(in) {
		r, size := glyph(in, i)
		i += size
		switch {
		case quote != 0:
			if r == quote {
				quote, unquoted = 0, 0
			} else if r == '>' && unquoted == 0 {
				unquoted = i
			}
		case r == '"' || r == '\'':
			quote = r
		case r == '>':
			return i, slash
		}
		slash = r == '/'
	}
	if unquoted > 0 {
		return unquoted, false
	}
	return i, false
}

// closing returns where the end tag of that name begins, the end of in if there is none.
func closing(in []byte, i int, name []byte) int {
	for i < len(in) {
		r, size := glyph(in, i)
		if r == '<' && i+size < len(in) && in[i+size] == '/' {
			if local, _ := localName(in, i+size+1); bytes.EqualFold(local, name) {
				return i
			}
		}
		i += size
	}
	return i
}
