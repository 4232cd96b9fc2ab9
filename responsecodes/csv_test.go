package responsecodes_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

const (
	header = "service,operation,source,code,vendor,description,outcome,attempts,hold_reason,hold_days,days_between,cancel,message_1,message_2,message_3,message_4"
	row    = "RLT,authorize,error_code,E,103,Over,declined,2,CW,5,1,true,One,Two,,"
)

func file(lines ...string) string {
	return strings.Join(append([]string{header}, lines...), "\r\n") + "\r\n"
}

func TestReadCSV(t *testing.T) {
	t.Parallel()
	bare := "RLT,,error_code,F,103,,declined,,,,,false,,,,"
	for what, text := range map[string]string{
		"CR LF":                 file(row, bare),
		"LF":                    strings.ReplaceAll(file(row, bare), "\r\n", "\n"),
		"no line end":           strings.TrimSuffix(file(row, bare), "\r\n"),
		"a byte order mark":     "\xef\xbb\xbf" + file(row, bare),
		"quotes everywhere":     `"` + strings.ReplaceAll(strings.ReplaceAll(strings.TrimSuffix(file(row, bare), "\r\n"), ",", `","`), "\r\n", "\"\r\n\"") + `"`,
		"empty lines":           file(row, "", bare, ""),
		"columns turned around": turn(t, file(row, bare)),
	} {
		rules, err := responsecodes.ReadCSV(strings.NewReader(text), "RLT")
		if err != nil || len(rules) != 2 {
			t.Errorf("%s: %+v, %v", what, rules, err)
			continue
		}
		r := rules[0]
		if r.ID() != "RLT:authorize:error_code:E" || r.Vendor != "103" || r.Description != "Over" || r.Outcome != svcgate.Declined ||
			*r.Attempts != 2 || r.HoldReason != "CW" || *r.HoldDays != 5 || *r.DaysBetween != 1 || !r.Cancel || fmt.Sprint(r.Messages) != "[One Two]" {
			t.Errorf("%s: the first rule is %+v", what, r)
		}
		if r := rules[1]; r.Attempts != nil || r.HoldDays != nil || r.DaysBetween != nil || r.Cancel || len(r.Messages) != 0 {
			t.Errorf("%s: the second rule is %+v", what, r)
		}
	}
}

func turn(t *testing.T, text string) string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	w := csv.NewWriter(&out)
	for _, r := range records {
		for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
			r[i], r[j] = r[j], r[i]
		}
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return out.String()
}

func TestReadCSVRefuses(t *testing.T) {
	t.Parallel()
	cell := func(column, value string) string {
		names, fields := strings.Split(header, ","), strings.Split(row, ",")
		for i, name := range names {
			if name == column {
				fields[i] = value
			}
		}
		return file(strings.Join(fields, ","))
	}
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "the file is empty"},
		{"white space", " \r\n\r\n", "the file is empty"},
		{"only a mark", "\xef\xbb\xbf", "the file is empty"},
		{"only a header", file(), "the file has a header and no rules"},
		{"UTF-16, little end first", "\xff\xfes\x00e\x00", "the file is in UTF-16"},
		{"UTF-16, big end first", "\xfe\xff\x00s\x00e", "the file is in UTF-16"},
		{"UTF-16 without a mark", "s\x00e\x00\n\x00", "row 1: there is a NUL character; the file is no text or is in UTF-16"},
		{"a spreadsheet", "PK\x03\x04\x14\x00", "the file is a spreadsheet"},
		{"Latin-1", file(strings.Replace(row, "Over", "Caf\xe9", 1)), "row 2: the row is not in UTF-8"},
		{"NUL", file(strings.Replace(row, "Over", "O\x00er", 1)), "row 2: there is a NUL character"},
		{"CR alone", strings.ReplaceAll(file(row), "\r\n", "\r"), "row 1: a line ends with CR alone"},
		{"semicolons", strings.ReplaceAll(file(row), ",", ";"), "row 1: fields are separated by semicolons; separate them by commas"},
		{"tabs", strings.ReplaceAll(file(row), ",", "\t"), "row 1: fields are separated by tabs"},
		{"no header", row + "\r\n", "row 1: the name in column 1 is not known"},
		{"a header in capitals", strings.Replace(file(row), "service", "Service", 1), "row 1: the name in column 1 is not known"},
		{"a missing column", strings.Replace(file(row), ",message_4", "", 1), "row 1, column message_4: the column is missing"},
		{"a column twice", strings.Replace(file(row), "vendor", "code", 1), "row 1, column code: the column is there twice"},
		{"an odd column", strings.Replace(file(row), "message_4", "message_5", 1), "row 1: the name in column 16 is not known; the columns are service, operation"},
		{"a field missing", file(row[:strings.LastIndex(row, ",")]), "row 2: there are 15 fields and must be 16"},
		{"a field too many", file(row + ","), "row 2: there are 17 fields and must be 16"},
		{"an open quote", file(strings.Replace(row, "Over", `"Over`, 1)), "row 2: the quotes do not pair"},
		{"a quote within", file(strings.Replace(row, "Over", `Ov"er`, 1)), "row 2: the quotes do not pair"},
		{"one rule twice", file(row, row), "row 3, column code: row 2 has the same operation, source and code"},
		{"another service", cell("service", "TLR"), "row 2, column service: the rule belongs to another service bureau"},
		{"no service", cell("service", ""), "row 2, column service: Give the code of the service bureau"},
		{"a space before a code", cell("code", " E"), "row 2, column code: Give the provider's code"},
		{"an odd operation", cell("operation", "refund"), "row 2, column operation: Name one of the eight operations"},
		{"an odd source", cell("source", "reason"), "row 2, column source: Name where the code stands"},
		{"an odd outcome", cell("outcome", "ok"), "row 2, column outcome: Name the outcome"},
		{"approving an error", cell("outcome", "approved"), "row 2, column outcome: Only the reason code"},
		{"attempts in words", cell("attempts", "two"), "row 2, column attempts: give a whole number"},
		{"attempts with a zero before", cell("attempts", "02"), "row 2, column attempts: give a whole number"},
		{"attempts with a plus", cell("attempts", "+2"), "row 2, column attempts: give a whole number"},
		{"attempts with a point", cell("attempts", "2.0"), "row 2, column attempts: give a whole number"},
		{"attempts beyond all", cell("attempts", "99999999999999999999"), "row 2, column attempts: give a whole number"},
		{"attempts below 0", cell("attempts", "-1"), "row 2, column attempts: Give a whole number"},
		{"a day too many", cell("hold_days", "1000"), "row 2, column hold_days: Give a whole number"},
		{"days with a space", cell("days_between", " 1"), "row 2, column days_between: give a whole number"},
		{"cancel in capitals", cell("cancel", "TRUE"), "row 2, column cancel: write true or false"},
		{"no cancel", cell("cancel", ""), "row 2, column cancel: write true or false"},
		{"a gap in the messages", cell("message_4", "Four"), "row 2, column message_4: the message before it is empty"},
		{"no first message", cell("message_1", ""), "row 2, column message_2: the message before it is empty"},
		{"a long message", cell("message_3", strings.Repeat("m", 61)), "row 2, column message_3: a message is at most 60"},
		{"a message of two lines", cell("message_3", "\"a\nb\""), "row 2, column message_3: a message is at most 60"},
		{"too large", header + strings.Repeat("\n", responsecodes.MaxFile), "the file is larger than 4 MiB"},
	} {
		rules, err := responsecodes.ReadCSV(strings.NewReader(c.text), "RLT")
		if err == nil || rules != nil {
			t.Errorf("%s: it was read", c.name)
			continue
		}
		if !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: the error is %q, want %q at its start", c.name, err, c.want)
		}
		wrong, ok := errors.AsType[*responsecodes.FileError](err)
		if !ok || svcgate.CodeOf(err) != svcgate.CodeInvalid || len(wrong.Problems) == 0 {
			t.Errorf("%s: the error is a %T with code %s", c.name, err, svcgate.CodeOf(err))
		}
	}
}

func TestReadCSVTellsAllProblems(t *testing.T) {
	t.Parallel()
	bad := strings.Replace(strings.Replace(row, ",2,", ",x,", 1), "true", "yes", 1)
	_, err := responsecodes.ReadCSV(strings.NewReader(file(row, bad, "short", strings.Replace(row, "E", "G", 1), strings.Replace(bad, "E", "H", 1))), "RLT")
	want := `row 3, column attempts: give a whole number from 0 to 999, or leave it empty
row 3, column cancel: write true or false
row 3, column code: row 2 has the same operation, source and code
row 4: there are 1 fields and must be 16
row 6, column attempts: give a whole number from 0 to 999, or leave it empty
row 6, column cancel: write true or false`
	if err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
	_, err = responsecodes.ReadCSV(strings.NewReader(file(strings.Split(strings.Repeat("short ", 200), " ")...)), "RLT")
	wrong, ok := errors.AsType[*responsecodes.FileError](err)
	if !ok || len(wrong.Problems) != responsecodes.MaxProblems || !wrong.More {
		t.Errorf("of 200 problems are told %+v", wrong)
	}
}

func TestReadCSVBounds(t *testing.T) {
	t.Parallel()
	rows := make([]string, responsecodes.MaxRules+1)
	for i := range rows {
		rows[i] = "RLT,,error_code,E" + strconv.Itoa(i) + ",1,,declined,,,,,false,,,,"
	}
	if rules, err := responsecodes.ReadCSV(strings.NewReader(file(rows[1:]...)), "RLT"); err != nil || len(rules) != responsecodes.MaxRules {
		t.Errorf("the most rules: %d, %v", len(rules), err)
	}
	if _, err := responsecodes.ReadCSV(strings.NewReader(file(rows...)), "RLT"); err == nil || !strings.Contains(err.Error(), "at most 10000 rules") {
		t.Errorf("one rule more: %v", err)
	}
	broken := errors.New("the line went dead")
	if _, err := responsecodes.ReadCSV(iotest.ErrReader(broken), "RLT"); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
	if err := responsecodes.WriteCSV(failingWriter{broken}, responsecodes.StarterSet("RLT")); !errors.Is(err, broken) {
		t.Errorf("a writer that fails: %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestReadCSVQuotesNothing(t *testing.T) {
	t.Parallel()
	const number = "6006491234560017"
	for _, text := range []string{number, header + "," + number, file(number), file(strings.Repeat(number+",", 15) + number), file(`"` + number + `"x`)} {
		if _, err := responsecodes.ReadCSV(strings.NewReader(text), "RLT"); err == nil || strings.Contains(err.Error(), number) {
			t.Errorf("the error is %v", err)
		}
	}
}

// TestStarterSetAsFile pins the format to a file that people can look at.
func TestStarterSetAsFile(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := responsecodes.WriteCSV(&got, responsecodes.StarterSet("RLT")); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "starter.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), bytes.ReplaceAll(want, []byte("\n"), []byte("\r\n"))) {
		t.Errorf("the starter set is\n%s", got.Bytes())
	}
}

func TestWriteCSVDefusesFormulas(t *testing.T) {
	t.Parallel()
	r := declined()
	r.Code = "=CMD"
	r.Messages = []string{"+1", "-1 \"quoted\", and a comma", "@x", "''=y"}
	var out bytes.Buffer
	if err := responsecodes.WriteCSV(&out, []responsecodes.Rule{r}); err != nil {
		t.Fatal(err)
	}
	want := `RLT,authorize,error_code,'=CMD,103,Over the limit,declined,2,CW,5,1,true,'+1,"'-1 ""quoted"", and a comma",'@x,'''=y` + "\r\n"
	if got := strings.TrimPrefix(out.String(), header+"\r\n"); got != want {
		t.Errorf("the row is\n%s\nwant\n%s", got, want)
	}
	r.Messages = make([]string, 5)
	if err := responsecodes.WriteCSV(&out, []responsecodes.Rule{r}); err == nil {
		t.Error("a fifth message was written")
	}
}

// TestRoundTrip writes any valid rules and reads them again. rapid prints the seed of a failure.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	text := func(least, most int) *rapid.Generator[string] {
		return rapid.OneOf(rapid.StringOfN(rapid.SampledFrom([]rune(`ab1 ,;"'=+-@é世`)), least, most, -1), rapid.StringOfN(rapid.RuneFrom([]rune("xyz")), least, most, -1))
	}
	count := rapid.Ptr(rapid.IntRange(0, responsecodes.MaxCount), true)
	one := rapid.Custom(func(t *rapid.T) responsecodes.Rule {
		r := responsecodes.Rule{
			Service:     "RLT",
			Operation:   rapid.SampledFrom([]string{"", "generate", "activate", "recharge", "inquire", "authorize", "deposit", "return", "void"}).Draw(t, "operation"),
			Source:      rapid.SampledFrom([]svcgate.Source{svcgate.SourceErrorCode, svcgate.SourceResponseCode}).Draw(t, "source"),
			Code:        rapid.StringMatching(`[!-~]([ -~]{0,20}[!-~])?`).Draw(t, "code"),
			Vendor:      rapid.StringMatching(`[A-Za-z0-9]{1,10}`).Draw(t, "vendor"),
			Description: text(0, responsecodes.MaxDescription).Draw(t, "description"),
			Outcome:     rapid.SampledFrom([]svcgate.Outcome{svcgate.Declined, svcgate.Undefined}).Draw(t, "outcome"),
			Attempts:    count.Draw(t, "attempts"),
			DaysBetween: count.Draw(t, "days between"),
			Cancel:      rapid.Bool().Draw(t, "cancel"),
			Messages:    rapid.SliceOfN(text(1, responsecodes.MaxMessage), 0, responsecodes.MaxMessages).Draw(t, "messages"),
		}
		if r.HoldReason = rapid.StringMatching(`([A-Z0-9]{2})?`).Draw(t, "hold reason"); r.HoldReason != "" {
			r.HoldDays = count.Draw(t, "hold days")
		}
		return r
	})
	rules := rapid.SliceOfNDistinct(one, 1, 8, responsecodes.Rule.ID)
	rapid.Check(t, func(t *rapid.T) {
		want := rules.Draw(t, "rules")
		var out bytes.Buffer
		if err := responsecodes.WriteCSV(&out, want); err != nil {
			t.Fatal(err)
		}
		got, err := responsecodes.ReadCSV(bytes.NewReader(out.Bytes()), "RLT")
		if err != nil {
			t.Fatalf("%v\n%s", err, out.Bytes())
		}
		if a, b := show(want), show(got); a != b {
			t.Fatalf("written %s\nread %s", a, b)
		}
		var again bytes.Buffer
		if err := responsecodes.WriteCSV(&again, got); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Fatalf("the same rules gave other bytes (%v)", err)
		}
		records, err := csv.NewReader(&out).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			for _, field := range record {
				if field != "" && strings.ContainsRune("=+-@\t\r", rune(field[0])) {
					t.Fatalf("a field begins as a formula: %q", field)
				}
			}
		}
	})
}

func show(rules []responsecodes.Rule) string {
	var out strings.Builder
	for _, r := range rules {
		number := func(n *int) string {
			if n == nil {
				return "-"
			}
			return strconv.Itoa(*n)
		}
		fmt.Fprintf(&out, "%s %q %q %q %s %q %s %s %v %q\n", r.ID(), r.Vendor, r.Description, r.Outcome, number(r.Attempts), r.HoldReason,
			number(r.HoldDays), number(r.DaysBetween), r.Cancel, r.Messages)
	}
	return out.String()
}
