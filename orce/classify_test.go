package orce_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/orce"
	"github.com/svcgate/svcgate/orce/orcetest"
	"github.com/svcgate/svcgate/soap"
)

// caller is a Caller made of a function.
type caller func(ctx context.Context, body []byte) (*soap.Answer, error)

func (c caller) Call(ctx context.Context, body []byte) (*soap.Answer, error) { return c(ctx, body) }

// fails is a Caller that fails.
func fails(err error) caller {
	return func(context.Context, []byte) (*soap.Answer, error) { return nil, err }
}

// says is a Caller that answers.
func says(body string) caller {
	return func(context.Context, []byte) (*soap.Answer, error) {
		return &soap.Answer{Status: http.StatusOK, ContentType: "text/xml", Body: []byte(body)}, nil
	}
}

func status(code int) error {
	return &soap.StatusError{Status: code, ContentType: "text/html", Body: []byte("card 6006491234560017")}
}

func send(t testing.TB, c orce.Config, op svcgate.Operation) (svcgate.Reply, svcgate.Exchange, error) {
	t.Helper()
	info, _ := op.Info()
	m, err := provider(t, c).Prepare(orcetest.Request(t, info), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return m.Send(t.Context())
}

func TestClassify(t *testing.T) {
	t.Parallel()
	const mute = "The message may have been sent"
	lost := func(op string, sent bool, err error) error {
		return fmt.Errorf("calling: %w", &soap.TransportError{Op: op, MaybeSent: sent, Err: err})
	}
	voided, err := messages.AppendAnswer(nil, orcetest.Approval(&messages.VoidRequest{}), messages.AnswerForm{})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		caller   caller
		distrust bool
		reason   string
		class    svcgate.Class
		code     svcgate.Code
		tells    string
	}{
		{"no connection", fails(lost(soap.OpDial, false, io.EOF)), false, "not_reached", svcgate.ClassNotSent, svcgate.CodeUnavailable, "No connection"},
		{"no tunnel", fails(lost(soap.OpProxy, false, io.EOF)), false, "not_reached", svcgate.ClassNotSent, svcgate.CodeUnavailable, "proxy"},
		{"no handshake", fails(lost(soap.OpTLS, false, io.EOF)), false, "not_reached", svcgate.ClassNotSent, svcgate.CodeUnavailable, "TLS"},
		{"lease lost", fails(lost(soap.OpFence, false, io.EOF)), false, "not_reached", svcgate.ClassNotSent, svcgate.CodeUnavailable, "lease"},
		{"connection dead before the first byte", fails(lost(soap.OpSend, false, io.EOF)), false, "not_reached", svcgate.ClassNotSent, svcgate.CodeUnavailable, "not be reached"},
		{"half written", fails(lost(soap.OpSend, true, io.ErrUnexpectedEOF)), false, "no_answer", svcgate.ClassNoReply, svcgate.CodeUnknown, mute},
		{"reset while waiting", fails(lost(soap.OpRead, true, io.EOF)), false, "no_answer", svcgate.ClassNoReply, svcgate.CodeUnknown, mute},
		{"deadline", fails(&soap.TransportError{Op: soap.OpRead, MaybeSent: true, Timeout: true, Err: context.DeadlineExceeded}), false,
			"no_answer", svcgate.ClassNoReply, svcgate.CodeUnknown, "time limit"},
		{"a step that does not exist", fails(lost("stroll", true, io.EOF)), false, "no_answer", svcgate.ClassNoReply, svcgate.CodeUnknown, mute},
		{"cut answer", fails(&soap.TransportError{Op: soap.OpRead, MaybeSent: true, Begun: true, Err: io.ErrUnexpectedEOF}), false,
			"answer_cut", svcgate.ClassUnreadable, svcgate.CodeUnknown, "did not come to its end"},
		{"deadline in the answer", fails(&soap.TransportError{Op: soap.OpRead, MaybeSent: true, Begun: true, Timeout: true, Err: context.DeadlineExceeded}), false,
			"answer_cut", svcgate.ClassUnreadable, svcgate.CodeUnknown, "time limit"},
		{"closed without a byte", fails(lost(soap.OpRead, true, io.ErrUnexpectedEOF)), false, "no_answer", svcgate.ClassNoReply, svcgate.CodeUnknown, mute},
		{"endless answer", fails(lost(soap.OpRead, true, soap.ErrTooLarge)), false, "answer_broken", svcgate.ClassUnreadable, svcgate.CodeUnknown, "too large"},
		{"packed answer", fails(lost(soap.OpRead, true, soap.ErrEncoding)), false, "answer_broken", svcgate.ClassUnreadable, svcgate.CodeUnknown, ""},
		{"no HTTP", fails(lost(soap.OpRead, true, soap.ErrNotHTTP)), false, "answer_broken", svcgate.ClassUnreadable, svcgate.CodeUnknown, ""},
		{"401", fails(status(401)), false, "credentials_refused", svcgate.ClassNotSent, svcgate.CodeUnavailable, "401"},
		{"403", fails(status(403)), false, "credentials_refused", svcgate.ClassNotSent, svcgate.CodeUnavailable, "403"},
		{"401 distrusted", fails(status(401)), true, "credentials_refused_perhaps", svcgate.ClassUnreadable, svcgate.CodeUnknown, "401"},
		{"403 distrusted", fails(status(403)), true, "credentials_refused_perhaps", svcgate.ClassUnreadable, svcgate.CodeUnknown, "403"},
		{"404 distrusted or not", fails(status(404)), true, "address_refused", svcgate.ClassNotSent, svcgate.CodeUnavailable, "404"},
		{"405", fails(status(405)), false, "address_refused", svcgate.ClassNotSent, svcgate.CodeUnavailable, "405"},
		{"413", fails(status(413)), false, "address_refused", svcgate.ClassNotSent, svcgate.CodeUnavailable, "413"},
		{"415", fails(status(415)), false, "address_refused", svcgate.ClassNotSent, svcgate.CodeUnavailable, "415"},
		{"429", fails(status(429)), false, "provider_busy", svcgate.ClassNotSent, svcgate.CodeUnavailable, "429"},
		{"301", fails(status(301)), false, "redirected", svcgate.ClassFault, svcgate.CodeUnknown, "301"},
		{"308", fails(status(308)), false, "redirected", svcgate.ClassFault, svcgate.CodeUnknown, "308"},
		{"400", fails(status(400)), false, "unexpected_status", svcgate.ClassUnreadable, svcgate.CodeUnknown, "400"},
		{"408", fails(status(408)), false, "unexpected_status", svcgate.ClassUnreadable, svcgate.CodeUnknown, "408"},
		{"500", fails(status(500)), false, "unexpected_status", svcgate.ClassUnreadable, svcgate.CodeUnknown, "500"},
		{"503", fails(status(503)), false, "unexpected_status", svcgate.ClassUnreadable, svcgate.CodeUnknown, "503"},
		{"202", fails(status(202)), false, "unexpected_status", svcgate.ClassUnreadable, svcgate.CodeUnknown, "202"},
		{"HTML with 200", fails(status(200)), false, "unexpected_page", svcgate.ClassUnreadable, svcgate.CodeUnknown, "200"},
		{"SOAP fault", fails(&soap.Fault{Code: "s:Server", String: "card 6006491234560017", Status: 500, Body: []byte("6006491234560017")}), false,
			"soap_fault", svcgate.ClassFault, svcgate.CodeUnknown, "500"},
		{"SOAP fault that the transport did not see", says(`<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><Fault/></Body></Envelope>`), false,
			"soap_fault", svcgate.ClassFault, svcgate.CodeUnknown, "SOAP fault"},
		{"no XML", says("sorry"), false, "answer_unreadable", svcgate.ClassUnreadable, svcgate.CodeUnknown, "line 1"},
		{"document type", says("<!DOCTYPE a><VoidResponse/>"), false, "answer_unreadable", svcgate.ClassUnreadable, svcgate.CodeUnknown, "xml_doctype_not_allowed"},
		{"other answer", says(string(voided)), false, "answer_mismatch", svcgate.ClassMismatch, svcgate.CodeUnknown, "another kind"},
		{"error of no known type", fails(errors.New("the card 6006491234560017")), false, "unexpected_error", svcgate.ClassNoReply, svcgate.CodeUnknown, ""},
		{"panic", func(context.Context, []byte) (*soap.Answer, error) { panic("the card 6006491234560017") }, false,
			"panicked", svcgate.ClassUnreadable, svcgate.CodeUnknown, "may have been sent"},
		{"naked deadline", fails(context.DeadlineExceeded), false, "unexpected_error", svcgate.ClassNoReply, svcgate.CodeUnknown, ""},
	}
	reached := []string{"sent_before"} // the suite of orcetest sends everything twice
	classes := []svcgate.Class{svcgate.ClassAnswered}
	for _, test := range tests {
		reached, classes = append(reached, test.reason), append(classes, test.class)
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			reply, x, err := send(t, orce.Config{Client: test.caller, DistrustAuthRejections: test.distrust}, svcgate.Authorize)
			e, ok := errors.AsType[*svcgate.Error](err)
			if !ok || e.Code != test.code || e.Reason != test.reason || x.Class != test.class || reply.Code != "" {
				t.Fatalf("class %s, error %#v, reply %+v; want %s, %s/%s", x.Class, err, reply, test.class, test.code, test.reason)
			}
			if !strings.Contains(x.Failure, test.tells) || x.Failure != e.Detail {
				t.Errorf("failure %q, detail %q; want to read of %q", x.Failure, e.Detail, test.tells)
			}
			if strings.Contains(x.Failure+string(x.Received), "6006491234560017") {
				t.Errorf("the card is told: %q, %q", x.Failure, x.Received)
			}
		})
	}
	for _, reason := range orce.Reasons() {
		if !slices.Contains(reached, reason) {
			t.Errorf("no failure here is called %q", reason)
		}
	}
	for _, class := range svcgate.Classes() {
		if !slices.Contains(classes, class) {
			t.Errorf("no failure here is of class %s", class)
		}
	}
}

// TestNothingNewIsHarmless walks all statuses: what is not on the short list may have moved money.
func TestNothingNewIsHarmless(t *testing.T) {
	t.Parallel()
	harmless := []int{401, 403, 404, 405, 413, 415, 429}
	for code := 100; code < 600; code++ {
		_, x, err := send(t, orce.Config{Client: fails(status(code))}, svcgate.Return)
		want := svcgate.CodeUnknown
		if slices.Contains(harmless, code) {
			want = svcgate.CodeUnavailable
		}
		if got := svcgate.CodeOf(err); got != want || x.Status != code || (want == svcgate.CodeUnavailable) != (x.Class == svcgate.ClassNotSent) {
			t.Errorf("status %d is %s, %s with status %d; want %s", code, got, x.Class, x.Status, want)
		}
	}
}

func TestEveryVerdictIsWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"": true}
	for i, reason := range orce.Reasons() {
		if seen[reason] {
			t.Errorf("failure %d has the reason %q, which is empty or another's", i+1, reason)
		}
		seen[reason] = true
	}
}
