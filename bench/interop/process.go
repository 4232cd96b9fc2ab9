package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	readyLimit  = 2 * time.Minute // a Java program on a busy machine
	runLimit    = 5 * time.Minute
	stopLimit   = 3 * time.Second
	outputLimit = 256 << 10
)

// output keeps the first bytes of what a program prints and drops the rest.
type output struct {
	mu   sync.Mutex
	text []byte
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p[:min(len(p), outputLimit-len(o.text))]...)
	return len(p), nil
}

// last returns the last lines, for an error.
func (o *output) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(o.text)), "\n")
	return strings.Join(lines[max(0, len(lines)-4):], " | ")
}

// command makes a process group of its own, so that ending it ends what it started, and nothing else.
func (b *bench) command(ctx context.Context, args []string) *exec.Cmd {
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Dir = b.work
	c.Env = append(plain(os.Environ()), "NODE_PATH="+b.cache+"/node_modules", "LC_ALL=C.UTF-8")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = stopLimit
	return c
}

// plain leaves out of the environment what would change how the stacks behave or send them through a proxy.
func plain(environment []string) []string {
	return slices.DeleteFunc(environment, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasSuffix(strings.ToLower(name), "_proxy") || strings.HasPrefix(name, "PERL5") ||
			slices.Contains([]string{"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "NODE_OPTIONS", "CLASSPATH", "LC_ALL"}, name)
	})
}

// do runs a command to its end and returns what it printed.
func (b *bench) do(ctx context.Context, input string, args []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	c := b.command(ctx, args)
	c.Stdin = strings.NewReader(input)
	var printed bytes.Buffer
	var complained output
	c.Stdout, c.Stderr = &printed, &complained
	if err := c.Run(); err != nil {
		return printed.String(), fmt.Errorf("%s: %w: %s", args[0], errors.Join(err, ctx.Err()), complained.last())
	}
	return printed.String(), nil
}

// server is a program of ours that listens.
type server struct {
	cmd   *exec.Cmd
	said  output
	ended chan struct{}
}

// serve starts a server and waits until its port is open.
func (b *bench) serve(ctx context.Context, args []string, port int) (*server, error) {
	s := &server{cmd: b.command(ctx, args), ended: make(chan struct{})}
	s.cmd.Stdout, s.cmd.Stderr = &s.said, &s.said
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", args[0], err)
	}
	go func() {
		_ = s.cmd.Wait() // it is ended by a signal
		close(s.ended)
	}()
	if err := s.ready(ctx, net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *server) ready(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var dialer net.Dialer
	for {
		if conn, err := dialer.DialContext(ctx, "tcp", address); err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case <-s.ended:
			return fmt.Errorf("it ended before it listened: %s", s.said.last())
		case <-ctx.Done():
			return fmt.Errorf("it did not listen in time: %s", s.said.last())
		}
	}
}

// stop ends the server's process group and waits for it.
func (s *server) stop() {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = syscall.Kill(-s.cmd.Process.Pid, signal) // it may have ended
		select {
		case <-s.ended:
			return
		case <-time.After(stopLimit):
		}
	}
}

// freePort asks the system for a port that is free now.
func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("finding a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
