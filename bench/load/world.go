package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	cards    = 2_000
	readyIn  = 30 * time.Second
	askLimit = 60 * time.Second
	gateway  = `listen: 127.0.0.1:0
admin_listen: 127.0.0.1:0
database: svcgate.db
key_file: svcgate.key
log: {level: info, format: json}
limits: {max_in_flight: %d, connections_per_address: 10000}
rates: {requests: 0, inquiries: 0}
services:
  - code: RLT
    url: %s/relateui/OMS/xmlapi
`
)

// world is a provider and a gateway as processes.
type world struct {
	dir, url, token string
	processes       []*exec.Cmd
	client          *http.Client
	asked           atomic.Int64
}

func newWorld(ctx context.Context, s settings) (_ *world, err error) {
	w := &world{client: &http.Client{Timeout: askLimit, Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if s.binary, err = filepath.Abs(s.binary); err != nil {
		return nil, err
	}
	if w.dir, err = os.MkdirTemp("", "svcgate-load-"); err != nil {
		return nil, err
	}
	provider, err := w.start(ctx, regexp.MustCompile(`(http://\S+)/relateui`), s.binary, "sim", "--listen", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	for i := range cards {
		if err := w.control(ctx, provider+"/cards", fmt.Sprintf(`{"number":%q,"balance":"10.00"}`, card(i))); err != nil {
			return nil, err
		}
	}
	if err := w.control(ctx, provider+"/faults", fmt.Sprintf(`{"fault":"delay-before:%s"}`, s.latency)); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(w.dir, "svcgate.yaml"), fmt.Appendf(nil, gateway, s.slots, provider), 0o600); err != nil {
		return nil, err
	}
	if _, err := w.tool(ctx, s.binary, "keys", "init", "svcgate.key"); err != nil {
		return nil, err
	}
	if w.token, err = w.tool(ctx, s.binary, "tokens", "create", "load", "--role", "oms", "--config", "svcgate.yaml"); err != nil {
		return nil, err
	}
	address, err := w.start(ctx, regexp.MustCompile(`"msg":"ready".*"api":"([^"]+)"`), s.binary, "serve", "--config", "svcgate.yaml")
	w.url = "http://" + address
	return w, err
}

// card makes test card numbers that belong to nobody.
func card(i int) string { return fmt.Sprintf("600649%010d", 7_000_000_000+i) }

func (w *world) command(ctx context.Context, binary string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, binary, args...)
	c.Dir, c.Env = w.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir}
	return c
}

func (w *world) tool(ctx context.Context, binary string, args ...string) (string, error) {
	out, err := w.command(ctx, binary, args...).Output()
	if err != nil {
		return "", fmt.Errorf("svcgate %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// start runs a process until close and returns what a line of its error output tells.
func (w *world) start(ctx context.Context, line *regexp.Regexp, binary string, args ...string) (string, error) {
	c := w.command(ctx, binary, args...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	out, err := c.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := c.Start(); err != nil {
		return "", err
	}
	w.processes = append(w.processes, c)
	found := make(chan string, 1)
	go func() {
		lines, told := bufio.NewScanner(out), false
		for lines.Scan() {
			if m := line.FindStringSubmatch(lines.Text()); m != nil && !told {
				told = true
				found <- m[1]
			}
		}
	}()
	select {
	case text := <-found:
		return text, nil
	case <-time.After(readyIn):
		return "", fmt.Errorf("svcgate %s was not ready after %v", args[0], readyIn)
	}
}

func (w *world) control(ctx context.Context, url, body string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := w.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the simulator answered %s", answer.Status)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// answer is what one request got.
type answer struct {
	status    int // 0: none
	journaled bool
	took      time.Duration
}

// recharge adds 1.00 to the next card, under a key and an order of its own.
func (w *world) recharge(ctx context.Context) answer {
	n := w.asked.Add(1)
	body := fmt.Sprintf(`{"service":"RLT","order":"%d","card":{"number":%q},"amount":"1.00","currency":"USD"}`, n, card(int(n%cards)))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/v1/recharges", bytes.NewReader([]byte(body)))
	if err != nil {
		return answer{}
	}
	request.Header.Set("Authorization", "Bearer "+w.token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", fmt.Sprintf("load-%d", n))
	started := time.Now()
	got, err := w.client.Do(request)
	if err != nil {
		return answer{}
	}
	defer got.Body.Close()
	var told struct {
		Transaction *struct{ ID string } `json:"transaction"` // in a problem: it was journaled
	}
	text, err := io.ReadAll(got.Body)
	if err != nil || json.Unmarshal(text, &told) != nil {
		return answer{}
	}
	return answer{got.StatusCode, told.Transaction != nil, time.Since(started)}
}

// close ends the processes, the last first, and removes the data.
func (w *world) close() error {
	var errs []error
	for i := len(w.processes) - 1; i >= 0; i-- {
		p := w.processes[i]
		if err := p.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			errs = append(errs, err)
		}
		if err := p.Wait(); err != nil {
			errs = append(errs, err)
		}
	}
	if w.dir != "" {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	return errors.Join(errs...)
}
