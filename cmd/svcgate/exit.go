package main

import (
	"errors"
	"fmt"

	"github.com/svcgate/svcgate"
)

// The exit statuses.
const (
	exitDone        = 0 // done
	exitFailed      = 1 // done, but something failed or differs: a decline, a case that differs, a conflict of settings
	exitUsage       = 2 // wrong use: flags, arguments, settings, a request that is refused as wrong
	exitUnreachable = 3 // the server or the provider cannot be reached: nothing was done
	exitRefused     = 4 // refused: no token, or one without the right
	exitConflict    = 5 // in conflict with what is there: a key used twice, a file that exists, a database in use
	exitUnknown     = 6 // not known whether it was done: money may have moved
)

// failure is an error with an exit status.
type failure struct {
	status int
	text   string // one line, with what to do about it
	err    error
}

func (f *failure) Error() string {
	switch {
	case f.err == nil:
		return f.text
	case f.text == "":
		return f.err.Error()
	}
	return f.text + ": " + f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// fail makes a failure of a text; a %w in the format is kept as the cause.
func fail(status int, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &failure{status: status, err: err}
}

// errSilent ends a command with a status whose reason was told already.
func silent(status int) error { return &failure{status: status} }

func isSilent(err error) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && f.text == "" && f.err == nil
}

// statusOf gives the exit status of an error.
func statusOf(err error) int {
	if err == nil {
		return exitDone
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f.status
	}
	if _, ok := errors.AsType[*svcgate.Error](err); ok {
		return statusOfCode(svcgate.CodeOf(err))
	}
	return exitFailed
}

// codeStatus says what exit status a failure has.
var codeStatus = map[svcgate.Code]int{
	svcgate.CodeInvalid:         exitUsage,
	svcgate.CodeUnauthenticated: exitRefused,
	svcgate.CodeForbidden:       exitRefused,
	svcgate.CodeNotFound:        exitFailed,
	svcgate.CodeConflict:        exitConflict,
	svcgate.CodeKeyReused:       exitConflict,
	svcgate.CodeOverloaded:      exitUnreachable,
	svcgate.CodeUnavailable:     exitUnreachable,
	svcgate.CodeUnknown:         exitUnknown,
	svcgate.CodeInternal:        exitUnknown,
}

func statusOfCode(c svcgate.Code) int {
	if status, ok := codeStatus[c]; ok {
		return status
	}
	return exitFailed
}

// outcomeStatus says what exit status an operation's outcome has.
var outcomeStatus = map[svcgate.Outcome]int{
	svcgate.Approved:    exitDone,
	svcgate.Partial:     exitFailed,
	svcgate.Declined:    exitFailed,
	svcgate.Undefined:   exitFailed,
	svcgate.Unavailable: exitUnreachable,
	svcgate.Unknown:     exitUnknown,
}
