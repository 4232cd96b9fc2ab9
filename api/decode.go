package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/svcgate/svcgate"
)

// Limits within a JSON body.
const (
	maxDepth = 16
	maxText  = 512 // bytes of one string or name
	maxItems = 1000
)

// member says what a member of a JSON object may hold and where it goes.
type member struct {
	name   string
	kind   jsontext.Kind // '"', '0', 't', '{', or '[' for an array of strings; zero refuses every value
	null   bool          // null is taken as "none given"
	reason string        // of a value that is of another kind or that take refuses
	advice string
	take   func(jsontext.Token) bool // gets the value, or each string of an array; false refuses it
	within []member                  // of a '{'
}

// decode reads one JSON object strictly: each known member at most once, in its exact case, nothing else. The error is
// an *svcgate.Error with CodeInvalid that never holds a value of the body.
func decode(body []byte, members []member) error {
	r := takeReader()
	defer r.give()
	if err := r.checkText(body); err != nil {
		return err
	}
	d := r.over(body)
	if _, err := d.ReadToken(); err != nil {
		return invalidJSON(d.InputOffset())
	}
	return readObject(d, members)
}

// readObject reads the members after a '{', up to the '}'. The text was checked before, so no syntax error is left.
func readObject(d *jsontext.Decoder, members []member) error {
	for {
		name, err := d.ReadToken()
		if err != nil {
			return invalidJSON(d.InputOffset())
		}
		if name.Kind() == '}' {
			return nil
		}
		m, ok := find(members, name.String())
		if !ok {
			return unknownField(d.StackPointer(), name.String(), members)
		}
		if err := readMember(d, m); err != nil {
			return err
		}
	}
}

func readMember(d *jsontext.Decoder, m member) error {
	value, err := d.ReadToken()
	if err != nil {
		return invalidJSON(d.InputOffset())
	}
	kind := value.Kind()
	if kind == 'f' {
		kind = 't'
	}
	switch {
	case kind == 'n' && m.null:
		return nil
	case kind != m.kind:
		return m.refuse(d)
	case kind == '{':
		return readObject(d, m.within)
	case kind == '[':
		return readTexts(d, m)
	case !m.take(value):
		return m.refuse(d)
	}
	return nil
}

func readTexts(d *jsontext.Decoder, m member) error {
	for {
		value, err := d.ReadToken()
		if err != nil {
			return invalidJSON(d.InputOffset())
		}
		if value.Kind() == ']' {
			return nil
		}
		if value.Kind() != '"' || !m.take(value) {
			return m.refuse(d)
		}
	}
}

func (m member) refuse(d *jsontext.Decoder) error {
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: m.reason, Field: field(d.StackPointer()), Detail: m.advice}
}

func find(members []member, name string) (member, bool) {
	for _, m := range members {
		if m.name == name {
			return m, true
		}
	}
	return member{}, false
}

func unknownField(at jsontext.Pointer, name string, members []member) error {
	names, hint := make([]string, len(members)), ""
	for i, m := range members {
		names[i] = m.name
		if strings.EqualFold(m.name, name) {
			hint = " Names are in small letters: " + m.name + "."
		}
	}
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "unknown_field", Field: field(at),
		Detail: "There is no member" + named(name) + " here." + hint + known(names)}
}

// checkText refuses what is not one whole JSON object in clean UTF-8 within the limits.
func (r *reader) checkText(body []byte) error {
	if bytes.HasPrefix(body, []byte("\ufeff")) {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_json",
			Detail: "The body begins with a byte order mark; send it without."}
	}
	if !utf8.Valid(body) {
		return invalidText("")
	}
	// The decoder may replace halves of surrogate pairs: the replacement is refused with the other texts.
	return scan(r.over(body, replacing), body)
}

var replacing = jsontext.AllowInvalidUTF8(true)

// scan walks over the tokens of a body.
func scan(d *jsontext.Decoder, body []byte) error {
	plain := len(body) <= maxText && isPlain(body)
	for first := true; ; first = false {
		token, err := d.ReadToken()
		if err == io.EOF && !first {
			return nil
		}
		if err != nil {
			return syntaxError(d, body, err)
		}
		if _, values := d.StackIndex(0); values > 1 || first && token.Kind() != '{' {
			return invalidJSON(d.InputOffset())
		}
		if d.StackDepth() > maxDepth {
			return tooMuch(d, "Nest no deeper than 16 levels.")
		}
		if kind, n := d.StackIndex(d.StackDepth()); kind == '[' && n > maxItems {
			return tooMuch(d, "Give at most 1000 values in an array.")
		}
		if token.Kind() == '"' && !plain {
			if err := checkString(d, token.String()); err != nil {
				return err
			}
		}
	}
}

func checkString(d *jsontext.Decoder, s string) error {
	if len(s) > maxText {
		return tooMuch(d, "A text has at most 512 bytes.")
	}
	for _, r := range s {
		if !shown(r) {
			return invalidText(field(d.StackPointer()))
		}
	}
	return nil
}

// isPlain reports whether no string in a body can hold what is not shown: it has neither escapes nor anything beyond
// printable ASCII. The decoder itself refuses control characters within strings.
func isPlain(body []byte) bool {
	for _, b := range body {
		if b > '~' || b == '\\' {
			return false
		}
	}
	return true
}

// shown refuses characters that cannot be seen or that change how others are seen: controls, bidirectional marks,
// zero-width characters, line and paragraph separators, and the sign for what could not be read.
func shown(r rune) bool {
	return !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) && r != utf8.RuneError
}

// syntaxError tells apart what the decoder refused. Its own errors quote the body and go no further.
func syntaxError(d *jsontext.Decoder, body []byte, err error) error {
	at := d.InputOffset()
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(e, jsontext.ErrDuplicateName) {
			return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "duplicate_field", Field: field(e.JSONPointer),
				Detail: "A member stands there twice; give it once."}
		}
		at = e.ByteOffset
	}
	if at < int64(len(body)) && body[at] < ' ' {
		return invalidText(field(d.StackPointer()))
	}
	return invalidJSON(at)
}

func invalidJSON(at int64) error {
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_json",
		Detail: fmt.Sprintf("Send one JSON object and nothing else; reading stopped at byte %d.", at)}
}

func invalidText(field string) error {
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_text", Field: field,
		Detail: "Texts are UTF-8 without control, zero-width and direction characters."}
}

func tooMuch(d *jsontext.Decoder, detail string) error {
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "limit_exceeded", Field: field(d.StackPointer()), Detail: detail}
}
