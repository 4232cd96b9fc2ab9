package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
	"github.com/svcgate/svcgate/soap"
)

// callTimeout is the soap client's own default.
const callTimeout = 30 * time.Second

// network carries messages to the simulator and brings the answers back, as far as the faults let it. It is the
// orce.Caller of every process.
type network struct {
	w       *world
	n       int // messages so far
	seen    []delivered
	waiting []*held // answers that wait to be swapped
}

// parcel is one message on its way.
type parcel struct {
	n    int
	tx   string
	op   svcgate.Operation
	kind messages.Kind
	card string
	body []byte
	sent time.Time
	rand *rand.Rand
	done chan answered // has room for one
	swap chan answered // what another message got instead
}

type answered struct {
	answer  *soap.Answer
	err     error
	spoiled bool // the answer is not what the provider says to this message
}

// delivered is an approving answer that reached the gateway.
type delivered struct {
	tx   string
	op   svcgate.Operation
	card string
	body []byte
}

var errFake = errors.New("simulated")

func transport(op string, maybe, timeout bool, err error) error {
	return &soap.TransportError{Op: op, MaybeSent: maybe, Timeout: timeout, Err: err}
}

// Call is one message of the gateway.
func (n *network) Call(ctx context.Context, body []byte) (*soap.Answer, error) {
	a, w := actorOf(ctx), n.w
	w.park(a)
	n.n++
	request, err := messages.ReadRequest(body)
	if err != nil {
		w.wrong = append(w.wrong, "A message left that nobody can read. transaction="+a.tx)
		return nil, err
	}
	m := &parcel{n: n.n, tx: a.tx, op: a.op, kind: request.Kind(), card: a.card, body: bytes.Clone(body), sent: time.Now(),
		rand: rand.New(rand.NewPCG(w.seed, 1_000_000+uint64(n.n))), done: make(chan answered, 1), swap: make(chan answered, 1)}
	f := a.strikes(w, a.op)
	if a.errand == nil && !w.noFaults && m.rand.IntN(8) == 0 {
		f = &fault{kind: refused + kind(m.rand.IntN(int(otherCurrency)))}
		if !f.kind.applies(a.op) {
			f = nil
		}
	}
	if f.is(killBeforeSend) {
		f.struck(w, a, a.op)
		w.crash(a, "before sending")
	}
	if down := time.Until(w.downTill); down > 0 {
		w.oracle.bad(w, "down")
		if m.rand.IntN(4) > 0 {
			time.Sleep(time.Millisecond + jitter(m.rand))
			w.park(a)
			return nil, transport(soap.OpDial, false, false, errFake)
		}
		w.oracle.sent(w, a, m)
		return n.wait(ctx, a, m)
	}
	if f.is(refused) {
		f.struck(w, a, a.op)
		w.oracle.bad(w, "refused")
		time.Sleep(time.Millisecond + jitter(m.rand))
		w.park(a)
		return nil, transport(soap.OpDial, false, false, errFake)
	}
	w.oracle.sent(w, a, m)
	w.note(a, "sends %s, message %d", m.op, m.n)
	w.spawn(fmt.Sprintf("message %d", m.n), nil, func(carrier *actor) {
		carrier.tx, carrier.card = m.tx, m.card
		n.carry(carrier, a, m, f)
	})
	if f.is(killAfterSend) {
		f.struck(w, a, a.op)
		w.crash(a, "after sending")
	}
	answer, err := n.wait(ctx, a, m)
	if f.is(killAnswerRead) {
		f.struck(w, a, a.op)
		w.crash(a, "with the answer read")
	}
	return answer, err
}

// wait waits for the answer no longer than the client does.
func (n *network) wait(ctx context.Context, a *actor, m *parcel) (*soap.Answer, error) {
	timer := time.NewTimer(callTimeout)
	defer timer.Stop()
	var got answered
	select {
	case got = <-m.done:
	case <-timer.C:
		got.err = transport(soap.OpRead, true, true, context.DeadlineExceeded)
	case <-ctx.Done():
		got.err = transport(soap.OpRead, true, true, ctx.Err())
	}
	n.w.park(a)
	switch {
	case got.err != nil:
		n.w.oracle.bad(n.w, "call")
		n.w.note(a, "no usable answer: %v", got.err)
	case got.spoiled:
		n.w.oracle.bad(n.w, "answer")
	default:
		n.w.oracle.good(n.w)
		if a.proc != nil {
			a.proc.poke()
		}
	}
	return got.answer, got.err
}

// carry takes a message to the provider and its answer back.
func (n *network) carry(c, caller *actor, m *parcel, f *fault) {
	w := n.w
	strike := func(k kind) bool {
		if f == nil || !k.network() || !f.is(k) {
			return false
		}
		f.struck(w, caller, m.op)
		w.oracle.bad(w, "fault")
		return true
	}
	w.sleep(c, time.Duration(20+m.rand.IntN(180))*time.Millisecond+jitter(m.rand))
	booked := m.rand.IntN(2) == 0
	switch {
	case strike(dropBefore):
		return
	case strike(resetBefore):
		m.done <- answered{err: transport(soap.OpRead, true, false, io.EOF)}
		return
	case strike(unauthorized):
		m.done <- answered{err: &soap.StatusError{Status: http.StatusUnauthorized, ContentType: "text/plain"}}
		return
	case strike(late):
		looked := m.rand.IntN(2) == 0
		delay := callTimeout + time.Second
		if looked {
			delay = 62 * time.Second
		}
		delay += time.Duration(m.rand.IntN(23)) * time.Second
		w.sleep(c, delay)
		w.cover.event(map[bool]string{false: "late, before the first look", true: "late, after a look"}[looked])
		w.note(c, "arrives late")
		n.deliver(c, m, "")
		return
	case strike(page):
		if booked {
			n.deliver(c, m, "")
		}
		m.done <- answered{err: &soap.StatusError{Status: http.StatusOK, ContentType: "text/html", Body: []byte("<html><body>Sign in</body></html>")}}
		return
	case strike(badGateway):
		if booked {
			n.deliver(c, m, "")
		}
		m.done <- answered{err: &soap.StatusError{Status: http.StatusBadGateway, ContentType: "text/html", Body: []byte("<html>Bad Gateway</html>")}}
		return
	case strike(soapFault):
		if booked {
			n.deliver(c, m, "")
		}
		m.done <- answered{err: &soap.Fault{Code: "SOAP-ENV:Server", String: "told to fail", Status: http.StatusInternalServerError, Body: []byte("<Fault/>")}}
		return
	}
	misbehave := ""
	switch {
	case strike(wrongVerb):
		misbehave = "wrong-message"
	case strike(moreThanAsked):
		misbehave = "more-than-asked"
	case strike(otherCurrency):
		misbehave = "other-currency"
	}
	got := n.deliver(c, m, misbehave)
	w.sleep(c, time.Duration(5+m.rand.IntN(300))*time.Millisecond+jitter(m.rand))
	switch {
	case strike(dropAfter):
		return
	case strike(resetAfter):
		got = answered{err: transport(soap.OpRead, true, false, io.EOF)}
	case strike(cut):
		got = answered{err: &soap.TransportError{Op: soap.OpRead, MaybeSent: true, Begun: true, Err: io.ErrUnexpectedEOF}}
	case got.err != nil:
	case strike(truncated):
		got.answer.Body = got.answer.Body[:m.rand.IntN(len(got.answer.Body))]
		if len(got.answer.Body) == 0 {
			got = answered{err: &soap.StatusError{Status: http.StatusOK, ContentType: "text/xml"}}
		}
	case strike(garbled):
		for range 1 + m.rand.IntN(8) {
			got.answer.Body[m.rand.IntN(len(got.answer.Body))] = "\x00\xff<>&"[m.rand.IntN(5)]
		}
	case f != nil && f.kind == duplicate && !f.done:
		if d, ok := n.earlier(m); ok && strike(duplicate) {
			w.note(c, "gets the answer of %s again", d.tx)
			got.answer.Body = bytes.Clone(d.body)
		}
	case approving(got.answer.Body) && misbehave == "":
		if other := n.partner(m); other != nil {
			w.note(c, "answer swapped with that of %s", other.tx)
			w.oracle.bad(w, "swap")
			got.spoiled, other.got.spoiled = true, true
			other.swap <- got
			m.done <- other.got
			return
		}
		if f.is(swapped) && n.hold(c, m, &got) {
			strike(swapped)
		}
	}
	if got.err == nil && misbehave == "" && (f == nil || !f.done) && approving(got.answer.Body) {
		n.seen = append(n.seen, delivered{m.tx, m.op, m.card, bytes.Clone(got.answer.Body)})
	}
	got.spoiled = got.spoiled || misbehave != "" || f != nil && f.done && f.kind.network()
	m.done <- got
}

// approving reports whether an answer approves: a refusal has no id by which its repetition could be told.
func approving(body []byte) bool {
	return !bytes.Contains(body, []byte("<ErrorCode>")) && (bytes.Contains(body, []byte("<SVATransactionID>")) || bytes.Contains(body, []byte("<CardNumber>")))
}

// deliver lets the provider answer. The fault, if any, is one that the simulator knows.
func (n *network) deliver(c *actor, m *parcel, misbehave string) answered {
	w := n.w
	if misbehave != "" {
		fault, err := simulator.ParseFault(misbehave)
		if err == nil {
			_, err = w.sim.AddFault(simulator.FaultRule{Count: 1, Fault: fault})
		}
		if err != nil {
			w.fail(c, "the bench's fault %s: %v", misbehave, err)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/relateui/org/xmlapi", bytes.NewReader(m.body))
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	rec := httptest.NewRecorder()
	w.sim.ServeHTTP(rec, r)
	w.oracle.carriedOut(w, c, m)
	body := rec.Body.Bytes()
	switch {
	case strings.Contains(rec.Header().Get("Content-Type"), "xml") && rec.Code == http.StatusOK && !bytes.Contains(body, []byte("Fault>")):
		return answered{answer: &soap.Answer{Status: rec.Code, ContentType: rec.Header().Get("Content-Type"), Body: body}}
	case bytes.Contains(body, []byte("Fault>")):
		w.note(c, "the provider does not understand: %s", body)
		return answered{err: &soap.Fault{Code: "Client", Status: rec.Code, Body: body}}
	}
	return answered{err: &soap.StatusError{Status: rec.Code, ContentType: rec.Header().Get("Content-Type"), Body: body}}
}
