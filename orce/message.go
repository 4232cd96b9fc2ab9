package orce

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/soap"
)

// message is one encoded message. It can be sent once.
type message struct {
	provider *Provider
	request  *svcgate.Request
	sent     messages.Request
	body     []byte
	masked   []byte
	used     atomic.Bool
}

var errSentBefore = errors.New("orce: the message was given to Send before")

// Send delivers the message, waits for the answer and reads it. It may be called once.
func (m *message) Send(ctx context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	x := svcgate.Exchange{Sent: m.masked, Started: m.provider.now()}
	if m.used.Swap(true) {
		return m.failed(x, errSentBefore)
	}
	answer, err := m.provider.client.Call(ctx, m.body)
	giveBuffer(m.body)
	m.body = nil
	x.Took = m.provider.now().Sub(x.Started)
	if err != nil {
		return m.failed(x, err)
	}
	x.Status = answer.Status
	x.Received = m.mask(answer.Body)
	reply, err := m.read(answer)
	answer.Release()
	if err != nil {
		return m.failed(x, err)
	}
	x.Class = svcgate.ClassAnswered
	return reply, x, nil
}

func (m *message) mask(body []byte) []byte {
	return messages.MaskAnswer(body, m.request.Card().Number())
}

func (m *message) read(answer *soap.Answer) (svcgate.Reply, error) {
	var a messages.Answer
	if err := messages.ReadAnswer(answer.Body, &a); err != nil {
		return svcgate.Reply{}, err
	}
	return mapping.FromAnswer(m.request, m.sent, &a, m.provider.bureau)
}

// failed fills in what an error says about the exchange and gives the error that the gateway is told.
func (m *message) failed(x svcgate.Exchange, err error) (svcgate.Reply, svcgate.Exchange, error) {
	if status, body := answered(err); status != 0 {
		x.Status = status
		x.Received = m.mask(body)
	}
	f := classify(err)
	if f == refusedUnread && m.provider.distrustAuth {
		f = refusedPerhaps
	}
	v := verdicts[f]
	x.Class = v.class
	x.Failure = v.sentence + detail(err)
	return svcgate.Reply{}, x, &svcgate.Error{Code: v.code, Reason: v.reason, Op: m.request.Operation().String(),
		Detail: x.Failure, Err: err}
}

// answered returns the HTTP status and body that an error of the transport came with; status 0 for none.
func answered(err error) (status int, body []byte) {
	if e, ok := errors.AsType[*soap.StatusError](err); ok {
		return e.Status, e.Body
	}
	if e, ok := errors.AsType[*soap.Fault](err); ok {
		return e.Status, e.Body
	}
	return 0, nil
}
