package api_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

// serving runs a house behind a real listener. A request's header must come within the limit.
func serving(t *testing.T, h *house, perAddress int, header time.Duration) (address string) {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := api.NewServer(h.handler, time.Second)
	server.ReadHeaderTimeout = header
	done := make(chan error, 1)
	go func() { done <- server.Serve(api.Listen(inner, perAddress)) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return inner.Addr().String()
}

// slow opens a connection and sends the beginning of a request, and no more.
func slow(t *testing.T, address, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, _ = io.WriteString(conn, text) // one that is refused may be gone already
	return conn
}

// ended reads until the server has closed the connection.
func ended(conn net.Conn) string {
	text, _ := io.ReadAll(conn)
	return string(text)
}

// answered sends a whole request over a connection of its own and returns the status, 0 for none.
func answered(address string) int {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return 0
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode
}

// TestSlowConnectionsAreShed opens 150 that never finish their header, or their body, and waits until the server has
// closed each of them. Others are served meanwhile.
func TestSlowConnectionsAreShed(t *testing.T) {
	t.Parallel()
	const connections = 150
	for name, text := range map[string]string{
		"nothing":       "",
		"half a line":   "POST /v1/author",
		"half a header": "POST /v1/authorizations HTTP/1.1\r\nHost: x\r\nX-Slow: ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			address := serving(t, h, 2*connections, 2*time.Second) // long enough for whoever is not slow
			conns := make([]net.Conn, connections)
			for i := range conns {
				conns[i] = slow(t, address, text)
			}
			if status := answered(address); status != http.StatusOK {
				t.Errorf("beside slow connections another is answered %d", status)
			}
			for _, conn := range conns {
				if got := ended(conn); strings.Contains(got, "200 OK") {
					t.Errorf("a slow connection is answered %q", got)
				}
			}
			if h.provider.sent.Load() != 0 {
				t.Error("a request that did not come was acted on")
			}
		})
	}
}

// TestOneAddressHasSoManyConnections: what is above the limit is closed at once, and a place that is given back is
// taken again.
func TestOneAddressHasSoManyConnections(t *testing.T) {
	t.Parallel()
	const most = 20
	address := serving(t, newHouse(t), most, time.Hour)
	var held []net.Conn
	for range most {
		conn := slow(t, address, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
		if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil { // so it was accepted
			t.Fatal(err)
		}
		held = append(held, conn)
	}
	for range 30 {
		if got := ended(slow(t, address, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")); got != "" {
			t.Fatalf("a connection above the limit is answered %q", got)
		}
	}
	_ = held[0].Close()
	for answered(address) != http.StatusOK { // until the server has seen the end
		if t.Context().Err() != nil {
			t.Fatal("a place that was given back is not taken")
		}
	}
	if _, err := io.WriteString(held[1], "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if got := ended(held[1]); !strings.Contains(got, "200 OK") {
		t.Errorf("a connection within the limit is answered %q", got)
	}
}

// scriptedListener gives connections of made-up addresses.
type scriptedListener struct {
	net.Listener
	conns chan net.Conn
}

func (l *scriptedListener) Accept() (net.Conn, error) {
	c, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

type scriptedConn struct {
	net.Conn
	from   net.Addr
	closed *atomic.Int32 // how often
}

func (c scriptedConn) RemoteAddr() net.Addr { return c.from }
func (c scriptedConn) Close() error         { c.closed.Add(1); return nil }

func TestWhoCountsAsOneAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from []string
		pass string // one letter each: y passes, n is closed
	}{
		"one":                     {[]string{"192.0.2.1", "192.0.2.1", "192.0.2.1"}, "yyn"},
		"neighbours":              {[]string{"192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2", "192.0.2.3"}, "yyyyy"},
		"IPv6 of one network":     {[]string{"2001:db8::1", "2001:db8::2", "2001:db8::ffff:3"}, "yyn"},
		"IPv6 of two networks":    {[]string{"2001:db8::1", "2001:db8:0:1::1", "2001:db8::1", "2001:db8:0:1::2"}, "yyyy"},
		"IPv4 written as IPv6":    {[]string{"::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"}, "yyn"},
		"IPv4s written as IPv6":   {[]string{"::ffff:192.0.2.1", "::ffff:192.0.2.2", "::ffff:192.0.2.3"}, "yyy"},
		"link-local with a zone":  {[]string{"fe80::1%eth0", "fe80::2%eth1", "fe80::3%eth0"}, "yyn"},
		"a socket of the machine": {[]string{"", "", ""}, "yyy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := &scriptedListener{conns: make(chan net.Conn, len(c.from))}
			closed := make([]atomic.Int32, len(c.from))
			for i, from := range c.from {
				var addr net.Addr = &net.UnixAddr{Name: "@svcgate", Net: "unix"}
				if from != "" {
					addr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 4711))
				}
				inner.conns <- scriptedConn{from: addr, closed: &closed[i]}
			}
			close(inner.conns)
			l := api.Listen(inner, 2)
			var open []net.Conn
			for {
				conn, err := l.Accept()
				if err != nil {
					break
				}
				open = append(open, conn)
			}
			pass := ""
			for i := range closed {
				pass += string("yn"[closed[i].Load()])
			}
			if pass != c.pass || len(open) != strings.Count(pass, "y") {
				t.Errorf("passed %s, want %s; %d accepted", pass, c.pass, len(open))
			}
		})
	}
}

// TestAPlaceIsGivenBackOnce: closing twice does not make room for two.
func TestAPlaceIsGivenBackOnce(t *testing.T) {
	t.Parallel()
	inner := &scriptedListener{conns: make(chan net.Conn, 4)}
	closed := make([]atomic.Int32, 4)
	for i := range closed {
		inner.conns <- scriptedConn{from: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, closed: &closed[i]}
	}
	close(inner.conns)
	l := api.Listen(inner, 2)
	first, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Accept(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { _ = first.Close() })
	}
	all.Wait()
	if _, err := l.Accept(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) || closed[3].Load() != 1 {
		t.Errorf("%v; the fourth was closed %d times", err, closed[3].Load())
	}
}

// TestThreeTimesAsMuchAsItTakes sends three times what may be under way: what is accepted is answered well, the rest is
// refused before anything was done, and nothing fails.
func TestThreeTimesAsMuchAsItTakes(t *testing.T) {
	t.Parallel()
	const slots = 8
	h := newHouse(t, func(c *api.Config) {
		c.MaxInFlight = slots
		c.Rates = func(access.Token) api.Rates { return api.Rates{Requests: api.Rate{PerSecond: 1, Burst: 40}} }
	})
	counts := map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			key := string(rune('A' + i))
			got := h.authorize(t, "k"+key, strings.Replace(change(t, "3242", "O"+string(rune('A'+i%26))+string(rune('a'+i/26))), cardNumber, "60064977512"+string(rune('0'+i/10))+string(rune('0'+i%10))+"017", 1))
			mu.Lock()
			counts[got.StatusCode]++
			mu.Unlock()
		})
	}
	all.Wait()
	if counts[200]+counts[429]+counts[503] != 60 || counts[429] != 20 || counts[200] == 0 || int(h.provider.sent.Load()) != counts[200] {
		t.Errorf("answers %v, %d messages", counts, h.provider.sent.Load())
	}
	if err := h.api.Close(context.Background()); err != nil {
		t.Error(err)
	}
}
