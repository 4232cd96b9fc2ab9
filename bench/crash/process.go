//go:build linux

package main

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

// patience is how long a process may take to start, to stop or to answer.
const patience = 20 * time.Second

// keptLines is how much of what a process said is kept for an error's text.
const keptLines = 20

// process is a child that was started here, and which alone may be stopped from here.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it ended

	mu   sync.Mutex
	said []string
}

// errEnded says that a child ended before it was ready.
var errEnded = errors.New("it ended at once")

// startProcess starts a child and waits until a line on its standard error matches ready; it returns that line's
// submatches.
func startProcess(ctx context.Context, ready *regexp.Regexp, env []string, path string, args ...string) (*process, []string, error) {
	p := &process{name: path, cmd: exec.Command(path, args...), done: make(chan struct{})}
	if env != nil {
		p.cmd.Env = append(p.cmd.Environ(), env...)
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true} // an interrupt is for the bench alone
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("starting %s: %w", path, err)
	}
	found := make(chan []string, 1)
	go p.listen(stderr, ready, found)
	select {
	case match := <-found:
		return p, match, nil
	case <-p.done:
		return nil, nil, fmt.Errorf("%s: %w: %s", path, errEnded, p.lastWords())
	case <-ctx.Done():
		p.kill()
		return nil, nil, ctx.Err()
	case <-time.After(patience):
		p.kill()
		return nil, nil, fmt.Errorf("%s was not ready after %s: %s", path, patience, p.lastWords())
	}
}

// listen reads what the child says until it ends.
func (p *process) listen(stderr io.Reader, ready *regexp.Regexp, found chan<- []string) {
	defer close(p.done)
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		p.mu.Lock()
		p.said = append(p.said[max(0, len(p.said)-keptLines+1):], lines.Text())
		p.mu.Unlock()
		if match := ready.FindStringSubmatch(lines.Text()); match != nil {
			select {
			case found <- match:
			default: // a later line of the same sort
			}
		}
	}
	_ = p.cmd.Wait() // how it ended is seen where it matters
}

func (p *process) lastWords() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.said, " | ")
}

// kill ends the child at once and waits for its end.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.done
}

// end asks the child to end and waits for it; one that does not is killed, which is an error.
func (p *process) end() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	if !p.endsBy(time.Now().Add(patience)) {
		p.kill()
		return fmt.Errorf("%s did not end within %s of SIGTERM", p.name, patience)
	}
	return nil
}

// endsBy waits for the child's end until then.
func (p *process) endsBy(then time.Time) bool {
	select {
	case <-p.done:
		return true
	case <-time.After(time.Until(then)):
		return false
	}
}

// runTool runs a command to its end and returns what it wrote to standard output.
func runTool(ctx context.Context, path string, args ...string) (string, error) {
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
