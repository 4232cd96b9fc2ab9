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
	"github.com/svcgate/svcgate/store"
)

func codesCommand(s *shell) *cobra.Command {
	c := parent("codes", "Look at and change what the provider's codes mean",
		listCodesCommand(s), setCodeCommand(s), deleteCodeCommand(s), importCodesCommand(s), exportCodesCommand(s))
	c.Long = "Keeps the vendor response table: what each code of the provider means to the order management system. Changes at a\nrunning server (--server) take effect with its next answer."
	return c
}

// codeTable is the vendor response table of a database, or of the server that has it open.
type codeTable interface {
	list(ctx context.Context, service string) ([]responsecodes.Rule, error)
	put(ctx context.Context, r responsecodes.Rule) error
	remove(ctx context.Context, r responsecodes.Rule) error
	load(ctx context.Context, service string, csv []byte, dryRun bool) (responsecodes.Changes, error)
	export(ctx context.Context, service string) ([]byte, error)
}

func (s *shell) withCodes(c *cobra.Command, l *location, work func(codeTable) error) error {
	remote, err := l.resolve(c, s)
	if err != nil {
		return err
	}
	if remote {
		server, err := s.client(l.serverFlags)
		if err != nil {
			return err
		}
		return work(remoteCodes{server})
	}
	return l.open(c.Context(), s, func(db *store.Store, services []string) error {
		book, err := openCodes(c.Context(), db, services, discard)
		if err != nil {
			return err
		}
		return work(localCodes{book})
	})
}

// localCodes is the table of a database that this process has open.
type localCodes struct{ book *responsecodes.Book }

func (l localCodes) list(_ context.Context, service string) ([]responsecodes.Rule, error) {
	return l.book.Rules(service), nil
}

func (l localCodes) put(ctx context.Context, r responsecodes.Rule) error { return l.book.Put(ctx, r) }

func (l localCodes) remove(ctx context.Context, r responsecodes.Rule) error {
	return l.book.Delete(ctx, r.ID())
}

func (l localCodes) load(ctx context.Context, service string, csv []byte, dryRun bool) (responsecodes.Changes, error) {
	rules, err := responsecodes.ReadCSV(bytes.NewReader(csv), service)
	if err != nil {
		return responsecodes.Changes{}, err
	}
	if dryRun {
		return l.book.Preview(service, rules)
	}
	return l.book.Import(ctx, service, rules)
}

func (l localCodes) export(_ context.Context, service string) ([]byte, error) {
	var out bytes.Buffer
	err := responsecodes.WriteCSV(&out, l.book.Rules(service))
	return out.Bytes(), err
}

func serviceFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "service", "RLT", "code of the service bureau")
}

// listedRule is a rule with its id in front.
type listedRule struct {
	ID string `json:"id"`
	responsecodes.Rule
}

func listCodesCommand(s *shell) *cobra.Command {
	l, service, asJSON := &location{}, "", false
	c := &cobra.Command{
		Use:   "list",
		Short: "List the rules of a service bureau",
		Args:  arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withCodes(c, l, func(codes codeTable) error {
				rules, err := codes.list(c.Context(), service)
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
	serviceFlag(c, &service)
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
		Short:   "Add a rule or change the one that is there",
		Long:    "Says what one code of the provider means. SOURCE says where in the answer it stands: error_code, reason_code,\nresponse_code, or transport for SU. A flag that is left out is empty in the rule.",
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
			return s.withCodes(c, l, func(codes codeTable) error {
				if err := codes.put(c.Context(), r); err != nil {
					return err
				}
				s.tell("%s is %s, vendor response %s", r.ID(), r.Outcome, r.Vendor)
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
		Short:   "Remove a rule",
		Example: "  svcgate codes delete RLT error_code CARD_LOST --server http://127.0.0.1:8080",
		Args:    arguments(3, 3, "SERVICE SOURCE CODE"),
		RunE: func(c *cobra.Command, args []string) error {
			r := responsecodes.Rule{Service: args[0], Source: svcgate.Source(args[1]), Code: args[2], Operation: operation}
			return s.withCodes(c, l, func(codes codeTable) error {
				if err := codes.remove(c.Context(), r); err != nil {
					return err
				}
				s.tell("%s removed", r.ID())
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
		Short: "Make the rules of a service bureau those of a CSV file, all or none",
		Args:  arguments(1, 1, "one file, or - for standard input"),
		RunE: func(c *cobra.Command, args []string) error {
			csv, err := readInput(s, args[0], responsecodes.MaxFile)
			if err != nil {
				return err
			}
			return s.withCodes(c, l, func(codes codeTable) error {
				changes, err := codes.load(c.Context(), service, csv, dryRun)
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
	l, service := &location{}, ""
	c := &cobra.Command{
		Use:   "export [FILE]",
		Short: "Write the rules of a service bureau as CSV",
		Args:  arguments(0, 1, "one file"),
		RunE: func(c *cobra.Command, args []string) error {
			return s.withCodes(c, l, func(codes codeTable) error {
				csv, err := codes.export(c.Context(), service)
				if err != nil {
					return err
				}
				if len(args) == 0 {
					_, err = s.out.Write(csv)
					return err
				}
				if err := os.WriteFile(args[0], csv, 0o644); err != nil {
					return fail(exitUsage, "%w", err)
				}
				s.tell("%s written", args[0])
				return nil
			})
		},
	}
	l.add(c)
	serviceFlag(c, &service)
	return c
}
