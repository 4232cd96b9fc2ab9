package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/fixtures"
)

func recordCommand(s *shell) *cobra.Command {
	var (
		host              hostFlags
		listen, key, into string
	)
	c := &cobra.Command{
		Use:   "record --upstream URL --into DIR",
		Short: "Stand before a provider and write a case for each exchange",
		Long: "Passes messages on to a real or simulated provider, each once and never again, and writes each with its answer as a\n" +
			"case. Card numbers become aliases, the same for a card in every file and run, and PINs vanish, before anything\n" +
			"reaches the disk; of HTTP headers only the answer's content type is kept. A message that is recorded twice teaches\n" +
			"what moves: rules that the folder does not have yet are printed at the end, to be added to its rules.txt or not.",
		Example: "  svcgate record --upstream http://127.0.0.1:8082/relateui/OMS/xmlapi --into cases\n" +
			"  svcgate record --upstream https://orce.example.com:8443/relateui/OMS/xmlapi --live --allow orce.example.com:8443 --into cases",
		Args: arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := needFlag(c, "upstream", host.config.URL); err != nil {
				return err
			}
			if err := needFlag(c, "into", into); err != nil {
				return err
			}
			recorder, err := s.recorder(&host, key, into)
			if err != nil {
				return err
			}
			if err := s.play(c.Context(), listen, recorder); err != nil {
				return err
			}
			return s.tellRecorded(recorder)
		},
	}
	host.add(c, "upstream", "`URL` of the provider")
	c.Flags().StringVar(&into, "into", "", "`DIR` that cases are written to")
	listenFlag(c, &listen)
	keyFlag(c, &key)
	return c
}

func (s *shell) recorder(host *hostFlags, key, into string) (*fixtures.Recorder, error) {
	r, err := s.redactor(key, into)
	if err != nil {
		return nil, err
	}
	guard, err := host.guard(s, r)
	if err != nil {
		return nil, err
	}
	log, err := s.playLog()
	if err != nil {
		return nil, err
	}
	recorder, err := fixtures.NewRecorder(fixtures.RecorderConfig{Guard: guard, Redactor: r, Into: into, Log: log})
	if err != nil {
		return nil, fail(exitUsage, "%w", err)
	}
	return recorder, nil
}

// tellRecorded prints what was recorded, and the rules to be approved.
func (s *shell) tellRecorded(r *fixtures.Recorder) error {
	sums := r.Sums()
	s.tell("%d messages passed on, %d refused; %d cases written, %d exchanges not kept", sums.Passed, sums.Refused, sums.Cases, sums.Dropped)
	if proposals := r.Proposals(); len(proposals) > 0 {
		s.tell("%d places moved that no rule speaks of; take what is right into rules.txt:", len(proposals))
		for _, p := range proposals {
			fmt.Fprint(s.out, p)
		}
	}
	if sums.Dropped > 0 {
		return silent(exitFailed)
	}
	return nil
}
