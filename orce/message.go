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

// Send delivers the message, waits for the answer and reads it. It may be called once. A panic on the way is told as an
// unknown outcome, of which what was sent is known.
func (m *message) Send(ctx context.Context) (reply svcgate.Reply, x svcgate.Exchange, err error) {
	x = svcgate.Exchange{Sent: m.masked, Started: m.provider.now()}
	if m.used.Swap(true) {
		return m.failed(x, errSentBefore)
	}
	sent := x
	defer func() {
		if v := recover(); v != nil {
			clear(m.body) // and not used again: who has it is not known
			m.body = nil
			reply, x, err = m.told(sent, panicked, svcgate.NewPanicError(v), "")
		}
	}()
	answer, err := m.provider.client.Call(ctx, m.body)
	giveBuffer(m.body)
	m.body = nil
	x.Took = m.provider.now().Sub(x.Started)
	if err != nil {
		return m.failed(x, err)
	}
	x.Status = answer.Status
	reply, card, err := m.read(answer)
	x.Received = m.mask(answer.Body, card)
	answer.Release()
	if err != nil {
		return m.failed(x, err)
	}
	x.Class = svcgate.ClassAnswered
	return reply, x, nil
}

// mask makes an answer about a card fit to be kept.
func (m *message) mask(body []byte, card svcgate.Card) []byte {
	return messages.HidePIN(messages.MaskAnswer(body, card.Number()), m.request.PIN())
}

// read also returns the card that the answer is about: the one that was asked about, else the one that it brings.
func (m *message) read(answer *soap.Answer) (svcgate.Reply, svcgate.Card, error) {
	card := m.request.Card()
	var a messages.Answer
	if err := messages.ReadAnswer(answer.Body, &a); err != nil {
		return svcgate.Reply{}, card, err
	}
	if card.IsZero() {
		card, _ = svcgate.ParseCard(a.CardNumber)
	}
	reply, err := mapping.FromAnswer(m.request, m.sent, &a, m.provider.bureau)
	return reply, card, err
}

// failed fills in what an error says about the exchange and gives the error that the gateway is told.
func (m *message) failed(x svcgate.Exchange, err error) (svcgate.Reply, svcgate.Exchange, error) {
	if status, body := answered(err); status != 0 {
		x.Status = status
		x.Received = m.mask(body, m.request.Card())
	}
	f := classify(err)
	if f == refusedUnread && m.provider.distrustAuth {
		f = refusedPerhaps
	}
	return m.told(x, f, err, detail(err))
}

func (m *message) told(x svcgate.Exchange, f failure, err error, detail string) (svcgate.Reply, svcgate.Exchange, error) {
	v := verdicts[f]
	x.Class = v.class
	x.Failure = v.sentence + detail
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
