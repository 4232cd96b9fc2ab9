package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// bureau is how the gateway is told of a door.
type bureau struct {
	url       string
	caFile    string
	proxyHost string
	proxyPort int
	dial      time.Duration // 0 is as long as a call
}

// keeper is a door that makes faults and takes them back.
type keeper interface {
	bureau() bureau
	make(ctx context.Context, f fault) error
	heal(ctx context.Context) error
	// arrived counts the whole messages that hold all the texts; not ok for a door that leaves counting to the simulator.
	arrived(texts ...string) (n int, ok bool)
	close() error
}

const relatePath = "/relateui/OMS/xmlapi"

// nowhere is a name that does not resolve. It cannot be healed.
type nowhere struct{}

func (nowhere) bureau() bureau                    { return bureau{url: "https://provider.invalid" + relatePath} }
func (nowhere) make(context.Context, fault) error { return nil }
func (nowhere) heal(context.Context) error        { return nil }
func (nowhere) arrived(...string) (int, bool)     { return 0, true }
func (nowhere) close() error                      { return nil }

// server accepts connections on a free port of this machine until it is closed, and knows them all.
type server struct {
	listener net.Listener
	work     sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
}

func listen(ctx context.Context) (*server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening a door: %w", err)
	}
	return &server{listener: l, open: map[net.Conn]bool{}}, nil
}

func (s *server) address() string { return s.listener.Addr().String() }

// serve hands every connection to handle, which need not close it.
func (s *server) serve(handle func(net.Conn)) {
	s.work.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			if !s.keep(conn) {
				_ = conn.Close()
				return
			}
			s.work.Go(func() {
				defer s.drop(conn)
				handle(conn)
			})
		}
	})
}

func (s *server) keep(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.open[conn] = true
	}
	return !s.closed
}

func (s *server) drop(conn net.Conn) {
	s.mu.Lock()
	delete(s.open, conn)
	s.mu.Unlock()
	_ = conn.Close()
}

// hangUp closes the connections there are, so that the next message needs a new one.
func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.open {
		_ = conn.Close()
	}
}

func (s *server) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	err := s.listener.Close()
	s.hangUp()
	s.work.Wait()
	return err
}

// pass copies both ways until either side ends.
func pass(conn net.Conn, target string) {
	other, err := net.DialTimeout("tcp", target, 5*time.Second)
	if err != nil {
		return
	}
	defer other.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(other, conn) // an end is an end
		_ = other.Close()
	}()
	_, _ = io.Copy(conn, other)
	_ = conn.Close()
	<-done
}

// trap is an address that nobody may come to. It counts who does.
type trap struct {
	*server
	caught atomic.Int64
}

func openTrap(ctx context.Context) (*trap, error) {
	s, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	t := &trap{server: s}
	s.serve(func(net.Conn) { t.caught.Add(1) })
	return t, nil
}

// backlogDoor passes everything on to the simulator, or lets nobody in: its backlog is full and the kernel drops what
// else wants to connect.
type backlogDoor struct {
	*server
	target  string
	fillers []net.Conn
	once    sync.Once
}

func openBacklog(ctx context.Context, target string) (*backlogDoor, error) {
	s, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	return &backlogDoor{server: s, target: target}, nil
}

func (d *backlogDoor) bureau() bureau {
	return bureau{url: "http://" + d.address() + relatePath, dial: 500 * time.Millisecond}
}

// make fills the backlog until connecting hangs. It works once, before the door was ever healed.
func (d *backlogDoor) make(ctx context.Context, _ fault) error {
	if err := d.backlog(0); err != nil {
		return err
	}
	dialer := net.Dialer{Timeout: 100 * time.Millisecond}
	for range 64 {
		conn, err := dialer.DialContext(ctx, "tcp", d.address())
		if err != nil {
			return ctx.Err()
		}
		d.fillers = append(d.fillers, conn)
	}
	return errors.New("the kernel lets everybody into a full backlog")
}

func (d *backlogDoor) backlog(n int) error {
	raw, err := d.listener.(*net.TCPListener).SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = syscall.Listen(int(fd), n) })
	return errors.Join(err, failed)
}

func (d *backlogDoor) heal(context.Context) error {
	for _, conn := range d.fillers {
		_ = conn.Close()
	}
	d.fillers = nil
	err := d.backlog(syscall.SOMAXCONN)
	d.once.Do(func() { d.serve(func(conn net.Conn) { pass(conn, d.target) }) })
	return err
}

func (d *backlogDoor) arrived(...string) (int, bool) { return 0, false }
