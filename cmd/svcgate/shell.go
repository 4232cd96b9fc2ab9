package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/term"
)

// shell is what a command has to do with: its streams and its environment.
type shell struct {
	in     io.Reader
	out    io.Writer // data
	err    io.Writer // for people
	env    []string
	colour bool // of err and of tables on out; never of JSON
}

func newShell(in io.Reader, out, err io.Writer, env []string) *shell {
	s := &shell{in: in, out: out, err: err, env: env}
	s.colour = isTerminal(out) && isTerminal(err) && s.getenv("NO_COLOR") == "" && s.getenv("TERM") != "dumb"
	return s
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}

// getenv returns the first value of a name, as the system would.
func (s *shell) getenv(name string) string {
	for _, entry := range s.env {
		if text, found := strings.CutPrefix(entry, name+"="); found {
			return text
		}
	}
	return ""
}

// tell writes a line for people.
func (s *shell) tell(format string, args ...any) {
	fmt.Fprintf(s.err, format+"\n", args...)
}

// json writes v as indented JSON to standard output.
func (s *shell) json(v any) error {
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// tone is how a word is coloured, on a terminal.
type tone int

const (
	plain tone = iota
	good
	bad
	odd
	faint
	strong
)

var tones = map[tone]lipgloss.Style{
	plain:  lipgloss.NewStyle(),
	good:   lipgloss.NewStyle().Foreground(lipgloss.Green),
	bad:    lipgloss.NewStyle().Foreground(lipgloss.Red),
	odd:    lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	faint:  lipgloss.NewStyle().Faint(true),
	strong: lipgloss.NewStyle().Bold(true),
}

func (s *shell) paint(t tone, text string) string {
	if !s.colour || t == plain || text == "" {
		return text
	}
	return tones[t].Render(text)
}

const maxLine = 4096

// readLine reads the first line of r without its end. It is for card numbers and tokens: errors never hold it.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, maxLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// ask reads a line from a terminal without showing it, else the first line of standard input.
func (s *shell) ask(ctx context.Context, prompt string) (string, error) {
	f, ok := s.in.(*os.File)
	if !ok || !term.IsTerminal(f.Fd()) {
		return readLine(s.in)
	}
	fmt.Fprint(s.err, prompt)
	type answer struct {
		text []byte
		err  error
	}
	before, err := term.GetState(f.Fd())
	if err != nil {
		return "", fmt.Errorf("asking the terminal: %w", err)
	}
	given := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(f.Fd())
		given <- answer{text, err}
	}()
	select {
	case a := <-given:
		fmt.Fprintln(s.err)
		return strings.TrimSpace(string(a.text)), a.err
	case <-ctx.Done():
		fmt.Fprintln(s.err)
		return "", errors.Join(ctx.Err(), term.Restore(f.Fd(), before))
	}
}
