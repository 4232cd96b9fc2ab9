package main

import (
	"errors"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/fixtures"
)

func fixturesVerifyCommand(s *shell) *cobra.Command {
	var (
		host    hostFlags
		match   matchFlags
		reports reportFlags
		key     string
	)
	c := &cobra.Command{
		Use:   "verify --host URL PATH...",
		Short: "Send cases to a provider and compare its answers with the recorded ones",
		Long: "Sends the message of each case to a provider, once and in the order of their recording, and compares the answers.\n" +
			"Ids, times and balances may be others: ids that the provider gives are put into the messages that follow.\n" +
			"An alias or a masked number is never sent to a live provider; --cards names the cards to send instead, or the run\n" +
			"stops before the first message. A line of that file is a number, or an alias or a mask and a number.\n" +
			"Ends with 1 when something differs, and with 4 when something may not be sent.",
		Example: "  svcgate fixtures verify cases --host http://127.0.0.1:8082/relateui/OMS/xmlapi --cards cards.txt",
		Args:    arguments(1, 1000, "the path of a case, an operation or a corpus"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := needFlag(c, "host", host.config.URL); err != nil {
				return err
			}
			if err := reports.check(args); err != nil {
				return err
			}
			p, err := s.playing(args, &match, key)
			if err != nil {
				return err
			}
			guard, err := host.guard(s, p.redactor)
			if err != nil {
				return err
			}
			bar := s.newBar(p.cases)
			report, err := fixtures.Verify(c.Context(), p.cases, &fixtures.HostTarget{Guard: guard, Redactor: p.redactor}, p.rules, bar.step)
			bar.clear()
			if errors.Is(err, fixtures.ErrMasked) || errors.Is(err, fixtures.ErrNotAllowed) {
				return fail(exitRefused, "%w", err)
			}
			if err != nil {
				return err
			}
			if !report.OK() && host.cards == "" && slices.ContainsFunc(p.cases, namesAlias) {
				s.tell("the cases name cards by aliases, which a provider does not know: --cards names the cards to send instead")
			}
			return s.showReport(report, &reports)
		},
	}
	host.add(c, "host", "`URL` of the provider")
	keyFlag(c, &key)
	match.add(c)
	reports.add(c)
	return c
}

var aliases = regexp.MustCompile(`9999[0-9]{12}`)

func namesAlias(c *fixtures.Case) bool {
	return slices.ContainsFunc(aliases.FindAllString(string(c.Outgoing), -1), fixtures.IsAlias)
}
