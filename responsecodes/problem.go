package responsecodes

import (
	"fmt"
	"strings"

	"github.com/svcgate/svcgate"
)

// Problem is one thing wrong with a file. Row counts lines, the header is 1; 0 is the file as a whole. Column is the
// header's name, "" for the row as a whole. Text never holds what the file says.
type Problem struct {
	Row    int    `json:"row"`
	Column string `json:"column"`
	Text   string `json:"text"`
}

// String returns "row 17, column attempts: ...".
func (p Problem) String() string {
	if place := p.place(); place != "" {
		return place + ": " + p.Text
	}
	return p.Text
}

func (p Problem) place() string {
	switch {
	case p.Row == 0:
		return ""
	case p.Column == "":
		return fmt.Sprintf("row %d", p.Row)
	}
	return fmt.Sprintf("row %d, column %s", p.Row, p.Column)
}

// FileError lists what is wrong with a file, at most MaxProblems; More tells that there is more. It unwraps to one
// *svcgate.Error with CodeInvalid a problem.
type FileError struct {
	Problems []Problem
	More     bool
}

// Error returns one line a problem.
func (e *FileError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	if e.More {
		lines = append(lines, "and more; mend these first")
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns one *svcgate.Error a problem; the field is where it stands, such as "row 17, column attempts".
func (e *FileError) Unwrap() []error {
	errs := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		errs[i] = &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_csv", Field: p.place(), Detail: p.Text}
	}
	return errs
}
