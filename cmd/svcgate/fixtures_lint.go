package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/fixtures"
	"github.com/svcgate/svcgate/messages"
)

func fixturesLintCommand(s *shell) *cobra.Command {
	asJSON, complete := false, false
	c := &cobra.Command{
		Use:   "lint [PATH]",
		Short: "Check a corpus of cases and tell what it does not show",
		Long: "Reads every case below the path, or those built in, and tells all that is wrong with them: files, keys, unmasked\n" +
			"numbers, messages that cannot be read. Then counts, for each of the eight messages, the cases that show an approval,\n" +
			"a partial one, a decline, an undefined outcome, a fault, an answer in an envelope, a bare message, prefixes, other\n" +
			"spellings of times and amounts at their edges. Ends with 1 when a case is wrong, and with --complete when one of\n" +
			"these is missing.",
		Example: "  svcgate fixtures lint\n  svcgate fixtures lint fixtures --complete",
		Args:    arguments(0, 1, "one folder"),
		RunE: func(c *cobra.Command, args []string) error {
			cases, err := openCases(args)
			if err != nil {
				return fail(exitFailed, "%w", err)
			}
			report := fixtures.Replay(c.Context(), cases, fixtures.CodecTarget{}, nil)
			gaps := fixtures.Cover(cases)
			if asJSON {
				err = s.json(newLintView(cases, report, gaps))
			} else {
				s.lint(cases, report, gaps)
			}
			if err == nil && (!report.OK() || complete && len(gaps.Gaps()) > 0) {
				err = silent(exitFailed)
			}
			return err
		},
	}
	c.Flags().BoolVar(&complete, "complete", false, "end with 1 when a message lacks one of the cases that are counted")
	jsonFlag(c, &asJSON)
	return c
}

// lintView is the outcome as JSON.
type lintView struct {
	Cases    int                       `json:"cases"`
	Sources  map[string]int            `json:"sources"`
	Coverage map[string]map[string]int `json:"coverage"`
	Missing  []string                  `json:"missing"`
	Problems []string                  `json:"problems"`
}

func newLintView(cases []*fixtures.Case, report fixtures.Report, coverage fixtures.Coverage) lintView {
	v := lintView{Cases: len(cases), Sources: sourcesOf(cases), Coverage: map[string]map[string]int{}, Missing: []string{}, Problems: lintProblems(report)}
	for kind, traits := range coverage {
		v.Coverage[kind.String()] = map[string]int{}
		for trait, n := range traits {
			v.Coverage[kind.String()][string(trait)] = n
		}
	}
	for _, gap := range coverage.Gaps() {
		v.Missing = append(v.Missing, gap.Kind.String()+" "+string(gap.Trait))
	}
	return v
}

func sourcesOf(cases []*fixtures.Case) map[string]int {
	count := map[string]int{}
	for _, c := range cases {
		count[string(c.Source)]++
	}
	return count
}

// lintProblems are the cases whose messages the codec does not read and write again as they are.
func lintProblems(report fixtures.Report) []string {
	list := []string{}
	for _, step := range report.Steps {
		if step.Verdict != fixtures.StepFailed || step.SetupFor != "" {
			continue
		}
		if step.Reason != "" {
			list = append(list, step.Case+": "+step.Reason)
		}
		for _, d := range step.Differences {
			list = append(list, step.Case+": "+d.String())
		}
	}
	return list
}

func (s *shell) lint(cases []*fixtures.Case, report fixtures.Report, coverage fixtures.Coverage) {
	t := &table{head: []string{"MESSAGE"}, right: map[int]bool{}}
	for i, trait := range fixtures.Traits() {
		t.head, t.right[i+1] = append(t.head, string(trait)), true
	}
	for _, kind := range messages.Kinds() {
		row := []cell{{text: kind.String()}}
		for _, trait := range fixtures.Traits() {
			switch n := coverage[kind][trait]; {
			case n > 0:
				row = append(row, cell{text: strconv.Itoa(n)})
			case trait.Applies(kind):
				row = append(row, cell{"none", bad})
			default:
				row = append(row, cell{})
			}
		}
		t.add(row...)
	}
	s.table(s.out, t)
	sources := sourcesOf(cases)
	text := ""
	for _, source := range []fixtures.Source{fixtures.Documented, fixtures.Captured, fixtures.Invented} {
		text += fmt.Sprintf(", %d %s", sources[string(source)], source)
	}
	problems := lintProblems(report)
	s.tell("%d cases%s; %d gaps, %d problems", len(cases), text, len(coverage.Gaps()), len(problems))
	for _, problem := range slices.Compact(problems) {
		s.tell("  %s", oneLine(problem))
	}
}
