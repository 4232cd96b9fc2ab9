// Package secret holds values that must not be seen: card numbers and PINs.
//
// A String cannot be printed, logged, marshalled or stored in the clear by accident. Whoever needs the text calls
// Reveal, and a test lists the few files that may. A Keyring seals such values for rest and gives keyed fingerprints
// by which equal values are found.
package secret

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
)

// mask is all that is ever shown of a String. It does not tell the length.
const mask = "[secret]"

// ErrMarshal is returned where a masked text would be taken for the value itself: text and XML encodings end up on
// the wire or in files, so they fail instead of masking.
var ErrMarshal = errors.New("secret: a secret value does not marshal; reveal it on purpose or leave it out")

// String is a text that every kind of printing masks. The text sits behind a pointer because fmt and slog print
// unexported string fields of a struct whole. The zero value is empty.
type String struct{ text *string }

// New keeps s as a secret. New("") is the zero value.
func New(s string) String {
	if s == "" {
		return String{}
	}
	return String{&s}
}

// Reveal returns the text. Only the files that a test in the root package lists may call it.
func (s String) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether s is empty.
func (s String) IsZero() bool { return s.text == nil }

// Equal compares in constant time.
func (s String) Equal(t String) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(t.Reveal())) == 1
}

// String returns the mask.
func (s String) String() string { return mask }

// GoString returns the mask.
func (s String) GoString() string { return mask }

// Format writes the mask for every verb.
func (s String) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(mask)) }

// LogValue gives slog the mask.
func (s String) LogValue() slog.Value { return slog.StringValue(mask) }

// MarshalJSON gives the mask as a JSON string.
func (s String) MarshalJSON() ([]byte, error) { return []byte(`"` + mask + `"`), nil }

// MarshalText fails with ErrMarshal.
func (s String) MarshalText() ([]byte, error) { return nil, ErrMarshal }

// UnmarshalText keeps b as the secret, so that decoders fill a String without a plain copy in a struct.
func (s *String) UnmarshalText(b []byte) error {
	*s = New(string(b))
	return nil
}
