package main

import (
	"fmt"
	"strings"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
)

// What is asked with. Order and user hold what XML writes differently than it means.
const (
	card     = "6006491234560017"
	newCard  = "6006491234560025"
	prefix   = "60064"
	sequence = "02"
	order    = "W-10077"
	user     = "R&D <\u00fc>"
	currency = "USD"
)

// verb is one of the eight messages as it is played here.
type verb struct {
	operation svcgate.Operation
	kind      messages.Kind
	amount    string // asked; "" for none
	balance   string // what the stranger's provider makes of its 200.00
}

// The balance says that the stranger read the message, the action and the amount.
var verbs = []verb{
	{operation: svcgate.Generate},
	{operation: svcgate.Activate, amount: "25.00", balance: "225.00"},
	{operation: svcgate.Recharge, amount: "50.00", balance: "250.00"},
	{operation: svcgate.Inquire, balance: "200.00"},
	{operation: svcgate.Authorize, amount: "30.10", balance: "169.90"},
	{operation: svcgate.Deposit, amount: "30.10", balance: "200.00"},
	{operation: svcgate.Return, amount: "5.00", balance: "205.00"},
	{operation: svcgate.Void, amount: "10.00", balance: "210.00"},
}

func init() {
	for i := range verbs {
		kind := svcgate.Kind("")
		if info, _ := verbs[i].operation.Info(); info.NeedsKind {
			kind = svcgate.Physical
		}
		verbs[i].kind = mapping.KindOf(verbs[i].operation, kind)
	}
}

// request makes what svcgate asks for a verb; authorization is the earlier hold.
func (v verb) request(authorization string) (*svcgate.Request, error) {
	info, _ := v.operation.Info()
	d := svcgate.Draft{Operation: v.operation, Service: "RLT", Order: order}
	if info.NeedsCard {
		d.CardNumber = secret.New(card)
	}
	if info.NeedsAmount {
		d.Amount, d.Currency = v.amount, currency
	}
	if info.NeedsAuthorization {
		d.Authorization = authorization
	}
	if info.NeedsKind {
		d.Kind = string(svcgate.Physical)
	}
	r, err := svcgate.NewRequest(d)
	if err != nil {
		return nil, fmt.Errorf("making the %s request: %w", info.Name, err)
	}
	return r, nil
}

// alike gives verbs that fail in the same way the same reason: the root's name becomes a word.
func (v verb) alike(reason string) string {
	return tidy(strings.NewReplacer(v.kind.RequestRoot(), "MESSAGE", v.kind.AnswerRoot(), "MESSAGE").Replace(reason))
}
