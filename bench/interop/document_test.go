package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeep(t *testing.T) {
	t.Parallel()
	const around = "# Before\n" + tablesBegin + "same\nold\n" + tablesEnd + "after\n"
	for name, test := range map[string]struct {
		page, text string
		write      bool
		want, err  string
	}{
		"the same":                  {around, "same\nold\n", false, around, ""},
		"the same, to write":        {around, "same\nold\n", true, around, ""},
		"another":                   {around, "same\nnew\n", false, around, "- old\n+ new"},
		"another, to write":         {around, "same\nnew\n", true, strings.Replace(around, "old", "new", 1), ""},
		"no marks":                  {"# Before\n", "x\n", true, "# Before\n", "lost the marks"},
		"no end":                    {"# Before\n" + tablesBegin, "x\n", true, "# Before\n" + tablesBegin, "lost the marks"},
		"marks the wrong way round": {tablesEnd + tablesBegin, "x\n", true, tablesEnd + tablesBegin, "lost the marks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := filepath.Join(t.TempDir(), "page.md")
			if err := os.WriteFile(page, []byte(test.page), 0o600); err != nil {
				t.Fatal(err)
			}
			err := keep(page, test.text, test.write)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if err != nil && strings.Contains(err.Error(), "same\n") {
				t.Errorf("the error shows what did not change: %v", err)
			}
			if got, err := os.ReadFile(page); err != nil || string(got) != test.want {
				t.Errorf("the page is %q (%v), want %q", got, err, test.want)
			}
		})
	}
}

func TestKeepWithoutADocument(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "page.md")
	if err := keep(page, "x\n", true); err == nil {
		t.Error("a document was made up")
	}
	if _, err := os.Stat(page); err == nil {
		t.Error("a document was written")
	}
}
