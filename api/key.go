package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
)

const (
	headerKey = "Idempotency-Key"
	maxKey    = 255
)

// idempotencyKey returns the one Idempotency-Key header; "" only where it may be left out.
func idempotencyKey(h http.Header, required bool) (string, error) {
	given := h.Values(headerKey)
	if len(given) == 0 {
		if !required {
			return "", nil
		}
		return "", &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "idempotency_key_required", Field: headerKey,
			Detail: "Send the header Idempotency-Key with a text of your own for this request, and the same one when you repeat it."}
	}
	if len(given) > 1 || !plainKey(given[0]) {
		return "", invalidKey("Send one Idempotency-Key of 1 to 255 printable ASCII characters.")
	}
	return given[0], nil
}

func invalidKey(detail string) error {
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "idempotency_key_invalid", Field: headerKey, Detail: detail}
}

// deriveKey makes the key of a caller who cannot send one. It names the request by what makes it another one; the rest
// of the content is compared as under any key. No part holds a colon, so no two requests share a key. A try after an
// outage is a new request and takes a new sequence.
func deriveKey(r *svcgate.Request) (string, error) {
	if r.Sequence() == 0 {
		return "", &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "sequence_required", Field: "sequence",
			Detail: "Send the header Idempotency-Key, or a sequence above 0 within the order, from which the key is made."}
	}
	amount := ""
	if !r.Amount().IsZero() {
		amount = r.Amount().String()
	}
	return strings.Join([]string{"derived", r.Service(), r.Order(), strconv.Itoa(r.Sequence()), r.Operation().String(), amount, r.Authorization()}, ":"), nil
}

// plainKey wants what logs, pages and files can show as it is.
func plainKey(s string) bool {
	if s == "" || len(s) > maxKey || strings.TrimSpace(s) != s {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// holdsCard reports whether a text that will be kept and shown holds the card's number, also with separators.
func holdsCard(text string, card svcgate.Card) bool {
	isDigit := func(r rune) bool { return r >= '0' && r <= '9' }
	count := 0
	for _, r := range text {
		if isDigit(r) {
			count++
		}
	}
	if card.IsZero() || count < svcgate.MinCardDigits {
		return false
	}
	digits := strings.Map(func(r rune) rune {
		if !isDigit(r) {
			return -1
		}
		return r
	}, text)
	for start := range len(digits) {
		for end := start + svcgate.MinCardDigits; end <= min(len(digits), start+svcgate.MaxCardDigits); end++ {
			part, err := svcgate.ParseCard(secret.New(digits[start:end]))
			if err == nil && part.Equal(card) {
				return true
			}
		}
	}
	return false
}
