package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate"
)

func deskCommand(s *shell) *cobra.Command {
	c := parent("desk", "Decide what nobody knows: outcomes that wait for a person", listDeskCommand(s), showDeskCommand(s), settleCommand(s))
	c.Long = "Some outcomes cannot be found out by asking for a balance: a deposit leaves it as it was, or other money moved\n" +
		"meanwhile. They wait on the desk of a running server for a person who has looked at the provider's side. Reading\n" +
		"needs a token of the role operator, tester or admin; settling one of the role operator."
	c.Example = "  svcgate desk list\n  svcgate desk show txn_...\n  svcgate desk settle txn_... --verdict not_applied --reason 'not in the transaction list of card 0017'"
	return c
}

// reading is a look at a card, as the API tells it.
type reading struct {
	At          time.Time `json:"at"`
	Balance     *amount   `json:"balance"`
	CardStatus  string    `json:"card_status"`
	Transaction string    `json:"transaction_id"`
}

// finding is what the evidence says.
type finding struct {
	Verdict string  `json:"verdict"`
	Amount  *amount `json:"amount"`
	Why     string  `json:"why"`
}

// onDesk is one transaction that waits for a person.
type onDesk struct {
	Transaction transaction `json:"transaction"`
	Age         int64       `json:"age_seconds"`
}

func listDeskCommand(s *shell) *cobra.Command {
	f, asJSON := serverFlags{}, false
	var service, order, last4 string
	c := &cobra.Command{
		Use:   "list",
		Short: "List what waits for a decision, the newest first",
		Args:  arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			server, err := s.client(f)
			if err != nil {
				return err
			}
			query := url.Values{}
			for name, text := range map[string]string{"service": service, "order": order, "last4": last4} {
				if text != "" {
					query.Set(name, text)
				}
			}
			all, err := server.desk(c.Context(), query)
			if err != nil {
				return err
			}
			if asJSON {
				return s.json(all)
			}
			return s.showDesk(all)
		},
	}
	f.add(c)
	c.Flags().StringVar(&service, "service", "", "only of this service bureau")
	c.Flags().StringVar(&order, "order", "", "only of this order")
	c.Flags().StringVar(&last4, "last4", "", "only of cards with these last four digits")
	jsonFlag(c, &asJSON)
	return c
}

// desk reads every page.
func (c *client) desk(ctx context.Context, query url.Values) ([]json.RawMessage, error) {
	all := []json.RawMessage{}
	query.Set("limit", "500")
	for {
		answer, err := c.do(ctx, http.MethodGet, "/v1/desk?"+query.Encode(), "", "", nil)
		if err != nil {
			return nil, err
		}
		var page struct {
			Desk []json.RawMessage `json:"desk"`
			Next string            `json:"next"`
		}
		if err := json.Unmarshal(answer.body, &page); err != nil {
			return nil, fmt.Errorf("reading the server's answer: %w", err)
		}
		all = append(all, page.Desk...)
		if page.Next == "" {
			return all, nil
		}
		query.Set("cursor", page.Next)
	}
}

func (s *shell) showDesk(all []json.RawMessage) error {
	if len(all) == 0 {
		s.tell("nothing waits for a decision")
		return nil
	}
	t := &table{head: []string{"TRANSACTION", "AGE", "OPERATION", "SERVICE", "ORDER", "CARD", "ASKED", "EVIDENCE"}, right: map[int]bool{1: true, 6: true}}
	for _, one := range all {
		var d onDesk
		if err := json.Unmarshal(one, &d); err != nil {
			return fmt.Errorf("reading the server's answer: %w", err)
		}
		tx := d.Transaction
		t.add(cells(tx.ID, age(d.Age), tx.Operation, tx.Service, tx.Order, tx.Card.Masked, tx.Requested.String(), tx.Finding.String())...)
	}
	s.table(s.out, t)
	return nil
}

// age is a time in its largest unit.
func age(seconds int64) string {
	for _, unit := range []struct {
		seconds int64
		name    string
	}{{86400, "d"}, {3600, "h"}, {60, "m"}} {
		if seconds >= unit.seconds {
			return strconv.FormatInt(seconds/unit.seconds, 10) + unit.name
		}
	}
	return strconv.FormatInt(seconds, 10) + "s"
}

// String gives the verdict and why.
func (f *finding) String() string {
	if f == nil {
		return ""
	}
	return strings.ReplaceAll(f.Verdict, "_", " ") + ": " + f.Why
}

// exchange is the message and its answer, masked, and what the card was like.
type exchange struct {
	Class    string    `json:"class"`
	Failure  string    `json:"failure"`
	Sent     string    `json:"sent"`
	Received string    `json:"received"`
	Baseline *reading  `json:"baseline"`
	Readings []reading `json:"readings"`
}

func showDeskCommand(s *shell) *cobra.Command {
	f, asJSON := serverFlags{}, false
	c := &cobra.Command{
		Use:   "show TRANSACTION",
		Short: "Show the evidence: the card before and since, what it says, and both messages",
		Args:  arguments(1, 1, "the id of a transaction"),
		RunE: func(c *cobra.Command, args []string) error {
			server, err := s.client(f)
			if err != nil {
				return err
			}
			path := "/v1/transactions/" + url.PathEscape(args[0])
			told, err := server.do(c.Context(), http.MethodGet, path, "", "", nil)
			if err != nil {
				return err
			}
			messages, err := server.do(c.Context(), http.MethodGet, path+"/exchange", "", "", nil)
			if statusOf(err) == exitFailed && messages != nil && messages.status == http.StatusNotFound {
				messages, err = &response{body: []byte("null")}, nil // a split deposit, or an attempt that was cut off
			}
			if err != nil {
				return err
			}
			if asJSON {
				return s.json(map[string]json.RawMessage{"transaction": told.body, "exchange": messages.body})
			}
			t, readable := readTransaction(told.body)
			var x *exchange
			if err := json.Unmarshal(messages.body, &x); err != nil || !readable {
				return fmt.Errorf("reading the server's answer: %w", err)
			}
			s.showTransaction(t, false)
			s.showEvidence(t, x)
			return nil
		},
	}
	f.add(c)
	jsonFlag(c, &asJSON)
	return c
}

// showEvidence prints what is known beside the transaction itself.
func (s *shell) showEvidence(t *transaction, x *exchange) {
	fmt.Fprintf(s.out, "%-13s %s\n", "state", t.State)
	if t.Finding != nil {
		fmt.Fprintf(s.out, "%-13s %s\n", "evidence", s.paint(odd, oneLine(t.Finding.String())))
	}
	if x == nil {
		fmt.Fprintln(s.out, "\nNo message of its own is recorded.")
		return
	}
	looks := &table{head: []string{"LOOK", "AT", "BALANCE", "CARD", "FROM"}, right: map[int]bool{2: true}}
	for i, r := range append([]reading{from(x.Baseline)}, x.Readings...) {
		if r.At.IsZero() {
			continue
		}
		name := "before"
		if i > 0 {
			name = strconv.Itoa(i)
		}
		looks.add(cells(name, r.At.UTC().Format(time.RFC3339), r.Balance.String(), r.CardStatus, r.Transaction)...)
	}
	fmt.Fprintln(s.out)
	if len(looks.rows) == 0 {
		fmt.Fprintln(s.out, "The card was not seen, neither before nor since.")
	} else {
		s.table(s.out, looks)
	}
	for _, m := range []struct{ name, text string }{{"sent", x.Sent}, {"received", cmp.Or(x.Received, "nothing: "+x.Failure)}} {
		fmt.Fprintf(s.out, "\n%s\n", s.paint(strong, m.name))
		for line := range strings.Lines(m.text) {
			fmt.Fprintf(s.out, "  %s\n", oneLine(strings.TrimRight(line, "\n")))
		}
	}
}

func from(r *reading) reading {
	if r == nil {
		return reading{}
	}
	return *r
}

func settleCommand(s *shell) *cobra.Command {
	f, asJSON := serverFlags{}, false
	var verdict, sum, id, reason string
	c := &cobra.Command{
		Use:   "settle TRANSACTION --verdict VERDICT --reason TEXT",
		Short: "Say what happened, with the reason; it is kept under your token's name",
		Long: "Makes an unknown outcome final, with everything that an answer would have brought. Look at the provider's side\n" +
			"first: svcgate cannot take it back. Verdicts:\n" +
			"  applied      the provider carried it out; an authorization needs --provider-transaction-id, or nobody could\n" +
			"               deposit or void the hold\n" +
			"  not_applied  the provider did nothing\n" +
			"  released     the provider carried it out and it was undone there since",
		Example: "  svcgate desk settle txn_... --verdict applied --provider-transaction-id 70042 --reason 'seen in the provider list'",
		Args:    arguments(1, 1, "the id of a transaction"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := needFlag(c, "verdict", verdict); err != nil {
				return err
			}
			if err := needFlag(c, "reason", strings.TrimSpace(reason)); err != nil {
				return err
			}
			server, err := s.client(f)
			if err != nil {
				return err
			}
			body := map[string]string{"verdict": strings.ReplaceAll(verdict, "-", "_"), "reason": reason}
			for name, text := range map[string]string{"amount": sum, "provider_transaction_id": id} {
				if text != "" {
					body[name] = text
				}
			}
			text, err := json.Marshal(body)
			if err != nil {
				return fmt.Errorf("writing the decision: %w", err)
			}
			answer, err := server.do(c.Context(), http.MethodPost, "/v1/transactions/"+url.PathEscape(args[0])+"/settlement", "application/json", "", text)
			if err != nil {
				return err
			}
			if asJSON {
				_, err := s.out.Write(answer.body)
				return err
			}
			t, told := readTransaction(answer.body)
			if !told {
				return fmt.Errorf("the server's answer cannot be read; read the transaction")
			}
			s.showTransaction(t, false)
			s.tell("settled as %s; the OMS is told %s", strings.ReplaceAll(verdict, "_", " "), t.Outcome)
			return nil
		},
	}
	f.add(c)
	c.Flags().StringVar(&verdict, "verdict", "", "one of "+join([]string{string(svcgate.Applied), string(svcgate.NotApplied), string(svcgate.Released)}))
	c.Flags().StringVar(&reason, "reason", "", "why, in one sentence; no card number")
	c.Flags().StringVar(&sum, "amount", "", "what was acted on, when it was less than asked")
	c.Flags().StringVar(&id, "provider-transaction-id", "", "the provider's id")
	jsonFlag(c, &asJSON)
	return c
}
