package svcgate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/api"
)

const (
	codesBegin = "<!-- problem codes: begin -->\n"
	codesEnd   = "<!-- problem codes: end -->\n"
)

// TestAPIDocumentListsEveryProblem keeps docs/api.md to the table in code. UPDATE=1 writes it.
func TestAPIDocumentListsEveryProblem(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), codesBegin)
	_, after, ends := strings.Cut(rest, codesEnd)
	if !ok || !ends {
		t.Fatal("docs/api.md has lost the marks of its table")
	}
	var table strings.Builder
	table.WriteString("| code | status | money may have moved | means |\n|---|---|---|---|\n")
	for _, row := range api.ProblemCodes() {
		moved := "no"
		if row.Category.MayHaveMoved() {
			moved = "maybe"
		}
		fmt.Fprintf(&table, "| `%s` | %d | %s | %s |\n", row.Code, row.Status, moved, row.Title)
	}
	want := before + codesBegin + table.String() + codesEnd + after
	if want == string(page) {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatal("docs/api.md is not what the code says; run UPDATE=1 go test . -run TestAPIDocument")
	}
	if err := os.WriteFile("docs/api.md", []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

var link = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)

func TestDocumentsLinkToWhatIsThere(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	for _, page := range append(pages, "README.md", "CHANGELOG.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), match[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, match[1])
			}
		}
	}
}

func TestDocumentsNameEveryOutcomeAndState(t *testing.T) {
	t.Parallel()
	states, err := os.ReadFile("docs/states.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, o := range svcgate.Outcomes() {
		want = append(want, string(o))
	}
	for _, c := range svcgate.Classes() {
		want = append(want, string(c))
	}
	for _, w := range want {
		if !strings.Contains(string(states), "`"+w+"`") {
			t.Errorf("docs/states.md does not explain %s", w)
		}
	}
}
