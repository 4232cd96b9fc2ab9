package messages

import "unicode/utf8"

// What a byte of a value means to the writer.
const (
	plain     = iota
	referred  // has to be written as a reference
	forbidden // a control character: XML 1.0 has no way to write most, and no value here may hold any
	multibyte // part of a character outside ASCII
)

var escapeClass = func() (class [256]uint8) {
	for c := range 0x20 {
		class[c] = forbidden
	}
	class[0x7f] = forbidden
	for _, c := range "&<>\"'" {
		class[c] = referred
	}
	for c := utf8.RuneSelf; c < len(class); c++ {
		class[c] = multibyte
	}
	return class
}()

// appendEscaped appends s as character data that is ASCII whatever s holds. It reports false, and dst is of no use
// then, when s is not UTF-8 or holds a character that XML 1.0 forbids.
func appendEscaped(dst []byte, s string) ([]byte, bool) {
	i, start := 0, len(dst)
	if cap(dst)-start >= len(s) { // the usual case, copied while it is checked
		room := dst[start : start+len(s)]
		for i < len(s) && i < len(room) && escapeClass[s[i]] == plain {
			room[i] = s[i]
			i++
		}
		if i == len(s) {
			return dst[:start+i], true
		}
		i = 0
	}
	done := 0
	for i < len(s) {
		class := escapeClass[s[i]]
		if class == plain {
			i++
			continue
		}
		if class == forbidden {
			return dst, false
		}
		r, size := rune(s[i]), 1
		if class == multibyte {
			if r, size = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && size == 1 || !isChar(r) {
				return dst, false
			}
		}
		dst = append(dst, s[done:i]...)
		dst = appendReference(dst, r)
		i += size
		done = i
	}
	return append(dst, s[done:]...), true
}

func appendReference(dst []byte, r rune) []byte {
	switch r {
	case '&':
		return append(dst, "&amp;"...)
	case '<':
		return append(dst, "&lt;"...)
	case '>':
		return append(dst, "&gt;"...)
	case '"':
		return append(dst, "&quot;"...)
	case '\'':
		return append(dst, "&apos;"...)
	}
	const digits = "0123456789ABCDEF"
	dst = append(dst, "&#x"...)
	shift := 0
	for r>>shift > 0xF {
		shift += 4
	}
	for ; shift >= 0; shift -= 4 {
		dst = append(dst, digits[r>>shift&0xF])
	}
	return append(dst, ';')
}

// isChar is the production Char of XML 1.0.
func isChar(r rune) bool {
	switch {
	case r < 0x20:
		return r == '\t' || r == '\n' || r == '\r'
	case r < 0xD800:
		return true
	}
	return r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}
