package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/internal/pgtest"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/simulator"
	"github.com/svcgate/svcgate/store"
)

// tlsProvider is a simulator behind TLS that counts the messages that move money.
type tlsProvider struct {
	*httptest.Server
	messages atomic.Int64
	ca       string
}

func newTLSProvider(t *testing.T) *tlsProvider {
	t.Helper()
	sim, err := simulator.New(simulator.Config{Seed: 1, Cards: []simulator.CardSpec{{Number: secret.New(activeCard), Balance: 100_00}}})
	if err != nil {
		t.Fatal(err)
	}
	p := &tlsProvider{ca: filepath.Join(t.TempDir(), "ca.pem")}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !bytes.Contains(body, []byte("<InquiryRequest")) {
			p.messages.Add(1)
		}
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { sim.Close(); p.Close() })
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw})
	if err := os.WriteFile(p.ca, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// gatehouse stands before the provider. It lets nobody speak until it is opened: whoever connects hangs in the TLS
// handshake, with its attempt begun and no byte of the message written.
type gatehouse struct {
	net.Listener
	arrived chan struct{}
	open    chan struct{}
}

func newGatehouse(t *testing.T, provider string) *gatehouse {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &gatehouse{Listener: l, arrived: make(chan struct{}, 8), open: make(chan struct{})}
	ended, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() {
		for {
			guest, err := l.Accept()
			if err != nil {
				return
			}
			h.arrived <- struct{}{}
			work.Go(func() {
				defer guest.Close()
				select {
				case <-h.open:
				case <-ended.Done():
					return
				}
				host, err := net.Dial("tcp", provider)
				if err != nil {
					return
				}
				stop := context.AfterFunc(ended, func() { _, _ = host.Close(), guest.Close() })
				defer stop()
				defer host.Close()
				work.Go(func() { _, _ = io.Copy(host, guest); _ = host.Close() })
				_, _ = io.Copy(guest, host)
			})
		}
	})
	t.Cleanup(func() { cancel(); _ = l.Close(); work.Wait() })
	return h
}

// pair is two nodes on one database.
type pair struct {
	*site
	dsn, dir string
}

func newPair(t *testing.T) *pair {
	t.Helper()
	dir, remove, err := temporaryFolder(os.TempDir(), "svcgate-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = remove() })
	p := &pair{site: &site{t: t}, dsn: pgtest.New(t), dir: dir}
	if err := makeKeyFile(filepath.Join(dir, "svcgate.key"), "test"); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Config{DSN: p.dsn})
	if err != nil {
		t.Fatal(err)
	}
	var hash string
	p.token, hash = access.NewToken()
	if err := db.PutToken(t.Context(), access.Token{Name: "tester", Role: access.RoleTester, Created: time.Now()}, hash); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// node starts one that reaches the provider at an address.
func (p *pair) node(name, provider, ca string) (*running, string) {
	p.t.Helper()
	settings := fmt.Sprintf(`
listen: 127.0.0.1:0
admin_listen: 127.0.0.1:0
database: %s
key_file: svcgate.key
node: {name: %s, lease: 5s}
limits: {call: 70s}
services:
  - code: RLT
    url: https://%s%s
    ca_file: %s
    dial_timeout: 60s
    call_timeout: 60s
    presenters_id: "60064"
    submitters_id: "01"
`, p.dsn, name, provider, demoRelate, ca)
	file := filepath.Join(p.dir, name+".yaml")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		p.t.Fatal(err)
	}
	r, groups, err := begin(exec.Command("svcgate", "serve", "--config", file), regexp.MustCompile(`msg=ready .*api=(\S+) admin=(\S+)`))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = r.cmd.Process.Signal(syscall.SIGCONT)
		_ = r.cmd.Process.Kill()
		<-r.read
	})
	return r, "http://" + groups[1]
}

func (p *pair) wantLine(r *running, text string) {
	p.t.Helper()
	if !r.until(text) {
		p.t.Fatalf("the log lacks %q:\n%s", text, r.output)
	}
}

// TestANodeThatStoodStillSendsNothing stops a process between the commit of its attempt and the first byte of the
// message, for longer than its lease.
func TestANodeThatStoodStillSendsNothing(t *testing.T) {
	t.Parallel()
	pgtest.Shared(t)
	for name, again := range map[string]bool{"the way opens at once": false, "the way opens when it is a node again": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := newTLSProvider(t)
			house := newGatehouse(t, provider.Listener.Addr().String())
			p := newPair(t)
			still, url := p.node("still", house.Addr().String(), provider.ca)
			other, otherURL := p.node("other", provider.Listener.Addr().String(), provider.ca)
			p.must(http.MethodPost, otherURL+"/v1/inquiries", "", `{"service":"RLT","order":"77","card":{"number":"`+activeCard+`"}}`, http.StatusOK)

			type told struct {
				reply
				err error
			}
			answer := make(chan told, 1)
			go func() {
				r, err := p.ask(http.MethodPost, url+"/v1/authorizations", "auth-77", authorization)
				answer <- told{r, err}
			}()
			select {
			case <-house.arrived:
			case early := <-answer:
				t.Fatalf("before anything left, the caller was told %d %s, %v", early.status, early.body, early.err)
			}
			send(t, still, syscall.SIGSTOP)
			p.wantLine(other, "attempts of another process have no outcome")
			send(t, still, syscall.SIGCONT)
			if again {
				p.wantLine(still, "this node works again")
			}
			close(house.open)

			got := <-answer
			if got.err != nil || got.status != http.StatusGatewayTimeout || !strings.Contains(got.body, `"outcome":"unknown"`) {
				t.Errorf("the caller was told %d %s, %v", got.status, got.body, got.err)
			}
			p.wantLine(still, "this node works again")
			page := p.must(http.MethodGet, otherURL+"/v1/transactions?order=77&operation=authorize", "", "", http.StatusOK)
			var list struct {
				Transactions []struct{ ID, State string } `json:"transactions"`
			}
			if err := json.Unmarshal([]byte(page.body), &list); err != nil || len(list.Transactions) != 1 || list.Transactions[0].State != "unresolved" {
				t.Fatalf("%v: %s", err, page.body)
			}
			for _, r := range []*running{other, still} {
				if err := r.stop(syscall.SIGTERM); err != nil {
					t.Error(err)
				}
			}
			p.settles(provider, list.Transactions[0].ID)
			if n := provider.messages.Load(); n != 0 {
				t.Errorf("%d messages reached the provider", n)
			}
		})
	}
	t.Run("without standing still the message passes", func(t *testing.T) {
		t.Parallel()
		provider := newTLSProvider(t)
		house := newGatehouse(t, provider.Listener.Addr().String())
		p := newPair(t)
		_, url := p.node("steady", house.Addr().String(), provider.ca)
		go func() {
			<-house.arrived
			close(house.open)
		}()
		p.must(http.MethodPost, url+"/v1/authorizations", "auth-77", authorization, http.StatusOK)
		if n := provider.messages.Load(); n != 1 {
			t.Errorf("%d messages reached the provider", n)
		}
	})
}

func send(t *testing.T, r *running, s syscall.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// settles looks into a transaction as a node does, only that the time between the looks passes at once.
func (p *pair) settles(provider *tlsProvider, id string) {
	p.t.Helper()
	t, ctx := p.t, p.t.Context()
	c, problems := config.Load(filepath.Join(p.dir, "other.yaml"), nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	g, err := openGate(ctx, c, discard, &leakGuard{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}()
	var passed time.Duration
	settings := g.gateway.GatewayConfig
	settings.Elapsed = func() time.Duration { return passed }
	settings.Now = func() time.Time { return g.store.Now().Add(passed) }
	gateway, err := svcgate.NewGateway(settings)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := gateway.LookInto(ctx, id); err != nil {
			t.Fatal(err)
		}
		passed += 2 * time.Minute
	}
	tx, err := g.store.Transaction(ctx, id)
	if err != nil || tx.Settlement == nil || tx.Settlement.Verdict != svcgate.NotApplied || tx.Outcome != svcgate.Unavailable {
		t.Errorf("%+v, %v", tx, err)
	}
	if _, err := g.store.Verify(ctx, nil); err != nil {
		t.Error(err)
	}
}
