package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
)

func callCommand(s *shell) *cobra.Command {
	c := parent("call", "Ask a running server for one of the eight operations")
	c.Long = "Asks a running server for an operation and prints what came of it.\n\n" +
		"A card number is read from the terminal without showing it, from standard input, or from --card-file. It is never\n" +
		"taken from the command line, which every user of the machine can see. The token comes from SVCGATE_TOKEN or\n" +
		"--token-file. Each request gets an Idempotency-Key; give the same --key to ask for the same result again.\n\n" +
		"Ends with 0 when approved, 1 when declined, partial or undefined, 2 when the request was wrong, 3 when nothing was\n" +
		"sent, 4 when refused for want of rights, 5 when the key was used for something else, and 6 when it is not known\n" +
		"whether it was carried out: then ask again with the same key, never with a new one."
	c.Example = "  svcgate call inquire\n  printf 6006491234560017 | svcgate call authorize --order 3242 --amount 11.07 --currency USD"
	for _, op := range svcgate.Operations() {
		c.AddCommand(operationCommand(s, op))
	}
	return c
}

// asked is what the flags of one operation say.
type asked struct {
	serverFlags
	service, order, amount, currency, authorization, kind, key string
	card, cardFile, pinFile                                    string
	sequence                                                   int
	swiped, json                                               bool
}

// operationCommand makes the command of an operation from its row: it has the flags that the operation needs.
func operationCommand(s *shell, op svcgate.OperationInfo) *cobra.Command {
	a := &asked{}
	c := &cobra.Command{
		Use:   op.Name,
		Short: strings.ToUpper(op.Summary[:1]) + op.Summary[1:],
		Args:  arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return s.call(c, op, a)
		},
	}
	a.add(c)
	f := c.Flags()
	f.StringVar(&a.service, "service", "RLT", "code of the service bureau")
	f.StringVar(&a.order, "order", "", "order number")
	f.IntVar(&a.sequence, "sequence", 0, "payment's sequence within the order")
	f.StringVar(&a.key, "key", "", "Idempotency-Key (default: a new one)")
	f.BoolVar(&a.json, "json", false, "print the server's answer as it came")
	if op.NeedsCard {
		f.StringVar(&a.card, "card", "", "only \"-\": read the number from standard input")
		f.StringVar(&a.cardFile, "card-file", "", "file with the card number")
		f.StringVar(&a.pinFile, "pin-file", "", "file with the card's PIN")
		f.BoolVar(&a.swiped, "swiped", false, "the card was present")
	}
	if op.NeedsAmount {
		f.StringVar(&a.amount, "amount", "", "amount, such as 11.07")
		f.StringVar(&a.currency, "currency", "USD", "currency (ISO 4217)")
	}
	if op.NeedsAuthorization || op.Operation == svcgate.Return {
		f.StringVar(&a.authorization, "authorization", "", "the provider's transaction id of the authorization")
	}
	if op.NeedsKind {
		f.StringVar(&a.kind, "kind", "", "physical or virtual")
	}
	return c
}

// check refuses what can be known to be wrong before anything is read or sent.
func (a *asked) check(c *cobra.Command, op svcgate.OperationInfo) error {
	if a.card != "" && a.card != "-" {
		return fail(exitUsage, "--card takes no number: every user of this machine can see it there, and the shell keeps it; pipe it in, or use --card-file")
	}
	if a.card == "-" && a.cardFile != "" {
		return fail(exitUsage, "give --card - or --card-file, not both")
	}
	if op.NeedsAmount {
		if err := needFlag(c, "amount", a.amount); err != nil {
			return err
		}
	}
	if op.NeedsAuthorization {
		if err := needFlag(c, "authorization", a.authorization); err != nil {
			return err
		}
	}
	if op.NeedsKind {
		return needFlag(c, "kind", a.kind)
	}
	return nil
}

func (s *shell) call(c *cobra.Command, op svcgate.OperationInfo, a *asked) error {
	if err := a.check(c, op); err != nil {
		return err
	}
	server, err := s.client(a.serverFlags)
	if err != nil {
		return err
	}
	body, err := s.requestBody(c.Context(), op, a)
	if err != nil {
		return err
	}
	if a.key == "" && op.NeedsKey {
		a.key = "call-" + strings.TrimPrefix(svcgate.NewTransactionID(), "txn_")
	}
	if a.key != "" {
		s.tell("%s %s", s.paint(faint, "Idempotency-Key:"), a.key)
	}
	answer, err := server.do(c.Context(), http.MethodPost, "/v1/"+op.Route, "application/json", a.key, body)
	if err != nil && op.NeedsKey && (answer == nil || statusOf(err) == exitUnknown) {
		err = fmt.Errorf("%w; ask again with --key %s, which never does it twice", err, a.key)
	}
	if answer == nil {
		return err
	}
	if a.json {
		if _, err := s.out.Write(answer.body); err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
	}
	t, told := readTransaction(answer.body)
	if !told {
		return err
	}
	if !a.json {
		s.showTransaction(t, answer.replayed)
	}
	if err != nil {
		return err
	}
	if status := outcomeStatus[svcgate.Outcome(t.Outcome)]; status != exitDone {
		return silent(status)
	}
	return nil
}

// requestBody reads the card and makes the request's JSON.
func (s *shell) requestBody(ctx context.Context, op svcgate.OperationInfo, a *asked) ([]byte, error) {
	body := map[string]any{"service": a.service}
	for name, text := range map[string]string{"order": a.order, "amount": a.amount, "authorization": a.authorization, "kind": a.kind} {
		if text != "" {
			body[name] = text
		}
	}
	if op.NeedsAmount {
		body["currency"] = a.currency
	}
	if a.sequence != 0 {
		body["sequence"] = a.sequence
	}
	if op.NeedsCard {
		card, err := s.cardMembers(ctx, a)
		if err != nil {
			return nil, err
		}
		body["card"] = card
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("writing the request: %w", err)
	}
	return text, nil
}

// cardMembers reads the card and what stands beside it. The number is revealed here, where it becomes JSON.
func (s *shell) cardMembers(ctx context.Context, a *asked) (map[string]any, error) {
	number, err := s.cardNumber(ctx, a.cardFile)
	if err != nil {
		return nil, err
	}
	card := map[string]any{"number": number.Reveal()}
	if a.pinFile != "" {
		pin, err := readSecret(s, a.pinFile)
		if err != nil {
			return nil, fmt.Errorf("reading the PIN: %w", err)
		}
		card["pin"] = pin
	}
	if a.swiped {
		card["swiped"] = true
	}
	return card, nil
}

func (s *shell) cardNumber(ctx context.Context, file string) (secret.String, error) {
	var number string
	var err error
	if file != "" {
		number, err = readSecret(s, file)
	} else {
		number, err = s.ask(ctx, "Card number (not shown): ")
	}
	switch {
	case err != nil:
		return secret.String{}, fmt.Errorf("reading the card number: %w", err)
	case number == "":
		return secret.String{}, fail(exitUsage, "there is no card number: type it at the terminal, pipe it in, or use --card-file")
	}
	return secret.New(number), nil
}

// transaction is what is shown of a transaction's JSON.
type transaction struct {
	ID        string   `json:"id"`
	Operation string   `json:"operation"`
	Outcome   string   `json:"outcome"`
	State     string   `json:"state"`
	Service   string   `json:"service"`
	Order     string   `json:"order"`
	Failure   string   `json:"failure"`
	Requested *amount  `json:"requested"`
	Amount    *amount  `json:"amount"`
	Remainder *amount  `json:"remainder"`
	Balance   *amount  `json:"balance"`
	HoldRest  *amount  `json:"hold_rest"`
	Finding   *finding `json:"finding"` // only on the desk
	Card      struct {
		Masked string `json:"masked"`
		Status string `json:"status"`
		Number string `json:"number"`
	} `json:"card"`
	Provider struct {
		TransactionID string `json:"transaction_id"`
		AuthNumber    string `json:"auth_number"`
		Code          string `json:"code"`
		Description   string `json:"description"`
	} `json:"provider"`
	Vendor *struct {
		Code        string   `json:"code"`
		Description string   `json:"description"`
		Messages    []string `json:"messages"`
	} `json:"vendor_response"`
}

type amount struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

func (a *amount) String() string {
	if a == nil {
		return ""
	}
	return a.Amount + " " + a.Currency
}

// readTransaction finds the transaction in an answer, or in the problem document around it.
func readTransaction(body []byte) (*transaction, bool) {
	var p struct {
		transaction
		Inner *transaction `json:"transaction"`
	}
	if json.Unmarshal(body, &p) != nil {
		return nil, false
	}
	if p.Inner != nil {
		return p.Inner, p.Inner.ID != ""
	}
	return &p.transaction, p.ID != ""
}

func outcomeTone(outcome string) tone {
	switch svcgate.Outcome(outcome) {
	case svcgate.Approved:
		return good
	case svcgate.Declined, svcgate.Unavailable:
		return bad
	case svcgate.Partial, svcgate.Undefined, svcgate.Unknown:
		return odd
	}
	return plain
}

// showTransaction prints what was told, one fact a line.
func (s *shell) showTransaction(t *transaction, replayed bool) {
	again := ""
	if replayed {
		again = " (told again)"
	}
	line := func(name, text string, tone tone) {
		if text != "" {
			fmt.Fprintf(s.out, "%-13s %s\n", name, s.paint(tone, oneLine(text)))
		}
	}
	line("outcome", t.Outcome+again, outcomeTone(t.Outcome))
	line("operation", t.Operation, plain)
	line("order", t.Order, plain)
	line("card", strings.TrimSpace(t.Card.Masked+" "+t.Card.Status), plain)
	line("new number", t.Card.Number, strong)
	line("asked", t.Requested.String(), plain)
	line("amount", t.Amount.String(), plain)
	line("remainder", t.Remainder.String(), odd)
	line("balance", t.Balance.String(), plain)
	line("still held", t.HoldRest.String(), plain)
	line("provider", strings.TrimSpace(t.Provider.Code+" "+t.Provider.Description), plain)
	line("authorization", t.Provider.TransactionID, plain)
	line("auth number", t.Provider.AuthNumber, plain)
	if t.Vendor != nil {
		line("vendor", strings.TrimSpace(t.Vendor.Code+" "+t.Vendor.Description), plain)
		for _, m := range t.Vendor.Messages {
			line("message", m, odd)
		}
	}
	line("failure", t.Failure, odd)
	line("transaction", t.ID, faint)
}
