package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/fixtures"
)

func replayCommand(s *shell) *cobra.Command {
	codec, asJSON := false, false
	c := &cobra.Command{
		Use:   "replay [PATH...]",
		Short: "Run recorded exchanges and compare",
		Long: "Runs cases of exchanges (folders with case.txt, request.json, outgoing.xml, incoming.xml and reply.json) against a\n" +
			"gateway on a fresh database, with a provider that plays the case, and compares the message that goes out and the\n" +
			"answer that the order management system gets. Without a path it runs the cases that are built in.\n" +
			"Ends with 1 when something differs.",
		Example: "  svcgate replay\n  svcgate replay fixtures/authorize fixtures/void/approved --json",
		RunE: func(c *cobra.Command, args []string) error {
			cases, err := openCases(args)
			if err != nil {
				return fail(exitUsage, "%w", err)
			}
			return s.replay(c.Context(), cases, codec, asJSON)
		},
	}
	c.Flags().BoolVar(&codec, "codec", false, "check only that messages are read and written again as they are")
	jsonFlag(c, &asJSON)
	return c
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

func (s *shell) replay(ctx context.Context, cases []*fixtures.Case, codec, asJSON bool) (err error) {
	var target fixtures.Target = fixtures.CodecTarget{}
	if !codec {
		gate, err := newReplayGate()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, gate.Close()) }()
		target = gate
	}
	report := fixtures.Replay(ctx, cases, target, nil)
	if asJSON {
		err = report.WriteJSON(s.out)
	} else {
		err = s.showReport(report)
	}
	if err == nil && !report.OK() {
		err = silent(exitFailed)
	}
	return err
}

// showReport prints the report's table, with colours on a terminal.
func (s *shell) showReport(r fixtures.Report) error {
	var b strings.Builder
	if err := r.WriteTable(&b); err != nil {
		return err
	}
	text := b.String()
	if s.colour {
		text = strings.NewReplacer("  passed ", "  "+s.paint(good, "passed")+" ", "  failed ", "  "+s.paint(bad, "failed")+" ",
			"  blocked ", "  "+s.paint(odd, "blocked")+" ").Replace(text)
	}
	_, err := s.out.Write([]byte(text))
	return err
}
