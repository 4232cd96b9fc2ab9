package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"
)

const (
	tokenPrefix = "svc_"
	tokenBytes  = 32 // 256 random bits

	// tokenLetters spells the bits four at a time. Without digits no part of a token is taken for a card number by the
	// scanners that look for one; without vowels none of it is a word.
	tokenLetters = "bcdfghjkmnpqrstv"
)

// MaxTokenName is the longest name of a token, in bytes.
const MaxTokenName = 64

var (
	tokenName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,63}$`)
	tokenHash = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Errors of Token.Validate and CheckHash. None holds what was given.
var (
	ErrName = fmt.Errorf("a token's name is a letter and then letters, digits, dots, underscores or dashes, at most %d in all, without a run of ten digits", MaxTokenName)
	ErrHash = errors.New("a token's hash is 64 small hexadecimal digits")
)

// Token is what is known of a token. Its text is not: only its hash is kept.
type Token struct {
	Name    string // unique for ever, also after revocation: the journal names callers by it
	Role    Role
	Created time.Time
	Revoked time.Time // zero while the token is good
}

// Good reports whether the token has not been revoked.
func (t Token) Good() bool { return t.Revoked.IsZero() }

// Validate checks name and role of a token that may be there already.
func (t Token) Validate() error {
	if !tokenName.MatchString(t.Name) {
		return ErrName
	}
	_, err := ParseTokenRole(string(t.Role))
	return err
}

// ValidateNew checks a token that is to be made. Names stay for ever, so they take no card number in by mistake.
func (t Token) ValidateNew() error {
	if digitRun.MatchString(t.Name) {
		return ErrName
	}
	return t.Validate()
}

// NewToken makes a token's text, "svc_" and 256 random bits in letters, and the hash to keep. The text is shown once
// and never stored.
func NewToken() (text, hash string) { return newText(tokenPrefix) }

// newText makes what opens a door: a prefix that scanners know and 256 random bits in letters, and its hash.
func newText(prefix string) (text, hash string) {
	var bits [tokenBytes]byte
	_, _ = rand.Read(bits[:]) // never fails: the process ends when there is no randomness
	out := make([]byte, 0, len(prefix)+2*tokenBytes)
	out = append(out, prefix...)
	for _, b := range bits {
		out = append(out, tokenLetters[b>>4], tokenLetters[b&15])
	}
	text = string(out)
	return text, HashToken(text)
}

// HashToken returns the SHA-256 of a token's text in hexadecimal. A plain hash is enough: 256 random bits cannot be
// guessed, so there is nothing to slow down.
func HashToken(text string) string {
	sum := sha256.Sum256([]byte(text))
	var digits [2 * sha256.Size]byte
	hex.Encode(digits[:], sum[:])
	return string(digits[:])
}

// CheckHash refuses with ErrHash what HashToken cannot have made.
func CheckHash(hash string) error {
	if !tokenHash.MatchString(hash) {
		return ErrHash
	}
	return nil
}
