package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"
)

const (
	readyLimit = 30 * time.Second
	stopLimit  = 15 * time.Second
)

// process is a program that this one started, and the only kind of thing that it ends.
type process struct {
	name  string
	cmd   *exec.Cmd
	ended chan error
}

// begin starts a program and returns what the first line of its error output that fits tells.
func begin(ctx context.Context, cmd *exec.Cmd, line *regexp.Regexp) (*process, string, error) {
	p := &process{name: cmd.Args[1], cmd: cmd, ended: make(chan error, 1)}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt in the terminal is ours alone
	reader, writer := io.Pipe()
	cmd.Stderr = writer
	if err := cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("starting %s: %w", p.name, err)
	}
	found, told := make(chan string, 1), make(chan string, 1)
	go func() {
		last := ""
		for lines := bufio.NewScanner(reader); lines.Scan(); {
			last = lines.Text()
			if m := line.FindStringSubmatch(last); m != nil {
				select {
				case found <- m[1]:
				default:
				}
			}
		}
		told <- last
		_, _ = io.Copy(io.Discard, reader) // a line too long for the scanner
	}()
	go func() {
		err := cmd.Wait()
		_ = writer.Close() // never fails
		p.ended <- err
	}()
	select {
	case text := <-found:
		return p, text, nil
	case last := <-told:
		return p, "", fmt.Errorf("%s ended before it was ready: %s", p.name, last)
	case <-time.After(readyLimit):
		return p, "", fmt.Errorf("%s was not ready after %v", p.name, readyLimit)
	case <-ctx.Done():
		return p, "", ctx.Err()
	}
}

// stop asks the program to end and kills it when it does not.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("ending %s: %w", p.name, err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		return nil
	case <-time.After(stopLimit):
		return errors.Join(fmt.Errorf("%s did not end within %v and was killed", p.name, stopLimit), p.cmd.Process.Kill())
	}
}

// environment is ours without the variables that would change the gateway's settings.
func environment(home string) []string {
	env := []string{"HOME=" + home}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SVCGATE_") && !strings.HasPrefix(v, "HOME=") {
			env = append(env, v)
		}
	}
	return env
}
