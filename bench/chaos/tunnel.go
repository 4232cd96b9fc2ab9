package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// What an HTTP proxy does instead of making a tunnel.
const (
	proxyForbids    = "forbids"
	proxyWantsLogin = "wants a login"
	proxyPage       = "page"
	proxyInjects    = "injects"
	proxyHangsUp    = "hangs up"
)

// tunnelDoor is an HTTP proxy before a TLS front.
type tunnelDoor struct {
	*server
	front *front

	mu    sync.Mutex
	fault string
}

func openTunnel(ctx context.Context, f *front) (*tunnelDoor, error) {
	s, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	d := &tunnelDoor{server: s, front: f}
	s.serve(d.handle)
	return d, nil
}

func (d *tunnelDoor) bureau() bureau {
	b := d.front.bureau()
	b.proxyHost, b.proxyPort = "127.0.0.1", d.listener.Addr().(*net.TCPAddr).Port
	return b
}

func (d *tunnelDoor) make(_ context.Context, f fault) error {
	d.set(f.proxy)
	return nil
}

func (d *tunnelDoor) heal(context.Context) error {
	d.set("")
	return nil
}

func (d *tunnelDoor) set(fault string) {
	d.mu.Lock()
	d.fault = fault
	d.mu.Unlock()
	d.hangUp()
	d.front.hangUp()
}

func (d *tunnelDoor) arrived(texts ...string) (int, bool) { return d.front.arrived(texts...) }

func (d *tunnelDoor) close() error { return errors.Join(d.server.close(), d.front.close()) }

func (d *tunnelDoor) handle(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(frontLimit))
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil || request.Method != http.MethodConnect {
		return
	}
	d.mu.Lock()
	fault := d.fault
	d.mu.Unlock()
	const html = "text/html"
	switch fault {
	case proxyForbids:
		_ = writeAnswer(conn, http.StatusForbidden, html, []byte(page)) // the caller may have gone, here and below
	case proxyWantsLogin:
		_ = writeAnswer(conn, http.StatusProxyAuthRequired, html, nil, `Proxy-Authenticate: Basic realm="proxy"`)
	case proxyPage:
		_ = writeAnswer(conn, http.StatusBadGateway, html, []byte(page))
	case proxyInjects:
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"+page)
	case proxyHangsUp:
	default:
		if _, err := io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err == nil {
			pass(conn, d.front.address())
		}
	}
}
