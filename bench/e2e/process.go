package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a program that the bench started, and the only kind of thing that it ends.
type process struct {
	name  string
	cmd   *exec.Cmd
	said  tail
	ended chan struct{}
	began time.Time
}

const (
	readyLimit = 60 * time.Second
	stopLimit  = 30 * time.Second
)

// tail keeps the end of what a process says, and not on disk: the log must not count among what is written there.
type tail struct {
	mu   sync.Mutex
	last []byte
}

const tailSize = 1_000

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p[max(0, len(p)-tailSize):]...)
	t.last = append(t.last[:0], t.last[max(0, len(t.last)-tailSize):]...)
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.last))
}

// start starts a program in dir.
func start(dir, name, program string, args ...string) (*process, error) {
	p := &process{name: name, cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr, p.cmd.WaitDelay = dir, &p.said, &p.said, stopLimit
	p.cmd.Env = plainEnvironment()
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt in the terminal is the bench's alone: it ends what it started
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.ended)
	}()
	return p, nil
}

// plainEnvironment is ours without the variables that would change the gateway's settings.
func plainEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "SVCGATE_") })
}

// await waits until the process is ready as try says, and returns how long after its start that was.
func (p *process) await(ctx context.Context, try func() error) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return time.Since(p.began), nil
		}
		select {
		case <-p.ended:
			return 0, fmt.Errorf("%s ended before it was ready: %s", p.name, &p.said)
		case <-ctx.Done():
			return 0, fmt.Errorf("%s was not ready in time (%w): %s", p.name, err, &p.said)
		case <-time.After(200 * time.Microsecond):
		}
	}
}

// listening is for await: something takes connections at the address.
func listening(address string) func() error {
	return func() error {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		return c.Close()
	}
}

// answering is for await: a GET is answered with 200.
func answering(url string) func() error {
	return func() error { _, err := get(url); return err }
}

var getter = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func get(url string) (string, error) {
	answer, err := getter.Get(url)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: HTTP %d", url, answer.StatusCode)
	}
	return string(text), err
}

// stop asks the program to end and kills it when it does not. It is safe on a nil process.
func (p *process) stop() error {
	if p == nil {
		return nil
	}
	select {
	case <-p.ended:
		return fmt.Errorf("%s had ended by itself: %s: %s", p.name, p.cmd.ProcessState, &p.said)
	default:
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stopping %s: %w", p.name, err)
	}
	timer := time.NewTimer(stopLimit)
	defer timer.Stop()
	select {
	case <-p.ended:
		return nil
	case <-timer.C:
		err := p.cmd.Process.Kill()
		<-p.ended
		return errors.Join(fmt.Errorf("%s did not end within %s", p.name, stopLimit), err)
	}
}

// freePorts returns addresses of this machine that nobody listens on.
func freePorts(n int) ([]string, error) {
	addresses := make([]string, n)
	for i := range addresses {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
		defer l.Close() // not before all are found, so that none comes twice
		addresses[i] = l.Addr().String()
	}
	return addresses, nil
}
