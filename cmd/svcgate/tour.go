package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
)

// tourStep is one request of the demonstration's tour, with what must come of it.
type tourStep struct {
	operation svcgate.Operation
	kind      messages.Kind // the provider's message
	card      string        // last four digits of a demonstration card; "new" is the one that was generated
	amount    string
	extra     map[string]any
	hold      bool // names the authorization that was approved last
	back      int  // the order is that of so many steps before
	settle    bool // asks for nothing: waits until svcgate knows more of the step before

	outcome svcgate.Outcome
	state   svcgate.State // "" is not compared
	balance string        // "" is not compared
	note    string
}

// The tour sends each of the eight messages, in the order in which cards live, and then shows what else can happen.
var tour = []tourStep{
	{operation: svcgate.Generate, kind: messages.GenerateCard, outcome: svcgate.Approved, note: "a number for a virtual card"},
	{operation: svcgate.Activate, kind: messages.Recharge, card: "new", amount: "50.00", extra: kind("virtual"), outcome: svcgate.Approved, balance: "50.00"},
	{operation: svcgate.Activate, kind: messages.ActivateInstrument, card: "0041", amount: "30.00", extra: kind("physical"), outcome: svcgate.Approved, balance: "30.00"},
	{operation: svcgate.Recharge, kind: messages.Recharge, card: "0017", amount: "20.00", outcome: svcgate.Approved, balance: "270.00"},
	{operation: svcgate.Inquire, kind: messages.Inquiry, card: "0017", outcome: svcgate.Approved, balance: "270.00"},
	{operation: svcgate.Authorize, kind: messages.Preauthorization, card: "0017", amount: "11.07", outcome: svcgate.Approved, balance: "258.93"},
	{operation: svcgate.Deposit, kind: messages.Postauthorization, card: "0017", amount: "11.07", hold: true, back: 1, outcome: svcgate.Approved, balance: "258.93"},
	{operation: svcgate.Return, kind: messages.Return, card: "0017", amount: "5.00", outcome: svcgate.Approved, balance: "263.93"},
	{operation: svcgate.Authorize, kind: messages.Preauthorization, card: "0017", amount: "40.00", outcome: svcgate.Approved, balance: "223.93"},
	{operation: svcgate.Void, kind: messages.Void, card: "0017", amount: "40.00", hold: true, back: 1, outcome: svcgate.Approved, balance: "263.93"},
	{operation: svcgate.Authorize, kind: messages.Preauthorization, card: "0025", amount: "100.00", outcome: svcgate.Partial, balance: "0.00", note: "the card has 75.50"},
	{operation: svcgate.Authorize, kind: messages.Preauthorization, card: "0033", amount: "10.00", outcome: svcgate.Declined, note: "the card is inactive"},
	{operation: svcgate.Authorize, kind: messages.Preauthorization, card: "0017", amount: "38.32", outcome: svcgate.Approved, balance: "225.61"},
	{operation: svcgate.Authorize, kind: messages.Preauthorization, card: "0017", amount: "170.00", back: 1, outcome: svcgate.Approved, balance: "55.61"},
	{operation: svcgate.Deposit, kind: messages.Postauthorization, card: "0017", amount: "170.32", back: 2, extra: map[string]any{"split": "auto"}, outcome: svcgate.Approved, balance: "55.61", note: "more than one hold: taken from both"},
	{operation: svcgate.Inquire, kind: messages.Inquiry, card: "9909", outcome: svcgate.Approved, balance: "250.00"},
	{operation: svcgate.Recharge, kind: messages.Recharge, card: "9909", amount: "25.00", outcome: svcgate.Unknown, note: "the provider books and breaks the line"},
	{settle: true, kind: messages.Inquiry, outcome: svcgate.Approved, balance: "275.00", note: "found out by asking for the balance"},
	{operation: svcgate.Authorize, kind: messages.Preauthorization, card: "9909", amount: "10.00", outcome: svcgate.Unknown, note: "again; the answer had the hold's id"},
	{settle: true, kind: messages.Inquiry, outcome: svcgate.Unknown, state: svcgate.StateDesk, note: "the hold is there; a person decides: svcgate desk list"},
}

func kind(k string) map[string]any { return map[string]any{"kind": k} }

// tourResult is what came of a step.
type tourResult struct {
	Operation string          `json:"operation"`
	Message   string          `json:"message"`
	Card      string          `json:"card"`
	Amount    string          `json:"amount,omitempty"`
	Outcome   svcgate.Outcome `json:"outcome"`
	Expected  svcgate.Outcome `json:"expected"`
	Code      string          `json:"code"`
	Balance   string          `json:"balance,omitempty"`
	Note      string          `json:"note,omitempty"`
	Took      float64         `json:"milliseconds"`
	Right     bool            `json:"as_expected"`
}

// takeTour sends the steps through the API. The error says that a step could not be taken at all.
func takeTour(ctx context.Context, server *client) ([]tourResult, error) {
	var results []tourResult
	generated, authorization, before := "", "", ""
	for i, step := range tour {
		started := time.Now()
		var t *transaction
		var err error
		if step.settle {
			t, err = awaitSettling(ctx, server, before)
		} else {
			t, err = step.take(ctx, server, i, generated, authorization)
		}
		if err != nil {
			return results, fmt.Errorf("step %d of the tour: %w", i+1, err)
		}
		took := time.Since(started)
		before = t.ID
		if step.operation == svcgate.Generate {
			generated = t.Card.Number
		}
		if step.operation == svcgate.Authorize && t.Outcome == string(svcgate.Approved) {
			authorization = t.Provider.TransactionID
		}
		results = append(results, step.result(t, took))
	}
	return results, nil
}

// take sends one step's request. Whatever its outcome, the transaction was told.
func (step tourStep) take(ctx context.Context, server *client, i int, generated, authorization string) (*transaction, error) {
	text, err := json.Marshal(step.body(i, generated, authorization))
	if err != nil {
		return nil, fmt.Errorf("writing the request: %w", err)
	}
	info, _ := step.operation.Info()
	answer, err := server.do(ctx, http.MethodPost, "/v1/"+info.Route, "application/json", "tour-"+strconv.Itoa(i+1), text)
	if answer == nil {
		return nil, err
	}
	t, told := readTransaction(answer.body)
	if !told {
		return nil, fmt.Errorf("%s: %w", info.Name, err)
	}
	return t, nil
}

const (
	settlingLimit = 20 * time.Second // of the tour's wait for what takes a moment
	settlingLook  = 50 * time.Millisecond
)

// awaitSettling reads a transaction until svcgate has looked into it. When that takes too long it returns it as it is.
func awaitSettling(ctx context.Context, server *client, id string) (*transaction, error) {
	ticker := time.NewTicker(settlingLook)
	defer ticker.Stop()
	for started := time.Now(); ; {
		answer, err := server.do(ctx, http.MethodGet, "/v1/transactions/"+id, "", "", nil)
		if err != nil {
			return nil, err
		}
		t, told := readTransaction(answer.body)
		if !told {
			return nil, fmt.Errorf("transaction %s cannot be read", id)
		}
		if t.State != string(svcgate.StateUnresolved) || time.Since(started) > settlingLimit {
			return t, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
		}
	}
}

func (step tourStep) body(i int, generated, authorization string) map[string]any {
	body := map[string]any{"service": demoService, "order": strconv.Itoa(1001 + i - step.back)}
	switch step.card {
	case "":
	case "new":
		body["card"] = map[string]any{"number": generated}
	default:
		body["card"] = map[string]any{"number": simulator.MagicCardLead + step.card}
	}
	if step.amount != "" {
		body["amount"], body["currency"] = step.amount, "USD"
	}
	if step.hold {
		body["authorization"] = authorization
	}
	for name, value := range step.extra {
		body[name] = value
	}
	return body
}

func (step tourStep) result(t *transaction, took time.Duration) tourResult {
	r := tourResult{
		Operation: t.Operation, Message: step.kind.Action(), Card: t.Card.Masked, Amount: t.Amount.String(),
		Outcome: svcgate.Outcome(t.Outcome), Expected: step.outcome, Code: t.Provider.Code, Balance: t.Balance.String(),
		Note: step.note, Took: float64(took.Microseconds()) / 1000,
	}
	if t.Amount == nil {
		r.Amount = t.Requested.String()
	}
	if step.settle {
		r.Operation += " (settling)"
	}
	r.Right = r.Outcome == step.outcome && (step.state == "" || t.State == string(step.state)) && (step.balance == "" || t.Balance != nil && t.Balance.Amount == step.balance)
	return r
}

// showTour prints the results and fails when one of them is not as it must be.
func (s *shell) showTour(results []tourResult, asJSON bool) error {
	wrong := 0
	t := &table{head: []string{"OPERATION", "MESSAGE", "CARD", "AMOUNT", "OUTCOME", "CODE", "BALANCE", "MS", "NOTE"},
		right: map[int]bool{3: true, 6: true, 7: true}}
	for i, r := range results {
		note := cell{r.Note, faint}
		if !r.Right {
			wrong++
			note = cell{strings.Join(strings.Fields(fmt.Sprintf("must be %s %s %s", r.Expected, tour[i].state, tour[i].balance)), " "), bad}
		}
		t.add(cell{text: r.Operation}, cell{text: r.Message}, cell{text: r.Card}, cell{text: r.Amount},
			cell{string(r.Outcome), outcomeTone(string(r.Outcome))}, cell{text: r.Code}, cell{text: r.Balance},
			cell{text: strconv.FormatFloat(r.Took, 'f', 1, 64)}, note)
	}
	if asJSON {
		if err := s.json(results); err != nil {
			return err
		}
	} else {
		s.table(s.out, t)
	}
	if wrong > 0 || len(results) != len(tour) {
		return fail(exitFailed, "%d of %d results are not as they must be", wrong+len(tour)-len(results), len(tour))
	}
	s.tell("%s", s.paint(good, fmt.Sprintf("all %d results are as they must be", len(results))))
	return nil
}
