package main

import (
	"slices"
	"strings"
	"testing"
)

func reasons(with map[int]string) []string {
	all := make([]string, len(verbs))
	for i, reason := range with {
		all[i] = reason
	}
	return all
}

func example() *matrix {
	return &matrix{title: "Title", about: "About.", rows: []row{
		{"one", "documented", reasons(map[int]string{0: "late", 3: "odd"})},
		{"one", "strict_soap", reasons(nil)},
		{"two", "documented", reasons(map[int]string{7: "odd"})},
		{"three", "documented", reasons(nil)},
	}}
}

func TestMatrixCounts(t *testing.T) {
	t.Parallel()
	m := example()
	if m.stacks() != 3 || m.working() != 2 || m.cells() != 32 || m.right() != 29 {
		t.Errorf("%d stacks, %d working, %d cells, %d right; want 3, 2, 32, 29", m.stacks(), m.working(), m.cells(), m.right())
	}
	if got := m.reasons(); !slices.Equal(got, []string{"late", "odd"}) {
		t.Errorf("reasons %q", got)
	}
	if empty := new(matrix); empty.stacks()+empty.working()+empty.cells()+empty.right()+len(empty.reasons()) != 0 {
		t.Error("an empty matrix counts something")
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	const want = `### Title

About.

| stack | form | generate | activate | recharge | inquire | authorize | deposit | return | void |
|---|---|---|---|---|---|---|---|---|---|
| one | documented | no 1 | yes | yes | no 2 | yes | yes | yes | yes |
| one | strict\_soap | yes | yes | yes | yes | yes | yes | yes | yes |
| two | documented | yes | yes | yes | yes | yes | yes | yes | no 2 |
| three | documented | yes | yes | yes | yes | yes | yes | yes | yes |

1. late
2. odd
`
	if got := example().markdown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMarkdownOfStrangersWords(t *testing.T) {
	t.Parallel()
	m := &matrix{rows: []row{{"a|b", "x", reasons(map[int]string{0: "<b>*[x](y)|`z`_"})}}}
	got := m.markdown()
	for _, want := range []string{`| a\|b | x |`, `1. &lt;b>\*\[x\](y)\|'z'\_`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

func TestTerminalShowsEveryCell(t *testing.T) {
	t.Parallel()
	lines := strings.Split(example().terminal(), "\n")
	if len(lines) != 1+1+4+2+1 {
		t.Fatalf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	if got := strings.Fields(lines[2]); !slices.Equal(got, strings.Fields("one documented no 1 yes yes no 2 yes yes yes yes")) {
		t.Errorf("row %q", lines[2])
	}
	if at := strings.Index(lines[1], "form"); strings.Index(lines[2], "documented") != at || strings.Index(lines[3], "strict_soap") != at {
		t.Error("the columns are not under each other")
	}
	if lines[6] != " 1  late" || lines[7] != " 2  odd" {
		t.Errorf("reasons %q", lines[6:8])
	}
}
