package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/fixtures"
)

// replayPlan is a command line of replay.
type replayPlan struct {
	paths    []string
	only     []string
	codec    bool
	watch    bool
	parallel int
	runner   fixtures.Runner
	reports  reportFlags
}

// maxParallel is how many workers replay runs at most: each has a database.
const maxParallel = 64

func replayCommand(s *shell) *cobra.Command {
	p := replayPlan{parallel: min(runtime.GOMAXPROCS(0), 8)}
	c := &cobra.Command{
		Use:   "replay [PATH...]",
		Short: "Run recorded exchanges and compare",
		Long: "Runs cases of exchanges (folders with case.txt, request.json, outgoing.xml, incoming.xml and reply.json) against a\n" +
			"gateway on a database of its own, with a provider that plays the case, and compares the message that goes out and\n" +
			"the answer that the order management system gets. Amounts are compared as numbers and times as instants; what may\n" +
			"differ beside that stands in rules.txt. Without a path it runs the cases that are built in.\n" +
			"Ends with 1 when something differs.",
		Example: "  svcgate replay\n  svcgate replay fixtures/authorize fixtures/void/approved --html report.html\n" +
			"  svcgate replay fixtures --only 'deposit/*' --watch\n  svcgate replay fixtures --junit junit.xml --tap - --fail-fast",
		RunE: func(c *cobra.Command, args []string) error {
			p.paths = args
			return s.replay(c.Context(), &p)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&p.codec, "codec", false, "check only that messages are read and written again as they are")
	flags.StringArrayVar(&p.only, "only", nil, "run only cases of this `NAME`: a part of it, or a pattern such as 'deposit/*'; may be repeated")
	flags.IntVar(&p.parallel, "parallel", p.parallel, "run so many cases at once")
	flags.BoolVar(&p.runner.FailFast, "fail-fast", false, "begin no case after the first that did not pass")
	flags.BoolVar(&p.runner.Rules.Exact, "exact", false, "compare amounts and times as they are written")
	flags.BoolVar(&p.watch, "watch", false, "run again whenever the files change")
	p.reports.add(c)
	return c
}

// replay runs what the plan says, once or until it is interrupted.
func (s *shell) replay(ctx context.Context, p *replayPlan) error {
	switch {
	case p.parallel < 1 || p.parallel > maxParallel:
		return fail(exitUsage, "--parallel is a number from 1 to %d", maxParallel)
	case p.watch && len(p.paths) == 0:
		return fail(exitUsage, "--watch needs a path; the cases that are built in do not change")
	}
	if err := p.reports.check(p.paths); err != nil {
		return err
	}
	if !p.watch {
		return s.replayOnce(ctx, p)
	}
	return fixtures.Watch(ctx, p.paths, p.reports.writes, func(ctx context.Context) {
		if err := s.replayOnce(ctx, p); err != nil && !isSilent(err) {
			s.tell("%s %s", s.paint(bad, "svcgate:"), oneLine(err.Error()))
		}
		s.tell("%s", s.paint(faint, time.Now().Format(time.TimeOnly)+" waiting for changes; Ctrl-C ends"))
	})
}

func (s *shell) replayOnce(ctx context.Context, p *replayPlan) (err error) {
	cases, err := openCases(p.paths)
	if err == nil {
		cases, err = chooseCases(cases, p.only)
	}
	if err != nil {
		return fail(exitUsage, "%w", err)
	}
	runner := p.runner
	for range min(p.parallel, len(cases)) {
		target, err := newReplayTarget(p.codec)
		if err != nil {
			return err
		}
		if gate, ok := target.(io.Closer); ok {
			defer func() { err = errors.Join(err, gate.Close()) }()
		}
		runner.Targets = append(runner.Targets, target)
	}
	bar := s.newBar(cases)
	runner.Progress = bar.step
	report := runner.Run(ctx, cases)
	bar.clear()
	return s.showReport(report, &p.reports)
}

func newReplayTarget(codec bool) (fixtures.Target, error) {
	if codec {
		return fixtures.CodecTarget{}, nil
	}
	return newReplayGate()
}

// openCases reads the cases below the paths, or those built in.
func openCases(paths []string) ([]*fixtures.Case, error) {
	if len(paths) == 0 {
		return fixtures.Load(fixtures.Corpus)
	}
	var all []*fixtures.Case
	for _, path := range paths {
		cases, err := fixtures.Open(path)
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	return all, nil
}

// chooseCases keeps the cases of which a pattern matches the name; one without special characters may match a part.
func chooseCases(cases []*fixtures.Case, patterns []string) ([]*fixtures.Case, error) {
	if len(patterns) == 0 {
		return cases, nil
	}
	var chosen []*fixtures.Case
	hit := make([]bool, len(patterns))
	for _, c := range cases {
		keep := false
		for i, pattern := range patterns {
			matched, err := path.Match(pattern, c.Name)
			if err != nil {
				return nil, fmt.Errorf("--only %q is no pattern: %w", pattern, err)
			}
			if matched || !strings.ContainsAny(pattern, `*?[\`) && strings.Contains(c.Name, pattern) {
				keep, hit[i] = true, true
			}
		}
		if keep {
			chosen = append(chosen, c)
		}
	}
	if i := slices.Index(hit, false); i >= 0 {
		names := make([]string, len(cases))
		for i, c := range cases {
			names[i] = c.Name
		}
		hint := ""
		if near := config.Nearest(patterns[i], names); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		return nil, fmt.Errorf("--only %q names none of the %d cases%s", patterns[i], len(cases), hint)
	}
	return chosen, nil
}
