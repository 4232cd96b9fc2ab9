package svcgate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
)

const testCard = "6006491234560017"

// draft is a valid draft of every operation, to be spoilt by tests.
func draft(op svcgate.Operation) svcgate.Draft {
	info, _ := op.Info()
	d := svcgate.Draft{Operation: op, Service: "RLT", Order: "3242", Sequence: 1}
	if info.NeedsCard {
		d.CardNumber = secret.New(testCard)
	}
	if info.NeedsAmount {
		d.Amount, d.Currency = "11.07", "USD"
	}
	if info.NeedsAuthorization {
		d.Authorization = "9354"
	}
	if info.NeedsKind {
		d.Kind = "physical"
	}
	return d
}

func request(t testing.TB, d svcgate.Draft) *svcgate.Request {
	t.Helper()
	r, err := svcgate.NewRequest(d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNewRequestKeepsWhatWasAsked(t *testing.T) {
	t.Parallel()
	for _, op := range svcgate.Operations() {
		d := draft(op.Operation)
		r := request(t, d)
		if r.Operation() != d.Operation || r.Service() != d.Service || r.Order() != d.Order || r.Sequence() != d.Sequence ||
			r.Authorization() != d.Authorization || string(r.Kind()) != d.Kind || !r.Card().Number().Equal(d.CardNumber) {
			t.Errorf("%s: %+v", op.Name, r)
		}
		if op.NeedsAmount && (r.Amount().Decimal() != d.Amount || r.Amount().Currency() != d.Currency) {
			t.Errorf("%s: amount %v", op.Name, r.Amount())
		}
	}
}

func TestNewRequestRefuses(t *testing.T) {
	t.Parallel()
	type change = func(*svcgate.Draft)
	cases := []struct {
		name   string
		op     svcgate.Operation
		change change
		reason string
		field  string
	}{
		{"no operation", svcgate.Authorize, func(d *svcgate.Draft) { d.Operation = 0 }, "invalid_operation", "operation"},
		{"operation beyond the table", svcgate.Authorize, func(d *svcgate.Draft) { d.Operation = 9 }, "invalid_operation", "operation"},
		{"no service", svcgate.Authorize, func(d *svcgate.Draft) { d.Service = "" }, "invalid_service", "service"},
		{"service with a slash", svcgate.Authorize, func(d *svcgate.Draft) { d.Service = "R/T" }, "invalid_service", "service"},
		{"no order", svcgate.Authorize, func(d *svcgate.Draft) { d.Order = "" }, "invalid_order", "order"},
		{"order of spaces", svcgate.Authorize, func(d *svcgate.Draft) { d.Order = "   " }, "invalid_order", "order"},
		{"order with a trailing space", svcgate.Authorize, func(d *svcgate.Draft) { d.Order = "3242 " }, "invalid_order", "order"},
		{"order too long", svcgate.Authorize, func(d *svcgate.Draft) { d.Order = strings.Repeat("3", 33) }, "invalid_order", "order"},
		{"order with markup", svcgate.Authorize, func(d *svcgate.Draft) { d.Order = "<3242>" }, "invalid_order", "order"},
		{"order with an accent", svcgate.Authorize, func(d *svcgate.Draft) { d.Order = "32é42" }, "invalid_order", "order"},
		{"order with a newline", svcgate.Authorize, func(d *svcgate.Draft) { d.Order = "3242\n" }, "invalid_order", "order"},
		{"order holding the card", svcgate.Authorize, func(d *svcgate.Draft) { d.Order = "A" + testCard }, "invalid_order", "order"},
		{"negative sequence", svcgate.Authorize, func(d *svcgate.Draft) { d.Sequence = -1 }, "invalid_sequence", "sequence"},
		{"sequence too large", svcgate.Authorize, func(d *svcgate.Draft) { d.Sequence = 1_000_000 }, "invalid_sequence", "sequence"},
		{"sequence without an order", svcgate.Inquire, func(d *svcgate.Draft) { d.Order = "" }, "not_applicable", "sequence"},
		{"no card", svcgate.Authorize, func(d *svcgate.Draft) { d.CardNumber = secret.String{} }, "invalid_card_number", "card.number"},
		{"masked card", svcgate.Authorize, func(d *svcgate.Draft) { d.CardNumber = secret.New("************0017") }, "invalid_card_number", "card.number"},
		{"card for a generation", svcgate.Generate, func(d *svcgate.Draft) { d.CardNumber = secret.New(testCard) }, "not_applicable", "card"},
		{"pin with a space", svcgate.Authorize, func(d *svcgate.Draft) { d.PIN = secret.New("12 34") }, "invalid_pin", "card.pin"},
		{"pin too long", svcgate.Authorize, func(d *svcgate.Draft) { d.PIN = secret.New(strings.Repeat("1", 17)) }, "invalid_pin", "card.pin"},
		{"no amount", svcgate.Authorize, func(d *svcgate.Draft) { d.Amount = "" }, "invalid_amount", "amount"},
		{"zero", svcgate.Authorize, func(d *svcgate.Draft) { d.Amount = "0.00" }, "invalid_amount", "amount"},
		{"negative", svcgate.Return, func(d *svcgate.Draft) { d.Amount = "-1.00" }, "invalid_amount", "amount"},
		{"three decimals", svcgate.Authorize, func(d *svcgate.Draft) { d.Amount = "1.000" }, "invalid_amount", "amount"},
		{"no currency", svcgate.Authorize, func(d *svcgate.Draft) { d.Currency = "" }, "invalid_currency", "currency"},
		{"amount of an inquiry", svcgate.Inquire, func(d *svcgate.Draft) { d.Amount = "1.00" }, "not_applicable", "amount"},
		{"currency of a generation", svcgate.Generate, func(d *svcgate.Draft) { d.Currency = "USD" }, "not_applicable", "amount"},
		{"no authorization", svcgate.Deposit, func(d *svcgate.Draft) { d.Authorization = "" }, "invalid_authorization", "authorization"},
		{"auth number", svcgate.Void, func(d *svcgate.Draft) { d.Authorization = "0000009354000382" }, "auth_number_given", "authorization"},
		{"authorization of letters", svcgate.Void, func(d *svcgate.Draft) { d.Authorization = "93S4" }, "invalid_authorization", "authorization"},
		{"authorization too long", svcgate.Void, func(d *svcgate.Draft) { d.Authorization = strings.Repeat("1", 17) }, "invalid_authorization", "authorization"},
		{"authorization of an authorization", svcgate.Authorize, func(d *svcgate.Draft) { d.Authorization = "9354" }, "not_applicable", "authorization"},
		{"no kind", svcgate.Activate, func(d *svcgate.Draft) { d.Kind = "" }, "invalid_kind", "kind"},
		{"other kind", svcgate.Activate, func(d *svcgate.Draft) { d.Kind = "Physical" }, "invalid_kind", "kind"},
		{"kind of a recharge", svcgate.Recharge, func(d *svcgate.Draft) { d.Kind = "virtual" }, "not_applicable", "kind"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := draft(c.op)
			c.change(&d)
			r, err := svcgate.NewRequest(d)
			e, ok := errors.AsType[*svcgate.Error](err)
			if !ok || r != nil {
				t.Fatalf("got %v, %v", r, err)
			}
			if e.Code != svcgate.CodeInvalid || e.Reason != c.reason || e.Field != c.field || e.Detail == "" {
				t.Errorf("got %+v", e)
			}
			if strings.Contains(err.Error(), testCard) {
				t.Errorf("the error quotes the card: %v", err)
			}
		})
	}
}

func TestReturnMayNameAnAuthorization(t *testing.T) {
	t.Parallel()
	d := draft(svcgate.Return)
	d.Authorization = "9354"
	if r := request(t, d); r.Authorization() != "9354" {
		t.Errorf("got %q", r.Authorization())
	}
}
