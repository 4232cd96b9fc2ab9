package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
	log    bytes.Buffer
	tokens map[access.Role]string
	url    string
	admin  string
	stop   func()
	sinks  map[string][]byte // everything that came out, by name
	asked  int
}

// echo answers every message with the card number in a place where a provider may put it by mistake.
type echo struct{ asked int }

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	number := between(body, "<CardNumber>", "</CardNumber>")
	forms := canary{number}.forms()
	answers := echoes(number, string(forms["decimal reference"]), string(forms["hex reference"]), string(forms["grouped by -"]), string(forms["grouped by  "]))
	one := answers[e.asked%len(answers)]
	e.asked++
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

func echoes(forms ...string) []echoed {
	const success = `<PreauthorizationResponse xmlns="http://www.nrf-arts.org/IXRetail/namespace/"><InstrumentState><Status>Active</Status></InstrumentState>` +
		`<AccountState><AccountID>%[1]s</AccountID><AccountStatus>Active</AccountStatus><Balance><Amount>1.00</Amount><Currency>USD</Currency></Balance></AccountState>` +
		`<SVATransaction><SVATransactionID>%[1]s</SVATransactionID><Reason><Description>%[1]s</Description><Code>24</Code></Reason>` +
		`<SVAAmount><CurrencyID>USD</CurrencyID><Amount>10.00</Amount></SVAAmount><AuthNumber>%[1]s</AuthNumber></SVATransaction></PreauthorizationResponse>`
	var all []echoed
	for _, form := range forms {
		for _, body := range []string{
			success,
			strings.Replace(success, "<AccountID>%[1]s</AccountID>", "<AccountID>1</AccountID><!-- %[1]s -->", 1),
			`<PreauthorizationResponse ResponseCode="Rejected"><ErrorCode>%[1]s</ErrorCode><ResponseDescription>x</ResponseDescription></PreauthorizationResponse>`,
			`<PreauthorizationResponse ResponseCode="Rejected"><ErrorCode>LOST</ErrorCode><ResponseDescription>card %[1]s is lost</ResponseDescription></PreauthorizationResponse>`,
			`<PreauthorizationResponse ResponseCode="%[1]s"><ErrorCode>LOST</ErrorCode></PreauthorizationResponse>`,
			`<Odd>%[1]s</Odd>`, `<PreauthorizationResponse><X%[1]s/></PreauthorizationResponse>`, `<%[1]s`, `%[1]s`,
		} {
			all = append(all, echoed{http.StatusOK, "text/xml", fmt.Sprintf(body, form)})
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
	settings.Services = append(settings.Services, &second)
	settings.Limits.MaxInFlight = 4
	c.start(settings)
	return c
}

func (c *cage) start(settings *config.Config) {
	c.t.Helper()
	log, guard, err := newLogger(&c.log, "debug", "json")
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
		c.sinks["log"] = c.log.Bytes()
	}
}

// keepFiles reads the database, its logs and whatever else lies beside it.
func (c *cage) keepFiles(when string) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(c.dir, e.Name()))
		if err != nil {
			c.t.Fatal(err)
		}
		c.sinks["file "+e.Name()+" "+when] = text
	}
}

// ask sends a request and keeps its answer, headers too. Errors of the connection are answers as well.
func (c *cage) ask(role access.Role, method, path, key, contentType, body string) (int, []byte) {
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
	body := map[string]any{"service": service, "order": strconv.Itoa(70000 + c.asked)}
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
		body["kind"] = []string{"physical", "virtual"}[c.asked%2]
	}
	return body
}

// No card number and no PIN is found in anything that svcgate writes or says, whatever goes wrong; and what looks for
// them would find them.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	t.Logf("seed %d", canarySeed)
	canaries := makeCanaries(3)
	pins := []canary{{"Zq7Wx2Kv"}, {"pB9mNt4R"}}
	c := newCage(t, canaries)
	operations := svcgate.Operations()

	// Every operation with every card.
	outcomes := map[string]int{}
	for i, card := range canaries {
		for _, op := range operations {
			if op.Operation == svcgate.Generate {
				continue
			}
			pin := ""
			if i%3 == 0 {
				pin = pins[i%2].text
			}
			_, answer := c.post(op.Route, c.body(op, demoService, card, pin))
			if t, told := readTransaction(answer); told {
				outcomes[t.Outcome]++
			}
		}
	}
	// A generated number is told once, to who asked; it must be nowhere else.
	generate, _ := svcgate.Generate.Info()
	for range 3 {
		_, answer := c.post(generate.Route, c.body(generate, demoService, canary{}, ""))
		made, told := readTransaction(answer)
		if !told || made.Card.Number == "" {
			t.Fatalf("no number was generated: %s", answer)
		}
		delete(c.sinks, fmt.Sprintf("answer %d (/v1/%s)", c.asked, generate.Route))
		canaries = append(canaries, canary{made.Card.Number})
	}
	c.throughFaults(canaries, pins, operations, outcomes)
	c.throughEcho(canaries, outcomes)
	c.badInput(canaries, pins)
	c.readAll()

	// The control number stands where a caller may put any text; it must be found, or the scanner is blind.
	control := canary{"40917755310286"}
	body := c.body(operations[svcgate.Authorize-1], demoService, canaries[0], "")
	body["order"] = control.text
	c.post("authorizations", body)
	c.stop()

	for _, outcome := range svcgate.Outcomes() {
		if outcomes[string(outcome)] == 0 && outcome != svcgate.Partial {
			t.Errorf("no %s was seen: %v", outcome, outcomes)
		}
	}
	scan := newScanner(append(canaries, pins...))
	for _, name := range slices.Sorted(maps.Keys(c.sinks)) {
		for _, found := range scan.scan(c.sinks[name]) {
			t.Errorf("%s holds %s", name, found)
		}
	}
	if hits := c.guard.hits.Load(); hits != 0 {
		t.Errorf("%d runs of digits reached the last line before the log", hits)
	}
	controls := newScanner([]canary{control})
	if !slices.ContainsFunc(controls.scan(c.sinks["file svcgate.db closed"]), func(s string) bool { return strings.HasSuffix(s, "plain") }) {
		t.Error("the control number was not found in the database")
	}
	t.Logf("%d requests, %d outputs, outcomes %v", c.asked, len(c.sinks), outcomes)
}

// throughFaults makes every fault of the simulator strike once a few operations.
func (c *cage) throughFaults(canaries, pins []canary, operations []svcgate.OperationInfo, outcomes map[string]int) {
	arguments := map[string]string{"duration": "1ms", "code": "SOME_CODE", "status": "503", "content type": "text/plain"}
	for i, row := range simulator.FaultTable() {
		text := row.Name
		if row.Argument != "" {
			text += ":" + arguments[row.Argument]
		}
		fault, err := simulator.ParseFault(text)
		if err != nil {
			c.t.Fatal(err)
		}
		for j, op := range operations {
			if op.Operation == svcgate.Generate || (i+j)%2 == 0 && op.Operation != svcgate.Authorize {
				continue
			}
			if _, err := c.sim.AddFault(simulator.FaultRule{Count: 1, Fault: fault}); err != nil {
				c.t.Fatal(err)
			}
			_, answer := c.post(op.Route, c.body(op, demoService, canaries[(i*8+j)%len(canaries)], pins[i%2].text))
			if t, told := readTransaction(answer); told {
				outcomes[t.Outcome]++
			}
			c.sim.RemoveFault(0)
		}
	}
}

// throughEcho asks the provider that repeats card numbers.
func (c *cage) throughEcho(canaries []canary, outcomes map[string]int) {
	authorize, _ := svcgate.Authorize.Info()
	for i := range len(echoes("", "", "", "", "")) {
		_, answer := c.post(authorize.Route, c.body(authorize, "ECHO", canaries[i%len(canaries)], ""))
		if t, told := readTransaction(answer); told {
			outcomes[t.Outcome]++
		}
	}
}

// badInput puts card numbers and PINs where they do not belong.
func (c *cage) badInput(canaries, pins []canary) {
	const route = "/v1/authorizations"
	for i, card := range canaries {
		n := card.text
		good := `"service":"RLT","order":"1","amount":"1.00","currency":"USD"`
		for _, body := range []string{
			`{` + good + `,"card":{"number":` + n + `}}`, `{` + good + `,"card":"` + n + `"}`, `{` + good + `,"card":{"number":" ` + n + `"}}`,
			`{` + good + `,"card":{"number":"` + n + `"},"` + n + `":1}`, `{` + good + `,"card":{"` + n + `":"x"}}`,
			`{` + good + `,"card":{"number":"` + n + `","number":"` + n + `"}}`, `{` + good + `,"card":{"number":"` + n,
			`{` + good + `,"card":{"number":"` + n + `","pin":"` + pins[i%2].text + `!"}}`, `{` + good + `,"card":{"number":"` + n + `00000000"}}`,
			`{"service":"` + n + `","order":"1","amount":"1.00","currency":"USD","card":{"number":"` + n + `"}}`,
			`{"service":"RLT","order":"` + n + `","amount":"1.00","currency":"USD","card":{"number":"` + n + `"}}`,
			`{"service":"RLT","order":"1","amount":"` + n + `000","currency":"USD","card":{"number":"` + n + `"}}`,
			`{"service":"RLT","order":"1","amount":` + n + `,"currency":"` + n + `","card":{"number":"` + n + `"}}`,
			`{"service":"RLT","order":"1","sequence":` + n + `,"amount":"1.00","currency":"USD","card":{"number":"` + n + `"}}`,
			`{` + good + `,"kind":"` + n + `","card":{"number":"` + n + `"}}`, n, `"` + n + `"`, `[` + n + `]`, `{` + n,
		} {
			c.ask(access.RoleOMS, http.MethodPost, route, fmt.Sprintf("bad-%d", c.asked), "application/json", body)
		}
		right := `{` + good + `,"card":{"number":"` + n + `"}}`
		c.ask(access.RoleOMS, http.MethodPost, route, n, "application/json", right)
		c.ask(access.RoleOMS, http.MethodPost, route, "", "application/json", right)
		c.ask(access.RoleOMS, http.MethodPost, route, "k", "text/"+n, right)
		c.ask(access.RoleOMS, http.MethodPost, "/v1/"+n, "k", "application/json", right)
		c.ask(access.RoleOperator, http.MethodPost, route, "k", "application/json", right)
		c.ask(access.RoleOMS, http.MethodPost, "/v1/deposits", fmt.Sprintf("bad-%d", c.asked), "application/json", `{"service":"RLT","order":"1","amount":"1.00","currency":"USD","authorization":"`+n+`","card":{"number":"`+n+`"}}`)
		for _, path := range []string{"/v1/transactions/" + n, "/v1/transactions?card=" + n, "/v1/transactions?" + n + "=1", "/v1/transactions?last4=" + n,
			"/v1/transactions?cursor=" + n, "/v1/transactions/" + n + "/exchange", "/" + n, "/v1/services/" + n + "/codes", "/v1/tokens/" + n} {
			c.ask(access.RoleAdmin, http.MethodGet, path, "", "", "")
		}
		c.ask(access.RoleAdmin, http.MethodDelete, "/v1/services/RLT/codes/error_code/"+n, "", "", "")
		c.garbage("GET /" + n + " HTTP/9.9\r\n\r\n")
		c.garbage("POST " + route + " HTTP/1.1\r\nHost: x\r\nBad " + n + ": y\r\n\r\n")
		c.garbage(n + "\r\n\r\n")
	}
}

// garbage writes bytes that are no HTTP, and keeps what comes back.
func (c *cage) garbage(text string) {
	c.asked++
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.url, "http://"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, text)
	answer, _ := io.ReadAll(conn)
	c.sinks[fmt.Sprintf("garbage %d", c.asked)] = answer
}

// readAll reads everything that can be read.
func (c *cage) readAll() {
	for _, path := range []string{"/metrics", "/livez", "/readyz", "/openapi.yaml", "/v1/operations", "/v1/services", "/v1/services/RLT/codes", "/v1/tokens"} {
		c.ask(access.RoleAdmin, http.MethodGet, path, "", "", "")
	}
	exchanges := 0
	for cursor := ""; ; {
		path := "/v1/transactions?limit=500"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		status, text := c.ask(access.RoleOperator, http.MethodGet, path, "", "", "")
		var page struct {
			Transactions []struct{ ID string } `json:"transactions"`
			Next         string                `json:"next"`
		}
		if err := json.Unmarshal(text, &page); err != nil || status != http.StatusOK {
			c.t.Fatalf("%v: %d %s", err, status, text)
		}
		for _, one := range page.Transactions {
			c.ask(access.RoleOperator, http.MethodGet, "/v1/transactions/"+one.ID, "", "", "")
			if status, _ := c.ask(access.RoleOperator, http.MethodGet, "/v1/transactions/"+one.ID+"/exchange", "", "", ""); status == http.StatusOK {
				exchanges++
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if exchanges < 200 {
		c.t.Errorf("only %d exchanges could be read", exchanges)
	}
}

// The scanner finds a number in every form, wherever it stands.
func TestScannerIsNotBlind(t *testing.T) {
	t.Parallel()
	c := makeCanaries(1)
	scan := newScanner(c)
	noise := bytes.Repeat([]byte("time=2026-11-22 masked ************5678 "), 200)
	if found := scan.scan(noise); len(found) > 0 {
		t.Fatalf("found in noise: %v", found)
	}
	for i, one := range c {
		for form, text := range one.forms() {
			planted := slices.Concat(noise, text, noise)
			want := fmt.Sprintf("canary %d as %s", i, form)
			if !slices.Contains(scan.scan(planted), want) {
				t.Errorf("%s was not found", want)
			}
		}
		for offset := range 3 {
			secretText := strings.Repeat("x", offset) + one.text + "yz"
			if len(scan.scan([]byte(base64.StdEncoding.EncodeToString([]byte(secretText))))) == 0 {
				t.Errorf("canary %d in base64 at %d was not found", i, offset)
			}
		}
	}
}
