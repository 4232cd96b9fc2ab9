package orcetest

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/svcgate/svcgate/soap"
)

// Caller plays a soap.Client and the provider behind it, without a network. It is safe for concurrent use.
type Caller struct {
	behaviour Behaviour
	received  atomic.Int32
	arrived   chan struct{}
}

// NewCaller makes a Caller that behaves in one way.
func NewCaller(b Behaviour) *Caller {
	return &Caller{behaviour: b, arrived: make(chan struct{}, 64)}
}

// Received returns how many messages came.
func (c *Caller) Received() int { return int(c.received.Load()) }

// Arrived gives a value for each message, as it comes.
func (c *Caller) Arrived() <-chan struct{} { return c.arrived }

// Call is soap.Client's.
func (c *Caller) Call(ctx context.Context, body []byte) (*soap.Answer, error) {
	if err := ctx.Err(); err != nil {
		return nil, &soap.TransportError{Op: soap.OpDial, Err: err}
	}
	if c.behaviour == Unreachable {
		return nil, &soap.TransportError{Op: soap.OpDial, Err: io.EOF}
	}
	c.received.Add(1)
	c.arrived <- struct{}{}
	a, err := c.behaviour.answer(body)
	if err != nil {
		return nil, err
	}
	lost := func(err error) (*soap.Answer, error) {
		return nil, &soap.TransportError{Op: soap.OpRead, MaybeSent: true, Err: err}
	}
	switch {
	case a.wait:
		<-ctx.Done()
		return lost(ctx.Err())
	case a.hangUp:
		return lost(io.EOF)
	case a.cut:
		return nil, &soap.TransportError{Op: soap.OpRead, MaybeSent: true, Begun: true, Err: io.ErrUnexpectedEOF}
	case c.behaviour == Faults:
		return nil, &soap.Fault{Code: "s:Server", String: string(a.body), Status: a.status, Body: a.body}
	case a.status != http.StatusOK || a.contentType != xmlType:
		return nil, &soap.StatusError{Status: a.status, ContentType: a.contentType, Body: a.body}
	}
	return &soap.Answer{Status: a.status, ContentType: a.contentType, Body: a.body}, nil
}
