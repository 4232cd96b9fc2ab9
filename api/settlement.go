package api

import (
	"context"
	"net/http"
	"time"

	"github.com/svcgate/svcgate"
)

// Settler looks into outcomes that are not known and takes a person's decision; *svcgate.Gateway is one.
type Settler interface {
	LookInto(ctx context.Context, id string) error
	SettleByHand(ctx context.Context, id string, d svcgate.Decision) (*svcgate.Transaction, error)
}

// findingBody is what the evidence says.
type findingBody struct {
	Verdict svcgate.Verdict `json:"verdict"`
	Amount  svcgate.Money   `json:"amount"`
	Why     string          `json:"why"`
}

// settlementBody is how an outcome that was not known was decided.
type settlementBody struct {
	findingBody
	By            string        `json:"by"`
	Reason        *string       `json:"reason"`
	At            string        `json:"at"`
	TransactionID *string       `json:"provider_transaction_id"`
	Evidence      []readingBody `json:"evidence"`
}

// readingBody is one look at a card.
type readingBody struct {
	At          string        `json:"at"`
	Balance     svcgate.Money `json:"balance"`
	CardStatus  *string       `json:"card_status"`
	Transaction *string       `json:"transaction_id"`
}

func newFinding(f svcgate.Finding) findingBody { return findingBody{f.Verdict, f.Amount, f.Why} }

func newSettlement(s *svcgate.Settlement) *settlementBody {
	if s == nil {
		return nil
	}
	return &settlementBody{newFinding(s.Finding), s.By, given(s.Reason), s.At.UTC().Format(milliseconds), given(s.TransactionID), newReadings(s.Evidence)}
}

// newReadings leaves out what was no look at all.
func newReadings(readings []svcgate.Reading) []readingBody {
	var out []readingBody
	for _, r := range readings {
		if b := newReading(r); b != nil {
			out = append(out, *b)
		}
	}
	return out
}

func newReading(r svcgate.Reading) *readingBody {
	if r.IsZero() {
		return nil
	}
	return &readingBody{r.At.UTC().Format(milliseconds), r.Balance, given(string(r.Status)), given(r.Transaction)}
}

// settle is POST /v1/transactions/{id}/settlement: a person decides what nobody knows.
func (a *API) settle(c *call) (*answer, error) {
	d := svcgate.Decision{By: c.caller.Name}
	body, err := c.readBody(typeJSON, maxBody)
	if err != nil {
		return nil, err
	}
	if err := decode(body, decisionMembers(&d)); err != nil {
		return nil, err
	}
	if holdsDigits(d.Reason) {
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_reason", Field: "reason",
			Detail: "Leave numbers of ten digits and more out of the reason: it is kept and shown, and could hold a card number."}
	}
	t, err := a.Journal.Transaction(c.r.Context(), c.variable("id"))
	if err != nil {
		return nil, err
	}
	c.seen(t)
	change := func(ctx context.Context) error {
		t, err = a.Settler.SettleByHand(ctx, t.ID, d)
		return err
	}
	if err := a.audited(c, "transaction.settle", t.ID, decisionInWords(d), change); err != nil {
		return nil, err
	}
	c.seen(t)
	return write(http.StatusOK, newTransaction(t, "")) // a split deposit, which has parts, is not settled by hand
}

func decisionMembers(d *svcgate.Decision) []member {
	return []member{
		{name: "verdict", kind: '"', reason: "invalid_verdict", advice: "Say applied, not_applied or released.", take: text((*string)(&d.Verdict))},
		{name: "amount", kind: '"', reason: "invalid_amount", advice: "Give the amount that was acted on as text, in double quotes, or leave it out for all that was asked.", take: text(&d.Amount)},
		{name: "provider_transaction_id", kind: '"', reason: "invalid_transaction_id", advice: "Give the provider's transaction id as text, in double quotes.", take: text(&d.TransactionID)},
		{name: "reason", kind: '"', reason: "invalid_reason", advice: "Say why, as text, in double quotes.", take: text(&d.Reason)},
	}
}

// decisionInWords is the detail of the audit entry. Its parts were not checked yet, so only what can be nothing else
// is put into it; the reason stands in the settlement too.
func decisionInWords(d svcgate.Decision) string {
	words := "of no verdict"
	switch d.Verdict {
	case svcgate.Applied, svcgate.NotApplied, svcgate.Released, svcgate.CannotTell:
		words = string(d.Verdict)
	}
	for _, part := range []struct{ name, text string }{{", amount ", d.Amount}, {", provider's id ", d.TransactionID}, {", because: ", d.Reason}} {
		if part.text != "" {
			words += part.name + part.text
		}
	}
	return words
}

// age is how long ago something happened, in whole seconds and never below zero.
func (a *API) age(since time.Time) int64 { return max(0, int64(a.Now().Sub(since)/time.Second)) }
