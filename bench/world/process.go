//go:build linux

// Package world is what the benches that run the shipped binary build their worlds of: processes, gateways, databases, and
// an OMS that writes down what it is told.
package world

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Patience is how long a process may take to start, to stop or to answer.
const Patience = 20 * time.Second

// keptLines is how much of what a process said is kept for an error's text.
const keptLines = 20

// Process is a child that was started here, and which alone may be stopped from here.
type Process struct {
	name string
	Cmd  *exec.Cmd
	Done chan struct{} // closed when it ended

	mu   sync.Mutex
	said []string
}

// ErrEnded says that a child ended before it was ready.
var ErrEnded = errors.New("it ended at once")

// Start starts a child and waits until a line on its standard error matches ready; it returns that line's
// submatches.
func Start(ctx context.Context, ready *regexp.Regexp, env []string, path string, args ...string) (*Process, []string, error) {
	p := &Process{name: path, Cmd: exec.Command(path, args...), Done: make(chan struct{})}
	if env != nil {
		p.Cmd.Env = append(p.Cmd.Environ(), env...)
	}
	p.Cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true} // an interrupt is for the bench alone
	stderr, err := p.Cmd.StderrPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := p.Cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("starting %s: %w", path, err)
	}
	found := make(chan []string, 1)
	go p.listen(stderr, ready, found)
	select {
	case match := <-found:
		return p, match, nil
	case <-p.Done:
		return nil, nil, fmt.Errorf("%s: %w: %s", path, ErrEnded, p.LastWords())
	case <-ctx.Done():
		p.Kill()
		return nil, nil, ctx.Err()
	case <-time.After(Patience):
		p.Kill()
		return nil, nil, fmt.Errorf("%s was not ready after %s: %s", path, Patience, p.LastWords())
	}
}

// listen reads what the child says until it ends.
func (p *Process) listen(stderr io.Reader, ready *regexp.Regexp, found chan<- []string) {
	defer close(p.Done)
	lines := bufio.NewReaderSize(stderr, 64<<10)
	for {
		piece, _, err := lines.ReadLine() // a longer line comes in pieces
		if err != nil {
			break
		}
		line := string(piece)
		p.mu.Lock()
		p.said = append(p.said[max(0, len(p.said)-keptLines+1):], line)
		p.mu.Unlock()
		if match := ready.FindStringSubmatch(line); match != nil {
			select {
			case found <- match:
			default: // a later line of the same sort
			}
		}
	}
	_ = p.Cmd.Wait() // how it ended is seen where it matters
}

// LastWords are the last lines that the child said.
func (p *Process) LastWords() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.said, " | ")
}

// Kill ends the child at once and waits for its end.
func (p *Process) Kill() {
	_ = p.Cmd.Process.Kill() // it may have ended by itself
	<-p.Done
}

// End asks the child to end and waits for it; one that does not is killed, which is an error.
func (p *Process) End() error {
	_ = p.Cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	if !p.EndsBy(time.Now().Add(Patience)) {
		p.Kill()
		return fmt.Errorf("%s did not end within %s of SIGTERM", p.name, Patience)
	}
	return nil
}

// EndsBy waits for the child's end until then.
func (p *Process) EndsBy(then time.Time) bool {
	select {
	case <-p.Done:
		return true
	case <-time.After(time.Until(then)):
		return false
	}
}

// Tool runs a command to its end and returns what it wrote to standard output.
func Tool(ctx context.Context, path string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var out, errs strings.Builder
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", path, strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return strings.TrimSpace(out.String()), nil
}
