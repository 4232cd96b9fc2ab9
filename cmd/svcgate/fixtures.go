package main

import (
	"github.com/spf13/cobra"
)

// fixturesCommand is everything about cases but running them through the gateway, which is replay.
func fixturesCommand(s *shell) *cobra.Command {
	return parent("fixtures", "Record cases, keep them clean, and play them",
		recordCommand(s), fixturesVerifyCommand(s), fixturesSpyCommand(s), fixturesServeCommand(s), fixturesScrubCommand(s),
		fixturesLearnCommand(s),
		fixturesNewCommand(s), fixturesLintCommand(s), fixturesListCommand(s), fixturesShowCommand(s), fixturesGenTestCommand(s),
		fixturesImportCommand(s), fixturesExportCommand(s),
	)
}
