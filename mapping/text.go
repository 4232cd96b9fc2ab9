package mapping

import (
	"strings"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/messages"
)

// Longest texts that are taken over from an answer, in bytes. Free text comes cut and cleaned out of the codec.
const (
	maxWord          = 32
	maxTransactionID = 15 // what svcgate.NewRequest takes for an authorization
)

// code takes over a code as it stood in the answer, but for digits that could be a card number.
func code(s string) string {
	if len(s) < svcgate.MinCardDigits {
		return s
	}
	return string(messages.Mask([]byte(s)))
}

// word takes over a short token of printable ASCII, and nothing else.
func word(s string) string {
	if len(s) > maxWord || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return s
}

// withoutPIN puts stars in the place of the request's own PIN, which some servers repeat.
func (q question) withoutPIN(s string) string {
	if q.PIN().IsZero() {
		return s
	}
	return string(messages.HidePIN([]byte(s), q.PIN()))
}

// id takes over a word that does not hold the PIN.
func (q question) id(s string) string {
	if s = word(s); q.withoutPIN(s) != s {
		return ""
	}
	return s
}

// name takes over a word that holds no digits.
func name(s string) string {
	if strings.ContainsAny(s, "0123456789") {
		return ""
	}
	return word(s)
}

// status takes over the name of a state, in small letters, also one that is not documented.
func status(s string) svcgate.Status { return svcgate.Status(strings.ToLower(name(s))) }

// isTransactionID reports whether a later deposit or void could name the id.
func isTransactionID(s string) bool {
	return len(s) > 0 && len(s) <= maxTransactionID &&
		!strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
