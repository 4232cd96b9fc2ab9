package api

import (
	"bytes"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
)

// form is a draft with the members of a body that fill it. It is made once and filled many times.
type form struct {
	draft   svcgate.Draft
	members []member
}

// newForms keeps forms of an operation between requests, without what was filled in.
func newForms(op svcgate.OperationInfo) *sync.Pool {
	return &sync.Pool{New: func() any {
		f := new(form)
		f.members = draftMembers(&f.draft, op)
		return f
	}}
}

// readDraft decodes the body of an operation. What the values mean is svcgate.NewRequest's to check; here they only
// have to be of the right kind.
func (c *call) readDraft(op svcgate.OperationInfo, forms *sync.Pool) (svcgate.Draft, error) {
	body := bodies.Get().(*bytes.Buffer)
	defer giveBody(body)
	if err := c.readInto(body, typeJSON, maxBody); err != nil {
		return svcgate.Draft{}, err
	}
	f := forms.Get().(*form)
	f.draft = svcgate.Draft{Operation: op.Operation}
	err := decode(body.Bytes(), f.members)
	d := f.draft
	f.draft = svcgate.Draft{}
	forms.Put(f)
	return d, err
}

func draftMembers(d *svcgate.Draft, op svcgate.OperationInfo) []member {
	const texts = " as text, in double quotes."
	card := member{name: "card", kind: '{', reason: "invalid_card", advice: "Give the card as an object with its number.", within: []member{
		{name: "number", kind: '"', reason: "invalid_card_number", advice: "Give the card number" + texts, take: hidden(&d.CardNumber)},
		{name: "pin", kind: '"', reason: "invalid_pin", advice: "Give the PIN" + texts, take: hidden(&d.PIN)},
		{name: "swiped", kind: 't', reason: "invalid_swiped", advice: "Say true when the card was present, else false.", take: truth(&d.Swiped)},
	}}
	if !op.NeedsCard {
		card = member{name: "card", reason: "not_applicable", advice: "Leave the card out: " + op.Name + " assigns a new number."}
	}
	confirm := member{name: "confirm_duplicate", kind: 't', reason: "invalid_confirm_duplicate",
		advice: "Say true when a request much like an earlier one is meant, else false.", take: truth(&d.ConfirmDuplicate)}
	if !op.MovesMoney {
		confirm = member{name: "confirm_duplicate", reason: "not_applicable", advice: "Leave confirm_duplicate out: " + op.Name + " moves no money."}
	}
	return []member{
		{name: "service", kind: '"', reason: "invalid_service", advice: "Give the service bureau's code" + texts, take: text(&d.Service)},
		{name: "order", kind: '"', reason: "invalid_order", advice: "Give the order number" + texts, take: text(&d.Order)},
		{name: "sequence", kind: '0', reason: "invalid_sequence", advice: "A sequence is a whole number from 0 to 999999.", take: number(&d.Sequence)},
		card,
		{name: "amount", kind: '"', reason: "invalid_amount", advice: "Give the amount as text, in double quotes: \"11.07\". A JSON number may lose cents on its way.", take: text(&d.Amount)},
		{name: "currency", kind: '"', reason: "invalid_currency", advice: "Give the ISO 4217 code" + texts, take: text(&d.Currency)},
		{name: "authorization", kind: '"', reason: "invalid_authorization", advice: "Give the provider's transaction id" + texts, take: text(&d.Authorization)},
		{name: "split", kind: '"', reason: "invalid_split", advice: "Leave split out, or set it to \"auto\".", take: text(&d.Split)},
		confirm,
		{name: "kind", kind: '"', reason: "invalid_kind", advice: "Say \"physical\" or \"virtual\".", take: text(&d.Kind)},
	}
}

func text(to *string) func(jsontext.Token) bool {
	return func(t jsontext.Token) bool {
		*to = t.String()
		return true
	}
}

func hidden(to *secret.String) func(jsontext.Token) bool {
	return func(t jsontext.Token) bool {
		*to = secret.New(t.String())
		return true
	}
}

func truth(to *bool) func(jsontext.Token) bool {
	return func(t jsontext.Token) bool {
		*to = t.Bool()
		return true
	}
}

// number takes whole numbers without point or exponent, written in the one plain way: not -0.
func number(to *int) func(jsontext.Token) bool {
	return func(t jsontext.Token) bool {
		n, err := strconv.Atoi(t.String())
		*to = n
		return err == nil && strconv.Itoa(n) == t.String()
	}
}

// maybe is number for what may be none.
func maybe(to **int) func(jsontext.Token) bool {
	return func(t jsontext.Token) bool {
		*to = new(int)
		return number(*to)(t)
	}
}
