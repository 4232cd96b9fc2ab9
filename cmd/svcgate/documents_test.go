package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var (
	commandLine = regexp.MustCompile("(?m)(?:^\\s*|`|/|&& |; |\\| )svcgate ([a-z][^`#;|>&)\n]*)")
	longFlag    = regexp.MustCompile(`(?:^|[\s(\[])--([a-z][a-z0-9-]*)`)
)

// TestDocumentsNameCommandsThatExist reads each svcgate command in the documents and in the examples of --help as the
// program would read it: that there is one of this name, and that it has these flags.
func TestDocumentsNameCommandsThatExist(t *testing.T) {
	t.Parallel()
	root := newRoot(newShell(strings.NewReader(""), io.Discard, io.Discard, nil))
	texts := map[string]string{}
	for _, pattern := range []string{"README.md", "docs/*.md", "fixtures/README.md", "CHANGELOG.md"} {
		names, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts[name] = string(text)
		}
	}
	eachCommand(root, func(c *cobra.Command) { texts[c.CommandPath()+" --help"] = c.Example })
	seen := 0
	for name, text := range texts {
		if !strings.HasSuffix(name, "--help") {
			text = codeOf(text)
		}
		for _, m := range commandLine.FindAllStringSubmatch(text, -1) {
			seen++
			if told := unknownIn(root, strings.Fields(m[1])); told != "" {
				t.Errorf("%s: svcgate %s: %s", name, strings.TrimSpace(m[1]), told)
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d commands were found", seen)
	}
	if unknownIn(root, strings.Fields("desk settle txn_x --transaction-id 1")) == "" || unknownIn(root, []string{"desks"}) == "" {
		t.Error("a flag or a command that does not exist is not noticed")
	}
}

// codeOf leaves of a document what is written as code.
func codeOf(text string) string {
	var code strings.Builder
	for i, part := range strings.Split(strings.ReplaceAll(text, "```", "`"), "`") {
		if i%2 == 1 {
			code.WriteString("`" + part + "`\n")
		}
	}
	return code.String()
}

func eachCommand(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, sub := range c.Commands() {
		eachCommand(sub, do)
	}
}

// unknownIn says what of a command line the program does not know; "" for nothing.
func unknownIn(root *cobra.Command, words []string) string {
	c, rest, err := root.Find(words)
	if err != nil || c == root {
		return "there is no such command"
	}
	if c.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") && regexp.MustCompile(`^[a-z-]+$`).MatchString(rest[0]) {
		return c.CommandPath() + " has no " + rest[0]
	}
	for _, m := range longFlag.FindAllStringSubmatch(strings.Join(words, " "), -1) {
		if m[1] != "help" && c.Flags().Lookup(m[1]) == nil && c.InheritedFlags().Lookup(m[1]) == nil {
			return c.CommandPath() + " has no --" + m[1]
		}
	}
	return ""
}
