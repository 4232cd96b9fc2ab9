// Package orce is the provider Oracle Retail Customer Engagement: mapping, messages and soap put together behind
// svcgate.Provider. It says of every failure whether money can have moved.
package orce

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/soap"
)

// Caller carries one XML body to the provider and brings the answer back; *soap.Client is one. It must not send a
// body twice nor look at it after it returned, and its errors must be those of package soap for a failure to be
// called not sent.
type Caller interface {
	Call(ctx context.Context, body []byte) (*soap.Answer, error)
}

// Config is what a Provider works with. Client must be set.
type Config struct {
	Bureau     mapping.Bureau
	Client     Caller
	StrictSOAP bool // correct the envelope where the documented one breaks SOAP 1.1
	Bare       bool // send the payload without an envelope
	// DistrustAuthRejections is for a provider that may have acted although it answered 401 or 403: such an outcome
	// is then unknown. By default it counts as not sent.
	DistrustAuthRejections bool
	Now                    func() time.Time // nil: time.Now
}

// Provider is one service bureau of ORCE. It is safe for concurrent use.
type Provider struct {
	bureau       mapping.Bureau
	client       Caller
	form         messages.Form
	distrustAuth bool
	now          func() time.Time
}

// New checks the configuration.
func New(c Config) (*Provider, error) {
	if c.Client == nil {
		return nil, errors.New("orce: a client must be given")
	}
	if d := c.Bureau.DefaultCurrency; d != "" {
		if _, err := svcgate.MoneyFromMinor(0, d); err != nil {
			return nil, fmt.Errorf("orce: default currency: %w", err)
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Provider{
		bureau:       c.Bureau,
		client:       c.Client,
		form:         messages.Form{Bare: c.Bare, StrictSOAP: c.StrictSOAP},
		distrustAuth: c.DistrustAuthRejections,
		now:          c.Now,
	}, nil
}

// Prepare builds and encodes the message for a request. Its errors are *svcgate.Error with CodeInvalid.
func (p *Provider) Prepare(r *svcgate.Request, at time.Time) (svcgate.Message, error) {
	sent, err := mapping.ToMessage(r, p.bureau, at)
	if err != nil {
		return nil, err
	}
	m := &message{provider: p, request: r, sent: sent, body: takeBuffer()}
	masked := p.form
	masked.Masked = true
	if m.body, err = messages.AppendRequest(m.body, sent, p.form); err == nil {
		m.masked, err = messages.AppendRequest(make([]byte, 0, len(m.body)+maskGrowth), sent, masked)
	}
	if err != nil {
		giveBuffer(m.body)
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "unwritable_message", Op: r.Operation().String(),
			Detail: "The request does not fit into the provider's message; check the settings of the service bureau.", Err: err}
	}
	return m, nil
}
