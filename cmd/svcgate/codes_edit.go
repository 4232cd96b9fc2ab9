package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// listedRule is a rule with its id in front.
type listedRule struct {
	ID string `json:"id"`
	responsecodes.Rule
}

// which says which rules are meant.
type which struct {
	service string
	draft   bool
	version int
}

func (w *which) add(c *cobra.Command) {
	serviceFlag(c, &w.service)
	c.Flags().BoolVar(&w.draft, "draft", false, "those of the draft instead of the published ones")
	c.Flags().IntVar(&w.version, "version", 0, "those of this version")
}

func (w *which) rules(ctx context.Context, codes codeTable) ([]responsecodes.Rule, error) {
	if err := versionNumber(w.version); err != nil {
		return nil, err
	}
	if w.draft && w.version != 0 {
		return nil, fail(exitUsage, "give one of --draft and --version")
	}
	if w.draft {
		d, err := codes.draft(ctx, w.service)
		if err != nil {
			return nil, err
		}
		return d.Rules, nil
	}
	read := codes.published
	if w.version > 0 {
		read = func(ctx context.Context, service string) (*responsecodes.Version, error) {
			return codes.version(ctx, service, w.version)
		}
	}
	v, err := read(ctx, w.service)
	if err != nil {
		return nil, err
	}
	return v.Rules, nil
}

// versionNumber refuses what is no version's; 0 is a flag that was not given.
func versionNumber(n int) error {
	if n < 0 {
		return fail(exitUsage, "--version is a number from 1 on; svcgate codes history lists them")
	}
	return nil
}

func listCodesCommand(s *shell) *cobra.Command {
	l, w, asJSON := &location{}, which{}, false
	c := &cobra.Command{
		Use:   "list",
		Short: "List the rules of a service bureau",
		Args:  arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withCodes(c, l, w.service, func(codes codeTable) error {
				rules, err := w.rules(c.Context(), codes)
				if err != nil {
					return err
				}
				if asJSON {
					rows := make([]listedRule, len(rules))
					for i, r := range rules {
						rows[i] = listedRule{r.ID(), r}
					}
					return s.json(rows)
				}
				s.showRules(rules)
				return nil
			})
		},
	}
	l.add(c)
	w.add(c)
	jsonFlag(c, &asJSON)
	return c
}

func (s *shell) showRules(rules []responsecodes.Rule) {
	t := &table{head: []string{"OPERATION", "SOURCE", "CODE", "VENDOR", "OUTCOME", "ATTEMPTS", "HOLD", "CANCEL", "DESCRIPTION"}, right: map[int]bool{5: true}}
	for _, r := range rules {
		operation, attempts, hold, cancel := "any", "", r.HoldReason, ""
		if r.Operation != "" {
			operation = r.Operation
		}
		if r.Attempts != nil {
			attempts = strconv.Itoa(*r.Attempts)
		}
		if r.HoldDays != nil {
			hold += fmt.Sprintf(" %dd", *r.HoldDays)
		}
		if r.Cancel {
			cancel = "yes"
		}
		t.add(cell{text: operation}, cell{text: string(r.Source)}, cell{r.Code, strong}, cell{text: r.Vendor},
			cell{string(r.Outcome), outcomeTone(string(r.Outcome))}, cell{text: attempts}, cell{text: hold}, cell{text: cancel}, cell{text: r.Description})
	}
	s.table(s.out, t)
}

func setCodeCommand(s *shell) *cobra.Command {
	l, r, outcome := &location{}, responsecodes.Rule{}, ""
	attempts, holdDays, daysBetween := -1, -1, -1
	c := &cobra.Command{
		Use:     "set SERVICE SOURCE CODE --vendor V --outcome O",
		Short:   "Add a rule to the draft or change the one that is there",
		Long:    "Says what one code of the provider means, from the next version on. SOURCE says where in the answer it stands: error_code, reason_code,\nresponse_code, or transport for SU. A flag that is left out is empty in the rule.",
		Example: "  svcgate codes set RLT error_code CARD_LOST --vendor D7 --outcome declined --description \"Card reported lost\" --server http://127.0.0.1:8080",
		Args:    arguments(3, 3, "SERVICE SOURCE CODE"),
		RunE: func(c *cobra.Command, args []string) error {
			r.Service, r.Source, r.Code, r.Outcome = args[0], svcgate.Source(args[1]), args[2], svcgate.Outcome(outcome)
			for _, n := range []struct {
				flag string
				from int
				to   **int
			}{{"attempts", attempts, &r.Attempts}, {"hold-days", holdDays, &r.HoldDays}, {"days-between", daysBetween, &r.DaysBetween}} {
				if c.Flags().Changed(n.flag) {
					*n.to = &n.from
				}
			}
			if r.Messages == nil {
				r.Messages = []string{}
			}
			if err := r.Validate(); err != nil {
				return fail(exitUsage, "%w", err)
			}
			return s.withCodes(c, l, r.Service, func(codes codeTable) error {
				d, err := codes.draft(c.Context(), r.Service)
				if err != nil {
					return err
				}
				if err := codes.put(c.Context(), d.ETag, r); err != nil {
					return err
				}
				s.tell("%s is %s, vendor response %s, in the draft; svcgate codes publish puts it in force", r.ID(), r.Outcome, r.Vendor)
				return nil
			})
		},
	}
	l.add(c)
	f := c.Flags()
	f.StringVar(&r.Operation, "operation", "", "only for this operation (default: any)")
	f.StringVar(&r.Vendor, "vendor", "", "the order management system's response code")
	f.StringVar(&outcome, "outcome", "", "approved, partial, declined, undefined, unavailable or unknown")
	f.StringVar(&r.Description, "description", "", "printed beside the code")
	f.IntVar(&attempts, "attempts", -1, "how many times to try in all (default: no limit)")
	f.StringVar(&r.HoldReason, "hold-reason", "", "hold the order for this reason")
	f.IntVar(&holdDays, "hold-days", -1, "for so many days (default: until somebody looks)")
	f.IntVar(&daysBetween, "days-between", -1, "days between attempts")
	f.BoolVar(&r.Cancel, "cancel", false, "flag the order for cancelling")
	f.StringArrayVar(&r.Messages, "message", nil, "pop-up text for the operator; at most four")
	return c
}

func deleteCodeCommand(s *shell) *cobra.Command {
	l, operation := &location{}, ""
	c := &cobra.Command{
		Use:     "delete SERVICE SOURCE CODE",
		Short:   "Remove a rule from the draft",
		Example: "  svcgate codes delete RLT error_code CARD_LOST --server http://127.0.0.1:8080",
		Args:    arguments(3, 3, "SERVICE SOURCE CODE"),
		RunE: func(c *cobra.Command, args []string) error {
			r := responsecodes.Rule{Service: args[0], Source: svcgate.Source(args[1]), Code: args[2], Operation: operation}
			return s.withCodes(c, l, r.Service, func(codes codeTable) error {
				d, err := codes.draft(c.Context(), r.Service)
				if err != nil {
					return err
				}
				if err := codes.remove(c.Context(), d.ETag, r); err != nil {
					return err
				}
				s.tell("%s removed from the draft", r.ID())
				return nil
			})
		},
	}
	l.add(c)
	c.Flags().StringVar(&operation, "operation", "", "the rule of this operation (default: that of any)")
	return c
}

func importCodesCommand(s *shell) *cobra.Command {
	l, service, dryRun, asJSON := &location{}, "", false, false
	c := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Make the draft of a service bureau what a CSV file says, all or nothing",
		Args:  arguments(1, 1, "one file, or - for standard input"),
		RunE: func(c *cobra.Command, args []string) error {
			csv, err := readInput(s, args[0], responsecodes.MaxFile)
			if err != nil {
				return err
			}
			return s.withCodes(c, l, service, func(codes codeTable) error {
				d, err := codes.draft(c.Context(), service)
				if err != nil {
					return err
				}
				changes, err := codes.load(c.Context(), service, d.ETag, csv, dryRun)
				if err != nil {
					return err
				}
				if asJSON {
					return s.json(changes)
				}
				s.showChanges(changes, dryRun)
				return nil
			})
		},
	}
	l.add(c)
	serviceFlag(c, &service)
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would change")
	jsonFlag(c, &asJSON)
	return c
}

func (s *shell) showChanges(changes responsecodes.Changes, dryRun bool) {
	for _, kind := range []struct {
		mark string
		tone tone
		ids  []string
	}{{"+", good, changes.Added}, {"~", odd, changes.Changed}, {"-", bad, changes.Removed}} {
		for _, id := range kind.ids {
			fmt.Fprintf(s.out, "%s %s\n", s.paint(kind.tone, kind.mark), oneLine(id))
		}
	}
	end := ""
	if dryRun {
		end = "; nothing was written (--dry-run)"
	}
	s.tell("%d added, %d changed, %d removed%s", len(changes.Added), len(changes.Changed), len(changes.Removed), end)
}

func exportCodesCommand(s *shell) *cobra.Command {
	l, w := &location{}, which{}
	c := &cobra.Command{
		Use:   "export [FILE]",
		Short: "Write the rules of a service bureau as CSV",
		Args:  arguments(0, 1, "one file"),
		RunE: func(c *cobra.Command, args []string) error {
			return s.withCodes(c, l, w.service, func(codes codeTable) error {
				rules, err := w.rules(c.Context(), codes)
				if err != nil {
					return err
				}
				var csv bytes.Buffer
				if err := responsecodes.WriteCSV(&csv, rules); err != nil {
					return err
				}
				if len(args) == 0 {
					_, err = s.out.Write(csv.Bytes())
					return err
				}
				if err := os.WriteFile(args[0], csv.Bytes(), 0o644); err != nil {
					return fail(exitUsage, "%w", err)
				}
				s.tell("%s written", args[0])
				return nil
			})
		},
	}
	l.add(c)
	w.add(c)
	return c
}
