package responsecodes

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/svcgate/svcgate"
)

// ReadCSV reads the rules of one service bureau: all of them or, when anything is wrong, none. The error is then a
// *FileError. UTF-8 with or without a byte order mark is taken, lines ended by
// CR LF or LF, and columns in any order.
func ReadCSV(r io.Reader, service string) ([]Rule, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading rules: %w", err)
	}
	f := &reader{service: service, first: map[string]int{}}
	if text, ok := f.decode(text); ok {
		f.read(text)
	}
	if len(f.wrong.Problems) > 0 {
		return nil, &f.wrong
	}
	return f.rules, nil
}

const advice = "; save it as \"CSV UTF-8\""

// reader reads one file.
type reader struct {
	service string
	columns []string // of the file
	rules   []Rule
	first   map[string]int // row in which a rule's id stood first
	wrong   FileError
}

// add notes a problem and reports whether there was room for it.
func (f *reader) add(row int, column, format string, args ...any) bool {
	if len(f.wrong.Problems) == MaxProblems {
		f.wrong.More = true
		return false
	}
	f.wrong.Problems = append(f.wrong.Problems, Problem{row, column, fmt.Sprintf(format, args...)})
	return true
}

// decode refuses what is no text in UTF-8, by its name.
func (f *reader) decode(text []byte) (_ []byte, ok bool) {
	text, marked := bytes.CutPrefix(text, []byte("\xef\xbb\xbf"))
	switch {
	case len(text) > MaxFile:
		f.add(0, "", "the file is larger than %d MiB", MaxFile>>20)
	case !marked && (bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff"))):
		f.add(0, "", "the file is in UTF-16"+advice)
	case bytes.HasPrefix(text, []byte("PK\x03\x04")):
		f.add(0, "", "the file is a spreadsheet or an archive, not CSV"+advice)
	case len(bytes.TrimSpace(text)) == 0:
		f.add(0, "", "the file is empty")
	default:
		f.lines(text)
	}
	return text, len(f.wrong.Problems) == 0
}

// lines looks at the characters.
func (f *reader) lines(text []byte) {
	row := 0
	for line := range bytes.Lines(text) {
		row++
		switch {
		case bytes.IndexByte(line, 0) >= 0:
			f.add(row, "", "there is a NUL character; the file is no text or is in UTF-16"+advice)
		case !utf8.Valid(line):
			f.add(row, "", "the row is not in UTF-8"+advice)
		case bytes.ContainsRune(bytes.TrimSuffix(line, []byte("\r\n")), '\r'):
			f.add(row, "", "a line ends with CR alone; end lines with CR LF or LF")
		}
		if f.wrong.More {
			return
		}
	}
}

func (f *reader) read(text []byte) {
	in := csv.NewReader(bytes.NewReader(text))
	in.FieldsPerRecord = -1 // ragged rows are told in our words
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		f.broken(err)
		return
	}
	if !f.header(header) {
		return
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if !f.broken(err) {
				return
			}
			continue
		}
		row, _ := in.FieldPos(0)
		if len(f.rules) == MaxRules {
			f.add(row, "", "a file has at most %d rules", MaxRules)
			return
		}
		if !f.record(row, record) {
			return
		}
	}
	if len(f.rules) == 0 && len(f.wrong.Problems) == 0 {
		f.add(0, "", "the file has a header and no rules")
	}
}

// broken tells a syntax error.
func (f *reader) broken(err error) bool {
	if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
		return f.add(syntax.StartLine, "", "the quotes do not pair; write a field with a quote in it in quotes, and the quote twice")
	}
	return f.add(0, "", "the file cannot be read as CSV")
}

// header takes the names of the columns.
func (f *reader) header(names []string) bool {
	if len(names) == 1 && strings.Contains(names[0], ";") {
		f.add(1, "", "fields are separated by semicolons; separate them by commas")
		return false
	}
	if len(names) == 1 && strings.Contains(names[0], "\t") {
		f.add(1, "", "fields are separated by tabs; separate them by commas")
		return false
	}
	good := true
	for i, name := range names {
		switch {
		case !slices.Contains(columns, name):
			f.add(1, "", "the name in column %d is not known; the columns are %s", i+1, strings.Join(columns, ", "))
			good = false
		case slices.Contains(f.columns, name):
			f.add(1, name, "the column is there twice")
			good = false
		}
		f.columns = append(f.columns, name)
	}
	for _, name := range columns {
		if !slices.Contains(f.columns, name) {
			f.add(1, name, "the column is missing")
			good = false
		}
	}
	return good
}

// record takes one rule.
func (f *reader) record(row int, record []string) bool {
	if len(record) != len(f.columns) {
		return f.add(row, "", "there are %d fields and must be %d", len(record), len(f.columns))
	}
	problems := len(f.wrong.Problems)
	field := make(map[string]string, len(record))
	for i, name := range f.columns {
		field[name] = unguard(record[i])
	}
	r := Rule{
		Service: field["service"], Operation: field["operation"], Source: svcgate.Source(field["source"]), Code: field["code"],
		Vendor: field["vendor"], Description: field["description"], Outcome: svcgate.Outcome(field["outcome"]),
		HoldReason: field["hold_reason"], Cancel: field["cancel"] == "true",
	}
	r.Attempts = f.number(row, "attempts", field)
	r.HoldDays = f.number(row, "hold_days", field)
	r.DaysBetween = f.number(row, "days_between", field)
	if cancel := field["cancel"]; cancel != "true" && cancel != "false" {
		f.add(row, "cancel", "write true or false")
	}
	r.Messages = f.messages(row, field)
	for _, e := range r.faults() {
		f.add(row, e.Field, "%s", e.Detail)
	}
	if r.Service != f.service && len(f.wrong.Problems) == problems {
		f.add(row, "service", "the rule belongs to another service bureau than the one imported")
	}
	if first, twice := f.first[r.ID()]; twice {
		f.add(row, "code", "row %d has the same operation, source and code", first)
	} else {
		f.first[r.ID()] = row
	}
	f.rules = append(f.rules, r)
	return !f.wrong.More
}

func (f *reader) number(row int, column string, field map[string]string) *int {
	text := field[column]
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || strconv.Itoa(n) != text {
		f.add(row, column, "give a whole number from 0 to %d, or leave it empty", MaxCount)
		return nil
	}
	return &n
}

// messages takes the filled fields; one after an empty one would move up, so it is refused.
func (f *reader) messages(row int, field map[string]string) []string {
	messages := []string{}
	for i := range MaxMessages {
		column := "message_" + strconv.Itoa(i+1)
		text := field[column]
		if text == "" {
			continue
		}
		if len(messages) < i {
			f.add(row, column, "the message before it is empty; fill message_1 first, it opens the window")
			return nil
		}
		if !shown(text, 1, MaxMessage) {
			f.add(row, column, "a message is at most %d printable characters", MaxMessage)
			return nil
		}
		messages = append(messages, text)
	}
	return messages
}
