package api

import (
	"bytes"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/svcgate/svcgate"
)

// transactionBody is a transaction as every answer shows it. The order of the members is part of the promise that the
// same transaction is always the same bytes. What is not known is null, never "" or 0.
type transactionBody struct {
	ID             string                  `json:"id"`
	Operation      string                  `json:"operation"`
	Outcome        *svcgate.Outcome        `json:"outcome"` // null while under way
	State          svcgate.State           `json:"state"`
	Service        string                  `json:"service"`
	Order          *string                 `json:"order"`
	Sequence       *int                    `json:"sequence"`
	Kind           svcgate.Kind            `json:"kind,omitzero"`
	Authorization  string                  `json:"authorization,omitzero"`
	Parent         string                  `json:"parent,omitzero"` // only of a part of a split deposit
	Parts          []partBody              `json:"parts,omitzero"`  // only of a split deposit
	Card           *cardBody               `json:"card"`
	Requested      svcgate.Money           `json:"requested"`
	Amount         svcgate.Money           `json:"amount"`
	Remainder      *svcgate.Money          `json:"remainder,omitzero"` // only of a partial outcome
	Balance        svcgate.Money           `json:"balance"`
	HoldRest       *svcgate.Money          `json:"hold_rest,omitzero"` // only of a deposit that was told
	Account        *accountBody            `json:"account"`
	Provider       *providerBody           `json:"provider"`
	VendorResponse *svcgate.VendorResponse `json:"vendor_response"`
	CodesVersion   *int                    `json:"codes_version"` // null when the table was not asked
	Failure        string                  `json:"failure,omitzero"`
	Sends          int                     `json:"sends"`
	Finding        *findingBody            `json:"finding,omitzero"` // only on the desk
	Settlement     *settlementBody         `json:"settlement"`
	Caller         string                  `json:"caller"`
	Key            *string                 `json:"idempotency_key"`
	CreatedAt      string                  `json:"created_at"`
	FinishedAt     *string                 `json:"finished_at"`
}

type cardBody struct {
	Masked string          `json:"masked"`
	Status *svcgate.Status `json:"status"`
	Number string          `json:"number,omitzero"` // only of a generation, only to who asked for it
}

type accountBody struct {
	ID     *string         `json:"id"`
	Status *svcgate.Status `json:"status"`
	Type   *string         `json:"type"`
}

type providerBody struct {
	TransactionID *string        `json:"transaction_id"`
	AuthNumber    *string        `json:"auth_number"`
	Source        svcgate.Source `json:"source"`
	Code          string         `json:"code"`
	Description   *string        `json:"description"`
	Time          *string        `json:"time"` // the provider's clock and zone
}

const milliseconds = "2006-01-02T15:04:05.000Z07:00"

// newTransaction builds the body, without the parts of a split deposit: show adds them. number is "" but for a new card.
// The body points into t. All that every transaction has is made at once: this is done for each operation.
func newTransaction(t *svcgate.Transaction, number string) *transactionBody {
	all := &struct {
		transactionBody
		card     cardBody
		account  accountBody
		provider providerBody
		finished string
	}{}
	b := &all.transactionBody
	*b = transactionBody{
		ID: t.ID, Operation: t.Operation.String(), Outcome: unlessEmpty(&t.Outcome), State: t.State,
		Service: t.Service, Order: unlessEmpty(&t.Order), Kind: t.Kind, Authorization: t.Authorization, Parent: t.Parent,
		Requested: t.Requested, Amount: t.Reply.Amount, Balance: t.Reply.Balance,
		VendorResponse: t.Vendor, CodesVersion: counted(t.CodesVersion), Failure: t.Failure, Sends: t.Sends, Settlement: newSettlement(t.Settlement), Caller: t.Caller,
		Key: unlessEmpty(&t.Key), CreatedAt: t.Created.UTC().Format(milliseconds),
	}
	if t.State == svcgate.StateDesk && t.Finding != nil {
		b.Finding = new(newFinding(*t.Finding))
	}
	if t.Sequence != 0 {
		b.Sequence = &t.Sequence
	}
	if t.Last4 != "" {
		all.card = cardBody{Masked: svcgate.MaskLast4(t.Last4), Status: unlessEmpty(&t.Reply.CardStatus), Number: number}
		b.Card = &all.card
	}
	if rest, ok := t.Remainder(); ok {
		b.Remainder = &rest
	}
	if !t.Reply.HoldRest.IsZero() {
		b.HoldRest = &t.Reply.HoldRest
	}
	if a := &t.Reply.Account; *a != (svcgate.Account{}) {
		all.account = accountBody{unlessEmpty(&a.ID), unlessEmpty(&a.Status), unlessEmpty(&a.Type)}
		b.Account = &all.account
	}
	if t.Reply.Source != "" {
		all.provider = newProvider(&t.Reply)
		b.Provider = &all.provider
	}
	if !t.Finished.IsZero() {
		all.finished = t.Finished.UTC().Format(milliseconds)
		b.FinishedAt = &all.finished
	}
	return b
}

func newProvider(r *svcgate.Reply) providerBody {
	p := providerBody{unlessEmpty(&r.TransactionID), unlessEmpty(&r.AuthNumber), r.Source, r.Code, unlessEmpty(&r.Description), nil}
	if !r.Time.IsZero() {
		p.Time = given(r.Time.Format(time.RFC3339Nano))
	}
	return p
}

// unlessEmpty returns nil for an empty text, else the text where it stands.
func unlessEmpty[T ~string](s *T) *T {
	if *s == "" {
		return nil
	}
	return s
}

// given returns nil for an empty text.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// asJSON repairs texts that are not UTF-8 and does not refuse them: an answer must not be lost to them.
var asJSON = json.JoinOptions(jsontext.AllowInvalidUTF8(true), json.Deterministic(true))

// write makes an answer of v as JSON with a newline at its end.
func write(status int, v any) (*answer, error) {
	room := bodies.Get().(*bytes.Buffer)
	if err := json.MarshalWrite(room, v, asJSON); err != nil {
		giveBody(room)
		return nil, err
	}
	room.WriteByte('\n')
	return &answer{status: status, contentType: typeJSON, body: room.Bytes(), room: room}, nil
}

// getTransaction is GET /v1/transactions/{id}. A number that was generated stays masked here. Reading what is not
// settled makes us look into it; the answer does not wait for that.
func (a *API) getTransaction(c *call) (*answer, error) {
	t, err := a.Journal.Transaction(c.r.Context(), c.variable("id"))
	if err != nil {
		return nil, err
	}
	c.seen(t)
	a.wanted(t)
	body, err := a.show(c.r.Context(), t, "")
	if err != nil {
		return nil, err
	}
	return write(http.StatusOK, body)
}

// wanted looks into a transaction that somebody asked for and that is not settled.
func (a *API) wanted(t *svcgate.Transaction) {
	if t.State == svcgate.StateUnresolved {
		a.looks.look(t.ID)
	}
}

// seen notes for the log which transaction was read.
func (c *call) seen(t *svcgate.Transaction) {
	c.Transaction, c.Operation, c.Service, c.Outcome = t.ID, t.Operation.String(), t.Service, string(t.Outcome)
	if t.Last4 != "" {
		c.Card = svcgate.MaskLast4(t.Last4)
	}
}
