package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/responsecodes"
)

// lookBack says how far back to look.
type lookBack struct{ days int }

func (b *lookBack) add(c *cobra.Command) {
	c.Flags().IntVar(&b.days, "days", 30, "look at the answers of so many days")
}

func (b *lookBack) since(now time.Time) (time.Time, error) {
	if b.days < 1 || b.days > 399 {
		return now, fail(exitUsage, "--days is a number from 1 to 399")
	}
	return now.AddDate(0, 0, -b.days), nil
}

func dryRunCodesCommand(s *shell) *cobra.Command {
	l, back, service, told, list, asJSON := &location{}, lookBack{}, "", false, false, false
	c := &cobra.Command{
		Use:   "dry-run",
		Short: "Show what the draft would have changed of what the order management system was told",
		Long: "Replays the answers in the journal against the published table and against the draft, and lists what the order\n" +
			"management system would have been told otherwise. With --told the published table is compared with what was told\n" +
			"when the answers came. Nothing is changed: what was told stays.",
		Example: "  svcgate codes dry-run --days 7 --list --server http://127.0.0.1:8080",
		Args:    arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if list && asJSON {
				return fail(exitUsage, "give one of --list and --json: the list is a table")
			}
			since, err := back.since(time.Now())
			if err != nil {
				return err
			}
			return s.withReview(c, l, service, func(codes codeReview) error {
				step, clear := s.progress("transactions looked at")
				report, err := codes.compare(c.Context(), service, since, told, step)
				clear()
				if err != nil {
					return err
				}
				if asJSON {
					return s.json(report)
				}
				s.showMoves(report, back.days, told)
				if !list {
					return nil
				}
				return s.listMoves(c, codes, service, since, report, told)
			})
		},
	}
	l.add(c)
	serviceFlag(c, &service)
	back.add(c)
	c.Flags().BoolVar(&told, "told", false, "compare the published table with what was told, instead of the draft with it")
	c.Flags().BoolVar(&list, "list", false, "list the transactions too, the newest 500 of each kind")
	jsonFlag(c, &asJSON)
	return c
}

func (s *shell) showMoves(r *responsecodes.Report, days int, told bool) {
	if len(r.Moves) > 0 {
		t := &table{head: []string{"COUNT", "OPERATION", "SOURCE", "CODE", "FROM", "TO", "VENDOR", "CHANGES", "LATEST"}, right: map[int]bool{0: true}}
		for _, m := range r.Moves {
			vendor := m.FromVendor
			if m.FromVendor != m.ToVendor {
				vendor = empty(m.FromVendor) + " -> " + empty(m.ToVendor)
			}
			t.add(cell{text: strconv.Itoa(m.Count)}, cell{text: m.Operation}, cell{text: string(m.Source)}, cell{m.Code, strong},
				cell{string(m.FromOutcome), outcomeTone(string(m.FromOutcome))}, cell{string(m.ToOutcome), outcomeTone(string(m.ToOutcome))},
				cell{text: vendor}, cell{text: strings.Join(m.Changes, ", ")}, cell{m.Sample, faint})
		}
		s.table(s.out, t)
	}
	would := "the draft would change"
	if told {
		would = "the published table would change"
	}
	s.tell("%s %d of %d answers in %d days, %d of them in their outcome", would, r.Changed, r.Total, days, r.Outcomes)
	for _, line := range widened(r) {
		s.tell("%s %s", s.paint(bad, "!"), line)
	}
	s.tellOutdated(r.Base, r.Published)
}

// tellOutdated warns of a draft that would take back what was published since it began.
func (s *shell) tellOutdated(base, published int) {
	if base != published {
		s.tell("%s the draft began from version %d and version %d is published, whose changes it would take back: svcgate codes draft --rebase first, or --discard",
			s.paint(bad, "!"), base, published)
	}
}

// widened says which answers would become a success, by outcome.
func widened(r *responsecodes.Report) []string {
	counts, order := map[string]int{}, []string{}
	for _, m := range r.Moves {
		if !m.Widens() {
			continue
		}
		text := fmt.Sprintf("from %s to %s", m.FromOutcome, m.ToOutcome)
		if counts[text] == 0 {
			order = append(order, text)
		}
		counts[text] += m.Count
	}
	for i, text := range order {
		order[i] = fmt.Sprintf("%d %s", counts[text], text)
	}
	return order
}

// listMoves lists the transactions behind each line of the report.
func (s *shell) listMoves(c *cobra.Command, codes codeReview, service string, since time.Time, r *responsecodes.Report, told bool) error {
	for _, m := range r.Moves {
		like := responsecodes.Tally{Operation: m.Operation, Source: m.Source, Code: m.Code, Accepted: m.Accepted, Short: m.Short}
		if told {
			like.Outcome = m.FromOutcome
		}
		rows, err := codes.affected(c.Context(), service, like, since)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "\n%s\n", s.paint(strong, oneLine(fmt.Sprintf("%s %s %s: %s -> %s", m.Operation, m.Source, m.Code, m.FromOutcome, m.ToOutcome))))
		t := &table{head: []string{"TRANSACTION", "AT", "ORDER", "CARD", "ASKED", "TOLD"}, right: map[int]bool{4: true}}
		for _, row := range rows {
			t.add(cells(row.ID, row.CreatedAt, row.Order, row.Card.Masked, row.Requested.String(), row.Outcome)...)
		}
		s.table(s.out, t)
	}
	return nil
}
