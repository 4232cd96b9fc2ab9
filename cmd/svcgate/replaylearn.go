package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/fixtures"
)

// fixturesLearnCommand proposes rules; nobody but its reader takes them.
func fixturesLearnCommand(s *shell) *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "learn FIRST SECOND",
		Short: "Propose rules from two recordings of the same exchanges",
		Long: "Compares two recordings of the same exchanges, two folders or two files, and prints what moved between them as lines\n" +
			"for rules.txt. Ids, times and balances are expected to move; a line for anything else is a remark, to be looked at\n" +
			"first. Nothing is written: keep the lines that are right in the rules.txt of a case, an operation or the corpus.",
		Example: "  svcgate fixtures learn monday tuesday > proposed.txt",
		Args:    arguments(2, 2, "two recordings, FIRST and SECOND"),
		RunE: func(_ *cobra.Command, args []string) error {
			proposals, err := learn(args[0], args[1])
			if err != nil {
				return fail(exitUsage, "%w", err)
			}
			if asJSON {
				return s.json(proposals)
			}
			return s.showProposals(proposals)
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

// proposal is one rule and the files that need it.
type proposal struct {
	fixtures.Proposal
	Files []string `json:"files"`
}

// learn compares each message and document below first with the one of the same name below second.
func learn(first, second string) ([]proposal, error) {
	list := []proposal{}
	pairs := 0
	err := filepath.WalkDir(first, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(first, path)
		if err != nil {
			return err
		}
		if ext := filepath.Ext(path); ext != ".xml" && ext != ".json" {
			return nil
		}
		before, err := readRecording(path)
		if err != nil {
			return err
		}
		after, err := readRecording(filepath.Join(second, name))
		if err != nil {
			return err
		}
		pairs++
		if bytes.Equal(before, after) {
			return nil
		}
		proposals, err := fixtures.Learn(before, after)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, p := range proposals {
			i := slices.IndexFunc(list, func(known proposal) bool { return known.Rule == p.Rule })
			if i < 0 {
				i = len(list)
				list = append(list, proposal{Proposal: p})
			}
			list[i].Files = append(list[i].Files, name)
		}
		return nil
	})
	if err == nil && pairs == 0 {
		err = fmt.Errorf("%s has no recorded message", first)
	}
	return list, err
}

func readRecording(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > fixtures.MaxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, fixtures.MaxFile)
	}
	return os.ReadFile(path)
}

func (s *shell) showProposals(proposals []proposal) error {
	var b strings.Builder
	if len(proposals) == 0 {
		s.tell("Nothing moved between the recordings.")
	}
	for _, p := range proposals {
		files := strings.Join(p.Files, ", ")
		if len(p.Files) > 3 {
			files = fmt.Sprintf("%s and %d more", strings.Join(p.Files[:3], ", "), len(p.Files)-3)
		}
		if files != "." {
			fmt.Fprintf(&b, "# in %s\n", files)
		}
		b.WriteString(p.String())
	}
	_, err := s.out.Write([]byte(b.String()))
	return err
}
