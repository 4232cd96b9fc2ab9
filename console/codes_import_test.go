package console_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

// upload sends a file beside other fields.
func (b *browser) upload(path, file string, fields ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := m.WriteField(fields[i], fields[i+1]); err != nil {
			b.t.Fatal(err)
		}
	}
	if file != "" {
		w, err := m.CreateFormFile("file", "codes.csv")
		if err == nil {
			_, err = w.Write([]byte(file))
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "http://127.0.0.1:8080"+path, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

func asCSV(t testing.TB, rules []responsecodes.Rule) string {
	t.Helper()
	var out bytes.Buffer
	if err := responsecodes.WriteCSV(&out, rules); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestImport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleCodeEditor)
	rules := append(responsecodes.StarterSet("RLT")[1:], declines("IMPORTED", "101"))
	file := asCSV(t, rules)
	seen := b.upload(codesAt+"import", file)
	wantPage(t, seen, http.StatusOK, "12 rules read; 1 added, 1 removed", "IMPORTED", "Put it into the draft", "IMPORTED,101,No,declined")
	if d, _ := s.book.Draft(t.Context(), "RLT"); d.Exists {
		t.Error("a preview made a draft")
	}
	tag := etag(t, seen)
	s.edits("bob", responsecodes.PutRule(declines("OTHER", "101")))
	w := b.upload(codesAt+"import", "", "do", "import", "etag", tag, "text", file)
	wantPage(t, w, http.StatusUnprocessableEntity, "so nothing was done", "of the draft", "OTHER")
	wantRedirect(t, b.upload(codesAt+"import", "", "do", "import", "etag", etag(t, w), "text", file), codesAt+"draft")
	wantPage(t, b.upload(codesAt+"import", file), http.StatusOK, "nothing changes")

	many := strings.SplitAfter(file, "\r\n")[0] + strings.Repeat("RLT,authorize,error_code,A,101,,declined,x,,,,maybe,,,,\r\n", 60)
	w = b.upload(codesAt+"import", many)
	wantPage(t, w, http.StatusUnprocessableEntity, "The first 50 problems", "row 2, column attempts: give a whole number", "row 2, column cancel: write true or false", "nothing was changed")
	if n := strings.Count(w.Body.String(), "<li>row "); n != 50 {
		t.Errorf("%d problems", n)
	}
	for name, wrong := range map[string]struct{ file, says string }{
		"nothing":          {"", "Choose a file, or paste its text"},
		"NUL":              {file + "\x00", "there is a NUL character"},
		"UTF-16":           {"\xff\xfea\x00", "UTF-16"},
		"not UTF-8":        {strings.Replace(file, "IMPORTED", "\xc3\x28", 1), "not in UTF-8"},
		"an archive":       {"PK\x03\x04", "a spreadsheet or an archive"},
		"semicolons":       {strings.ReplaceAll(file, ",", ";"), "semicolons"},
		"no rules":         {strings.SplitAfter(file, "\r\n")[0], "no rules"},
		"another bureau":   {strings.ReplaceAll(file, "RLT", "XXX"), "another service bureau"},
		"open quotes":      {file + `"`, "the quotes do not pair"},
		"twice":            {file + strings.SplitAfter(file, "\r\n")[1], "has the same operation, source and code"},
		"larger than fits": {strings.Repeat("x", 5<<20), "more than fits"},
		"as large as fits": {strings.Repeat("x", responsecodes.MaxFile), "header"},
	} {
		w := b.upload(codesAt+"import", wrong.file)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), wrong.says) {
			t.Errorf("%s: %d lacks %q\n%.2000s", name, w.Code, wrong.says, w.Body)
		}
	}
}

// naughtyTexts are texts that break what is careless with them.
var naughtyTexts = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'; DROP TABLE rules;--`, `{{.Person}}`, `javascript:alert(1)`, `&lt;b&gt;`,
	`=1+1`, `+1`, `-2+3`, `@SUM(A1)`, `'=quoted`, `=cmd|' /C calc'!A0`, `a,b;c"d`, `''`, `"`, `\`, `%s%n%00`, `../../etc/passwd`, `NULL`, `0`, `-0`, `1e999`, `NaN`,
	"שלום עולם", "مرحبا", "田中さんにあげて下さい", "ﬀ ǅ ß İ ı", "👩‍👩‍👧"[:4], "é̂", "Ω≈ç√∫˜µ", "🏳0🌈",
}

// What a table may hold comes out of import, display and export as it went in, and is text on every page.
func TestNaughtyTexts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleCodeEditor, access.RoleApprover)
	rules := responsecodes.StarterSet("RLT")
	for i, text := range naughtyTexts {
		r := declines(fmt.Sprintf("N%02d", i), "101")
		if r.Description, r.Messages = text, []string{text, text}; r.Validate() != nil {
			t.Fatalf("%q: %v", text, r.Validate())
		}
		if c := declines(text, "101"); c.Validate() == nil {
			rules = append(rules, c)
		}
		rules = append(rules, r)
	}
	seen := b.upload(codesAt+"import", asCSV(t, rules))
	wantRedirect(t, b.upload(codesAt+"import", "", "do", "import", "etag", etag(t, seen), "text", asCSV(t, rules)), codesAt+"draft")
	draft := b.get(codesAt + "draft")
	wantRedirect(t, b.post(codesAt+"publish", "etag", etag(t, draft), "reason", naughtyTexts[0]), codesAt+"reevaluation")
	pages := []*httptest.ResponseRecorder{seen, draft, b.get(codesAt + "history"), b.get(codesAt + "history/2"), b.get(codesAt + "rules"), b.get(codesAt + "rules?page=2"), b.get(codesAt + "rules?q=" + url.QueryEscape(naughtyTexts[1]))}
	for _, r := range rules {
		w := b.get(rulePath("rule", r.ID()))
		if w.Code != http.StatusOK || !strings.Contains(html.UnescapeString(w.Body.String()), `value="`+r.Code+`"`) {
			t.Errorf("%q: %d", r.Code, w.Code)
		}
		pages = append(pages, w)
	}
	for _, w := range pages {
		for _, bad := range []string{"<script>alert", "<img src=x", "ZgotmplZ"} {
			if strings.Contains(w.Body.String(), bad) {
				t.Errorf("a page holds %q", bad)
			}
		}
	}
	w := b.get(codesAt + "rules.csv")
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="codes-RLT-v2.csv"` {
		t.Error(got)
	}
	rows, err := csv.NewReader(bytes.NewReader(w.Body.Bytes())).ReadAll()
	if err != nil || len(rows) != len(rules)+1 {
		t.Fatal(len(rows), err)
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a spreadsheet carries out %q", cell)
			}
		}
	}
	back, err := responsecodes.ReadCSV(w.Body, "RLT")
	if err != nil || len(responsecodes.Diff(s.book.Published("RLT").Rules, back)) > 0 {
		t.Errorf("the export does not come back: %v", err)
	}
	if w := b.get(codesAt + "history/1/rules.csv"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "ALL_CARDS_GENERATED") {
		t.Error(w.Code)
	}
}
