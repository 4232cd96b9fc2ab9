package responsecodes

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Limits of a CSV file of rules.
const (
	MaxFile     = 4 << 20 // bytes
	MaxRules    = 10_000
	MaxProblems = 50 // that are told at once
)

// columns of the file, in the order in which they are written. When a rule was changed is not among them: a file says
// what the rules are to be.
var columns = []string{
	"service", "operation", "source", "code", "vendor", "description", "outcome", "attempts", "hold_reason", "hold_days",
	"days_between", "cancel", "message_1", "message_2", "message_3", "message_4",
}

// Columns names the columns of a CSV file, in the order in which WriteCSV writes them; ReadCSV takes any order.
func Columns() []string { return slices.Clone(columns) }

// WriteCSV writes the rules with a header, lines ended by CR LF and quoted where needed (RFC 4180). A field that a
// spreadsheet would take for a formula begins with an apostrophe, which ReadCSV takes off again.
func WriteCSV(w io.Writer, rules []Rule) error {
	rows := make([][]string, len(rules))
	for i, r := range rules {
		var err error
		if rows[i], err = r.record(); err != nil {
			return err
		}
	}
	return WriteTable(w, columns, rows)
}

// record gives the fields of columns, as they are.
func (r Rule) record() ([]string, error) {
	record := []string{r.Service, r.Operation, string(r.Source), r.Code, r.Vendor, r.Description, string(r.Outcome),
		number(r.Attempts), r.HoldReason, number(r.HoldDays), number(r.DaysBetween), strconv.FormatBool(r.Cancel)}
	record = append(record, r.Messages...)
	if len(record) > len(columns) {
		return nil, fmt.Errorf("writing rule %s: more than %d messages", r.ID(), MaxMessages)
	}
	return append(record, make([]string, len(columns)-len(record))...), nil
}

const formulaGuard = "'"

// isFormula reports whether the field, less the apostrophes before it, begins as formulas do. Counting the apostrophes
// in makes guarding reversible.
func isFormula(field string) bool {
	field = strings.TrimLeft(field, formulaGuard)
	return field != "" && strings.ContainsRune("=+-@\t\r", rune(field[0]))
}

func unguard(field string) string {
	if strings.HasPrefix(field, formulaGuard) && isFormula(field) {
		return field[len(formulaGuard):]
	}
	return field
}

func number(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}
