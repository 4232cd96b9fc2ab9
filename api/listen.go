package api

import (
	"net"
	"net/netip"
	"sync"
)

// DefaultPerAddress is how many connections one address may have open when Listen is not told: well above
// DefaultMaxInFlight, so that a caller who asks too much at once is answered and not cut off.
const DefaultPerAddress = 1024

// Listen wraps a listener so that one address has at most perAddress connections open (0: DefaultPerAddress); the next
// ones are closed at once. An IPv6 address stands for its /64, which is what one customer gets. Behind a proxy all
// connections come from the proxy's address. Connections without an IP address, such as those of a unix socket, are
// not counted.
func Listen(l net.Listener, perAddress int) net.Listener {
	if perAddress <= 0 {
		perAddress = DefaultPerAddress
	}
	return &listener{Listener: l, most: perAddress, open: map[netip.Prefix]int{}}
}

type listener struct {
	net.Listener
	most int
	mu   sync.Mutex
	open map[netip.Prefix]int // never zero
}

// Accept returns the next connection that is within the limit.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := origin(c.RemoteAddr())
		if !from.IsValid() {
			return c, nil
		}
		if l.take(from) {
			return &conn{Conn: c, leave: sync.OnceFunc(func() { l.leave(from) })}, nil
		}
		_ = c.Close() // it is refused, whatever closing says
	}
}

func (l *listener) take(from netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[from] >= l.most {
		return false
	}
	l.open[from]++
	return true
}

func (l *listener) leave(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[from]--; l.open[from] == 0 {
		delete(l.open, from)
	}
}

// origin is whom a connection is counted for; not valid for an address without an IP.
func origin(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

// conn gives its place back when it is closed, once.
type conn struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (c *conn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
