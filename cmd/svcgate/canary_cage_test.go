package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/simulator"
)

// cage is a whole svcgate in this process whose every output is kept.
type cage struct {
	t      *testing.T
	dir    string
	gate   *gate
	guard  *leakGuard
	sim    *simulator.Simulator
	logMu  sync.Mutex
	log    bytes.Buffer
	traces bytes.Buffer // what a collector of traces was sent
	tokens map[access.Role]string
	url    string
	admin  string
	stop   func()
	sinks  map[string][]byte // everything that came out, by name
	asked  int
}

// echo answers every message with the card number, or the PIN if there is one, in a place where a provider may put it by
// mistake; the next authorization with it in the next place.
type echo struct{ numbers, pins atomic.Int64 }

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	answers, next := numberEchoes(between(body, "<CardNumber>", "</CardNumber>")), &e.numbers
	if pin := between(body, "<AuthenticationData>", "</AuthenticationData>"); pin != "" {
		answers, next = pinEchoes(pin), &e.pins
	}
	at := next.Load()
	if bytes.Contains(body, []byte("<PreauthorizationRequest")) { // and not an inquiry of the sweeper's
		at = next.Add(1) - 1
	}
	one := answers[int(at)%len(answers)]
	w.Header().Set("Content-Type", one.contentType)
	w.WriteHeader(one.status)
	_, _ = io.WriteString(w, one.body)
}

func between(body []byte, open, end string) string {
	_, rest, _ := strings.Cut(string(body), open)
	text, _, _ := strings.Cut(rest, end)
	return text
}

type echoed struct {
	status            int
	contentType, body string
}

func numberEchoes(number string) []echoed {
	forms := canary{number}.forms()
	return echoes(8800, number, string(forms["decimal reference"]), string(forms["hex reference"]), string(forms["grouped by -"]), string(forms["grouped by  "]))
}

func pinEchoes(pin string) []echoed {
	forms := canary{pin}.forms()
	return echoes(9900, pin, string(forms["decimal reference"]), string(forms["hex reference"]))
}

// echoes are answers with each form in each place. Their own ids count on from id.
func echoes(id int, forms ...string) []echoed {
	const success = `<PreauthorizationResponse xmlns="http://www.nrf-arts.org/IXRetail/namespace/"><InstrumentState><Status>Active</Status></InstrumentState>` +
		`<AccountState><AccountID>%[1]s</AccountID><AccountStatus>Active</AccountStatus><Balance><Amount>1.00</Amount><Currency>USD</Currency></Balance></AccountState>` +
		`<SVATransaction><SVATransactionID>%[1]s</SVATransactionID><Reason><Description>%[1]s</Description><Code>24</Code></Reason>` +
		`<SVAAmount><CurrencyID>USD</CurrencyID><Amount>10.00</Amount></SVAAmount><AuthNumber>%[1]s</AuthNumber></SVATransaction></PreauthorizationResponse>`
	approval := strings.ReplaceAll(success, "%[1]s", "%[2]d") // as it should be
	var all []echoed
	for _, form := range forms {
		for _, body := range []string{
			success,
			strings.Replace(approval, "<Description>%[2]d", "<Description>card %[1]s", 1),
			strings.Replace(approval, "<AccountID>%[2]d", "<AccountID>%[1]s", 1),
			strings.Replace(approval, "<AccountID>%[2]d", "<AccountID>SVC-%[1]s", 1),
			strings.Replace(approval, "<AuthNumber>%[2]d", "<AuthNumber>%[1]s", 1),
			strings.Replace(approval, "<AuthNumber>%[2]d", "<AuthNumber>A%[1]s", 1),
			strings.Replace(success, "<AccountID>%[1]s</AccountID>", "<AccountID>1</AccountID><!-- %[1]s -->", 1),
			`<PreauthorizationResponse ResponseCode="Rejected"><ErrorCode>%[1]s</ErrorCode><ResponseDescription>x</ResponseDescription></PreauthorizationResponse>`,
			`<PreauthorizationResponse ResponseCode="Rejected"><ErrorCode>LOST</ErrorCode><ResponseDescription>card %[1]s is lost</ResponseDescription></PreauthorizationResponse>`,
			`<PreauthorizationResponse ResponseCode="%[1]s"><ErrorCode>LOST</ErrorCode></PreauthorizationResponse>`,
			`<Odd>%[1]s</Odd>`, `<PreauthorizationResponse><X%[1]s/></PreauthorizationResponse>`, `<%[1]s`, `%[1]s`,
		} {
			all = append(all, echoed{http.StatusOK, "text/xml", fmt.Sprintf(body, form, id+len(all))})
		}
		fault := fmt.Sprintf(`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server</faultcode>`+
			`<faultstring>card %[1]s</faultstring><faultactor>%[1]s</faultactor><detail>%[1]s</detail></e:Fault></e:Body></e:Envelope>`, form)
		page := fmt.Sprintf("<html><body><p>card %s</p></body></html>", form)
		all = append(all, echoed{http.StatusInternalServerError, "text/xml", fault}, echoed{http.StatusOK, "text/xml", fault},
			echoed{http.StatusOK, "text/html", page}, echoed{http.StatusBadGateway, "text/html", page},
			echoed{http.StatusOK, "application/json", `{"card":"` + form + `"}`}, echoed{http.StatusTeapot, "text/plain; x=" + form, form})
	}
	return all
}

// providers of this program's tests: one that panics, with a card number in the panic.
func init() {
	providers["panic"] = func(s *config.Service) (svcgate.Provider, func(), error) {
		p, closeClient, err := newORCE(s)
		return panicking{p}, closeClient, err
	}
}

type panicking struct{ svcgate.Provider }

// Prepare makes a message that is never sent, and for every second order none.
func (panicking) Prepare(r *svcgate.Request, _ time.Time) (svcgate.Message, error) {
	if r.Sequence()%2 == 0 {
		panic("no message for card " + r.Card().Number().Reveal())
	}
	return panickingMessage{r}, nil
}

type panickingMessage struct{ r *svcgate.Request }

// Send panics.
func (m panickingMessage) Send(context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	panic(fmt.Errorf("card %s: %w", m.r.Card().Number().Reveal(), errors.New(m.r.PIN().Reveal())))
}

func newCage(t *testing.T, canaries []canary) *cage {
	t.Helper()
	dir, remove, err := temporaryFolder(fastFolder(), "svcgate-canary-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = remove() })
	c := &cage{t: t, dir: dir, sinks: map[string][]byte{}}
	spec := simulator.Config{Seed: canarySeed, Series: simulator.DemoSeries(),
		Wait: func(context.Context, time.Duration) error { return nil }}
	for _, one := range canaries {
		spec.Cards = append(spec.Cards, simulator.CardSpec{Number: secret.New(one.text), Balance: 1_000_00})
	}
	if c.sim, err = simulator.New(spec); err != nil {
		t.Fatal(err)
	}
	provider, mirror := httptest.NewServer(c.sim), httptest.NewServer(&echo{})
	t.Cleanup(func() { c.sim.Close(); provider.Close(); mirror.Close() })
	settings, err := demoConfig(dir, provider.URL)
	if err != nil {
		t.Fatal(err)
	}
	second := *settings.Services[0]
	second.Code, second.URL = "ECHO", mirror.URL+demoRelate
	third := *settings.Services[0]
	third.Code, third.Provider = "PANIC", "panic"
	settings.Services = append(settings.Services, &second, &third)
	settings.Breaker.Failures = 0 // nothing is to be spared
	collector := httptest.NewServer(http.HandlerFunc(c.collect))
	t.Cleanup(collector.Close)
	settings.Tracing.Endpoint, settings.Tracing.Sample = collector.URL, 1
	c.start(settings)
	return c
}

func (c *cage) start(settings *config.Config) {
	c.t.Helper()
	log, guard, err := newLogger(writerFunc(c.write), "debug", "json")
	if err != nil {
		c.t.Fatal(err)
	}
	c.guard = guard
	ctx, cancel := context.WithCancel(context.Background())
	if c.gate, err = openGate(ctx, settings, log, guard); err != nil {
		c.t.Fatal(err)
	}
	if c.tokens, err = c.gate.demoRecords(ctx); err != nil {
		c.t.Fatal(err)
	}
	doors, err := openDoors(ctx, settings)
	if err != nil {
		c.t.Fatal(err)
	}
	c.url, c.admin = "http://"+doors.api.Addr().String(), "http://"+doors.admin.Addr().String()
	served := make(chan error, 1)
	go func() { served <- c.gate.serve(ctx, doors) }()
	c.stop = func() {
		cancel()
		if err := <-served; err != nil {
			c.t.Error(err)
		}
		c.keepFiles("open")
		if err := c.gate.Close(); err != nil {
			c.t.Error(err)
		}
		c.keepFiles("closed")
		c.sinks["log"] = c.logged()
		c.logMu.Lock()
		defer c.logMu.Unlock()
		c.sinks["traces"] = bytes.Clone(c.traces.Bytes())
	}
}

type writerFunc func([]byte) (int, error)

// Write calls the function.
func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func (c *cage) write(line []byte) (int, error) {
	c.logMu.Lock()
	defer c.logMu.Unlock()
	return c.log.Write(line)
}

// collect takes spans. What is still being sent when the gateway is closed is cut off, and counts as far as it came.
func (c *cage) collect(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.logMu.Lock()
	defer c.logMu.Unlock()
	fmt.Fprintln(&c.traces, r.URL, r.Header)
	c.traces.Write(body)
}

func (c *cage) logged() []byte {
	c.logMu.Lock()
	defer c.logMu.Unlock()
	return bytes.Clone(c.log.Bytes())
}

// keepFiles reads the database, its logs and whatever else lies beside it.
func (c *cage) keepFiles(when string) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			c.t.Errorf("%s was left behind", e.Name())
			continue
		}
		text, err := os.ReadFile(filepath.Join(c.dir, e.Name()))
		if err != nil {
			c.t.Fatal(err)
		}
		c.sinks["file "+e.Name()+" "+when] = text
	}
}

// ask sends a request and keeps its answer, headers too. Errors of the connection are answers as well.
func (c *cage) ask(role access.Role, method, path, key, contentType, body string, headers ...string) (int, []byte) {
	c.t.Helper()
	c.asked++
	base := c.url
	if path == "/metrics" {
		base = c.admin
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.tokens[role])
	request.Header.Set("Content-Type", contentType)
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	c.sinks[fmt.Sprintf("answer %d (%s)", c.asked, strings.Split(path, "?")[0])] = fmt.Appendf(nil, "%v\n%s", answer.Header, text)
	return answer.StatusCode, text
}

func (c *cage) post(route string, body map[string]any) (int, []byte) {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.ask(access.RoleOMS, http.MethodPost, "/v1/"+route, "key-"+strconv.Itoa(c.asked), "application/json", string(text))
}

// body makes a valid request of an operation.
func (c *cage) body(op svcgate.OperationInfo, service string, card canary, pin string) map[string]any {
	return c.bodyOf(op, service, card, pin, 70000+c.asked)
}

func (c *cage) bodyOf(op svcgate.OperationInfo, service string, card canary, pin string, order int) map[string]any {
	body := map[string]any{"service": service, "order": strconv.Itoa(order + 1)}
	if op.NeedsCard {
		members := map[string]any{"number": card.text}
		if pin != "" {
			members["pin"] = pin
		}
		body["card"] = members
	}
	if op.NeedsAmount {
		body["amount"], body["currency"] = "10.00", "USD"
	}
	if op.NeedsAuthorization {
		body["authorization"] = "424242"
	}
	if op.NeedsKind {
		body["kind"] = []string{"physical", "virtual"}[order%2]
	}
	return body
}
