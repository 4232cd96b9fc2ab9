package messages

import (
	"bytes"

	"github.com/svcgate/svcgate/internal/secret"
)

const (
	// minPIN is the length from which a PIN is looked for where nothing says that it is one: a shorter one is met by
	// chance in every message.
	minPIN = 4
	// longestParting is the longest comment that is taken for a part of a PIN.
	longestParting = 256
)

// HidePIN returns text in which four stars stand for a PIN of four characters or more, in whatever way these are spelled
// and also when comments or CDATA borders part them. A PIN of digits alone is left in a longer run of digits, one of
// letters alone in a longer run of letters. Numbers are to be masked before, for stars among their digits would break
// them up. What does not hold the PIN is returned as it is.
func HidePIN(text []byte, pin secret.String) []byte {
	word := []byte(pin.Reveal())
	if len(word) < minPIN {
		return text
	}
	var letters, digits bool // has it any?
	for _, c := range word {
		letters, digits = letters || c > '9', digits || c <= '9'
	}
	goesOn := func(r rune) bool {
		return !letters && r >= '0' && r <= '9' || !digits && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	}
	m := masker{in: text}
	beside := false // what goes on
	for i := 0; i < len(text); {
		r, size := glyph(text, i)
		if !beside && r == rune(word[0]) {
			if end := wordEnd(text, i, word); end > i {
				if next, width := glyphAt(text, end); width == 0 || !goesOn(next) {
					m.replace(i, end, maskedPIN)
					i = end
					continue
				}
			}
		}
		beside = goesOn(r)
		i += size
	}
	if m.done == 0 {
		return text
	}
	return append(m.out, text[m.done:]...)
}

// wordEnd returns where the word at i ends, and i if another one stands there.
func wordEnd(in []byte, i int, word []byte) (end int) {
	end = i
	for at, c := range word {
		for parted := 0; at > 0 && parted < maxGap; parted++ {
			end = pastParting(in, end)
		}
		r, size := glyphAt(in, end)
		if size == 0 || r != rune(c) {
			return i
		}
		end += size
	}
	return end
}

// pastParting returns where the CDATA border or the comment at i ends, and i if there is none.
func pastParting(in []byte, i int) int {
	rest := in[i:min(i+longestParting, len(in))]
	switch {
	case bytes.HasPrefix(rest, []byte(openSection)):
		return i + len(openSection)
	case bytes.HasPrefix(rest, []byte(closeSection)):
		return i + len(closeSection)
	case bytes.HasPrefix(rest, []byte(openComment)):
		if length := bytes.Index(rest[len(openComment):], []byte(closeComment)); length >= 0 {
			return i + len(openComment) + length + len(closeComment)
		}
	}
	return i
}
