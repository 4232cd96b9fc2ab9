package orce_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/orce"
	"github.com/svcgate/svcgate/orce/orcetest"
	"github.com/svcgate/svcgate/soap"
)

func TestNew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]orce.Config{
		"no client":                       {Bureau: bureau()},
		"default currency that is none":   {Client: orcetest.NewCaller(orcetest.Accepts), Bureau: mapping.Bureau{DefaultCurrency: "QQQ"}},
		"default currency in small print": {Client: orcetest.NewCaller(orcetest.Accepts), Bureau: mapping.Bureau{DefaultCurrency: "usd"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p, err := orce.New(c); err == nil || p != nil {
				t.Errorf("New = %v, %v", p, err)
			}
		})
	}
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		op     svcgate.Operation
		bureau mapping.Bureau
		reason string
	}{
		"no card series":     {svcgate.Generate, mapping.Bureau{Service: "RLT", PresentersID: "00912"}, "submitters_id_missing"},
		"unwritable signon":  {svcgate.Authorize, mapping.Bureau{Service: "RLT", Signon: "a\x00b"}, "unwritable_message"},
		"signon without end": {svcgate.Authorize, mapping.Bureau{Service: "RLT", Signon: strings.Repeat("a", 1000)}, "unwritable_message"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			far := orcetest.NewCaller(orcetest.Accepts)
			info, _ := test.op.Info()
			m, err := provider(t, orce.Config{Client: far, Bureau: test.bureau}).Prepare(orcetest.Request(t, info), time.Now())
			e, ok := errors.AsType[*svcgate.Error](err)
			if !ok || e.Code != svcgate.CodeInvalid || e.Reason != test.reason || m != nil || far.Received() != 0 {
				t.Errorf("Prepare = %v, %v; want invalid/%s", m, err, test.reason)
			}
		})
	}
}

// TestForms looks at what is sent and what is kept of it.
func TestForms(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config orce.Config
		form   messages.Form
	}{
		"documented":  {orce.Config{}, messages.Form{}},
		"strict SOAP": {orce.Config{StrictSOAP: true}, messages.Form{StrictSOAP: true}},
		"bare":        {orce.Config{Bare: true}, messages.Form{Bare: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var wire []byte
			test.config.Client = caller(func(_ context.Context, body []byte) (*soap.Answer, error) {
				wire = bytes.Clone(body)
				return nil, &soap.TransportError{Op: soap.OpRead, MaybeSent: true, Err: context.Canceled}
			})
			info, _ := svcgate.Void.Info()
			r, at := orcetest.Request(t, info), time.Date(2026, 3, 5, 2, 30, 15, 0, time.UTC)
			m, err := provider(t, test.config).Prepare(r, at)
			if err != nil {
				t.Fatal(err)
			}
			_, x, _ := m.Send(t.Context())
			sent, err := mapping.ToMessage(r, bureau(), at)
			if err != nil {
				t.Fatal(err)
			}
			masked := test.form
			masked.Masked = true
			for what, got := range map[string]struct {
				form messages.Form
				body []byte
			}{"wire": {test.form, wire}, "record": {masked, x.Sent}} {
				want, err := messages.AppendRequest(nil, sent, got.form)
				if err != nil || !bytes.Equal(got.body, want) {
					t.Errorf("%s (%v)\n got %s\nwant %s", what, err, got.body, want)
				}
			}
		})
	}
}

// TestMessagesAreErased wants nothing of a message left in the room it was written to, once it was sent. It is not
// parallel: the room is used again.
func TestMessagesAreErased(t *testing.T) {
	var kept []byte
	c := caller(func(_ context.Context, body []byte) (*soap.Answer, error) {
		kept = body
		return nil, &soap.TransportError{Op: soap.OpRead, MaybeSent: true, Err: context.Canceled}
	})
	_, _, err := send(t, orce.Config{Client: c}, svcgate.Recharge)
	if svcgate.CodeOf(err) != svcgate.CodeUnknown || len(kept) == 0 {
		t.Fatalf("Send: %v", err)
	}
	if bytes.Contains(kept, []byte("6006491234560017")) {
		t.Error("the card number is still there")
	}
}

// TestThePINIsNotKept lets the provider repeat the request's own PIN.
func TestThePINIsNotKept(t *testing.T) {
	t.Parallel()
	const pin = "7395"
	d := svcgate.Draft{Operation: svcgate.Authorize, Service: "RLT", Order: "W-1", CardNumber: secret.New("6006491234560017"), PIN: secret.New(pin),
		Amount: "5.00", Currency: "USD"}
	r, err := svcgate.NewRequest(d)
	if err != nil {
		t.Fatal(err)
	}
	const refused = `<PreauthorizationResponse xmlns="http://www.nrf-arts.org/IXRetail/namespace/"><FaultDetail>PIN 7395 is wrong</FaultDetail><ErrorCode>BAD_PIN</ErrorCode></PreauthorizationResponse>`
	for name, c := range map[string]caller{
		"in a refusal":     says(refused),
		"in no answer":     says("<Odd>PIN &#55;395 is wrong</Odd>"),
		"on a page":        fails(&soap.StatusError{Status: 502, ContentType: "text/html", Body: []byte("<p>PIN 7395 is wrong")}),
		"in a SOAP fault":  fails(&soap.Fault{Status: 500, String: "7395", Body: []byte("<s>PIN 7395 is wrong</s>")}),
		"as the card ends": says("<Odd>PIN 7395 is wrong for card 6006491234567395</Odd>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := provider(t, orce.Config{Client: c}).Prepare(r, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			reply, x, err := m.Send(t.Context())
			if all := fmt.Sprintf("%+v %v %s %s %s", reply, err, x.Failure, x.Received, x.Sent); strings.Contains(all, pin) || strings.Contains(all, "55;395") {
				t.Errorf("the PIN is in %s", all)
			}
			if !bytes.Contains(x.Received, []byte("PIN **** is wrong")) {
				t.Errorf("kept %s", x.Received)
			}
			if name == "in a refusal" && (err != nil || reply.Description != "PIN **** is wrong" || reply.Code != "BAD_PIN") {
				t.Errorf("told %+v, %v", reply, err)
			}
		})
	}
}

// TestANewNumberIsMaskedInIDs has the number of a generated card before the element that names it.
func TestANewNumberIsMaskedInIDs(t *testing.T) {
	t.Parallel()
	const number = "7007491234560017"
	for name, id := range map[string]string{
		"account":              "<AccountState><AccountID>" + number + "</AccountID></AccountState>",
		"authorization number": "<SVATransaction><AuthNumber>" + number + "</AuthNumber></SVATransaction>",
	} {
		body := `<CardSeriesMaintenance xmlns="http://www.nrf-arts.org/IXRetail/namespace/" ResponseCode="OK">` + id +
			`<CardSeries><Instrument><CardNumber>` + number + `</CardNumber></Instrument></CardSeries></CardSeriesMaintenance>`
		reply, x, err := send(t, orce.Config{Client: says(body)}, svcgate.Generate)
		if err != nil || !reply.Card.Number().Equal(secret.New(number)) || reply.Account.ID != "" || reply.AuthNumber != "" {
			t.Errorf("%s: %+v, %v", name, reply, err)
		}
		if bytes.Contains(x.Received, []byte(number)) || !bytes.Contains(x.Received, []byte("************0017</CardNumber>")) {
			t.Errorf("%s: kept %s", name, x.Received)
		}
	}
}

// brokenError panics when it is looked into.
type brokenError struct{}

func (brokenError) Error() string { panic("no text for card 6006491234560017") }
func (brokenError) Unwrap() error { panic("no cause for card 6006491234560017") }

// TestAPanicIsAnUnknownOutcome lets the call and the reading of its answer panic. The message may have left: what comes
// of it is unknown, and what was sent stays known.
func TestAPanicIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func() (*soap.Answer, error){
		"while sending":     func() (*soap.Answer, error) { panic("lost card 6006491234560017") },
		"after the answer":  func() (*soap.Answer, error) { return nil, nil },
		"about the failure": func() (*soap.Answer, error) { return nil, brokenError{} },
		"about a page": func() (*soap.Answer, error) {
			return nil, errors.Join(&soap.StatusError{Status: 502, Body: []byte("6006491234560017")}, brokenError{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var kept []byte
			calls := 0
			c := caller(func(_ context.Context, body []byte) (*soap.Answer, error) {
				kept = body
				calls++
				return call()
			})
			info, _ := svcgate.Recharge.Info()
			m, err := provider(t, orce.Config{Client: c}).Prepare(orcetest.Request(t, info), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			reply, x, err := m.Send(t.Context())
			e, ok := errors.AsType[*svcgate.Error](err)
			if !ok || e.Code != svcgate.CodeUnknown || e.Reason != "panicked" || e.Detail != x.Failure || !reflect.DeepEqual(reply, svcgate.Reply{}) {
				t.Fatalf("Send = %+v, %v", reply, err)
			}
			if x.Class != svcgate.ClassUnreadable || x.Received != nil || !bytes.Contains(x.Sent, []byte("************0017")) || x.Started.IsZero() {
				t.Errorf("exchange %+v", x)
			}
			p, ok := errors.AsType[*svcgate.PanicError](err)
			if !ok || p.Kind == "" || !strings.Contains(p.Stack, "TestAPanicIsAnUnknownOutcome") {
				t.Errorf("the panic is told as %+v", p)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %s %s", err, p, x.Sent, x.Failure), "6006491234560017") {
				t.Error("the card is told")
			}
			if len(kept) == 0 || bytes.Contains(kept, []byte("6006491234560017")) {
				t.Error("the message was not erased")
			}
			if _, _, err := m.Send(t.Context()); svcgate.CodeOf(err) != svcgate.CodeInternal || calls != 1 {
				t.Errorf("sent %d times: %v", calls, err)
			}
		})
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 5, 2, 30, 15, 0, time.UTC)
	tick := func() time.Time { now = now.Add(250 * time.Millisecond); return now }
	_, x, err := send(t, orce.Config{Client: orcetest.NewCaller(orcetest.Accepts), Now: tick}, svcgate.Inquire)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 3, 5, 2, 30, 15, 250_000_000, time.UTC); !x.Started.Equal(want) || x.Took != 250*time.Millisecond {
		t.Errorf("started %s, took %s", x.Started, x.Took)
	}
}

// TestGeneratedNumber is the one place where a number comes back, and only there.
func TestGeneratedNumber(t *testing.T) {
	t.Parallel()
	reply, x, err := send(t, orce.Config{Client: orcetest.NewCaller(orcetest.Accepts)}, svcgate.Generate)
	if err != nil {
		t.Fatal(err)
	}
	if !reply.Card.Number().Equal(secret.New(orcetest.NewNumber)) || reply.Source != svcgate.SourceResponseCode || reply.Code != "OK" {
		t.Errorf("reply %+v", reply)
	}
	if !bytes.Contains(x.Received, []byte("************0017")) {
		t.Errorf("the record of the answer does not show the masked number: %s", x.Received)
	}
}
