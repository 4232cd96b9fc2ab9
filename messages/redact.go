package messages

import (
	"bytes"
	"unicode/utf8"
)

// Swap says what Redact puts in the place of what must not be kept.
type Swap struct {
	// Number gives what stands for a card or serial number of 10 to 16 digits that begins about an offset of the body.
	// The digits themselves leave it as it is written.
	Number func(at int, digits string) string
	// Secrets are names of elements, beside AuthenticationData, of which nothing may stay; any case, no prefixes.
	Secrets []string
	// Secret, if not nil, is told what stood in an element of which nothing stays, as it was written.
	Secret func(written []byte)
	// Keep, if not nil, lets what stands in such an element stay.
	Keep func(written []byte) bool
}

// Redact returns a copy of body in which something else stands for each number that Mask would mask, so that equal
// numbers stay equal. What is no number is masked as Mask does. Of the ids that Mask shows, those that are long enough
// for a card number are numbers too, but for an AuthNumber in the documented form: four zeros and twelve digits.
func Redact(body []byte, s Swap) []byte {
	if bytes.IndexByte(body, 0) >= 0 {
		return []byte(unreadable)
	}
	m := masker{in: body, out: make([]byte, 0, len(body)+len(body)/8+len(maskedNone)), swap: &s}
	m.run()
	return m.out
}

// secret reports whether nothing may stay of an element's content; s may be nil.
func (s *Swap) secret(name []byte) bool {
	if s == nil {
		return false
	}
	for _, each := range s.Secrets {
		if bytes.EqualFold(name, []byte(each)) {
			return true
		}
	}
	return false
}

// hide passes on what is taken out and returns what stands there instead, "" if it stays; s may be nil.
func (s *Swap) hide(written []byte) string {
	if s != nil && s.Keep != nil && s.Keep(written) {
		return ""
	}
	if s != nil && s.Secret != nil {
		s.Secret(written)
	}
	return maskedPIN
}

// number returns what stands for digits; "" leaves them as they are written.
func (s *Swap) number(at int, digits string) string {
	if text := s.Number(at, digits); text != digits {
		return text
	}
	return ""
}

// swapped returns what stands for the number in in[from:to], all of whose digits number has seen; "" leaves it there.
func (m *masker) swapped(from, to int) string {
	var digits []byte
	for i := from; i < to; {
		r, size := glyph(m.in, i)
		if after, _ := m.border(i, r, size); after > i {
			i = after
			continue
		}
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case !parts(r) || spellsNumber(m.in[i:i+size]) && r >= utf8.RuneSelf:
			return maskedNone
		}
		i += size
	}
	if len(digits) < minRun || len(digits) > maxCardDigits {
		return maskedNone
	}
	return m.swap.number(from, string(digits))
}

// isAuthNumber reports whether an id is written as the provider's documented AuthNumber is.
func isAuthNumber(id []byte) bool { return len(id) == maxShown && string(id[:4]) == "0000" }
