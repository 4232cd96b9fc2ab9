package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/simulator"
	"github.com/svcgate/svcgate/store"
)

const activeCard = "6006491234560017"

// site is a folder with everything that serve needs, and a provider.
type site struct {
	t     *testing.T
	file  string
	token string
	admin string
}

func newSite(t *testing.T, provider string) *site {
	t.Helper()
	dir, remove, err := temporaryFolder(os.TempDir(), "svcgate-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = remove() })
	s := &site{t: t, file: filepath.Join(dir, "svcgate.yaml")}
	settings := "listen: 127.0.0.1:0\nadmin_listen: 127.0.0.1:0\ndatabase: svcgate.db\nkey_file: svcgate.key\nlog: {level: debug}\n" +
		"services:\n  - code: RLT\n    url: " + provider + demoRelate + "\n    presenters_id: \"60064\"\n    submitters_id: \"01\"\n"
	if err := os.WriteFile(s.file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := makeKeyFile(filepath.Join(dir, "svcgate.key"), "test"); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Config{Path: filepath.Join(dir, "svcgate.db")})
	if err != nil {
		t.Fatal(err)
	}
	var hash string
	s.token, hash = access.NewToken()
	if err := db.PutToken(t.Context(), access.Token{Name: "tester", Role: access.RoleTester, Created: time.Now()}, hash); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

// serve starts the program and returns it with the address of its API.
func (s *site) serve() (*running, string) {
	s.t.Helper()
	r, groups, err := begin(exec.Command("svcgate", "serve", "--config", s.file), regexp.MustCompile(`msg=ready .*api=(\S+) admin=(\S+)`))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	s.admin = "http://" + groups[2]
	return r, "http://" + groups[1]
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (s *site) ask(method, url, key, body string) (reply, error) {
	request, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, string(text)}, err
}

func (s *site) must(method, url, key, body string, status int) reply {
	s.t.Helper()
	r, err := s.ask(method, url, key, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if r.status != status {
		s.t.Fatalf("%s %s: status %d, want %d: %s", method, url, r.status, status, r.body)
	}
	return r
}

const authorization = `{"service":"RLT","order":"77","sequence":1,"card":{"number":"` + activeCard + `"},"amount":"10.00","currency":"USD"}`

// heldProvider is a simulator that holds its first message back until released.
type heldProvider struct {
	*httptest.Server
	arrived, release chan struct{}
	messages         atomic.Int64 // that move money
}

func newHeldProvider(t *testing.T) *heldProvider {
	t.Helper()
	sim, err := simulator.New(simulator.Config{Seed: 1, Cards: []simulator.CardSpec{{Number: secret.New(activeCard), Balance: 100_00}}})
	if err != nil {
		t.Fatal(err)
	}
	p := &heldProvider{arrived: make(chan struct{}), release: make(chan struct{})}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !bytes.Contains(body, []byte("<InquiryRequest")) && p.messages.Add(1) == 1 {
			close(p.arrived)
			<-p.release
		}
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { sim.Close(); p.Close() })
	return p
}

// A process that is killed while a message is out leaves the truth behind: unknown, and never sent again.
func TestKilledWhileAMessageIsOut(t *testing.T) {
	t.Parallel()
	provider := newHeldProvider(t)
	s := newSite(t, provider.URL)
	first, url := s.serve()
	lost := make(chan error, 1)
	go func() {
		_, err := s.ask(http.MethodPost, url+"/v1/authorizations", "auth-77", authorization)
		lost <- err
	}()
	<-provider.arrived
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-first.read
	_ = first.cmd.Wait() // killed
	if err := <-lost; err == nil {
		t.Error("the caller of a killed process got an answer")
	}
	close(provider.release)

	second, url := s.serve()
	if !strings.Contains(second.output.String(), "unresolved=1") {
		t.Errorf("the restart does not tell of the attempt:\n%s", second.output)
	}
	list := s.must(http.MethodGet, url+"/v1/transactions?order=77&operation=authorize", "", "", http.StatusOK)
	var page struct {
		Transactions []struct{ ID, State, Outcome string } `json:"transactions"`
	}
	if err := json.Unmarshal([]byte(list.body), &page); err != nil || len(page.Transactions) != 1 ||
		page.Transactions[0].State != "unresolved" || page.Transactions[0].Outcome != "unknown" {
		t.Errorf("%v: %s", err, list.body)
	}
	again := s.must(http.MethodPost, url+"/v1/authorizations", "auth-77", authorization, http.StatusGatewayTimeout)
	if again.header.Get("Idempotent-Replayed") != "true" || !strings.Contains(again.body, `"outcome":"unknown"`) {
		t.Errorf("the same key: %v %s", again.header, again.body)
	}
	metrics := s.must(http.MethodGet, s.admin+"/metrics", "", "", http.StatusOK)
	for _, line := range []string{"svcgate_transactions_unresolved 1", "svcgate_leak_guard_total 0", "svcgate_transactions_desk 0", `svcgate_provider_left_alone{service="RLT"} 0`, "svcgate_store_commits_total "} {
		if !strings.Contains(metrics.body, line) {
			t.Errorf("metrics lack %q", line)
		}
	}
	if err := second.stop(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if n := provider.messages.Load(); n != 1 {
		t.Errorf("the provider got %d messages that move money, want 1", n)
	}
}

// What the HTTP library would answer by itself is answered by the faces, with the headers of every answer.
func TestEveryAnswerIsOurs(t *testing.T) {
	t.Parallel()
	s := newSite(t, "http://127.0.0.1:9")
	r, url := s.serve()
	for _, door := range []string{url, s.admin} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(door, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := io.WriteString(conn, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close() // its head is all that counts
		if answer.StatusCode != http.StatusNotFound || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", door, answer.StatusCode, answer.Header)
		}
	}
	if err := r.stop(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}

// A process that is told to stop finishes what is under way, and takes nothing new.
func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	provider := newHeldProvider(t)
	s := newSite(t, provider.URL)
	r, url := s.serve()
	type answer struct {
		reply
		err error
	}
	answered := make(chan answer, 1)
	go func() {
		got, err := s.ask(http.MethodPost, url+"/v1/authorizations", "auth-77", authorization)
		answered <- answer{got, err}
	}()
	<-provider.arrived
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// The listener closes as soon as stopping begins; until then requests are still answered.
	for {
		if _, err := s.ask(http.MethodGet, url+"/livez", "", ""); err != nil {
			break
		}
	}
	close(provider.release)
	got := <-answered
	if got.err != nil || got.status != http.StatusOK || !strings.Contains(got.body, `"outcome":"approved"`) {
		t.Errorf("what was under way: %v %d %s", got.err, got.status, got.body)
	}
	<-r.read
	if err := r.cmd.Wait(); err != nil || !strings.Contains(r.output.String(), "msg=stopped") {
		t.Errorf("%v:\n%s", err, r.output)
	}
}

// The request that the demonstration tells people to copy works as it stands.
func TestDemoCurlLineWorks(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("svcgate", "demo", "--port", "0")
	cmd.Stdout = io.Discard
	r, _, err := begin(cmd, regexp.MustCompile(`Interrupt`))
	if err != nil {
		t.Fatal(err)
	}
	text := r.output.String()
	url := regexp.MustCompile(`curl -s (\S+)`).FindStringSubmatch(text)
	body := regexp.MustCompile(`-d '([^']+)'`).FindStringSubmatch(text)
	headers := regexp.MustCompile(`-H '([^:]+): ([^']+)'`).FindAllStringSubmatch(text, -1)
	if url == nil || body == nil || len(headers) != 3 {
		t.Fatalf("no curl line in:\n%s", text)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url[1], strings.NewReader(body[1]))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		request.Header.Set(h[1], h[2])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var t1 struct {
		Outcome string
		Balance struct{ Amount string }
	}
	if err := json.NewDecoder(answer.Body).Decode(&t1); err != nil || t1.Outcome != "approved" || t1.Balance.Amount != "44.54" {
		t.Errorf("%v: %d %+v", err, answer.StatusCode, t1)
	}
	if err := r.stop(os.Interrupt); err != nil {
		t.Error(err)
	}
}

// A port that is taken is told, and the demonstration runs on another.
func TestDemoTakesAFreePort(t *testing.T) {
	t.Parallel()
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	port := taken.URL[strings.LastIndexByte(taken.URL, ':')+1:]
	s, out, errs := testShell()
	if status := run(t.Context(), s, []string{"demo", "--once", "--port", port}); status != exitDone {
		t.Errorf("status %d: %s", status, errs)
	}
	if !strings.Contains(errs.String(), "port "+port+" is taken") || !bytes.Contains(out.Bytes(), []byte("approved")) {
		t.Errorf("%s\n%s", errs, out)
	}
}

func TestTourFailsOnAWrongResult(t *testing.T) {
	t.Parallel()
	s, out, _ := testShell()
	results := make([]tourResult, len(tour))
	for i := range results {
		results[i].Right, results[i].Expected = i != 3, tour[i].outcome
	}
	if err := s.showTour(results, false); statusOf(err) != exitFailed || !strings.Contains(fmt.Sprint(err), fmt.Sprintf("1 of %d", len(tour))) {
		t.Errorf("%v", err)
	}
	if !strings.Contains(out.String(), "must be approved 270.00") {
		t.Errorf("%s", out)
	}
	if err := s.showTour(results[:2], true); statusOf(err) != exitFailed {
		t.Errorf("a tour that broke off: %v", err)
	}
}

// An unknown outcome is settled by the server itself, without anybody asking.
func TestSweeperSettles(t *testing.T) {
	t.Parallel()
	stop, server := newSweptGate(t)
	defer stop()
	for { // a list, unlike a read of the transaction, starts nothing
		answer, err := server.do(t.Context(), http.MethodGet, "/v1/transactions?order=9&operation=recharge", "", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		text := string(answer.body)
		if strings.Contains(text, `"state":"unresolved"`) {
			continue
		}
		if !strings.Contains(text, `"by":"svcgate:settling"`) || !strings.Contains(text, `"outcome":"approved"`) || !strings.Contains(text, `"derived:`) {
			t.Errorf("%s", text)
		}
		return
	}
}

// newSweptGate serves with the demonstration's settings, after a recharge whose answer was lost.
func newSweptGate(t *testing.T) (stop func(), server *client) {
	t.Helper()
	dir, remove, err := temporaryFolder(fastFolder(), "svcgate-sweep-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = remove() })
	stopSim, url, err := startSim(t.Context(), "127.0.0.1:0", simulator.Config{Seed: 1, Cards: simulator.DemoCards()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stopSim() })
	settings, err := demoConfig(dir, url)
	if err != nil {
		t.Fatal(err)
	}
	settings.KeyFile, settings.Live = "", false
	settings.Idempotency.DeriveKeys = []string{"demo-oms"}
	ctx, cancel := context.WithCancel(t.Context())
	log, guard, err := newLogger(io.Discard, "debug", "json")
	if err != nil {
		t.Fatal(err)
	}
	g, err := openGate(ctx, settings, log, guard)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := g.demoRecords(ctx)
	if err != nil {
		t.Fatal(err)
	}
	doors, err := openDoors(ctx, settings)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- g.serve(ctx, doors) }()
	if info, err := os.Stat(settings.Database + ".key"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("keys of a test system: %v %v", info, err)
	}
	server = newClient("http://"+doors.api.Addr().String(), tokens[access.RoleOMS])
	const card = `{"service":"RLT","order":"9","sequence":1,"card":{"number":"6006491234569909"}`
	if _, err := server.do(t.Context(), http.MethodPost, "/v1/inquiries", "application/json", "", []byte(card+`}`)); err != nil {
		t.Fatal(err)
	}
	// No Idempotency-Key: it is derived for this caller.
	answer, err := server.do(t.Context(), http.MethodPost, "/v1/recharges", "application/json", "", []byte(card+`,"amount":"5.00","currency":"USD"}`))
	if answer == nil || answer.status != http.StatusGatewayTimeout {
		t.Fatalf("a recharge whose answer is lost: %v %+v", err, answer)
	}
	return func() {
		cancel()
		if err := errors.Join(<-served, g.Close()); err != nil {
			t.Error(err)
		}
	}, server
}

// Live, nothing starts without keys.
func TestLiveNeedsKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	settings, err := demoConfig(dir, "http://127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	settings.KeyFile = ""
	_, err = openGate(t.Context(), settings, discard, nil)
	if statusOf(err) != exitUsage || !strings.Contains(fmt.Sprint(err), "key_file is missing") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(settings.Database); err == nil {
		t.Error("a database was made")
	}
}
