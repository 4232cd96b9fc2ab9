package svcgate

import (
	"errors"
	"fmt"
)

// Code is the stable name of a failure. Its axis is: can money have moved?
type Code string

// The codes. All but Unknown and Internal promise that no money moved.
const (
	CodeInvalid         Code = "invalid"         // refused by us: the request is wrong
	CodeUnauthenticated Code = "unauthenticated" // who are you?
	CodeForbidden       Code = "forbidden"       // not with your rights
	CodeNotFound        Code = "not_found"       // no such thing
	CodeConflict        Code = "conflict"        // key in progress, stale edit
	CodeKeyReused       Code = "key_reused"      // same key, other content
	CodeOverloaded      Code = "overloaded"      // not accepted: too much at once
	CodeUnavailable     Code = "unavailable"     // certainly never sent
	CodeUnknown         Code = "unknown"         // sent, or perhaps sent, and not answered
	CodeInternal        Code = "internal"        // our bug; money may have moved
)

// Codes lists them all; the tables that map them are tested against it.
func Codes() []Code {
	return []Code{CodeInvalid, CodeUnauthenticated, CodeForbidden, CodeNotFound, CodeConflict, CodeKeyReused,
		CodeOverloaded, CodeUnavailable, CodeUnknown, CodeInternal}
}

// MayHaveMoved reports whether money may have moved although an error was returned.
func (c Code) MayHaveMoved() bool { return c == CodeUnknown || c == CodeInternal }

// Error is a failure of an operation. Reason refines Code with a stable word ("exceeds_authorization"); Detail may be
// shown to the caller and never holds what the caller sent; Err is the cause and is never shown.
type Error struct {
	Code   Code
	Reason string // stable, finer than Code; "" means Code says it all
	Op     string // what was being done, for logs
	Field  string // JSON path of the member at fault, such as "card.number"; "" for none
	Detail string // a sentence that says what to change
	Err    error  // the cause
}

// Error returns the parts that are safe to log and the cause.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Reason != "" {
		s += "/" + e.Reason
	}
	if e.Op != "" {
		s = e.Op + ": " + s
	}
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first *Error in err's chain, CodeInternal for any other error and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

func invalid(field, reason, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Reason: reason, Field: field, Detail: fmt.Sprintf(format, args...)}
}
