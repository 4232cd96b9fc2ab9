package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/svcgate/svcgate/config"
)

// run carries out one command line and returns its exit status.
func run(ctx context.Context, s *shell, args []string) int {
	root := newRoot(s)
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	err := root.ExecuteContext(ctx)
	if err != nil && !isSilent(err) {
		s.tell("%s %s", s.paint(bad, "svcgate:"), oneLine(err.Error()))
	}
	return statusOf(err)
}

func newRoot(s *shell) *cobra.Command {
	root := &cobra.Command{
		Use:   "svcgate",
		Short: "The gateway between an order management system and stored value cards",
		Long: "svcgate takes pay-type requests of an order management system as JSON, sends the stored value card provider's\n" +
			"message at most once, and always tells what happened.",
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(c, args[0])
			}
			return c.Help()
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	root.SetFlagErrorFunc(flagError)
	root.AddGroup(
		&cobra.Group{ID: "run", Title: "Run:"},
		&cobra.Group{ID: "ask", Title: "Ask and look:"},
		&cobra.Group{ID: "keep", Title: "Keep:"},
	)
	for group, commands := range map[string][]*cobra.Command{
		"run":  {serveCommand(s), demoCommand(s), simCommand(s)},
		"ask":  {callCommand(s), topCommand(s), deskCommand(s), driftCommand(s), describeCommand(s), replayCommand(s), recordCommand(s), fixturesCommand(s)},
		"keep": {codesCommand(s), tokensCommand(s), peopleCommand(s), keysCommand(s), checkConfigCommand(s), verifyCommand(s), backupCommand(s), restoreCommand(s), migrateCommand(s)},
	} {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	root.AddCommand(versionCommand(s))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return root
}

// parent is a command that only has subcommands.
func parent(use, short string, commands ...*cobra.Command) *cobra.Command {
	p := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(c, args[0])
		}
		return fail(exitUsage, "%s needs a command: %s", c.CommandPath(), strings.Join(commandNames(c), ", "))
	}}
	p.AddCommand(commands...)
	return p
}

func commandNames(c *cobra.Command) []string {
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return names
}

func unknownCommand(c *cobra.Command, word string) error {
	hint := "run \"" + c.CommandPath() + " --help\" for the list"
	if near := config.Nearest(word, commandNames(c)); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return fail(exitUsage, "unknown command %q for %s; %s", word, c.CommandPath(), hint)
}

func flagError(c *cobra.Command, err error) error {
	if args := c.Flags().Args(); c.HasSubCommands() && len(args) > 0 {
		return unknownCommand(c, args[0])
	}
	text := err.Error()
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		hint := "run \"" + c.CommandPath() + " --help\" for the list"
		if near := config.Nearest(unknown.GetSpecifiedName(), names); near != "" && len(unknown.GetSpecifiedName()) > 1 {
			hint = "did you mean --" + near + "?"
		}
		dashes := "--"
		if unknown.GetSpecifiedShortnames() != "" {
			dashes = "-"
		}
		text = fmt.Sprintf("unknown flag %s%s for %s; %s", dashes, unknown.GetSpecifiedName(), c.CommandPath(), hint)
	}
	return fail(exitUsage, "%s", text)
}

// arguments wants between least and most arguments; names says what they are.
func arguments(least, most int, names string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fail(exitUsage, "%s needs %s", c.CommandPath(), names)
		case len(args) > most && most == 0:
			return fail(exitUsage, "%s takes no arguments", c.CommandPath())
		case len(args) > most:
			return fail(exitUsage, "%s takes no more than %s", c.CommandPath(), names)
		}
		return nil
	}
}

// needFlag refuses an empty value of a flag that must be given.
func needFlag(c *cobra.Command, name, value string) error {
	if value == "" {
		return fail(exitUsage, "%s needs --%s", c.CommandPath(), name)
	}
	return nil
}

// oneLine keeps an error to one line of at most 2000 bytes, without characters that move a terminal's cursor.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0:
			return -1
		}
		return r
	}, text)
	if len(text) > 2000 {
		text = text[:2000] + " ..."
	}
	return text
}
