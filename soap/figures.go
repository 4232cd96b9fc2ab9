package soap

import (
	"crypto/tls"
	"crypto/x509"
	"sync/atomic"
	"time"
)

// ops are the steps whose failures are counted, in the order of figures.failed.
var ops = [...]string{OpDial, OpProxy, OpTLS, OpFence, OpSend, OpRead}

// Figures are what a Client saw since it was made.
type Figures struct {
	Failed       map[string]uint64 // calls that got no complete answer, by the step (OpDial and so on) that failed
	ProviderEnds time.Time         // when the certificate that the provider showed last ends; zero before the first handshake
	OwnEnds      time.Time         // when the client certificate ends; zero without one
}

type figures struct {
	failed [len(ops)]atomic.Uint64
	ends   atomic.Int64 // seconds; 0: not seen
	own    time.Time
}

func (f *figures) note(e *TransportError) {
	for i, op := range ops {
		if op == e.Op {
			f.failed[i].Add(1)
		}
	}
}

func (f *figures) shown(state tls.ConnectionState) {
	if len(state.PeerCertificates) > 0 {
		f.ends.Store(state.PeerCertificates[0].NotAfter.Unix())
	}
}

// ownEnds reads the client certificate of a configuration that was checked.
func ownEnds(c *tls.Config) time.Time {
	if c == nil || len(c.Certificates) == 0 {
		return time.Time{}
	}
	leaf, err := x509.ParseCertificate(c.Certificates[0].Certificate[0])
	if err != nil {
		return time.Time{}
	}
	return leaf.NotAfter
}

// Figures returns them as they stand now. All steps are in Failed.
func (c *Client) Figures() Figures {
	f := Figures{Failed: map[string]uint64{}, OwnEnds: c.figures.own}
	for i, op := range ops {
		f.Failed[op] = c.figures.failed[i].Load()
	}
	if ends := c.figures.ends.Load(); ends != 0 {
		f.ProviderEnds = time.Unix(ends, 0)
	}
	return f
}
