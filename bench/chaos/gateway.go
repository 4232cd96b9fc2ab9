package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
)

// gateway is one "svcgate serve" process, with a database of its own or one that it shares.
type gateway struct {
	*process
	binary, url   string
	tester, admin string // tokens
	client        *http.Client
}

const (
	plainService = "PLAIN"          // goes straight to the simulator, which a fault never slows down
	codesLimit   = 30 * time.Second // until a published rule is in force at every gateway
)

// startGateways writes settings with one service bureau for each door, makes tokens and serves, with several processes on
// one database if need be. Stop those that are returned, also when there is an error.
func startGateways(ctx context.Context, binary, dir, database string, nodes int, doors map[string]bureau, p pace, env []string) (all []*gateway, err error) {
	file := filepath.Join(dir, "svcgate.yaml")
	if err := os.WriteFile(file, []byte(settings(database, doors, p)), 0o600); err != nil {
		return nil, fmt.Errorf("writing the settings: %w", err)
	}
	g := gateway{binary: binary, client: &http.Client{Timeout: operationLimit + messageLimit, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	for _, step := range []struct {
		to   *string
		args []string
	}{
		{nil, []string{"keys", "init", filepath.Join(dir, "svcgate.key")}},
		{&g.tester, []string{"tokens", "create", "chaos", "--role", "tester", "--config", file}},
		{&g.admin, []string{"tokens", "create", "keeper", "--role", "admin", "--config", file}},
	} {
		command := exec.CommandContext(ctx, binary, step.args...)
		var trouble bytes.Buffer
		command.Env, command.Stderr = plainEnvironment(), &trouble
		out, err := command.Output()
		if err != nil {
			return nil, fmt.Errorf("svcgate %s: %w: %s", step.args[0], err, trouble.Bytes())
		}
		if step.to != nil {
			*step.to = strings.TrimSpace(string(out))
		}
	}
	for i := range nodes {
		one := g
		if one.process, err = start(fmt.Sprintf("gateway%d", i+1), env, binary, "serve", "--config", file); err != nil {
			return all, err
		}
		all = append(all, &one)
		err = one.await(ctx, func(line string) bool {
			var event struct{ Msg, API string }
			if json.Unmarshal([]byte(line), &event) != nil || event.Msg != "ready" {
				return false
			}
			one.url = "http://" + event.API
			return true
		})
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// settings writes the settings file.
func settings(database string, doors map[string]bureau, p pace) string {
	var b strings.Builder
	fmt.Fprintf(&b, "listen: 127.0.0.1:0\nadmin_listen: 127.0.0.1:0\ndatabase: %q\nkey_file: svcgate.key\n", database)
	fmt.Fprintf(&b, "log:\n  level: debug\n  format: json\nlimits:\n  call: %s\n", operationLimit)
	fmt.Fprintf(&b, "settling:\n  schedule: [%s]\n  every: %s\n  quiet: %s\nbreaker:\n  failures: %d\n  open: %s\nservices:\n",
		p.schedule, p.every, p.quiet, p.failures, p.open)
	for code, d := range doors {
		call := p.call
		if code == plainService {
			call = slowCall
		}
		fmt.Fprintf(&b, "  - code: %s\n    url: %s\n    call_timeout: %s\n    presenters_id: \"60064\"\n    submitters_id: \"01\"\n", code, d.url, call)
		if d.caFile != "" {
			fmt.Fprintf(&b, "    ca_file: %s\n", d.caFile)
		}
		if d.proxyHost != "" {
			fmt.Fprintf(&b, "    proxy_host: %s\n    proxy_port: %d\n", d.proxyHost, d.proxyPort)
		}
		fmt.Fprintf(&b, "    dial_timeout: %s\n", cmp.Or(d.dial, call))
	}
	return b.String()
}

// transaction is what the bench reads of the API's answers.
type transaction struct {
	ID            string
	Operation     string
	Outcome       svcgate.Outcome
	State         svcgate.State
	Service       string
	Order         string
	Authorization string
	Key           string `json:"idempotency_key"`
	Card          *struct{ Masked string }
	Requested     *money
	Amount        *money
	Remainder     *money
	Provider      *struct {
		TransactionID string `json:"transaction_id"`
	}
	CreatedAt time.Time `json:"created_at"`
	Caller    string
	Sends     int
	Parent    string
	Parts     []struct {
		Authorization string
		Amount        *money
		Transaction   *transaction
	}
	Finding    *struct{ Verdict svcgate.Verdict }
	Settlement *struct{ By string }
}

type money struct{ Amount, Currency string }

func (m *money) String() string {
	if m == nil {
		return ""
	}
	return m.Amount + " " + m.Currency
}

// post sends one operation.
func (g *gateway) post(ctx context.Context, s subject) (told, error) {
	info, _ := s.operation.Info()
	body, err := json.Marshal(s.body())
	if err != nil {
		return told{}, fmt.Errorf("writing a request: %w", err)
	}
	var t told
	var failed error
	limited := eventually(ctx, patience, func() error {
		t, failed = g.ask(ctx, http.MethodPost, "/v1/"+info.Route, s.key, body)
		if errors.Is(failed, errLimited) {
			return failed
		}
		return nil
	})
	return t, cmp.Or(failed, limited)
}

// errLimited is a refusal by a rate limit, which promises that nothing was done: the only one that is asked again.
var errLimited = errors.New("too many requests")

// read reads one transaction.
func (g *gateway) read(ctx context.Context, id string) (told, error) {
	return g.ask(ctx, http.MethodGet, "/v1/transactions/"+id, "", nil)
}

// exchange is what the bench reads of a message's record.
type exchange struct {
	Class    svcgate.Class
	Failure  string
	Readings []struct{} // looks since
}

// leftAlone reports whether an open breaker kept the message back.
func (x exchange) leftAlone() bool { return strings.Contains(x.Failure, "left alone") }

// exchange reads how far the exchange of a transaction got.
func (g *gateway) exchange(ctx context.Context, id string) (x exchange, err error) {
	status, _, body, err := g.do(ctx, g.tester, http.MethodGet, "/v1/transactions/"+id+"/exchange", "", nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("HTTP %d: %s", status, body)
	}
	if err == nil {
		err = json.Unmarshal(body, &x)
	}
	if err != nil {
		return x, fmt.Errorf("reading the exchange: %w", err)
	}
	return x, nil
}

// transactions reads the whole journal.
func (g *gateway) transactions(ctx context.Context) ([]transaction, error) {
	var all []transaction
	for cursor := ""; ; {
		path := "/v1/transactions?limit=500"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		var page struct {
			Transactions []transaction
			Next         string
		}
		status, _, body, err := g.do(ctx, g.tester, http.MethodGet, path, "", nil)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("HTTP %d: %s", status, body)
		}
		if err == nil {
			err = json.Unmarshal(body, &page)
		}
		if err != nil {
			return nil, fmt.Errorf("listing the journal: %w", err)
		}
		all = append(all, page.Transactions...)
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}

// decline publishes a rule: this error code is a decline.
func (g *gateway) decline(ctx context.Context, service, code string) error {
	for _, args := range [][]string{
		{"set", service, "error_code", code, "--vendor", "101", "--description", "Declined", "--outcome", "declined"},
		{"publish", "--service", service, "--reason", "chaos"},
	} {
		command := exec.CommandContext(ctx, g.binary, append([]string{"codes"}, args...)...)
		command.Env = append(plainEnvironment(), "SVCGATE_SERVER="+g.url, "SVCGATE_TOKEN="+g.admin)
		if text, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("svcgate codes %s: %w: %s", args[0], err, text)
		}
	}
	return nil
}

// learns waits until a rule is in force at this gateway, which may not be the one that published it.
func (g *gateway) learns(ctx context.Context, service, code string) error {
	return eventually(ctx, codesLimit, func() error {
		status, _, text, err := g.do(ctx, g.tester, http.MethodGet, "/v1/services/"+service+"/codes/error_code/"+code, "", nil)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("a published rule is not in force at %s: HTTP %d: %s", g.name, status, text)
		}
		return err
	})
}

// ask reads an answer about one transaction; one that names none is an error.
func (g *gateway) ask(ctx context.Context, method, path, key string, body []byte) (told, error) {
	status, header, text, err := g.do(ctx, g.tester, method, path, key, body)
	if err != nil {
		return told{}, err
	}
	return readTold(status, header, text)
}

// readTold reads a transaction, or the one that a problem document carries.
func readTold(status int, header http.Header, text []byte) (told, error) {
	var answer struct {
		transaction
		Transaction *transaction
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return told{}, fmt.Errorf("reading an answer with HTTP %d: %w", status, err)
	}
	t := &answer.transaction
	if answer.Transaction != nil {
		t = answer.Transaction
	}
	if t.ID == "" && status == http.StatusTooManyRequests {
		return told{}, errLimited
	}
	if t.ID == "" {
		return told{}, fmt.Errorf("the gateway refused with HTTP %d: %s", status, text)
	}
	out := told{status: status, id: t.ID, outcome: t.Outcome, state: t.State, amount: t.Amount.String(), rest: t.Remainder.String(),
		replayed: header.Get("Idempotent-Replayed") == "true", retry: header.Get("Retry-After"), location: header.Get("Location"), body: string(text)}
	if t.Provider != nil {
		out.provider = t.Provider.TransactionID
	}
	if t.Finding != nil {
		out.finding = t.Finding.Verdict
	}
	return out, nil
}

// do sends one request, once.
func (g *gateway) do(ctx context.Context, token, method, path, key string, body []byte) (int, http.Header, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, g.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("making a request: %w", err)
	}
	r.GetBody = nil // http.Transport would repeat a request that carries an Idempotency-Key
	r.Header.Set("Authorization", "Bearer "+token)
	if body == nil {
		r.Body = http.NoBody
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := g.client.Do(r)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("asking the gateway: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 16<<20))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("reading the gateway's answer: %w", err)
	}
	return answer.StatusCode, answer.Header, text, nil
}
