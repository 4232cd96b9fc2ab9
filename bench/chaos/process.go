package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
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
	ended chan struct{}

	mu    sync.Mutex
	lines []string      // of both outputs
	more  chan struct{} // closed and replaced at every line
}

const (
	maxLines   = 20_000
	readyLimit = 30 * time.Second
	stopLimit  = 15 * time.Second
)

// start starts a program, whose output is kept.
func start(name string, env []string, program string, args ...string) (*process, error) {
	p := &process{name: name, cmd: exec.Command(program, args...), ended: make(chan struct{}), more: make(chan struct{})}
	p.cmd.Env = append(plainEnvironment(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt in the terminal is the bench's alone: it ends what it started
	reader, writer := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = writer, writer
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go p.listen(reader)
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		_ = writer.Close()
		close(p.ended)
	}()
	return p, nil
}

func (p *process) listen(from io.Reader) {
	in := bufio.NewReader(from)
	for {
		line, err := in.ReadString('\n')
		p.mu.Lock()
		if line != "" && len(p.lines) < maxLines {
			p.lines = append(p.lines, strings.TrimRight(line, "\n"))
		}
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// plainEnvironment is ours without the variables that would change the gateway's settings.
func plainEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "SVCGATE_") })
}

// await waits until a line makes pick say yes.
func (p *process) await(ctx context.Context, pick func(line string) bool) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	for from := 0; ; {
		p.mu.Lock()
		fresh, more := p.lines[from:], p.more
		p.mu.Unlock()
		for _, line := range fresh {
			if pick(line) {
				return nil
			}
		}
		from += len(fresh)
		select {
		case <-more:
		case <-p.ended:
			return fmt.Errorf("%s ended before it was ready: %s", p.name, p.last())
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready in time: %s", p.name, p.last())
		}
	}
}

func (p *process) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines[max(0, len(p.lines)-5):], " | ")
}

// mentions reports whether the output holds a text.
func (p *process) mentions(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.lines {
		if strings.Contains(line, text) {
			return true
		}
	}
	return false
}

func (p *process) signal(s os.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("signalling %s: %w", p.name, err)
	}
	return nil
}

// stop asks the program to end and kills it when it does not. The error says that it had to be killed or ended badly.
func (p *process) stop() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s had ended by itself: %s: %s", p.name, p.cmd.ProcessState, p.last())
	default:
	}
	err := errors.Join(p.signal(syscall.SIGCONT), p.signal(syscall.SIGTERM))
	timer := time.NewTimer(stopLimit)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		err = errors.Join(err, fmt.Errorf("%s did not end within %s", p.name, stopLimit), p.cmd.Process.Kill())
		<-p.ended
	}
	if state := p.cmd.ProcessState; err == nil && !state.Success() {
		err = fmt.Errorf("%s ended with %s: %s", p.name, state, p.last())
	}
	return err
}

// save writes the output to a folder.
func (p *process) save(dir string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return os.WriteFile(filepath.Join(dir, p.name+".log"), []byte(strings.Join(p.lines, "\n")+"\n"), 0o600)
}

// programs are the binaries that are run.
type programs struct{ svcgate, toxiproxy string }

const (
	module        = "github.com/svcgate/svcgate"
	toxiproxyMain = "github.com/Shopify/toxiproxy/v2/cmd/server"
	buildTags     = "-tags=sqlite_omit_load_extension"
)

// build builds what was not given, once, into dir.
func (p *programs) build(ctx context.Context, dir string) error {
	for _, one := range []struct {
		path   *string
		name   string
		source string
	}{{&p.svcgate, "svcgate", module + "/cmd/svcgate"}, {&p.toxiproxy, "toxiproxy", toxiproxyMain}} {
		if *one.path != "" {
			absolute, err := filepath.Abs(*one.path)
			if err != nil {
				return fmt.Errorf("finding %s: %w", one.name, err)
			}
			*one.path = absolute
			continue
		}
		*one.path = filepath.Join(dir, one.name)
		text, err := exec.CommandContext(ctx, "go", "build", buildTags, "-buildvcs=false", "-o", *one.path, one.source).CombinedOutput()
		if err != nil {
			return fmt.Errorf("building %s: %w: %s", one.name, err, text)
		}
	}
	return nil
}
