// Package orcetest is the suite that every provider must pass, and two far ends that misbehave on request: Caller
// without a network and Server with one.
package orcetest

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
)

// FarEnd is what stands behind a provider under test.
type FarEnd interface {
	Received() int            // how many messages came
	Arrived() <-chan struct{} // a value for each message, as it comes
}

// NewProvider makes a provider of service bureau RLT with a far end that behaves in one way. Cards are generated in
// series 03 of prefix 00912.
type NewProvider func(t testing.TB, b Behaviour) (svcgate.Provider, FarEnd)

// expectation is how a behaviour must be told.
type expectation struct {
	behaviour Behaviour
	class     svcgate.Class
	code      svcgate.Code // "": a reply
	accepted  bool
}

var expectations = []expectation{
	{Accepts, svcgate.ClassAnswered, "", true},
	{AcceptsPart, svcgate.ClassMismatch, svcgate.CodeUnknown, false},
	{UnknownReason, svcgate.ClassAnswered, "", true},
	{Refuses, svcgate.ClassAnswered, "", false},
	{RefusesAloud, svcgate.ClassAnswered, "", false},
	{Unreachable, svcgate.ClassNotSent, svcgate.CodeUnavailable, false},
	{LocksOut, svcgate.ClassNotSent, svcgate.CodeUnavailable, false},
	{Forbids, svcgate.ClassNotSent, svcgate.CodeUnavailable, false},
	{KnowsNoDoor, svcgate.ClassNotSent, svcgate.CodeUnavailable, false},
	{Busy, svcgate.ClassNotSent, svcgate.CodeUnavailable, false},
	{Redirects, svcgate.ClassFault, svcgate.CodeUnknown, false},
	{Faults, svcgate.ClassFault, svcgate.CodeUnknown, false},
	{Down, svcgate.ClassUnreadable, svcgate.CodeUnknown, false},
	{Conflicts, svcgate.ClassUnreadable, svcgate.CodeUnknown, false},
	{AnswersBehind, svcgate.ClassUnreadable, svcgate.CodeUnknown, false},
	{ShowsPage, svcgate.ClassUnreadable, svcgate.CodeUnknown, false},
	{Stammers, svcgate.ClassUnreadable, svcgate.CodeUnknown, false},
	{Stutters, svcgate.ClassUnreadable, svcgate.CodeUnknown, false},
	{CutsOff, svcgate.ClassUnreadable, svcgate.CodeUnknown, false},
	{HangsUp, "", svcgate.CodeUnknown, false}, // a provider may or may not see that not one byte came
	{SwapsKinds, svcgate.ClassMismatch, svcgate.CodeUnknown, false},
	{TakesMore, svcgate.ClassMismatch, svcgate.CodeUnknown, false},
	{SaysNoCode, "", svcgate.CodeUnknown, false}, // the codec may find what is missing, or the mapping
	{LosesNumber, "", svcgate.CodeUnknown, false},
}

// harmless behaviours are acceptance where the amount or the id is not the point, and where a part can be taken.
var harmless = map[Behaviour]map[svcgate.Operation]bool{
	AcceptsPart: {svcgate.Generate: true, svcgate.Inquire: true, svcgate.Authorize: true, svcgate.Deposit: true, svcgate.Void: true},
	TakesMore:   {svcgate.Inquire: true},
	LosesNumber: {svcgate.Inquire: true, svcgate.Void: true},
}

// What no exchange, error or text may hold.
const (
	testNumber = "6006491234560017"
	testPIN    = "PIN8264"
)

// Run tests a provider with every operation and every behaviour.
func Run(t *testing.T, newProvider NewProvider) {
	for _, want := range expectations {
		for _, info := range svcgate.Operations() {
			t.Run(string(want.behaviour)+"/"+info.Name, func(t *testing.T) {
				t.Parallel()
				p, far := newProvider(t, want.behaviour)
				sendOnce(t, p, far, info, want)
			})
		}
	}
	t.Run("approval", func(t *testing.T) {
		t.Parallel()
		approvals(t, newProvider)
	})
	t.Run("one of many sends", func(t *testing.T) {
		t.Parallel()
		p, far := newProvider(t, Accepts)
		sendTogether(t, p, far)
	})
	t.Run("cancelled before", func(t *testing.T) {
		t.Parallel()
		p, far := newProvider(t, Accepts)
		cancelledBefore(t, p, far)
	})
	t.Run("cancelled while waiting", func(t *testing.T) {
		t.Parallel()
		p, far := newProvider(t, Waits)
		cancelledWhileWaiting(t, p, far)
	})
}

// approvals asks for every operation what its approval looks like and compares that with one.
func approvals(t *testing.T, newProvider NewProvider) {
	for _, info := range svcgate.Operations() {
		kinds := []svcgate.Kind{""}
		if info.NeedsKind {
			kinds = []svcgate.Kind{svcgate.Physical, svcgate.Virtual}
		}
		for _, kind := range kinds {
			p, _ := newProvider(t, Accepts)
			m, err := p.Prepare(requestOf(t, info, kind), time.Date(2026, 3, 5, 2, 30, 15, 0, time.UTC))
			if err != nil {
				t.Fatalf("Prepare: %v", err)
			}
			reply, _, err := m.Send(t.Context())
			if err != nil {
				t.Fatalf("Send: %v", err)
			}
			if source, code := p.Approval(info.Operation, kind); source != reply.Source || code != reply.Code {
				t.Errorf("Approval(%s, %q) = %s %q; an approval has %s %q", info.Name, kind, source, code, reply.Source, reply.Code)
			}
		}
	}
	p, _ := newProvider(t, Accepts)
	for _, wrong := range []struct {
		op   svcgate.Operation
		kind svcgate.Kind
	}{{0, ""}, {99, ""}, {svcgate.Activate, ""}, {svcgate.Activate, "paper"}} {
		if source, code := p.Approval(wrong.op, wrong.kind); source != "" || code != "" {
			t.Errorf("Approval(%s, %q) = %s %q, want nothing", wrong.op, wrong.kind, source, code)
		}
	}
}

// Request returns a request for an operation that every provider can send.
func Request(t testing.TB, info svcgate.OperationInfo) *svcgate.Request {
	t.Helper()
	return requestOf(t, info, svcgate.Physical)
}

func requestOf(t testing.TB, info svcgate.OperationInfo, kind svcgate.Kind) *svcgate.Request {
	t.Helper()
	d := svcgate.Draft{Operation: info.Operation, Service: "RLT", Order: "W-10077"}
	if info.NeedsCard {
		d.CardNumber, d.PIN = secret.New(testNumber), secret.New(testPIN)
	}
	if info.NeedsAmount {
		d.Amount, d.Currency = "45.20", "USD"
	}
	if info.NeedsAuthorization {
		d.Authorization = "70021"
	}
	if info.NeedsKind {
		d.Kind = string(kind)
	}
	r, err := svcgate.NewRequest(d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func prepare(t testing.TB, p svcgate.Provider, info svcgate.OperationInfo) svcgate.Message {
	t.Helper()
	m, err := p.Prepare(Request(t, info), time.Date(2026, 3, 5, 2, 30, 15, 0, time.UTC))
	if err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	return m
}

func sendOnce(t *testing.T, p svcgate.Provider, far FarEnd, info svcgate.OperationInfo, want expectation) {
	if harmless[want.behaviour][info.Operation] {
		want.class, want.code, want.accepted = svcgate.ClassAnswered, "", true
	}
	m := prepare(t, p, info)
	if n := far.Received(); n != 0 {
		t.Fatalf("Prepare sent %d messages", n)
	}
	reply, x, err := m.Send(t.Context())
	if got := codeOf(t, err); got != want.code {
		t.Errorf("code %q, want %q: %v", got, want.code, err)
	}
	if want.class != "" && x.Class != want.class {
		t.Errorf("class %s, want %s", x.Class, want.class)
	}
	if reply.Accepted != want.accepted {
		t.Errorf("accepted %t, want %t", reply.Accepted, want.accepted)
	}
	if err != nil && !reflect.DeepEqual(reply, svcgate.Reply{}) {
		t.Errorf("an error came with the reply %+v", reply)
	}
	if err == nil && (reply.Code == "" || reply.Source == "") {
		t.Errorf("a reply without a code: %+v", reply)
	}
	checkExchange(t, x, err, far.Received() > 0, info.NeedsCard)
	checkSecrets(t, reply, x, err)

	sent := far.Received()
	if sent > 1 {
		t.Errorf("%d messages were sent", sent)
	}
	_, again, err := m.Send(t.Context())
	if codeOf(t, err) != svcgate.CodeInternal || again.Class != svcgate.ClassNotSent {
		t.Errorf("the second Send is %s, %v; want %s and %s", again.Class, err, svcgate.ClassNotSent, svcgate.CodeInternal)
	}
	if n := far.Received(); n != sent {
		t.Errorf("the second Send sent %d messages", n-sent)
	}
}

func codeOf(t testing.TB, err error) svcgate.Code {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*svcgate.Error](err)
	if !ok {
		t.Errorf("%T is no *svcgate.Error: %v", err, err)
		return ""
	}
	if e.Reason == "" || e.Detail == "" || e.Op == "" {
		t.Errorf("an error without reason, detail or operation: %#v", e)
	}
	return e.Code
}

func checkExchange(t testing.TB, x svcgate.Exchange, err error, arrived, card bool) {
	t.Helper()
	if len(x.Sent) == 0 || x.Started.IsZero() || x.Took < 0 {
		t.Errorf("an exchange without message or times: %+v", x)
	}
	if card && !bytes.Contains(x.Sent, []byte("0017")) {
		t.Error("the masked message does not show the last four digits")
	}
	if (x.Failure == "") != (err == nil) {
		t.Errorf("failure %q with error %v", x.Failure, err)
	}
	if !arrived && (x.Received != nil || x.Status != 0) {
		t.Errorf("an answer of status %d from nobody: %s", x.Status, x.Received)
	}
	if err == nil && (len(x.Received) == 0 || x.Status == 0 || x.Class != svcgate.ClassAnswered) {
		t.Errorf("a reply without an answer: %+v", x)
	}
}

// checkSecrets looks where a number or a PIN could show.
func checkSecrets(t testing.TB, reply svcgate.Reply, x svcgate.Exchange, err error) {
	t.Helper()
	texts := map[string]string{
		"sent": string(x.Sent), "received": string(x.Received), "failure": x.Failure,
		"description": reply.Description, "code": reply.Code, "account": reply.Account.ID,
	}
	for at := err; at != nil; at = errors.Unwrap(at) {
		texts["error"] += at.Error() + "\n"
	}
	for place, text := range texts {
		for _, secret := range []string{testNumber, testPIN, NewNumber, NewSerial} {
			if bytes.Contains([]byte(text), []byte(secret)) {
				t.Errorf("%s tells a secret: %s", place, text)
			}
		}
	}
}

func sendTogether(t *testing.T, p svcgate.Provider, far FarEnd) {
	info, _ := svcgate.Recharge.Info()
	m := prepare(t, p, info)
	var senders sync.WaitGroup
	start, codes := make(chan struct{}), make(chan svcgate.Code, 16)
	for range cap(codes) {
		senders.Go(func() {
			<-start
			_, _, err := m.Send(t.Context())
			codes <- svcgate.CodeOf(err)
		})
	}
	close(start)
	senders.Wait()
	close(codes)
	counts := map[svcgate.Code]int{}
	for code := range codes {
		counts[code]++
	}
	if counts[""] != 1 || counts[svcgate.CodeInternal] != cap(codes)-1 || far.Received() != 1 {
		t.Errorf("%d sends of one message: %v, %d messages arrived", cap(codes), counts, far.Received())
	}
}

func cancelledBefore(t *testing.T, p svcgate.Provider, far FarEnd) {
	info, _ := svcgate.Recharge.Info()
	m := prepare(t, p, info)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, x, err := m.Send(ctx)
	if codeOf(t, err) != svcgate.CodeUnavailable || x.Class != svcgate.ClassNotSent || far.Received() != 0 {
		t.Errorf("%s, %v, %d messages arrived; want nothing sent", x.Class, err, far.Received())
	}
}

func cancelledWhileWaiting(t *testing.T, p svcgate.Provider, far FarEnd) {
	info, _ := svcgate.Recharge.Info()
	m := prepare(t, p, info)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, x, err := m.Send(ctx)
		if codeOf(t, err) != svcgate.CodeUnknown || x.Class != svcgate.ClassNoReply || far.Received() != 1 {
			t.Errorf("%s, %v, %d messages arrived; want an unknown outcome", x.Class, err, far.Received())
		}
	}()
	<-far.Arrived()
	cancel()
	<-done
}
