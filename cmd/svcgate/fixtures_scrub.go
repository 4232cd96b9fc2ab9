package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/fixtures"
)

func fixturesScrubCommand(s *shell) *cobra.Command {
	key, dry, asJSON := "", false, false
	c := &cobra.Command{
		Use:   "scrub DIR",
		Short: "Take card numbers and PINs out of a folder of files",
		Long: "Rewrites every text file below the folder: card and serial numbers become aliases, PINs and passwords vanish, in\n" +
			"elements, attributes, CDATA, escaped XML, JSON and free text. What testcards.txt lists stays. A file is replaced at\n" +
			"once or not at all. It cannot reach what a version control or a backup has kept.\n" +
			"Ends with 1 when a file could not be cleaned.",
		Example: "  svcgate fixtures scrub captures --dry-run\n  svcgate fixtures scrub captures",
		Args:    arguments(1, 1, "the folder to clean"),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := s.redactor(key, fixtures.CorpusOf(args[0]))
			if err != nil {
				return err
			}
			report, err := fixtures.Scrub(args[0], r, dry)
			if err != nil {
				return fail(exitUsage, "%w", err)
			}
			return s.tellScrubbed(report, dry, asJSON)
		},
	}
	keyFlag(c, &key)
	c.Flags().BoolVar(&dry, "dry-run", false, "change nothing and tell what would be")
	jsonFlag(c, &asJSON)
	return c
}

func (s *shell) tellScrubbed(report fixtures.ScrubReport, dry, asJSON bool) error {
	if asJSON {
		if err := s.json(report); err != nil {
			return err
		}
	} else if len(report.Changed) > 0 {
		t := &table{head: []string{"FILE", "NUMBERS", "SECRETS"}, right: map[int]bool{1: true, 2: true}}
		for _, f := range report.Changed {
			t.add(cells(f.Path, fmt.Sprint(f.Numbers), fmt.Sprint(f.Secrets))...)
		}
		s.table(s.out, t)
	}
	done := "cleaned"
	if dry {
		done = "to be cleaned"
	}
	s.tell("%d files read, %d %s, %d cannot be", report.Read, len(report.Changed), done, len(report.Problems))
	for _, problem := range report.Problems {
		s.tell("  %s", oneLine(problem))
	}
	if len(report.Problems) > 0 {
		return silent(exitFailed)
	}
	return nil
}
