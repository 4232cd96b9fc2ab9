package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/config"
)

func checkConfigCommand(s *shell) *cobra.Command {
	file, printDefault, asJSON := "", false, false
	c := &cobra.Command{
		Use:   "check-config [FILE]",
		Short: "Check the settings and everything they conflict with",
		Long: "Reads the settings as serve does and lists every problem with its line and column, then every setting of the\n" +
			"order management system and the provider (as far as the file gives them) that works against the integration.\n" +
			"Ends with 0 when there is nothing to report but warnings, 1 when there are conflicts, 2 when serve would not start.\n" +
			"The database is not opened, and nobody is called.",
		Example: "  svcgate check-config /etc/svcgate/svcgate.yaml\n  svcgate check-config --print-default > svcgate.yaml",
		Args:    arguments(0, 1, "one settings file"),
		RunE: func(c *cobra.Command, args []string) error {
			if printDefault {
				_, err := s.out.Write(config.Example())
				return err
			}
			if len(args) == 1 && file != "" {
				return fail(exitUsage, "give the settings file as an argument or with --config, not both")
			}
			if len(args) == 1 {
				file = args[0]
			}
			path, err := configPath(c, s, file)
			if err != nil {
				return err
			}
			return s.checkConfig(path, asJSON)
		},
	}
	configFlag(c, &file)
	c.Flags().BoolVar(&printDefault, "print-default", false, "print a commented settings file with every key")
	jsonFlag(c, &asJSON)
	return c
}

func configFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "config", "", "settings file (default: the variable SVCGATE_CONFIG)")
}

// configPath is the settings file that was named, in whichever way.
func configPath(c *cobra.Command, s *shell, given string) (string, error) {
	if given == "" {
		given = s.getenv("SVCGATE_CONFIG")
	}
	if given == "" {
		return "", fail(exitUsage, "%s needs a settings file: give --config FILE or set SVCGATE_CONFIG; svcgate check-config --print-default writes an example", c.CommandPath())
	}
	return given, nil
}

// loadConfig reads the settings and tells their problems; with errors among them it fails.
func (s *shell) loadConfig(path string) (*config.Config, error) {
	c, problems := config.Load(path, s.env)
	s.tellProblems(problems)
	if config.Any(problems, config.SeverityError) {
		return nil, silent(exitUsage)
	}
	return c, nil
}

func (s *shell) tellProblems(problems []config.Problem) {
	for _, p := range problems {
		t := map[config.Severity]tone{config.SeverityError: bad, config.SeverityConflict: odd, config.SeverityWarning: odd}[p.Severity]
		s.tell("%s %s", s.paint(t, string(p.Severity)+":"), p)
	}
}

func (s *shell) checkConfig(path string, asJSON bool) error {
	c, problems := config.Load(path, s.env)
	if !config.Any(problems, config.SeverityError) {
		problems = append(problems, tryParts(c)...)
	}
	problems = append(problems, c.Check()...)
	left := c.Unjudged()
	if asJSON {
		report := struct {
			File     string           `json:"file"`
			Problems []config.Problem `json:"problems"`
			Unjudged []string         `json:"unjudged"`
		}{path, problems, left}
		if report.Problems == nil {
			report.Problems = []config.Problem{}
		}
		if report.Unjudged == nil {
			report.Unjudged = []string{}
		}
		if err := s.json(report); err != nil {
			return err
		}
	} else {
		for _, p := range problems {
			fmt.Fprintf(s.out, "%s %s\n", s.paint(odd, string(p.Severity)+":"), p)
		}
	}
	switch {
	case config.Any(problems, config.SeverityError):
		return silent(exitUsage)
	case config.Any(problems, config.SeverityConflict):
		return silent(exitFailed)
	}
	s.tell("%s: %s", path, s.paint(good, "nothing in conflict"))
	if len(left) > 0 {
		s.tell("not given, so not judged: %s", join(left))
	}
	return nil
}

// tryParts makes what serve would make of the settings, without opening the database or calling anybody.
func tryParts(c *config.Config) []config.Problem {
	var problems []config.Problem
	report := func(key string, err error) {
		for _, one := range flatten(err) {
			problems = append(problems, c.Problem(key, config.SeverityError, one.Error()))
		}
	}
	if c.KeyFile != "" {
		if _, err := readKeys(c.KeyFile); err != nil {
			report("key_file", err)
		}
	}
	if !c.Postgres() {
		if err := hasFolder("the database's folder", c.Database); err != nil { // of this machine, which may not be the server's
			problems = append(problems, c.Problem("database", config.SeverityWarning, err.Error()))
		}
	}
	for i, service := range c.Services {
		if _, closeClient, err := newProvider(service); err != nil {
			report(fmt.Sprintf("services[%d]", i), err)
		} else {
			closeClient()
		}
	}
	return problems
}

// flatten takes joined errors apart.
func flatten(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}
