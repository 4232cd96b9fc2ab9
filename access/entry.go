package access

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Longest texts of an Entry, in bytes.
const (
	MaxAction  = 64
	MaxSubject = 128
	MaxDetail  = 1000
)

// Entry is one row of the audit trail: who did what to what, when. It holds no card number, PIN or token.
type Entry struct {
	At      time.Time // our clock
	Actor   string    // name of the token that acted, or svcgate itself: "svcgate:settling"
	Action  string    // stable words, such as "transaction.settle"
	Subject string    // what it was done to, such as a transaction's id; "" for none
	Detail  string    // what an auditor wants to know beside, such as the reason given
}

// EntryFilter chooses entries of the audit trail and a page of them. What is empty chooses nothing.
type EntryFilter struct {
	Actor   string // exactly
	Action  string // the word itself, or all that begin with it and a dot: "token" is token.add and token.revoke
	Subject string // exactly
	Limit   int
	Cursor  string // as it came with the page before
}

// ErrEntry is the error of Entry.Validate. It never holds what was given.
var ErrEntry = errors.New("an audit entry is not complete")

// Validate refuses an entry without instant, actor or action, and texts that are too long, not UTF-8 or hold control
// characters: an entry is one line to whoever reads the trail.
func (e Entry) Validate() error {
	if e.At.IsZero() {
		return fmt.Errorf("%w: it has no instant", ErrEntry)
	}
	for _, text := range []struct {
		name, text string
		least, max int
	}{
		{"actor", e.Actor, 1, MaxTokenName}, {"action", e.Action, 1, MaxAction},
		{"subject", e.Subject, 0, MaxSubject}, {"detail", e.Detail, 0, MaxDetail},
	} {
		if len(text.text) < text.least || len(text.text) > text.max {
			return fmt.Errorf("%w: the %s has %d to %d bytes", ErrEntry, text.name, text.least, text.max)
		}
		if !utf8.ValidString(text.text) || strings.ContainsFunc(text.text, unicode.IsControl) {
			return fmt.Errorf("%w: the %s is one line of text", ErrEntry, text.name)
		}
	}
	return nil
}
