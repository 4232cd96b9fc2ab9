// Package soap carries one XML body to the provider and its answer back: HTTP, credentials, proxy, TLS, limits and
// SOAP faults. It knows no message; it answers one question about each, truthfully: may it have been sent?
//
// The provider has no idempotency key, and repeating an activation, a recharge or a return moves the money again. So
// nothing here repeats: a call writes its message once, to one connection, and reports what became of it.
//
// That is why the package speaks HTTP/1.1 itself, with net/http only to parse answers, and does not use its
// Transport. Transport sends a POST again on its own when a kept connection turns out dead and the request looks
// repeatable, by rules that depend on headers and on the Go release; its writing goroutine may go on after the caller
// was told of an error; and it prints what arrives after an answer, which may be a second answer with a card number,
// to the process's log. Here one goroutine writes, counts what it wrote and reads, and there is no code that could
// send twice. It also costs less, since no call changes goroutines.
//
// Connections are kept between calls, for a TLS handshake costs more than the exchange. Before one is used again it is
// looked at: a connection that the provider closed, or on which anything arrived unasked, is dropped before a byte
// of the message is written, and another is opened. If the provider hangs up at the same moment as the message is
// written, the call fails and says that the message may have been sent.
package soap

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
)

// Answer is a complete HTTP answer with status 200 and an XML body that is no SOAP fault.
type Answer struct {
	Status      int
	ContentType string // as received; may be empty
	Body        []byte // at most Config.MaxAnswer bytes, not empty, not parsed; until Release
	room        *room
}

// Release erases the body, which may hold a card number, where its room can be used again. It need not be called.
func (a *Answer) Release() {
	if a.room == nil {
		return
	}
	*a.room = room{}
	rooms.Put(a.room)
	a.Body, a.room = nil, nil
}

// Client calls one provider. It is safe for concurrent use.
type Client struct {
	head        secret.String // the request up to the value of Content-Length; holds the credentials
	target      string        // host:port of the provider
	tls         *tls.Config   // nil for http://
	proxy       string        // host:port; "" for none
	dialer      net.Dialer
	dialTimeout time.Duration
	callTimeout time.Duration
	maxAnswer   int64
	maySend     func(context.Context) error
	pool        pool
	figures     figures
}

// NewClient checks the settings and reads the files they name; it opens no connection. The error joins everything
// that is wrong with the settings and quotes no value.
func NewClient(config Config) (*Client, error) {
	config.setDefaults()
	u, err := config.check()
	authorization, err2 := config.authorization()
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	c := &Client{
		target:      hostPort(u),
		dialTimeout: config.DialTimeout,
		callTimeout: config.CallTimeout,
		maxAnswer:   config.MaxAnswer,
		maySend:     config.MaySend,
		pool:        pool{keep: config.IdleTimeout},
	}
	if config.ProxyHost != "" {
		c.proxy = net.JoinHostPort(strings.Trim(config.ProxyHost, "[]"), strconv.Itoa(config.ProxyPort))
	}
	if u.Scheme == "https" {
		if c.tls, err = config.tlsConfig(u.Hostname()); err != nil {
			return nil, err
		}
		c.figures.own = ownEnds(c.tls)
	}
	c.head = secret.New(requestHead(u, authorization, c.proxy != "" && c.tls == nil, config.IdleTimeout < 0))
	return c, nil
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// requestHead writes what all requests have in common. The provider's document names neither Content-Type nor
// SOAPAction; both are as SOAP 1.1, section 6.1, wants them.
func requestHead(u *url.URL, authorization string, absolute, once bool) string {
	path := u.RequestURI()
	if absolute { // a proxy without a tunnel wants the whole address
		path = "http://" + u.Host + path
	}
	head := "POST " + path + " HTTP/1.1\r\n" +
		"Host: " + u.Host + "\r\n" +
		"User-Agent: svcgate\r\n" +
		"Accept: text/xml, application/soap+xml;q=0.9, application/xml;q=0.9\r\n" +
		"Accept-Encoding: identity\r\n" +
		"Content-Type: text/xml; charset=utf-8\r\n" +
		"SOAPAction: \"\"\r\n"
	if authorization != "" {
		head += "Authorization: " + authorization + "\r\n"
	}
	if once {
		head += "Connection: close\r\n"
	}
	return head + "Content-Length: "
}

// authorization returns the value of the Authorization header, "" for none.
func (c *Config) authorization() (string, error) {
	switch {
	case !c.BearerToken.IsZero() && (c.Username != "" || !c.Password.IsZero()):
		return "", errors.New("soap: BearerToken and Username or Password exclude each other")
	case !c.BearerToken.IsZero():
		token := c.BearerToken.Reveal()
		if !isToken68(token) {
			return "", errors.New("soap: BearerToken has characters that a bearer token cannot have")
		}
		return "Bearer " + token, nil
	case c.Username == "" && !c.Password.IsZero():
		return "", errors.New("soap: Password needs Username")
	case c.Username == "":
		return "", nil
	case strings.ContainsFunc(c.Username, func(r rune) bool { return r == ':' || r < ' ' || r == 0x7f }):
		return "", errors.New("soap: Username must not hold a colon or control characters")
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.Username+":"+c.Password.Reveal())), nil
}

// isToken68 reports whether s is what RFC 6750 allows as a token; line ends are not.
func isToken68(s string) bool {
	s = strings.TrimRight(s, "=")
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~+/", r)
	})
}

// appendRequest appends everything that is written for body.
func (c *Client) appendRequest(dst, body []byte) []byte {
	head := c.head.Reveal()
	dst = slices.Grow(dst, len(head)+len("9223372036854775807\r\n\r\n")+len(body)) // leaves no half-written copies behind
	dst = append(dst, head...)
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, body...)
}

// Call posts body and returns the provider's answer. The body is written at most once, and never to another address:
// redirects are not followed. The answer is complete and limited, but not yet understood.
//
// The error is a *TransportError if no complete answer was read, a *Fault for a SOAP fault with any status, and a
// *StatusError for every other HTTP answer.
func (c *Client) Call(ctx context.Context, body []byte) (*Answer, error) {
	until := time.Now().Add(c.callTimeout)
	k, err := c.connect(ctx, until)
	if err != nil {
		return nil, c.counted(err)
	}
	r, err := c.exchange(ctx, k, until, body)
	if err != nil {
		k.close()
		return nil, c.counted(err)
	}
	if r.reusable {
		c.pool.put(k)
	} else {
		k.close()
	}
	return r.judge()
}

func (c *Client) counted(err error) error {
	if e, ok := errors.AsType[*TransportError](err); ok {
		c.figures.note(e)
	}
	return err
}

// Close closes the connections that wait for calls. Calls under way end as they would; later ones use a connection
// each.
func (c *Client) Close() { c.pool.close() }
