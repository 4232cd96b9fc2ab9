package soap

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// errNothing is what a probing read returns when nothing has arrived. It calls itself temporary, so that a tls.Conn
// goes on working after it.
var errNothing net.Error = nothing{}

type nothing struct{}

func (nothing) Error() string   { return "nothing has arrived" }
func (nothing) Timeout() bool   { return true }
func (nothing) Temporary() bool { return true }

// past is a deadline that ends reads and writes at once.
var past = time.Unix(1, 0)

// wire is the TCP connection, below TLS. It counts what the system took for sending and can read without waiting.
type wire struct {
	net.Conn
	raw     syscall.RawConn
	written int64
	probing bool
	probe   probe
	tls     bool    // from here on TLS is read
	records records // of TLS
}

func (w *wire) Read(p []byte) (n int, err error) {
	if w.probing {
		n, err = w.probe.readNow(w.raw, p)
	} else {
		n, err = w.Conn.Read(p)
	}
	if w.tls {
		w.records.follow(p[:n])
	}
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	w.written += int64(n)
	return n, err
}

// interrupt ends what is being read and written. Only this may be called from another goroutine.
func (w *wire) interrupt() { _ = w.Conn.SetDeadline(past) }

// conn is a connection ready for requests.
type conn struct {
	wire  *wire
	end   net.Conn         // the wire, or TLS over it
	limit io.LimitedReader // over end
	got   int64            // bytes of the answer
	in    *bufio.Reader    // over the conn itself
	out   []byte           // room for a request; all zero between calls
	idle  time.Time        // since when it waits in the pool
}

func newConn(w *wire, end net.Conn) *conn {
	k := &conn{wire: w, end: end}
	k.limit.R = end
	k.in = bufio.NewReader(k)
	return k
}

// Read reads from what limit leaves of the answer, and counts.
func (k *conn) Read(p []byte) (int, error) {
	n, err := k.limit.Read(p)
	k.got += int64(n)
	return n, err
}

// close leaves out TLS's farewell: writing it may block, and a request has a length.
func (k *conn) close() { _ = k.wire.Close() }

// alive reports whether the waiting connection still stands and nothing has arrived on it, in any of the three
// buffers between the network and the parser: what arrives unasked could be taken for the next call's answer. That is
// true of the beginning of a TLS record too, though nobody can read it yet; what TLS says for itself, such as a new
// session ticket, is none.
func (k *conn) alive() bool {
	k.wire.probing = true
	defer func() { k.wire.probing = false }()
	_, err := k.in.Peek(1)
	return errors.Is(err, errNothing) && k.wire.records.between()
}

// connect returns a connection on which nothing of this call was written yet.
func (c *Client) connect(ctx context.Context, until time.Time) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, transportError(ctx, OpDial, false, err)
	}
	if k := c.pool.take(); k != nil {
		return k, nil
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	ready, cancel := context.WithTimeoutCause(ctx, c.dialTimeout,
		fmt.Errorf("no connection within %s: %w", c.dialTimeout, context.DeadlineExceeded))
	defer cancel()
	k, op, err := c.dial(ready)
	if err != nil {
		if ready.Err() != nil {
			err = context.Cause(ready)
		}
		return nil, transportError(ctx, op, false, err)
	}
	return k, nil
}

// dial also returns the step it reached.
func (c *Client) dial(ctx context.Context) (k *conn, op string, err error) {
	address := c.target
	if c.proxy != "" {
		address = c.proxy
	}
	tcp, err := c.dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, OpDial, err
	}
	defer func() {
		if err != nil {
			_ = tcp.Close()
		}
	}()
	w := &wire{Conn: tcp}
	if w.raw, err = tcp.(*net.TCPConn).SyscallConn(); err != nil {
		return nil, OpDial, err
	}
	if c.tls == nil {
		return newConn(w, w), OpDial, nil
	}
	if c.proxy != "" {
		if err := tunnel(ctx, w, c.target); err != nil {
			return nil, OpProxy, err
		}
	}
	w.tls = true
	end := tls.Client(w, c.tls)
	if err := end.HandshakeContext(ctx); err != nil {
		return nil, OpTLS, err
	}
	c.figures.shown(end.ConnectionState())
	return newConn(w, end), OpTLS, nil
}

// tunnel asks the proxy to connect w to target.
func tunnel(ctx context.Context, w *wire, target string) error {
	stop := context.AfterFunc(ctx, w.interrupt)
	defer stop()
	if _, err := io.WriteString(w, "CONNECT "+target+" HTTP/1.1\r\nHost: "+target+"\r\nUser-Agent: svcgate\r\n\r\n"); err != nil {
		return err
	}
	in := bufio.NewReader(io.LimitReader(w, maxHead))
	resp, err := http.ReadResponse(in, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return quotable(err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: HTTP status %d", ErrProxy, resp.StatusCode)
	}
	if in.Buffered() > 0 { // the provider speaks only after our hello
		return ErrNotHTTP
	}
	return nil
}
