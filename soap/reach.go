package soap

import (
	"context"
	"crypto/tls"
	"time"
)

// Way is what Reach found on the way to the provider.
type Way struct {
	Address string // where the connection leads: the provider, or the proxy
	Proxy   bool
	TLS     string    // the version, such as "TLS 1.3"; "" for plain HTTP
	Issuer  string    // who signed the provider's certificate, by common name; "" for plain HTTP
	Expires time.Time // of the provider's certificate; zero for plain HTTP
	Took    time.Duration
}

// Reach connects as Call would, through the proxy and with TLS and its certificates, and hangs up: not one byte of a
// request is sent. The error is a *TransportError of OpDial, OpProxy or OpTLS; what was found before it is returned too.
func (c *Client) Reach(ctx context.Context) (Way, error) {
	way := Way{Address: c.target}
	if c.proxy != "" {
		way.Address, way.Proxy = c.proxy, true
	}
	ctx, cancel := context.WithTimeout(ctx, c.dialTimeout)
	defer cancel()
	started := time.Now()
	k, op, err := c.dial(ctx)
	way.Took = time.Since(started)
	if err != nil {
		return way, transportError(ctx, op, false, err)
	}
	defer k.close()
	if end, encrypted := k.end.(*tls.Conn); encrypted {
		state := end.ConnectionState()
		way.TLS = tls.VersionName(state.Version)
		way.Issuer, way.Expires = state.PeerCertificates[0].Issuer.CommonName, state.PeerCertificates[0].NotAfter
	}
	return way, nil
}
