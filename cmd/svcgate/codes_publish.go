package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/responsecodes"
)

func draftCodesCommand(s *shell) *cobra.Command {
	l, service, discarded, rebased, asJSON := &location{}, "", false, false, false
	c := &cobra.Command{
		Use:   "draft",
		Short: "Show the draft of a service bureau, throw it away, or bring it up to date",
		Long: "Tells who edited the draft and what it began from. --discard throws it away. --rebase makes its edits again on the\n" +
			"version that was published since, which publish asks for after a rollback.",
		Args: arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if discarded && rebased {
				return fail(exitUsage, "give one of --discard and --rebase")
			}
			return s.withCodes(c, l, service, func(codes codeTable) error {
				d, err := codes.draft(c.Context(), service)
				if err != nil {
					return err
				}
				switch {
				case discarded:
					if err := codes.discard(c.Context(), service, d.ETag); err != nil {
						return err
					}
					s.tell("the draft of %s is discarded", service)
					return nil
				case rebased:
					if err := codes.rebase(c.Context(), service, d.ETag); err != nil {
						return err
					}
					if d, err = codes.draft(c.Context(), service); err != nil {
						return err
					}
				}
				if asJSON {
					return s.json(d)
				}
				s.showDraft(d)
				return nil
			})
		},
	}
	l.add(c)
	serviceFlag(c, &service)
	c.Flags().BoolVar(&discarded, "discard", false, "throw the draft away")
	c.Flags().BoolVar(&rebased, "rebase", false, "make its edits on the version that is published now")
	jsonFlag(c, &asJSON)
	return c
}

func (s *shell) showDraft(d *responsecodes.Draft) {
	if !d.Exists {
		s.tell("there is no draft of %s; version %d is published", d.Service, d.Base)
		return
	}
	fmt.Fprintf(s.out, "draft of %s, begun from version %d, edited by %s, last at %s, tag %s\n", d.Service, d.Base,
		oneLine(strings.Join(d.Editors, ", ")), d.Updated.UTC().Format(time.RFC3339), d.ETag)
	s.tell("svcgate codes diff shows what it changes; svcgate codes list --draft lists it")
}

// codesDiff is what a draft, or a version, changes.
type codesDiff struct {
	From     int                     `json:"from"` // version
	Base     int                     `json:"base"` // version that the draft began from; of a version, From
	To       int                     `json:"to"`   // version; 0 for the draft
	ETag     string                  `json:"etag,omitempty"`
	Changes  []responsecodes.Change  `json:"changes"`
	Widened  []string                `json:"widened"`
	Warnings []responsecodes.Warning `json:"warnings"`
}

func newDiff(from, to int, before, after []responsecodes.Rule) codesDiff {
	d := codesDiff{From: from, Base: from, To: to, Changes: responsecodes.Diff(before, after), Widened: []string{}, Warnings: responsecodes.Check(after)}
	for _, change := range responsecodes.Widened(before, after) {
		d.Widened = append(d.Widened, change.ID)
	}
	return d
}

func diffCodesCommand(s *shell) *cobra.Command {
	l, service, number, asJSON := &location{}, "", 0, false
	c := &cobra.Command{
		Use:   "diff",
		Short: "Show what publishing the draft would change, or what a version changed",
		Args:  arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withCodes(c, l, service, func(codes codeTable) error {
				d, err := s.diff(c, codes, service, number)
				if err != nil {
					return err
				}
				if asJSON {
					return s.json(d)
				}
				s.showDiff(d)
				return nil
			})
		},
	}
	l.add(c)
	serviceFlag(c, &service)
	c.Flags().IntVar(&number, "version", 0, "what this version changed of the one before (default: the draft)")
	jsonFlag(c, &asJSON)
	return c
}

func (s *shell) diff(c *cobra.Command, codes codeTable, service string, number int) (codesDiff, error) {
	if err := versionNumber(number); err != nil {
		return codesDiff{}, err
	}
	if number > 0 {
		after, err := codes.version(c.Context(), service, number)
		if err != nil {
			return codesDiff{}, err
		}
		if number == 1 {
			return newDiff(0, 1, nil, after.Rules), nil
		}
		before, err := codes.version(c.Context(), service, number-1)
		if err != nil {
			return codesDiff{}, err
		}
		return newDiff(number-1, number, before.Rules, after.Rules), nil
	}
	draft, err := codes.draft(c.Context(), service)
	if err != nil {
		return codesDiff{}, err
	}
	now, err := codes.published(c.Context(), service)
	if err != nil {
		return codesDiff{}, err
	}
	d := newDiff(now.Number, 0, now.Rules, draft.Rules)
	d.ETag, d.Base = draft.ETag, draft.Base
	return d, nil
}

func (s *shell) showDiff(d codesDiff) {
	for _, change := range d.Changes {
		mark, t := "~", odd
		switch {
		case change.Before == nil:
			mark, t = "+", good
		case change.After == nil:
			mark, t = "-", bad
		}
		fmt.Fprintf(s.out, "%s %s\n", s.paint(t, mark), oneLine(change.ID))
		for _, f := range change.Fields() {
			switch f.Name {
			case "service", "operation", "source", "code": // the id says them
				continue
			}
			fmt.Fprintf(s.out, "    %s: %s -> %s\n", f.Name, empty(f.Before), empty(f.After))
		}
	}
	for _, id := range d.Widened {
		fmt.Fprintf(s.out, "%s %s approves what was not approved: somebody who did not edit the draft must publish it\n", s.paint(bad, "!"), oneLine(id))
	}
	for _, w := range d.Warnings {
		t := odd
		if w.Severity == responsecodes.SeverityError {
			t = bad
		}
		fmt.Fprintf(s.out, "%s %s\n", s.paint(t, w.Severity+":"), oneLine(strings.TrimSpace(w.Rule+" "+w.Text)))
	}
	to := "the draft"
	if d.To > 0 {
		to = "version " + strconv.Itoa(d.To)
	}
	sum := responsecodes.Summary(d.Changes)
	s.tell("%s against version %d: %d added, %d changed, %d removed", to, d.From, len(sum.Added), len(sum.Changed), len(sum.Removed))
	s.tellOutdated(d.Base, d.From)
}

func empty(text string) string {
	if text == "" {
		return "-"
	}
	return oneLine(text)
}

func publishCodesCommand(s *shell) *cobra.Command {
	l, service, reason, tag := &location{}, "", "", ""
	c := &cobra.Command{
		Use:   "publish --reason TEXT",
		Short: "Put the draft in force as the next version",
		Long: "Publishes the draft. A draft that approves what was not approved must be published by somebody who did not edit it,\n" +
			"so at a server and with another token. --if-match publishes only the draft that diff showed, and refuses any later one.",
		Example: "  svcgate codes publish --reason 'Lost cards are declined, ticket 118' --server http://127.0.0.1:8080",
		Args:    arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := needFlag(c, "reason", reason); err != nil {
				return err
			}
			return s.withCodes(c, l, service, func(codes codeTable) error {
				if tag == "" {
					d, err := codes.draft(c.Context(), service)
					if err != nil {
						return err
					}
					tag = d.ETag
				}
				n, err := codes.publish(c.Context(), service, tag, reason)
				if err != nil {
					return err
				}
				s.tell("version %d of %s is in force", n, service)
				return nil
			})
		},
	}
	l.add(c)
	serviceFlag(c, &service)
	reasonFlag(c, &reason)
	c.Flags().StringVar(&tag, "if-match", "", "publish only the draft with this tag, as diff --json and draft tell it")
	return c
}

func reasonFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "reason", "", "why, for the history")
}

func rollbackCodesCommand(s *shell) *cobra.Command {
	l, service, reason := &location{}, "", ""
	c := &cobra.Command{
		Use:     "rollback VERSION --reason TEXT",
		Short:   "Put the rules of an earlier version back in force, as a new version",
		Example: "  svcgate codes rollback 3 --reason 'Lost cards were approved' --server http://127.0.0.1:8080",
		Args:    arguments(1, 1, "the number of a version"),
		RunE: func(c *cobra.Command, args []string) error {
			number, err := strconv.Atoi(args[0])
			if err != nil || number < 1 {
				return fail(exitUsage, "VERSION is a number from 1 on; svcgate codes history lists them")
			}
			if err := needFlag(c, "reason", reason); err != nil {
				return err
			}
			return s.withCodes(c, l, service, func(codes codeTable) error {
				n, err := codes.rollback(c.Context(), service, number, reason)
				if err != nil {
					return err
				}
				s.tell("version %d of %s is in force, with the rules of version %d", n, service, number)
				return nil
			})
		},
	}
	l.add(c)
	serviceFlag(c, &service)
	reasonFlag(c, &reason)
	return c
}

func historyCodesCommand(s *shell) *cobra.Command {
	l, service, asJSON := &location{}, "", false
	c := &cobra.Command{
		Use:   "history",
		Short: "List the published versions, the newest first",
		Args:  arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withCodes(c, l, service, func(codes codeTable) error {
				versions, err := codes.versions(c.Context(), service)
				if err != nil {
					return err
				}
				if asJSON {
					return s.json(versions)
				}
				t := &table{head: []string{"VERSION", "PUBLISHED", "BY", "FROM", "REASON"}, right: map[int]bool{0: true}}
				for _, v := range versions {
					from := strconv.Itoa(v.Base)
					if v.RolledBackTo > 0 {
						from = "back to " + strconv.Itoa(v.RolledBackTo)
					}
					t.add(cells(strconv.Itoa(v.Number), v.Published.UTC().Format(time.RFC3339), v.By, from, v.Reason)...)
				}
				s.table(s.out, t)
				return nil
			})
		},
	}
	l.add(c)
	serviceFlag(c, &service)
	jsonFlag(c, &asJSON)
	return c
}
