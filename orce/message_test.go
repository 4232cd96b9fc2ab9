package orce_test

import (
	"bytes"
	"context"
	"errors"
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
