package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Severity says what a problem keeps from working.
type Severity string

// The severities.
const (
	SeverityError    Severity = "error"    // svcgate does not start with it
	SeverityConflict Severity = "conflict" // svcgate starts, but the OMS or the provider is set up against the integration
	SeverityWarning  Severity = "warning"  // worth a look
)

// Problem is one thing wrong with the settings. It never holds the value of a secret.
type Problem struct {
	File     string   `json:"file"`             // "environment" for a variable
	Line     int      `json:"line,omitempty"`   // from 1; 0 when it has no place in the file
	Column   int      `json:"column,omitempty"` // from 1, in bytes
	Key      string   `json:"key,omitempty"`    // such as services[0].call_timeout
	Severity Severity `json:"severity"`
	Text     string   `json:"text"`
}

// String returns "file:line:column: text".
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
}

// Any reports whether one of the problems has the severity.
func Any(problems []Problem, severity Severity) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Severity == severity })
}

// place is where a key was given.
type place struct {
	line, column int
	variable     string // the environment variable, "" for the file
}

func problemAt(at place, file, key string, severity Severity, text string) Problem {
	if at.variable != "" {
		return Problem{File: environmentFile, Key: key, Severity: severity, Text: at.variable + ": " + text}
	}
	return Problem{File: file, Line: at.line, Column: at.column, Key: key, Severity: severity, Text: text}
}

const environmentFile = "environment"

func sortProblems(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(order(a), order(b)),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return problems
}

// order puts the file's problems before the environment's.
func order(p Problem) int {
	if p.File == environmentFile {
		return 1
	}
	return 0
}

var (
	errNotAFile = errors.New("it is not a regular file")
	errTooLarge = errors.New("it is larger than 1 MiB")
)

// cause drops the path from a file error: the path may be a secret typed into the wrong place.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
