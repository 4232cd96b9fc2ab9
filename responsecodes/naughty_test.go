package responsecodes_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// naughty are texts that programs have tripped over, of the kinds that lists of such collect.
var naughty = []string{
	// words that languages mean something by, and numbers
	"null", "NULL", "nil", "None", "undefined", "true", "FALSE", "NaN", "-Infinity", "0", "-0", "00012", "1e309", "-1E+02", "0x1F", "1,000.00", "1.000,00", "٣٤٥", "１２３",
	// formulas of spreadsheets
	"=1+1", "+1+1", "-1+1", "@SUM(A1:A9)", "=HYPERLINK(\"http://x.example\",\"y\")", "=cmd|' /C calc'!A0", "'=1+1", "''=1+1", "'", "''", "'quoted'", "\t=1+1", "\r=1+1", " =1+1", "＝1+1",
	"%0A=1", "=", "+", "-", "@", "-$1.00",
	// what CSV and JSON are made of
	",", ",,", ";", "a,b", "\"", "\"\"", "\"\"\"", "say \"no\"", "\"a\",\"b\"", "{\"a\":\"b,c\"}", "[]", "\\", "\\\"", "\\n", "a\nb", "a\r\nb", "a\rb", "\n", "#comment", "a\x00b",
	// pages and commands
	"<script>alert(1)</script>", "</script><b>", "\"><img src=x onerror=alert(1)>", "' onfocus=alert(1) x='", "javascript:alert(1)", "&lt;b&gt;", "{{7*7}}", "${jndi:x}", "%s%n%d", "'; DROP TABLE code_versions; --",
	"$(id)", "`id`", "| id", "../../etc/passwd", "%00", "%2e%2e", "CON", "NUL",
	// letters beyond ASCII
	"é", "e\u0301", "世界", "пример", "שלום", "مرحبا", "ﬁ", "ß", "ŞİĞ", "ı", "😀", "👩🏽", "🇦🇫", "Z\u0351\u0348a\u0300\u035dl", "∀x∈ℝ", "½", "ｆｕｌｌ",
	// characters that are not seen, or turn others around
	"\u202eabc", "a\u200bb", "\ufeffabc", "a\u00adb", "a\u2028b", "\u3000", "\u00a0", "\x1b[31mred", "\a", "a\x7f", "\ufffd", "\xff", "a\xc3", "\xed\xa0\x80",
	// sizes
	"", " ", "   ", " a", "a ", strings.Repeat("a", 40), strings.Repeat("a", 41), strings.Repeat("世", 40), strings.Repeat("世", 61), strings.Repeat("\"", 60), strings.Repeat("=", 64),
}

// TestNaughtyTexts puts each text where a rule takes text. It is either refused, by a name and without being quoted, or
// comes back from a file and from JSON as it was; and no field of a file begins as a formula does.
func TestNaughtyTexts(t *testing.T) {
	t.Parallel()
	taken := 0
	for _, text := range naughty {
		for place, put := range map[string]func(*responsecodes.Rule){
			"code": func(r *responsecodes.Rule) { r.Code = text }, "vendor": func(r *responsecodes.Rule) { r.Vendor = text },
			"description": func(r *responsecodes.Rule) { r.Description = text }, "hold_reason": func(r *responsecodes.Rule) { r.HoldReason = text },
			"message_1": func(r *responsecodes.Rule) { r.Messages = []string{text, "second"} }, "operation": func(r *responsecodes.Rule) { r.Operation = text },
			"source": func(r *responsecodes.Rule) { r.Source = svcgate.Source(text) }, "outcome": func(r *responsecodes.Rule) { r.Outcome = svcgate.Outcome(text) },
			"service": func(r *responsecodes.Rule) { r.Service = text },
		} {
			r := rule("", svcgate.SourceErrorCode, "E", "102")
			r.Messages = []string{}
			put(&r)
			name := fmt.Sprintf("%s %q", place, text)
			var file bytes.Buffer
			if err := responsecodes.WriteCSV(&file, []responsecodes.Rule{r}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			records, err := csv.NewReader(bytes.NewReader(file.Bytes())).ReadAll()
			if err != nil || len(records) != 2 {
				t.Fatalf("%s: %d records, %v", name, len(records), err)
			}
			for _, field := range records[1] {
				if field != "" && strings.ContainsAny(field[:1], "=+-@\t\r") {
					t.Errorf("%s: a field of the file begins %q", name, field[:1])
				}
			}
			back, readErr := responsecodes.ReadCSV(&file, r.Service)
			if err := r.Validate(); err != nil {
				if len(text) > 3 && strings.Contains(err.Error(), text) && !strings.Contains("vendor description messages", text) {
					t.Errorf("%s is quoted: %v", name, err)
				}
				if readErr == nil && !strings.Contains(text, "\r") { // which a writer of lines that end with CR LF drops
					t.Errorf("%s is refused (%v) and taken from a file", name, err)
				}
				continue
			}
			taken++
			if readErr != nil || len(back) != 1 || !reflect.DeepEqual(back[0], r) {
				t.Errorf("%s came back from a file as %+v, %v", name, back, readErr)
			}
			encoded, err := json.Marshal(r)
			var decoded responsecodes.Rule
			if err == nil {
				err = json.Unmarshal(encoded, &decoded)
			}
			if err != nil || !reflect.DeepEqual(decoded, r) {
				t.Errorf("%s came back from JSON as %+v, %v", name, decoded, err)
			}
		}
	}
	if taken < len(naughty) {
		t.Errorf("only %d were taken", taken)
	}
}

// TestFilesOfEveryShape reads what other programs write, with the fields that the format knows: empty ones, quotes,
// commas and line ends within quotes, JSON, accents, a mark in front, either line end.
func TestFilesOfEveryShape(t *testing.T) {
	t.Parallel()
	line := func(description, message string) string {
		return "RLT,,error_code,E,102," + description + ",declined,,,,,false," + message + ",,,"
	}
	for name, c := range map[string]struct {
		description, message string // as they stand in the file
		want                 [2]string
		problem              string
	}{
		"plain":                {`a`, `b`, [2]string{"a", "b"}, ""},
		"empty":                {``, `b`, [2]string{"", "b"}, ""},
		"quoted and empty":     {`""`, `"b"`, [2]string{"", "b"}, ""},
		"a comma in quotes":    {`"Lost, or stolen"`, `","`, [2]string{"Lost, or stolen", ","}, ""},
		"quotes in quotes":     {`"say ""no"""`, `""""`, [2]string{`say "no"`, `"`}, ""},
		"JSON":                 {`"{""type"": ""Point"", ""at"": [1,2]}"`, `b`, [2]string{`{"type": "Point", "at": [1,2]}`, "b"}, ""},
		"accents":              {`Größe ʃ`, `"é, è"`, [2]string{"Größe ʃ", "é, è"}, ""},
		"spaces are kept":      {` a `, `" b "`, [2]string{" a ", " b "}, ""},
		"a line end in quotes": {"\"a\nb\"", `c`, [2]string{}, "row 2, column description"},
		"two line ends":        {"\"a\r\nb\"", "\"c\nd\"", [2]string{}, "row 2, column description"},
		"a quote in the text":  {`say "no"`, `b`, [2]string{}, "row 2: the quotes do not pair"},
		"a quote not closed":   {`"say no`, `b`, [2]string{}, "the quotes do not pair"},
		"text after a quote":   {`"a"b`, `c`, [2]string{}, "row 2: the quotes do not pair"},
		"a field too many":     {`a,b`, `c`, [2]string{}, "row 2: there are 17 fields"},
		"Latin-1":              {"Gr\xf6\xdfe", `b`, [2]string{}, "row 2: the row is not in UTF-8"},
		"a NUL":                {"a\x00", `b`, [2]string{}, "row 2: there is a NUL"},
	} {
		for _, mark := range []string{"", "\xef\xbb\xbf"} {
			for _, end := range []string{"\n", "\r\n"} {
				rules, err := responsecodes.ReadCSV(strings.NewReader(mark+header+end+line(c.description, c.message)+end), "RLT")
				if c.problem != "" {
					if err == nil || !strings.Contains(err.Error(), c.problem) || len(rules) != 0 {
						t.Errorf("%s: %v, %v, want %q", name, rules, err, c.problem)
					}
					continue
				}
				if err != nil || len(rules) != 1 || [2]string{rules[0].Description, rules[0].Messages[0]} != c.want {
					t.Errorf("%s: %+v, %v", name, rules, err)
				}
			}
		}
	}
	// RFC 4180 on the way out: every line ends with CR LF, and another reader reads the same.
	r := rule("", svcgate.SourceErrorCode, "E", "102")
	r.Description, r.Messages = `say "no", twice`, []string{"=1", "'@", ","}
	var out bytes.Buffer
	if err := responsecodes.WriteCSV(&out, []responsecodes.Rule{r, r}); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(records) != 3 || records[1][5] != r.Description || records[2][12] != "'=1" || records[2][13] != "''@" || records[2][14] != "," {
		t.Errorf("another reader reads %q, %v", records, err)
	}
}
