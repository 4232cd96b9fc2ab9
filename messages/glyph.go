package messages

import (
	"bytes"
	"strings"
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
	r, size, _ = spelled(in, i)
	return r, size
}

// spelled is glyph that also tells how often the character was escaped.
func spelled(in []byte, i int) (r rune, size, depth int) {
	if c := in[i]; c != '&' {
		if c < utf8.RuneSelf {
			return rune(c), 1, 0
		}
		r, size = utf8.DecodeRune(in[i:])
		return r, size, 0
	}
	r, end := '&', i+1
	for {
		next, after := ampersand(in, end)
		if after == end {
			return r, end - i, depth
		}
		depth++
		if r, end = next, after; r != '&' {
			return r, end - i, depth
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
		return entity(in, i)
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

// entity reads a reference by a name that only other vocabularies know, such as HTML's nbsp. It stands for a character
// that is no digit, and is taken for a space.
func entity(in []byte, i int) (r rune, end int) {
	const longest = 32
	for j := i; j < len(in) && j-i <= longest; j++ {
		switch c := in[j]; {
		case c == ';' && j > i:
			return '\u00a0', j + 1
		case (c|0x20 < 'a' || c|0x20 > 'z') && (j == i || c < '0' || c > '9'):
			return 0, i
		}
	}
	return 0, i
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

// markup returns the name of a reference to r if r marks the start or end of a tag or of an attribute, or "".
func markup(r rune) string {
	switch r {
	case '<':
		return "lt;"
	case '>':
		return "gt;"
	case '"':
		return "quot;"
	case '\'':
		return "apos;"
	}
	return ""
}

// respelled spells what marks up, escaped as often as it was, without digits: the digits of a card number must go, but
// what follows may be an element whose content must be hidden.
func respelled(r rune, depth int) string {
	return "&" + strings.Repeat("amp;", depth-1) + markup(r)
}
