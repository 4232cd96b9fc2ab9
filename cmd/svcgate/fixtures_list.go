package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/fixtures"
	"github.com/svcgate/svcgate/messages"
)

func fixturesListCommand(s *shell) *cobra.Command {
	asJSON := false
	var only []string
	c := &cobra.Command{
		Use:     "list [PATH...]",
		Short:   "List cases",
		Long:    "Lists the cases below the paths, or those that are built in.",
		Example: "  svcgate fixtures list\n  svcgate fixtures list captures --only 'deposit/*' --json",
		RunE: func(_ *cobra.Command, args []string) error {
			cases, err := openCases(args)
			if err == nil {
				cases, err = chooseCases(cases, only)
			}
			if err != nil {
				return fail(exitUsage, "%w", err)
			}
			if asJSON {
				list := []caseView{}
				for _, c := range cases {
					list = append(list, newCaseView(c))
				}
				return s.json(list)
			}
			t := &table{head: []string{"CASE", "SOURCE", "EXPECTED", "TRANSPORT", "TITLE"}}
			for _, c := range cases {
				t.add(cells(c.Name, string(c.Source), string(c.Verdict), string(c.Transport), c.Title)...)
			}
			s.table(s.out, t)
			return nil
		},
	}
	c.Flags().StringArrayVar(&only, "only", nil, "list only cases of this `NAME`: a part of it, or a pattern such as 'deposit/*'; may be repeated")
	jsonFlag(c, &asJSON)
	return c
}

// caseView is a case as JSON.
type caseView struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	Operation string   `json:"operation"`
	Source    string   `json:"source"`
	At        string   `json:"at"`
	Expected  string   `json:"expected"`
	Transport string   `json:"transport"`
	Form      string   `json:"form"`
	Setup     []string `json:"setup"`
	Wire      bool     `json:"wire"`
	Request   string   `json:"request,omitempty"`
	Outgoing  string   `json:"outgoing,omitempty"`
	Incoming  string   `json:"incoming,omitempty"`
	Reply     string   `json:"reply,omitempty"`
}

func newCaseView(c *fixtures.Case) caseView {
	v := caseView{Name: c.Name, Title: c.Title, Operation: c.Operation, Source: string(c.Source), At: c.At.Format(time.RFC3339),
		Expected: string(c.Verdict), Transport: string(c.Transport), Form: string(c.Settings.Form), Setup: []string{}, Wire: c.Wire()}
	for _, earlier := range c.Setup {
		v.Setup = append(v.Setup, earlier.Name)
	}
	return v
}

func fixturesShowCommand(s *shell) *cobra.Command {
	asJSON, raw := false, false
	c := &cobra.Command{
		Use:   "show CASE",
		Short: "Show a case: its settings, its messages field by field, what the order management system is told",
		Long: "Shows one case: a folder, or the name of one that is built in. Messages are explained field by field with card\n" +
			"numbers masked; --raw prints them as they stand in the files.",
		Example: "  svcgate fixtures show authorize/partial\n  svcgate fixtures show captures/void/recorded-0001 --raw",
		Args:    arguments(1, 1, "a case"),
		RunE: func(_ *cobra.Command, args []string) error {
			c, _, err := findCase(args[0])
			if err != nil {
				return err
			}
			if asJSON {
				v := newCaseView(c)
				v.Request, v.Outgoing, v.Incoming, v.Reply = string(c.Request), string(c.Outgoing), string(c.Incoming), string(c.Reply)
				return s.json(v)
			}
			s.showCase(c, raw)
			return nil
		},
	}
	c.Flags().BoolVar(&raw, "raw", false, "print the messages as they are written")
	jsonFlag(c, &asJSON)
	return c
}

// findCase finds a case by the path of its folder, or by its name among those built in, with the corpus it is from.
func findCase(name string) (*fixtures.Case, fs.FS, error) {
	if _, err := os.Stat(filepath.Join(name, fixtures.CaseFile)); err == nil {
		cases, err := fixtures.Open(name)
		if err != nil {
			return nil, nil, fail(exitUsage, "%w", err)
		}
		return cases[0], os.DirFS(fixtures.CorpusOf(name)), nil
	}
	cases, err := fixtures.Load(fixtures.Corpus)
	if err != nil {
		return nil, nil, err
	}
	if i := slices.IndexFunc(cases, func(c *fixtures.Case) bool { return c.Name == filepath.ToSlash(name) }); i >= 0 {
		return cases[i], fixtures.Corpus, nil
	}
	names := make([]string, len(cases))
	for i, c := range cases {
		names[i] = c.Name
	}
	hint := "svcgate fixtures list shows what is built in"
	if near := config.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return nil, nil, fail(exitUsage, "%s is neither the folder of a case nor the name of one that is built in; %s", name, hint)
}

// showCase prints a case for people.
func (s *shell) showCase(c *fixtures.Case, raw bool) {
	fmt.Fprintf(s.out, "%s  %s\n", s.paint(strong, c.Name), c.Title)
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(s.out, "  %-10s %s\n", key, value)
		}
	}
	line("source", string(c.Source))
	line("at", c.At.Format(time.RFC3339))
	line("expected", string(c.Verdict))
	line("transport", string(c.Transport))
	line("form", string(c.Settings.Form))
	line("setup", strings.Join(newCaseView(c).Setup, ", "))
	if c.Reading == fixtures.AsUnreadable {
		line("refused", c.Syntax)
	}
	for _, file := range []struct {
		name string
		text []byte
	}{
		{fixtures.RequestFile, c.Request}, {fixtures.OutgoingFile, c.Outgoing}, {fixtures.IncomingFile, c.Incoming}, {fixtures.ReplyFile, c.Reply},
	} {
		if file.text == nil {
			continue
		}
		fmt.Fprintf(s.out, "\n%s\n", s.paint(strong, file.name))
		d, err := messages.Describe(file.text)
		switch syntax, refused := errors.AsType[*messages.SyntaxError](err); {
		case raw, strings.HasSuffix(file.name, ".json"):
			fmt.Fprintln(s.out, strings.TrimSpace(string(file.text)))
		case refused:
			fmt.Fprintf(s.out, "%s\n%s\n", s.paint(odd, "not a message: "+syntax.Error()), strings.TrimSpace(string(messages.Mask(file.text))))
		case err != nil:
			fmt.Fprintln(s.out, strings.TrimSpace(string(messages.Mask(file.text))))
		default:
			s.describe(d)
		}
	}
}
