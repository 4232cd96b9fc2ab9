package svcgate

import (
	"bytes"
	"fmt"
	"log/slog"

	"github.com/svcgate/svcgate/internal/secret"
)

// Card number lengths that the provider can be set to ("OMS 15.1 help SO14_08, Card Number Length": 10 to 16 digits).
const (
	MinCardDigits = 10
	MaxCardDigits = 16
)

const (
	maskStars  = "************"
	maskedNone = maskStars + "****"
	shownTail  = 4
)

// Card is a stored value card number, sealed: every kind of printing shows twelve stars and the last four digits.
// The zero value is no card. There is no check digit: the provider makes none and printed numbers fail Luhn.
type Card struct{ number secret.String }

// ParseCard accepts 10 to 16 ASCII digits and nothing else. The error never holds the input.
func ParseCard(number secret.String) (Card, error) {
	s := number.Reveal()
	if len(s) < MinCardDigits || len(s) > MaxCardDigits {
		return Card{}, errCard
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return Card{}, errCard
		}
	}
	return Card{number}, nil
}

var errCard = fmt.Errorf("a card number is %d to %d digits, without spaces or stars", MinCardDigits, MaxCardDigits)

// IsZero reports whether there is no card.
func (c Card) IsZero() bool { return c.number.IsZero() }

// Number gives the sealed number to those who carry or keep it: the codec, the fingerprint, the sealer.
func (c Card) Number() secret.String { return c.number }

// Equal reports whether both are the same card.
func (c Card) Equal(d Card) bool { return c.number.Equal(d.number) }

// In reports whether the digits of a text, read without what parts them, hold the number. Such a text must not be kept
// or shown.
func (c Card) In(text string) bool {
	if c.IsZero() {
		return false
	}
	digits := make([]byte, 0, 64)
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			digits = append(digits, text[i])
		}
	}
	return bytes.Contains(digits, []byte(c.number.Reveal()))
}

// Last4 returns the last four digits, or "" when there is no card.
func (c Card) Last4() string {
	s := c.number.Reveal()
	if len(s) < MinCardDigits {
		return ""
	}
	return s[len(s)-shownTail:]
}

// Masked returns twelve stars and the last four digits, whatever the length; without a card, sixteen stars.
func (c Card) Masked() string { return MaskLast4(c.Last4()) }

// MaskLast4 prints a card of which only the last four digits are known. Anything but four digits becomes all stars.
func MaskLast4(last4 string) string {
	if len(last4) != shownTail {
		return maskedNone
	}
	for i := range len(last4) {
		if last4[i] < '0' || last4[i] > '9' {
			return maskedNone
		}
	}
	return maskStars + last4
}

// String returns the masked number.
func (c Card) String() string { return c.Masked() }

// GoString returns the masked number.
func (c Card) GoString() string { return c.Masked() }

// Format writes the masked number for every verb.
func (c Card) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.Masked())) }

// LogValue gives slog the masked number.
func (c Card) LogValue() slog.Value { return slog.StringValue(c.Masked()) }

// MarshalJSON gives the masked number.
func (c Card) MarshalJSON() ([]byte, error) { return []byte(`"` + c.Masked() + `"`), nil }

// MarshalText fails: a masked number must never be taken for the number.
func (c Card) MarshalText() ([]byte, error) { return nil, secret.ErrMarshal }
