package messages

import (
	"bytes"
	"unicode/utf8"

	"github.com/svcgate/svcgate/internal/secret"
)

// keep takes the value that stands in the arena from begin on. White space around a value is not part of it.
func (r *reader) keep(p place, begin int) bool {
	value := bytes.Trim(r.arena[begin:], spaces)
	var err error
	switch kind := r.tree.elements[p].holds; kind {
	case amount, signedAmount:
		r.amounts[p], err = parseDecimal(value)
		if err != nil || kind == amount && r.amounts[p].Negative() {
			return r.refuse(CodeAmount, p, "no amount, or one that may not be negative")
		}
		r.arena = r.arena[:begin]
	case timestamp:
		r.times[p] = Timestamp{}
		if len(value) > 0 {
			if r.times[p], err = parseTimestamp(value); err != nil {
				return r.refuse(CodeDate, p, "no date and time")
			}
		}
		r.arena = r.arena[:begin]
	case sealed:
		ok := r.short(p, value, maxID)
		if ok && len(value) > 0 {
			r.secrets[p], r.sealed = secret.New(string(value)), true
		}
		clear(r.arena[begin:])
		r.arena = r.arena[:begin]
		return ok
	case prose:
		r.arena = append(r.arena[:begin], tidy(value)...)
		r.texts[p] = span{begin, len(r.arena)}
	case date:
		if len(value) > 0 && !isDate(value) {
			return r.refuse(CodeDate, p, "no date")
		}
		r.settle(p, value, begin)
	case flag:
		if string(value) != swiped && string(value) != notSwiped {
			return r.refuse(CodeValue, p, "neither True nor False")
		}
		r.settle(p, value, begin)
	case longText:
		if !r.short(p, value, maxText) {
			return false
		}
		r.settle(p, value, begin)
	default:
		if !r.short(p, value, maxID) {
			return false
		}
		r.settle(p, value, begin)
	}
	return true
}

// settle keeps a value, which stands in the arena behind begin and moves there: look at it before.
func (r *reader) settle(p place, value []byte, begin int) {
	n := copy(r.arena[begin:], value)
	r.arena = r.arena[:begin+n]
	r.texts[p] = span{begin, begin + n}
}

func (r *reader) short(p place, value []byte, limit int) bool {
	if len(value) > limit {
		return r.refuse(CodeValue, p, "a value that is too long")
	}
	for _, c := range value {
		if c < 0x20 || c == 0x7f {
			return r.refuse(CodeValue, p, "a value with control characters")
		}
	}
	return true
}

func isDate(value []byte) bool {
	const midnight = "T00:00:00"
	var buf [len("2006-01-02") + len(midnight)]byte
	if len(value) != len("2006-01-02") {
		return false
	}
	copy(buf[copy(buf[:], value):], midnight)
	_, err := parseTimestamp(buf[:])
	return err == nil
}

// tidy makes the provider's free text fit to be kept and shown: control characters become spaces, then it is masked like
// a message, for it may quote one, and what is longer than 256 bytes is cut between two characters.
func tidy(value []byte) []byte {
	clean := true
	digits := 0
	for _, c := range value {
		clean = clean && c >= 0x20 && c < 0x7f && c != '<' && c != '&'
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	if clean && digits < minCardDigits && len(value) <= maxText {
		return value
	}
	value = sweepText(bytes.Map(cleaned, value))
	if len(value) > maxText {
		end := maxText
		for !utf8.RuneStart(value[end]) {
			end--
		}
		value = value[:end]
	}
	return bytes.Trim(value, spaces)
}

// cleaned is what stands for a character that moves the text of a page or of a line.
func cleaned(r rune) rune {
	if r < 0x20 || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
		return ' '
	}
	return r
}
