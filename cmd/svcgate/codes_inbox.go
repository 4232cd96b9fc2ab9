package main

import (
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/responsecodes"
)

func inboxCodesCommand(s *shell) *cobra.Command {
	l, back, service, asJSON := &location{}, lookBack{}, "", false
	c := &cobra.Command{
		Use:   "inbox",
		Short: "List the codes that the provider answered and no rule knows",
		Long: "Lists what the provider answered and no published rule knows, the most frequent first. Each such answer held an\n" +
			"order as undefined. Make a rule with svcgate codes set, look at what it would change with svcgate codes dry-run,\n" +
			"and publish it.",
		Args: arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			since, err := back.since(time.Now())
			if err != nil {
				return err
			}
			return s.withReview(c, l, service, func(codes codeReview) error {
				all, err := codes.unmapped(c.Context(), service, since)
				if err != nil {
					return err
				}
				if asJSON {
					return s.json(all)
				}
				s.showInbox(all, back.days)
				return nil
			})
		},
	}
	l.add(c)
	serviceFlag(c, &service)
	back.add(c)
	jsonFlag(c, &asJSON)
	return c
}

func (s *shell) showInbox(all []responsecodes.Unmapped, days int) {
	if len(all) == 0 {
		s.tell("every code answered in %d days is known", days)
		return
	}
	t := &table{head: []string{"COUNT", "OPERATION", "SOURCE", "CODE", "CARRIED OUT", "FIRST", "LAST", "DESCRIPTION", "LATEST"}, right: map[int]bool{0: true}}
	for _, u := range all {
		did := "no"
		if u.Accepted {
			did = "yes"
		}
		t.add(cell{text: strconv.Itoa(u.Count)}, cell{text: u.Operation}, cell{text: string(u.Source)}, cell{u.Code, strong}, cell{text: did},
			cell{text: u.First.UTC().Format(time.RFC3339)}, cell{text: u.Last.UTC().Format(time.RFC3339)}, cell{text: u.Description}, cell{u.Sample, faint})
	}
	s.table(s.out, t)
	s.tell("%d codes are in no rule; svcgate codes set makes one", len(all))
}
