package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

// The gateway of this run. An answer that never comes is soon unknown, and what cannot be found out is soon on the desk; yet
// an answer is waited for longer than the machine may stand still.
const gatewaySettings = `listen: %s
admin_listen: 127.0.0.1:0
database: svcgate.db
key_file: svcgate.key
live: false
limits: {call: 8s}
settling: {schedule: [200ms, 500ms, 1m], quiet: 5s, every: 200ms}
breaker: {failures: 0}
services:
  - code: RLT
    url: %s/relateui/OMS/xmlapi
    dial_timeout: 1s
    call_timeout: 5s
    presenters_id: "60064"
    submitters_id: "01"
    signon: SVCGATE
    default_currency: USD
`

// world is a provider and a gateway as processes, with the program that sends operations.
type world struct {
	dir, binary   string
	url, provider string
	link          string // one-time link of the first person
	token         string // of the OMS
	processes     []*process
	client        *http.Client
	asked         atomic.Int64
}

// newWorld starts everything. invite is the command by which the first person is given a link.
func newWorld(ctx context.Context, binary string, invite ...string) (_ *world, err error) {
	w := &world{client: &http.Client{Timeout: time.Minute}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.binary, err = filepath.Abs(binary); err != nil {
		return nil, err
	}
	if w.dir, err = os.MkdirTemp("", "svcgate-browser-"); err != nil {
		return nil, err
	}
	if w.provider, err = w.start(ctx, regexp.MustCompile(`(http://\S+)/relateui`), "sim", "--listen", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	listen, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	w.url = "http://" + listen
	if err := os.WriteFile(filepath.Join(w.dir, "svcgate.yaml"), fmt.Appendf(nil, gatewaySettings, listen, w.provider), 0o600); err != nil {
		return nil, err
	}
	if _, err := w.tool(ctx, "keys", "init", "svcgate.key"); err != nil {
		return nil, err
	}
	if w.token, err = w.tool(ctx, "tokens", "create", "oms", "--role", "oms", "--config", "svcgate.yaml"); err != nil {
		return nil, err
	}
	if w.link, err = w.tool(ctx, append(invite, "--config", "svcgate.yaml")...); err != nil {
		return nil, err
	}
	_, err = w.start(ctx, regexp.MustCompile(`msg=(ready)`), "serve", "--config", "svcgate.yaml")
	return w, err
}

// freeAddress is an address whose port nobody has. The one-time link holds it, so it is known before the server is.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (w *world) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, w.binary, args...)
	c.Dir, c.Env = w.dir, environment(w.dir)
	return c
}

// tool runs a command of the gateway to its end and returns what it prints.
func (w *world) tool(ctx context.Context, args ...string) (string, error) {
	c := w.command(ctx, args...)
	var complaint bytes.Buffer
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("svcgate %s: %w: %s", args[0], err, strings.TrimSpace(complaint.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// start runs a command of the gateway until close.
func (w *world) start(ctx context.Context, ready *regexp.Regexp, args ...string) (string, error) {
	c := w.command(context.WithoutCancel(ctx), args...) // close ends it
	p, text, err := begin(ctx, c, ready)
	if p != nil {
		w.processes = append(w.processes, p)
	}
	return text, err
}

// told is what the OMS is told of an operation.
type told struct {
	ID       string
	Order    string
	Outcome  string
	State    string
	Version  int                                 `json:"codes_version"`
	Vendor   *struct{ Code, Description string } `json:"vendor_response"`
	Provider struct {
		Code          string
		TransactionID string `json:"transaction_id"`
	}
	Transaction *told // where a problem carries it
}

// words are the code and the description that the OMS shows.
func (t *told) words() string {
	if t.Vendor == nil {
		return ""
	}
	return strings.TrimSpace(t.Vendor.Code + " " + t.Vendor.Description)
}

// send sends an operation as the OMS does, under an order and a key of its own unless the members name one.
func (w *world) send(ctx context.Context, route, card, amount string, more map[string]any) (*told, error) {
	n := w.asked.Add(1)
	body := map[string]any{"service": "RLT", "order": fmt.Sprint(3200 + n)}
	if card != "" {
		body["card"] = map[string]any{"number": cardLead + card}
	}
	if amount != "" {
		body["amount"], body["currency"] = amount, "USD"
	}
	for name, value := range more {
		body[name] = value
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return w.ask(ctx, http.MethodPost, "/v1/"+route, fmt.Sprintf("browser-%d", n), text)
}

// read reads a transaction, which lets the gateway look into it.
func (w *world) read(ctx context.Context, id string) (*told, error) {
	return w.ask(ctx, http.MethodGet, "/v1/transactions/"+id, "", nil)
}

func (w *world) ask(ctx context.Context, method, path, key string, body []byte) (*told, error) {
	r, err := http.NewRequestWithContext(ctx, method, w.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := w.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }() // it was only read
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	t := &told{}
	if err := json.Unmarshal(text, t); err != nil {
		return nil, fmt.Errorf("%s %s answered %s: %w", method, path, answer.Status, err)
	}
	if t.Transaction != nil {
		t = t.Transaction
	}
	if t.ID == "" {
		return nil, fmt.Errorf("%s %s answered %s without a transaction: %s", method, path, answer.Status, text)
	}
	return t, nil
}

// cardLead stands before four digits in the numbers of the simulator's cards.
const cardLead = "600649123456"

// close ends the processes, the last first, and removes the data.
func (w *world) close() error {
	var errs []error
	for i := len(w.processes) - 1; i >= 0; i-- {
		errs = append(errs, w.processes[i].stop())
	}
	if w.dir != "" {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	return errors.Join(errs...)
}
