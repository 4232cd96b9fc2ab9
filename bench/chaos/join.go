package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
)

// join compares the three records of a house when all is over: what was told, what the ledger has, what the journal
// says.
func (h *house) join(ctx context.Context) (check.Report, error) {
	rows, err := h.atRest(ctx)
	if err != nil {
		return check.Report{}, err
	}
	entries, err := h.provider.ledger(ctx)
	if err != nil {
		return check.Report{}, err
	}
	var told []check.Told
	for _, a := range h.answers {
		one, err := a.record()
		if err != nil {
			return check.Report{}, err
		}
		told = append(told, one)
	}
	var booked []check.Booked
	for _, e := range entries {
		one, err := e.record()
		if err != nil {
			return check.Report{}, err
		}
		booked = append(booked, one)
	}
	var journal []check.Journaled
	for _, t := range rows {
		one, err := t.record()
		if err != nil {
			return check.Report{}, err
		}
		journal = append(journal, check.Journaled{Transaction: one})
	}
	return check.Run(told, booked, journal), nil
}

// atRest reads the journal when nothing is under way, or as it is when the gateway does not come to rest in time.
func (h *house) atRest(ctx context.Context) (rows []transaction, err error) {
	late := eventually(ctx, arrivalLimit, func() error {
		if rows, err = h.gateways[0].transactions(ctx); err != nil {
			return err
		}
		if slices.ContainsFunc(rows, func(t transaction) bool { return t.State == svcgate.StateSent }) {
			return errUnderWay
		}
		return nil
	})
	if errors.Is(late, errUnderWay) {
		return rows, nil // the checker finds it
	}
	return rows, late
}

var errUnderWay = errors.New("a message is under way")

func (a answer) record() (check.Told, error) {
	t := check.Told{TransactionID: a.told.id, Key: a.subject.key, Operation: a.subject.operation, Order: a.subject.order, Outcome: a.told.outcome,
		Certain: a.told.state == svcgate.StateFinal, HTTP: a.told.status, ProviderID: a.told.provider}
	if n := len(a.subject.card); n > 4 {
		t.Card = a.subject.card[n-4:]
	}
	var err error
	if info, _ := a.subject.operation.Info(); info.NeedsAmount {
		if t.Amount, err = svcgate.ParseMoney(amount, "USD"); err != nil {
			return t, fmt.Errorf("the bench's own amount: %w", err)
		}
	}
	t.Acted, err = parse(a.told.amount)
	return t, err
}

func (e entry) record() (check.Booked, error) {
	b := check.Booked{Kind: e.Message, Card: lastFour(e.Card), Order: e.Order, Moved: e.Booked && e.Message != kind(svcgate.Inquire).Action()}
	if e.ID != 0 {
		b.ID = strconv.FormatInt(e.ID, 10)
	}
	var err error
	if b.At, err = time.Parse(time.RFC3339, e.At); err != nil {
		return b, fmt.Errorf("the ledger's time: %w", err)
	}
	if e.Amount == "" || e.Currency == "" || e.Message == kind(svcgate.Generate).Action() {
		return b, nil
	}
	if b.Amount, err = svcgate.ParseMoney(e.Amount, e.Currency); err != nil {
		return b, fmt.Errorf("the ledger's amount: %w", err)
	}
	b.Balance, err = svcgate.ParseMoney(e.Balance, e.Currency)
	return b, err
}

func (t transaction) record() (svcgate.Transaction, error) {
	out := svcgate.Transaction{ID: t.ID, Key: t.Key, Order: t.Order, Service: t.Service, Outcome: t.Outcome, State: t.State,
		Authorization: t.Authorization, Created: t.CreatedAt, Caller: t.Caller, Sends: t.Sends, Parent: t.Parent}
	if t.Settlement != nil {
		out.Settlement = &svcgate.Settlement{By: t.Settlement.By}
	}
	var err error
	for _, p := range t.Parts {
		part := svcgate.Part{Authorization: p.Authorization}
		if part.Amount, err = parse(p.Amount.String()); err != nil {
			return out, err
		}
		if p.Transaction != nil {
			part.TransactionID = p.Transaction.ID
		}
		out.Plan = append(out.Plan, part)
	}
	if out.Operation, err = svcgate.ParseOperation(t.Operation); err != nil {
		return out, err
	}
	if t.Card != nil {
		out.Last4 = lastFour(t.Card.Masked)
	}
	if t.Provider != nil {
		out.Reply.TransactionID = t.Provider.TransactionID
	}
	if out.Requested, err = parse(t.Requested.String()); err == nil {
		out.Reply.Amount, err = parse(t.Amount.String())
	}
	return out, err
}

func lastFour(masked string) string {
	last := masked[max(0, len(masked)-4):]
	if strings.Contains(last, "*") {
		return ""
	}
	return last
}

// parse reads "11.07 USD"; "" is no money.
func parse(text string) (svcgate.Money, error) {
	if text == "" {
		return svcgate.Money{}, nil
	}
	number, currency, _ := strings.Cut(text, " ")
	m, err := svcgate.ParseMoney(number, currency)
	if err != nil {
		return m, fmt.Errorf("an amount in an answer: %w", err)
	}
	return m, nil
}
