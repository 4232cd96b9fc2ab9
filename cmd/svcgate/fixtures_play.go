package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/fixtures"
)

// matchFlags say when a message or an answer is taken for the recorded one.
type matchFlags struct {
	exact bool
	rules string
}

func (f *matchFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.exact, "exact", false, "take no other ids, times and balances for the recorded ones, whatever the cases' own rules say")
	c.Flags().StringVar(&f.rules, "rules", "", "`FILE` of rules, beside those of the cases, in the place of the usual volatile set")
}

func (f *matchFlags) read() (fixtures.Rules, error) {
	switch {
	case f.exact && f.rules != "":
		return fixtures.Rules{}, fail(exitUsage, "--exact and --rules exclude each other")
	case f.exact:
		return fixtures.Rules{}, nil
	case f.rules == "":
		return fixtures.Rules{Volatile: fixtures.DefaultVolatile()}, nil
	}
	text, err := os.ReadFile(f.rules)
	if err != nil {
		return fixtures.Rules{}, fail(exitUsage, "%w", err)
	}
	rules, err := fixtures.ReadRules(f.rules, text)
	if err != nil {
		return fixtures.Rules{}, fail(exitUsage, "%w", err)
	}
	return rules, nil
}

// playing is a set of cases with what it takes to compare them.
type playing struct {
	cases    []*fixtures.Case
	rules    fixtures.Rules
	redactor *fixtures.Redactor
}

func (s *shell) playing(paths []string, match *matchFlags, key string) (p playing, err error) {
	if p.rules, err = match.read(); err != nil {
		return p, err
	}
	if p.cases, err = openCases(paths); err != nil {
		return p, fail(exitUsage, "%w", err)
	}
	if match.exact { // recorded cases bring the usual set along
		for _, c := range p.cases {
			c.Rules.Volatile = nil
		}
	}
	corpus := ""
	if len(paths) > 0 {
		corpus = fixtures.CorpusOf(paths[0])
	}
	p.redactor, err = s.redactor(key, corpus)
	return p, err
}

func fixturesServeCommand(s *shell) *cobra.Command {
	var (
		match       matchFlags
		listen, key string
	)
	c := &cobra.Command{
		Use:   "serve [PATH...]",
		Short: "Play the provider from cases",
		Long: "Answers messages as the cases do, the built-in ones without a path. A message is redacted like the cases before it is\n" +
			"compared, so real card numbers match their aliases. What no case answers gets a SOAP fault; the log and GET /misses\n" +
			"tell which case came nearest and what differed.",
		Example: "  svcgate fixtures serve cases --listen 127.0.0.1:8083",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := s.playing(args, &match, key)
			if err != nil {
				return err
			}
			log, err := s.playLog()
			if err != nil {
				return err
			}
			server, err := fixtures.NewServer(fixtures.ServerConfig{Cases: p.cases, Rules: p.rules, Redactor: p.redactor, Log: log})
			if err != nil {
				return fail(exitUsage, "%w", err)
			}
			if err := s.play(c.Context(), listen, server); err != nil {
				return err
			}
			s.tellServed(server)
			return nil
		},
	}
	listenFlag(c, &listen)
	keyFlag(c, &key)
	match.add(c)
	return c
}

func fixturesSpyCommand(s *shell) *cobra.Command {
	var (
		host              hostFlags
		match             matchFlags
		listen, key, into string
	)
	c := &cobra.Command{
		Use:   "spy --upstream URL [PATH...]",
		Short: "Answer from cases, and ask the provider what they do not answer",
		Long: "Answers messages as the cases do, and passes everything else on to the provider, each message once. With --record\n" +
			"what was passed on becomes a case.",
		Example: "  svcgate fixtures spy cases --upstream http://127.0.0.1:8082/relateui/OMS/xmlapi --record cases",
		RunE: func(c *cobra.Command, args []string) error {
			if err := needFlag(c, "upstream", host.config.URL); err != nil {
				return err
			}
			p, err := s.playing(args, &match, key)
			if err != nil {
				return err
			}
			recorder, err := s.recorder(&host, key, into)
			if err != nil {
				return err
			}
			log, err := s.playLog()
			if err != nil {
				return err
			}
			spy, err := fixtures.NewSpy(fixtures.ServerConfig{Cases: p.cases, Rules: p.rules, Redactor: p.redactor, Log: log}, recorder)
			if err != nil {
				return fail(exitUsage, "%w", err)
			}
			if err := s.play(c.Context(), listen, spy); err != nil {
				return err
			}
			s.tellServed(spy)
			return s.tellRecorded(recorder)
		},
	}
	host.add(c, "upstream", "`URL` of the provider")
	c.Flags().StringVar(&into, "record", "", "`DIR` that cases are written to (default: nowhere)")
	listenFlag(c, &listen)
	keyFlag(c, &key)
	match.add(c)
	return c
}

func (s *shell) tellServed(server *fixtures.Server) {
	sums := server.Sums()
	s.tell("%d messages answered from cases, %d not; %d cases were not asked for", sums.Answered, sums.Missed, sums.Unused)
}
