package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/fixtures"
	"github.com/svcgate/svcgate/fixtures/importers"
)

func fixturesImportCommand(s *shell) *cobra.Command {
	into, key, dry, asJSON := "", "", false, false
	c := &cobra.Command{
		Use:   "import FILE...",
		Short: "Make cases of a SoapUI project, a Postman collection or a HAR file",
		Long: "Finds the exchanges in the files that are messages of this vocabulary and writes a case of the wire for each, with\n" +
			"card numbers as aliases and without PINs. Tells what was left out and why. What is in the folder already is left out,\n" +
			"so importing a file again adds what is new.\n\n" +
			"A HAR file and a Postman collection (version 2.0 or 2.1, with saved examples) pair messages and answers. A SoapUI\n" +
			"project does not: an answer of its mock services is taken for a message when it is the default for the message's\n" +
			"kind, or the only one.\nEnds with 1 when no file holds an exchange.",
		Example: "  svcgate fixtures import orce-soapui-project.xml --into captures\n  svcgate fixtures import session.har --into captures --dry-run",
		Args:    arguments(1, 100, "the files to import"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := needFlag(c, "into", into); err != nil {
				return err
			}
			redactor, err := s.redactor(key, into)
			if err != nil {
				return err
			}
			report := importReport{Written: []string{}, Left: []leftOut{}}
			for _, file := range args {
				if err := report.take(s, file, into, redactor, dry); err != nil {
					return err
				}
			}
			if !asJSON {
				err = s.tellImported(report, dry)
			} else {
				err = s.json(report)
			}
			if err == nil && report.found == 0 {
				return silent(exitFailed)
			}
			return err
		},
	}
	c.Flags().StringVar(&into, "into", "", "`FOLDER` of cases to write to; made when it is not there")
	keyFlag(c, &key)
	c.Flags().BoolVar(&dry, "dry-run", false, "write nothing and tell what would be")
	jsonFlag(c, &asJSON)
	return c
}

// importReport says what came of an import.
type importReport struct {
	Written []string  `json:"written"`
	Left    []leftOut `json:"left_out"`
	found   int       // exchanges, new or not
}

type leftOut struct {
	File string `json:"file"`
	importers.Left
}

// take imports one file.
func (r *importReport) take(s *shell, file, into string, redactor *fixtures.Redactor, dry bool) error {
	text, err := readInput(s, file, importers.MaxFile)
	if err != nil {
		return err
	}
	found, err := importers.Read(text)
	if err != nil {
		return fail(exitFailed, "%s: %w", file, err)
	}
	taken, err := fixtures.Load(os.DirFS(into))
	if err != nil && !errors.Is(err, fixtures.ErrNoCases) && !errors.Is(err, fs.ErrNotExist) {
		return fail(exitFailed, "%w", err)
	}
	r.found += len(found.Exchanges)
	cases, left := importers.Config{Redactor: redactor, Now: time.Now(), Taken: taken}.Cases(found)
	for _, l := range left {
		r.Left = append(r.Left, leftOut{file, l})
	}
	for _, c := range cases {
		if !dry {
			if err := os.MkdirAll(into, 0o700); err != nil {
				return fail(exitUsage, "%w", err)
			}
			if err := c.Write(into); err != nil {
				return fail(exitFailed, "%w", err)
			}
		}
		r.Written = append(r.Written, c.Name)
	}
	return nil
}

func (s *shell) tellImported(r importReport, dry bool) error {
	for _, name := range r.Written {
		if _, err := s.out.Write([]byte(name + "\n")); err != nil {
			return err
		}
	}
	done := "written"
	if dry {
		done = "to be written"
	}
	s.tell("%d cases %s, %d left out", len(r.Written), done, len(r.Left))
	for _, l := range r.Left {
		s.tell("  %s: %s: %s", l.File, oneLine(l.Where), oneLine(l.Reason))
	}
	return nil
}

func fixturesExportCommand(s *shell) *cobra.Command {
	into := ""
	c := &cobra.Command{
		Use:   "export [PATH...]",
		Short: "Write cases as WireMock stub mappings",
		Long: "Writes a mapping for each case below the paths, or of those built in, into the folder mappings of a WireMock root.\n" +
			"Messages are matched element by element by XPath, in their namespaces: the message's place and kind, card, order,\n" +
			"amount as a number, and the transaction that it refers to; nothing that changes with every run. Tells what was left\n" +
			"out and why.",
		Example: "  svcgate fixtures export --into wiremock\n  java -jar wiremock-standalone.jar --root-dir wiremock",
		RunE: func(c *cobra.Command, args []string) error {
			if err := needFlag(c, "into", into); err != nil {
				return err
			}
			cases, err := openCases(args)
			if err != nil {
				return fail(exitUsage, "%w", err)
			}
			return s.export(cases, into)
		},
	}
	c.Flags().StringVar(&into, "into", "", "WireMock's root `FOLDER`; made when it is not there")
	return c
}

func (s *shell) export(cases []*fixtures.Case, into string) error {
	mappings, left, err := importers.WireMock(cases)
	if err != nil {
		return err
	}
	folder := filepath.Join(into, "mappings")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fail(exitUsage, "%w", err)
	}
	for _, m := range mappings {
		if err := os.WriteFile(filepath.Join(folder, m.File), m.JSON, 0o600); err != nil {
			return fail(exitUsage, "%w", err)
		}
	}
	s.tell("%d mappings in %s, %d cases left out", len(mappings), folder, len(left))
	for _, l := range left {
		s.tell("  %s: %s", l.Where, l.Reason)
	}
	if len(mappings) == 0 {
		return silent(exitFailed)
	}
	return nil
}
