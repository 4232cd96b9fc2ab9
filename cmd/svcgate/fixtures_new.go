package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/fixtures"
)

func fixturesNewCommand(s *shell) *cobra.Command {
	into, from, title := "", "", ""
	c := &cobra.Command{
		Use:   "new OPERATION/NAME",
		Short: "Begin a case as a copy of another",
		Long: "Writes a new case that says what another one says, to be changed by hand: by default the approved case of the\n" +
			"operation that is built in. The cases that it has to run after are copied too where they are missing, and so are\n" +
			"testcards.txt and rules.txt. The case is invented until its case.txt says otherwise.",
		Example: "  svcgate fixtures new void/held-for-two-orders --title 'A hold for two orders is freed' --into mycases\n" +
			"  svcgate fixtures new deposit/lost --from deposit/unknown-lost --title 'Nothing came back' --into mycases",
		Args: arguments(1, 1, "a name such as void/held-for-two-orders"),
		RunE: func(c *cobra.Command, args []string) error {
			for _, flag := range [][2]string{{"into", into}, {"title", title}} {
				if err := needFlag(c, flag[0], flag[1]); err != nil {
					return err
				}
			}
			return s.newCase(args[0], into, from, title)
		},
	}
	c.Flags().StringVar(&into, "into", "", "`FOLDER` of cases to write to; made when it is not there")
	c.Flags().StringVar(&from, "from", "", "copy this `CASE`: a folder, or the name of one that is built in (default: the operation's approved)")
	c.Flags().StringVar(&title, "title", "", "what the case shows, in one line")
	return c
}

func (s *shell) newCase(name, into, from, title string) error {
	operation, _, _ := strings.Cut(name, "/")
	if !slices.Contains(fixtures.Operations(), operation) {
		return fail(exitUsage, "%s is not named after an operation: %s", name, strings.Join(fixtures.Operations(), ", "))
	}
	if from == "" {
		from = operation + "/approved"
	}
	model, corpus, err := findCase(from)
	if err != nil {
		return err
	}
	if model.Operation != operation {
		return fail(exitUsage, "%s is a case of %s, not of %s", from, model.Operation, operation)
	}
	if err := seedCorpus(into, corpus, model); err != nil {
		return err
	}
	made := *model
	made.Name, made.Title, made.Source = name, title, fixtures.Invented
	if err := made.Write(into); err != nil {
		if errors.Is(err, fixtures.ErrCaseExists) {
			return fail(exitConflict, "%w", err)
		}
		return fail(exitUsage, "%w", err)
	}
	if _, err := fixtures.Open(filepath.Join(into, filepath.FromSlash(name))); err != nil {
		return fail(exitFailed, "written, but wrong: %w", err)
	}
	s.tell("%s written, a copy of %s; change its files and run svcgate replay %s", filepath.Join(into, name), from, filepath.Join(into, name))
	return nil
}

// seedCorpus brings what a copy of the model needs from its corpus: the list of test cards, the rules, and the cases
// before it. What is there stays.
func seedCorpus(into string, corpus fs.FS, model *fixtures.Case) error {
	if err := os.MkdirAll(into, 0o700); err != nil {
		return fail(exitUsage, "%w", err)
	}
	for _, name := range []string{fixtures.CardsFile, fixtures.RulesFile} {
		text, err := fs.ReadFile(corpus, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = writeNew(filepath.Join(into, name), text)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return fail(exitUsage, "%w", err)
		}
	}
	for _, earlier := range model.Steps() {
		if earlier == model {
			continue
		}
		if err := earlier.Write(into); err != nil && !errors.Is(err, fixtures.ErrCaseExists) {
			return fail(exitUsage, "%w", err)
		}
	}
	return nil
}

// writeNew writes a file that must not be there.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
