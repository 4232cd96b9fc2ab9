package main

import (
	"fmt"
	"os"
	"strings"
)

// The marks around what the program writes.
const (
	tablesBegin = "<!-- interop: begin -->\n"
	tablesEnd   = "<!-- interop: end -->\n"
)

// keep compares the document with what was found, or writes it.
func keep(page, text string, write bool) error {
	kept, err := os.ReadFile(page)
	if err != nil {
		return fmt.Errorf("reading the document: %w", err)
	}
	before, rest, begins := strings.Cut(string(kept), tablesBegin)
	old, after, ends := strings.Cut(rest, tablesEnd)
	switch {
	case !begins || !ends:
		return fmt.Errorf("%s has lost the marks around its tables", page)
	case old == text:
		return nil
	case !write:
		return fmt.Errorf("%s says something else; --write changes it:\n%s", page, difference(old, text))
	}
	if err := os.WriteFile(page, []byte(before+tablesBegin+text+tablesEnd+after), 0o644); err != nil {
		return fmt.Errorf("writing the document: %w", err)
	}
	return nil
}

// difference lists the lines that only one of the texts has.
func difference(old, fresh string) string {
	var b strings.Builder
	one := func(sign, from, other string) {
		have := map[string]bool{}
		for line := range strings.SplitSeq(other, "\n") {
			have[line] = true
		}
		for line := range strings.SplitSeq(from, "\n") {
			if !have[line] {
				b.WriteString(sign + line + "\n")
			}
		}
	}
	one("- ", old, fresh)
	one("+ ", fresh, old)
	return strings.TrimRight(b.String(), "\n")
}
