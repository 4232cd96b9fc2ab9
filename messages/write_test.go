package messages_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

func TestWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	request := func(change func(*messages.PreauthorizationRequest)) messages.Request {
		r := *authorization()
		change(&r)
		return &r
	}
	cases := map[string]struct {
		request messages.Request
		element string
		want    error
	}{
		"no request":         {nil, "", messages.ErrNoMessage},
		"no amount":          {request(func(r *messages.PreauthorizationRequest) { r.RTPTransaction.Amount = messages.Decimal{} }), "Amount", messages.ErrNoAmount},
		"negative amount":    {request(func(r *messages.PreauthorizationRequest) { r.RTPTransaction.Amount = messages.NewDecimal(-1, 2) }), "Amount", messages.ErrNoAmount},
		"null character":     {request(func(r *messages.PreauthorizationRequest) { r.UserID = "O\x00S" }), "UserID", messages.ErrCharacter},
		"line end":           {request(func(r *messages.PreauthorizationRequest) { r.Comments = "a\nb" }), "Comments", messages.ErrCharacter},
		"delete":             {request(func(r *messages.PreauthorizationRequest) { r.Comments = "a\x7f" }), "Comments", messages.ErrCharacter},
		"U+FFFE":             {request(func(r *messages.PreauthorizationRequest) { r.Comments = "\ufffe" }), "Comments", messages.ErrCharacter},
		"no UTF-8":           {request(func(r *messages.PreauthorizationRequest) { r.RTPTransaction.LocationID = "\xe9" }), "LocationID", messages.ErrCharacter},
		"half a surrogate":   {request(func(r *messages.PreauthorizationRequest) { r.RTPTransaction.LocationID = "\xed\xa0\x80" }), "LocationID", messages.ErrCharacter},
		"id too long":        {request(func(r *messages.PreauthorizationRequest) { r.RTPTransaction.OperatorID = strings.Repeat("x", 65) }), "OperatorID", messages.ErrTooLong},
		"comment too long":   {request(func(r *messages.PreauthorizationRequest) { r.Comments = strings.Repeat("x", 257) }), "Comments", messages.ErrTooLong},
		"card with control":  {request(func(r *messages.PreauthorizationRequest) { r.Instrument.CardNumber = secret.New("6006\t4912") }), "CardNumber", messages.ErrCharacter},
		"first of two wrong": {request(func(r *messages.PreauthorizationRequest) { r.UserID, r.Comments = "\x01", "\x01" }), "UserID", messages.ErrCharacter},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dst := []byte("kept")
			got, err := messages.AppendRequest(dst, c.request, messages.Form{})
			if !errors.Is(err, c.want) || string(got) != "kept" {
				t.Fatalf("%q, %v; want %q and %v", got, err, "kept", c.want)
			}
			if value, ok := errors.AsType[*messages.ValueError](err); ok != (c.element != "") || ok && value.Element != c.element {
				t.Errorf("%v does not name %s", err, c.element)
			}
			if err != nil && strings.Contains(err.Error(), "6006") {
				t.Errorf("%v quotes the card", err)
			}
		})
	}
}

func TestWhatCannotBeAnswered(t *testing.T) {
	t.Parallel()
	good := answer(messages.Void, 1, 1)
	change := func(f func(*messages.Answer)) *messages.Answer {
		a := good
		f(&a)
		return &a
	}
	cases := map[string]struct {
		answer *messages.Answer
		want   error
	}{
		"none":            {nil, messages.ErrNoMessage},
		"of no kind":      {&messages.Answer{}, messages.ErrNoMessage},
		"of a ninth kind": {&messages.Answer{Kind: 9}, messages.ErrNoMessage},
		"amount below 0":  {change(func(a *messages.Answer) { a.Amount = messages.NewDecimal(-1, 2) }), messages.ErrNoAmount},
		"rest below 0":    {change(func(a *messages.Answer) { a.PreAuthAmount = messages.NewDecimal(-1, 2) }), messages.ErrNoAmount},
		"control":         {change(func(a *messages.Answer) { a.ErrorCode = "\x1b[2J" }), messages.ErrCharacter},
		"code too long":   {change(func(a *messages.Answer) { a.ResponseCode = strings.Repeat("R", 65) }), messages.ErrTooLong},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := messages.AppendAnswer([]byte("kept"), c.answer, messages.AnswerForm{}); !errors.Is(err, c.want) || string(got) != "kept" {
				t.Errorf("%q, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestNegativeBalanceIsWritten(t *testing.T) {
	t.Parallel()
	a := answer(messages.Inquiry, -250, 0)
	var got messages.Answer
	if err := messages.ReadAnswer(encodedAnswer(t, a, messages.AnswerForm{}), &got); err != nil || got.Balance.String() != "-2.50" {
		t.Errorf("balance %q, %v", got.Balance, err)
	}
}

func TestMaskedForm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                  "<CardNumber />",
		cardNumber:          "<CardNumber>************0017</CardNumber>",
		"6006491234":        "<CardNumber>************1234</CardNumber>",
		"************0017":  "<CardNumber>************0017</CardNumber>",
		"600649123":         "<CardNumber>****************</CardNumber>",
		"60064912345600171": "<CardNumber>****************</CardNumber>",
		"6006 4912 3456 17": "<CardNumber>****************</CardNumber>",
		"*6006491234560017": "<CardNumber>****************</CardNumber>",
		"***********64560":  "<CardNumber>****************</CardNumber>",
		"****************":  "<CardNumber>****************</CardNumber>",
	} {
		r := *authorization()
		r.Instrument.CardNumber = secret.New(in)
		r.Instrument.AuthenticationData = secret.New(in)
		body := string(encoded(t, &r, messages.Form{Bare: true, Masked: true}))
		if !strings.Contains(body, want) {
			t.Errorf("%q: %s", in, body)
		}
		if in != "" && !strings.Contains(body, "<AuthenticationData>****</AuthenticationData>") {
			t.Errorf("PIN %q: %s", in, body)
		}
	}
}
