package main

import (
	"bytes"
	"fmt"
	"go/format"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/fixtures"
)

func fixturesGenTestCommand(s *shell) *cobra.Command {
	pkg, out := "fixtures_test", ""
	c := &cobra.Command{
		Use:   "gen-test CASE",
		Short: "Write a Go test from a case",
		Long: "Writes a Go test that holds the case, with those that it has to run after, and runs it. As it is written it checks\n" +
			"the codec; put your own fixtures.Target in its place to check your code. The test needs this module and nothing else.",
		Example: "  svcgate fixtures gen-test deposit/approved --package checkout_test > deposit_approved_test.go",
		Args:    arguments(1, 1, "a case"),
		RunE: func(_ *cobra.Command, args []string) error {
			if !token.IsIdentifier(pkg) {
				return fail(exitUsage, "--package: %q is no name of a package", pkg)
			}
			c, corpus, err := findCase(args[0])
			if err != nil {
				return err
			}
			text, err := genTest(c, corpus, pkg)
			if err != nil {
				return err
			}
			if out == "" {
				_, err = s.out.Write(text)
				return err
			}
			if err := writeNew(out, text); err != nil {
				return fail(exitConflict, "%w", err)
			}
			return nil
		},
	}
	c.Flags().StringVar(&pkg, "package", pkg, "name of the test's package")
	c.Flags().StringVar(&out, "output", "", "write to this `FILE`, which must be new (default: standard output)")
	return c
}

var testTemplate = template.Must(template.New("test").Parse(`// Written by "svcgate fixtures gen-test {{.Name}}". Change it as you like.

package {{.Package}}

import (
	"testing"
	"testing/fstest"

	"github.com/svcgate/svcgate/fixtures"
)

// Test{{.Function}} shows: {{.Title}}.
func Test{{.Function}}(t *testing.T) {
	t.Parallel()
	corpus := fstest.MapFS{
		{{- range .Files}}
		{{.Path}}: {Data: []byte({{.Text}})},
		{{- end}}
	}
	cases, err := fixtures.Load(corpus)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.Name == {{.Quoted}} {
			var target fixtures.Target = fixtures.CodecTarget{} // your own goes here
			fixtures.ReplayIn(t, []*fixtures.Case{c}, target)
			return
		}
	}
	t.Fatal("the case is missing")
}
`))

type testFile struct{ Path, Text string }

// genTest writes the test. Every file of the case, of those before it and of their corpus's own stands in it.
func genTest(c *fixtures.Case, corpus fs.FS, pkg string) ([]byte, error) {
	var files []testFile
	add := func(name string) error {
		text, err := fs.ReadFile(corpus, name)
		if err != nil {
			return fmt.Errorf("reading the case: %w", err)
		}
		files = append(files, testFile{strconv.Quote(name), goText(string(text))})
		return nil
	}
	rules := []string{fixtures.CardsFile, fixtures.RulesFile}
	for _, step := range c.Steps() {
		if name := step.Operation + "/" + fixtures.RulesFile; !slices.Contains(rules, name) {
			rules = append(rules, name)
		}
	}
	for _, name := range rules {
		if _, err := fs.Stat(corpus, name); err == nil {
			if err := add(name); err != nil {
				return nil, err
			}
		}
	}
	for _, step := range c.Steps() {
		entries, err := fs.ReadDir(corpus, step.Name)
		if err != nil {
			return nil, fmt.Errorf("reading the case: %w", err)
		}
		for _, e := range entries {
			if err := add(path.Join(step.Name, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	var b bytes.Buffer
	err := testTemplate.Execute(&b, map[string]any{
		"Name": c.Name, "Quoted": strconv.Quote(c.Name), "Package": pkg, "Function": goName(c.Name), "Title": strings.TrimRight(c.Title, "."), "Files": files,
	})
	if err != nil {
		return nil, err
	}
	return format.Source(b.Bytes())
}

// goText writes a text as a Go literal, a raw one where that can be.
func goText(text string) string {
	if strings.Contains(text, "`") || strings.Contains(text, "\r") || !strconv.CanBackquote(strings.ReplaceAll(text, "\n", " ")) {
		return strconv.Quote(text)
	}
	return "`" + text + "`"
}

// goName makes an exported name of a case's: authorize/one-cent becomes AuthorizeOneCent.
func goName(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '-' }) {
		b.WriteString(string(unicode.ToUpper(rune(word[0]))) + word[1:])
	}
	return b.String()
}
