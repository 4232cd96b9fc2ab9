package messages

import (
	"errors"
	"fmt"
	"sync"

	"github.com/svcgate/svcgate/internal/secret"
)

// Lengths of values in bytes, the same for writing and reading. The provider documents none.
const (
	maxID   = 64  // ids, codes, names, card numbers
	maxText = 256 // comments and descriptions
)

// Reasons inside a ValueError.
var (
	ErrCharacter = errors.New("holds a control character or one that XML 1.0 forbids, or is not UTF-8")
	ErrTooLong   = errors.New("is too long")
	ErrNoAmount  = errors.New("is no amount, or one below zero")
)

// ValueError says which element cannot be written. It never holds the value.
type ValueError struct {
	Message string // root of the message
	Element string
	Err     error // ErrCharacter, ErrTooLong or ErrNoAmount
}

// Error names message and element.
func (e *ValueError) Error() string {
	return fmt.Sprintf("messages: %s: %s %v", e.Message, e.Element, e.Err)
}

// Unwrap returns Err.
func (e *ValueError) Unwrap() error { return e.Err }

// writer appends elements in the documented spelling: no white space between elements, an empty element with a space
// before its slash. After the first error it goes on but its bytes are of no use.
type writer struct {
	buf     []byte
	pieces  []piece // of the outline that is filled, those already written excluded
	skip    int     // how much of the next piece is written already
	masked  bool
	element string // where the first error was
	err     error
}

var writers = sync.Pool{New: func() any { return new(writer) }}

func (w *writer) fail(element string, err error) {
	if w.err == nil {
		w.element, w.err = element, err
	}
}

func (w *writer) raw(s string) { w.buf = append(w.buf, s...) }

// start opens an element that end takes back when nothing was written into it.
func (w *writer) start(name string) int {
	start := len(w.buf)
	w.raw("<")
	w.raw(name)
	w.raw(">")
	return start
}

func (w *writer) end(name string, start int) {
	if len(w.buf) == start+len("<>")+len(name) {
		w.buf = w.buf[:start]
		return
	}
	w.raw("</")
	w.raw(name)
	w.raw(">")
}

// id writes an element with a short value, nothing when there is none. The methods below it do likewise.
func (w *writer) id(name, value string) { w.leaf(name, value, maxID) }

// text writes an element with a longer value.
func (w *writer) text(name, value string) { w.leaf(name, value, maxText) }

func (w *writer) leaf(name, value string, limit int) {
	start := w.start(name)
	w.value(name, value, limit)
	w.end(name, start)
}

// amount writes an element with an amount that may not be below zero.
func (w *writer) amount(name string, d Decimal) {
	if d.Negative() {
		w.fail(name, ErrNoAmount)
	}
	w.balance(name, d)
}

// balance writes an element with an amount.
func (w *writer) balance(name string, d Decimal) {
	start := w.start(name)
	if d.IsSet() {
		w.buf = d.append(w.buf)
	}
	w.end(name, start)
}

// timestamp writes an element with a date and time.
func (w *writer) timestamp(name string, t Timestamp) {
	start := w.start(name)
	w.buf = t.append(w.buf)
	w.end(name, start)
}

// value writes a value and notes what is wrong with it.
func (w *writer) value(name, value string, limit int) {
	var ok bool
	w.buf, ok = appendEscaped(w.buf, value)
	switch {
	case len(value) > limit:
		w.fail(name, ErrTooLong)
	case !ok:
		w.fail(name, ErrCharacter)
	}
}

// shownCard gives what is written of a card number or a serial number.
func (w *writer) shownCard(value secret.String) string {
	if w.masked && !value.IsZero() {
		return maskedCard(value.Reveal())
	}
	return value.Reveal()
}
