package soap_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate/soap"
)

const (
	card     = "6006491234560017"
	question = `<InquiryRequest><CardNumber>` + card + `</CardNumber></InquiryRequest>`
	xmlBody  = `<InquiryResponse><ok/></InquiryResponse>`

	// nobody listens there. A port that was given back may be another test's by now.
	nobody = "127.0.0.1:1"
)

// answer writes a minimal HTTP answer.
func answer(status int, contentType, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", status, contentType, len(body), body)
}

// provider is a raw TCP server that counts what arrives.
type provider struct {
	t        testing.TB
	listener net.Listener

	mu      sync.Mutex
	conns   int
	bodies  []string
	headers []http.Header
	lines   []string
	open    map[net.Conn]bool
}

// visit is one connection to a provider.
type visit struct {
	net.Conn
	n        int // 1 for the first connection
	in       *bufio.Reader
	provider *provider
}

// serve listens on loopback and runs handle for each connection, which it closes afterwards.
func serve(t testing.TB, handle func(*visit)) *provider {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, listener, handle)
}

func serveOn(t testing.TB, listener net.Listener, handle func(*visit)) *provider {
	p := &provider{t: t, listener: listener, open: map[net.Conn]bool{}}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns++
			n := p.conns
			p.open[c] = true
			p.mu.Unlock()
			work.Go(func() {
				defer c.Close()
				handle(&visit{Conn: c, n: n, in: bufio.NewReader(c), provider: p})
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		p.mu.Lock()
		for c := range p.open {
			_ = c.Close()
		}
		p.mu.Unlock()
		work.Wait()
	})
	return p
}

// request reads a whole request and records it; false at the end of the connection.
func (v *visit) request() bool {
	r, err := http.ReadRequest(v.in)
	if err != nil {
		return false
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	p := v.provider
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bodies = append(p.bodies, string(body))
	p.headers = append(p.headers, r.Header)
	p.lines = append(p.lines, r.Method+" "+r.RequestURI+" "+r.Host)
	return true
}

func (v *visit) say(s string) { _, _ = io.WriteString(v, s) }

// hangUntilGone waits for the other side to close.
func (v *visit) hangUntilGone() { _, _ = io.Copy(io.Discard, v.in) }

// reset closes the connection with a reset.
func (v *visit) reset() {
	if tcp, ok := v.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = v.Close()
}

// always answers every request with s.
func always(s string) func(*visit) {
	return func(v *visit) {
		for v.request() {
			v.say(s)
		}
	}
}

// once answers the first request of a connection with s and closes it.
func once(s string) func(*visit) {
	return func(v *visit) {
		if v.request() {
			v.say(s)
		}
	}
}

func (p *provider) address() string { return p.listener.Addr().String() }

func (p *provider) url() string { return "http://" + p.address() + "/relateui/OMS/xmlapi" }

// count returns the connections made and the messages that arrived whole.
func (p *provider) count() (conns, messages int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conns, len(p.bodies)
}

func (p *provider) want(conns, messages int) {
	p.t.Helper()
	if c, m := p.count(); c != conns || m != messages {
		p.t.Errorf("the provider saw %d connections and %d messages, want %d and %d", c, m, conns, messages)
	}
}

// client makes a client for the config; limits are short enough for a test and long enough for a busy machine.
func client(t testing.TB, config soap.Config) *soap.Client {
	t.Helper()
	if config.CallTimeout == 0 {
		config.CallTimeout = 20 * time.Second
	}
	if config.IdleTimeout == 0 {
		config.IdleTimeout = time.Minute
	}
	c, err := soap.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func call(c *soap.Client) (*soap.Answer, error) {
	return c.Call(context.Background(), []byte(question))
}

// wantTransport checks that err is a *soap.TransportError of that step.
func wantTransport(t testing.TB, err error, op string, maybeSent bool) *soap.TransportError {
	t.Helper()
	e, ok := errors.AsType[*soap.TransportError](err)
	if !ok {
		t.Fatalf("got %T %v, want a TransportError", err, err)
	}
	if e.Op != op || e.MaybeSent != maybeSent {
		t.Errorf("got %v (MaybeSent %v), want step %q, MaybeSent %v", e, e.MaybeSent, op, maybeSent)
	}
	return e
}

func wantAnswer(t testing.TB, a *soap.Answer, err error, body string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if string(a.Body) != body || a.Status != http.StatusOK {
		t.Errorf("got status %d and %d bytes, want 200 and %d", a.Status, len(a.Body), len(body))
	}
}
