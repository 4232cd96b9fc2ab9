package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func testShell(env ...string) (*shell, *bytes.Buffer, *bytes.Buffer) {
	var out, err bytes.Buffer
	return newShell(strings.NewReader(""), &out, &err, env), &out, &err
}

func TestColourOnlyOnATerminal(t *testing.T) {
	t.Parallel()
	s, _, _ := testShell("TERM=xterm-256color", "CLICOLOR_FORCE=1")
	if s.colour || s.paint(bad, "x") != "x" {
		t.Error("a buffer is coloured")
	}
	s.colour = true
	if painted := s.paint(bad, "x"); !strings.Contains(painted, "\x1b[") {
		t.Errorf("a terminal is not coloured: %q", painted)
	}
	if s.paint(bad, "") != "" || s.paint(plain, "x") != "x" {
		t.Error("what needs no colour is coloured")
	}
}

func TestTableKeepsTheTerminalSafe(t *testing.T) {
	t.Parallel()
	s, out, _ := testShell()
	tab := &table{head: []string{"A", "B", "C"}, right: map[int]bool{1: true}}
	tab.add(cells("one", "1", "x\x1b[31mred\nline")...)
	tab.add(cells("zwölf", "12", "")...)
	s.table(out, tab)
	want := "A       B  C\none     1  x[31mred line\nzwölf  12  -\n"
	if out.String() != want {
		t.Errorf("got:\n%q\nwant:\n%q", out.String(), want)
	}
}

func TestErrorsAreOneLine(t *testing.T) {
	t.Parallel()
	s, out, errs := testShell()
	status := run(context.Background(), s, []string{"describe", "no\nsuch\x1b[31m file"})
	if status != exitUsage || strings.Count(errs.String(), "\n") != 1 || strings.Contains(errs.String(), "\x1b") || out.Len() > 0 {
		t.Errorf("status %d, errors %q, output %q", status, errs, out)
	}
	if long := oneLine(strings.Repeat("x", 5000)); len(long) > 2010 {
		t.Errorf("a line of %d bytes", len(long))
	}
}

func TestGetenvTakesTheFirst(t *testing.T) {
	t.Parallel()
	s, _, _ := testShell("A=1", "A=2", "AB=3", "EMPTY=")
	if s.getenv("A") != "1" || s.getenv("AB") != "3" || s.getenv("EMPTY") != "" || s.getenv("NONE") != "" {
		t.Error("wrong values")
	}
}
