package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
)

// canaryCount is how many numbers there are; one in share of them goes through the gate with its two commits, refusals
// and the codec. The log says how many took each.
const canaryCount = 9_000

// masks are how cards are shown on purpose; what else is starred in a line of the log, the guard found.
var (
	masks   = regexp.MustCompile(`\*{12}[0-9]{4}|"\*{16}"`)
	starred = regexp.MustCompile(`(?m)^.*\*[ -]?\*{3}.*$`)
)

// No card number and no PIN is found in anything that svcgate writes or says, whatever goes wrong; and what looks for
// them would find them.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	t.Logf("seed %d", canarySeed)
	canaries := makeCanaries(canaryCount)
	pins := []canary{{"Zq7Wx2Kv"}, {"pB9mNt4R"}}
	c := newCage(t, canaries)
	operations := slices.DeleteFunc(svcgate.Operations(), func(op svcgate.OperationInfo) bool { return op.Operation == svcgate.Generate })
	outcomes := map[string]int{}

	// A generated number is told once, to who asked; it must be nowhere else.
	generate, _ := svcgate.Generate.Info()
	for range 20 {
		_, answer := c.post(generate.Route, c.body(generate, demoService, canary{}, ""))
		made, told := readTransaction(answer)
		if !told || made.Card.Number == "" {
			t.Fatalf("no number was generated: %s", answer)
		}
		delete(c.sinks, fmt.Sprintf("answer %d (/v1/%s)", c.asked, generate.Route))
		canaries = append(canaries, canary{made.Card.Number})
	}
	started := time.Now()
	stage := func(what string) {
		t.Logf("%s after %v", what, time.Since(started).Round(100*time.Millisecond))
	}
	sent := c.throughGate(canaries[:canaryCount/share], pins, operations, outcomes)
	stage(fmt.Sprintf("%d numbers through the gate, one of %d verbs each, %d of them through all: %d operations", canaryCount/share, len(operations), everyVerb, sent))
	refused := c.throughRefusals(canaries[:canaryCount/share])
	stage(fmt.Sprintf("%d numbers through refusals: %d requests", canaryCount/share, refused))
	written := c.throughCodec(canaries[:canaryCount/share], operations)
	stage(fmt.Sprintf("%d numbers through the codec in all verbs: %d messages", canaryCount/share, written))
	faults := c.throughFaults(canaries, operations, outcomes)
	stage(fmt.Sprintf("%d faults of the provider, with every verb: %d operations", len(simulator.FaultTable()), faults))
	c.throughEcho(canaries, pins, outcomes)
	c.throughPanics(canaries[:40], pins, operations)
	c.badInput(canaries[:24], pins)
	stage("echoes, panics and bad input in detail")

	// The control number stands where a caller may put any text; it must be found, or the scanner is blind.
	control := canary{"40917755310286"}
	authorize, _ := svcgate.Authorize.Info()
	body := c.body(authorize, demoService, canaries[0], "")
	body["order"] = control.text
	c.post(authorize.Route, body)
	c.readAll()
	c.commands()
	c.stop()
	stage("all read back, exported and stopped")

	for _, outcome := range svcgate.Outcomes() {
		if outcomes[string(outcome)] == 0 && outcome != svcgate.Partial {
			t.Errorf("no %s was seen: %v", outcome, outcomes)
		}
	}
	scan, controls := newScanner(append(canaries, pins...)), newScanner([]canary{control})
	size := 0
	for _, name := range slices.Sorted(maps.Keys(c.sinks)) {
		size += len(c.sinks[name])
		for _, found := range scan.scan(c.sinks[name]) {
			t.Errorf("%s holds %s", name, found)
		}
	}
	if hits := c.guard.hits.Load(); hits != 0 {
		t.Errorf("%d runs of digits reached the last line before the log, such as\n%s", hits, bytes.Join(starred.FindAll(masks.ReplaceAll(c.logged(), []byte("MASK")), 3), []byte("\n")))
	}
	for _, sink := range []string{"file svcgate.db closed", "file backup.db closed", "command transactions"} {
		if !slices.ContainsFunc(controls.scan(c.sinks[sink]), func(s string) bool { return strings.HasSuffix(s, "plain") }) {
			t.Errorf("the control number was not found in %s", sink)
		}
	}
	for _, span := range []string{"POST /v1/authorizations", "journal.begin", "provider.authorize", "journal.finish", "sent_no_reply"} {
		if !bytes.Contains(c.sinks["traces"], []byte(span)) {
			t.Errorf("the collector of traces got no %s: nothing is tried there", span)
		}
	}
	stage(fmt.Sprintf("%d outputs, %d MiB, searched for %d forms; outcomes %v", len(c.sinks), size>>20, scan.forms, outcomes))
}

// everyVerb is how many numbers go through the gate with all verbs. One operation is two commits, so it is not all.
const everyVerb = 200

// throughGate sends every number through the gate to the provider, with several callers at once.
func (c *cage) throughGate(canaries, pins []canary, operations []svcgate.OperationInfo, outcomes map[string]int) (sent int) {
	c.t.Helper()
	const callers = 16
	handler := c.gate.api.Handler()
	var mu sync.Mutex
	var work sync.WaitGroup
	for caller := range callers {
		work.Go(func() {
			var all bytes.Buffer
			seen, n := map[string]int{}, 0
			for i := caller; i < len(canaries); i += callers {
				verbs := operations[i%len(operations):][:1]
				if i < everyVerb {
					verbs = operations
				}
				pin := "" // a card without a PIN is declined with one
				if i%5 == 0 {
					pin = pins[i%2].text
				}
				for _, op := range verbs {
					body := c.bodyOf(op, demoService, canaries[i], pin, i)
					answer := c.inProcess(handler, "/v1/"+op.Route, fmt.Sprintf("gate-%d-%s", i, op.Name), body)
					fmt.Fprintf(&all, "%v\n%s\n", answer.Header(), answer.Body)
					n++
					if t, told := readTransaction(answer.Body.Bytes()); told {
						seen[t.Outcome]++
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			c.sinks[fmt.Sprintf("answers to caller %d", caller)] = all.Bytes()
			sent += n
			for outcome, n := range seen {
				outcomes[outcome] += n
			}
		})
	}
	work.Wait()
	return sent
}

// inProcess asks without a connection.
func (c *cage) inProcess(handler http.Handler, path, key string, body any) *httptest.ResponseRecorder {
	text, isText := body.(string)
	if !isText {
		encoded, err := json.Marshal(body)
		if err != nil {
			c.t.Error(err)
		}
		text = string(encoded)
	}
	request := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, path, strings.NewReader(text))
	request.Header.Set("Authorization", "Bearer "+c.tokens[access.RoleOMS])
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}

// throughRefusals puts every number where it does not belong, in a few ways each.
func (c *cage) throughRefusals(canaries []canary) (refused int) {
	handler := c.gate.api.Handler()
	var all bytes.Buffer
	for i, card := range canaries {
		bodies, n := misplaced(card.text, "x!"), card.text
		for _, body := range []string{bodies[i%len(bodies)], bodies[(i*7+3)%len(bodies)]} {
			answer := c.inProcess(handler, "/v1/authorizations", fmt.Sprintf("refused-%d", i), body)
			fmt.Fprintf(&all, "%v\n%s\n", answer.Header(), answer.Body)
			if answer.Code < 400 || answer.Code >= 500 {
				c.t.Errorf("status %d for a request that is wrong", answer.Code)
			}
			refused++
		}
		answer := c.inProcess(handler, "/v1/deposits?card="+n, n, "{}")
		fmt.Fprintf(&all, "%v\n%s\n", answer.Header(), answer.Body)
		refused++
	}
	c.sinks["answers to refused requests"] = all.Bytes()
	return refused
}

// throughCodec writes every number into the messages of all verbs, and keeps what is shown of them: masks,
// descriptions, errors, and values as they are printed.
func (c *cage) throughCodec(canaries []canary, operations []svcgate.OperationInfo) (written int) {
	c.t.Helper()
	bureau := mapping.Bureau{Service: demoService, PresentersID: "60064", SubmittersID: "01", Location: time.UTC}
	var all bytes.Buffer
	var message []byte
	for i, one := range canaries {
		for _, op := range operations {
			draft := svcgate.Draft{Operation: op.Operation, Service: demoService, Order: strconv.Itoa(i + 1), CardNumber: secret.New(one.text)}
			if op.NeedsAmount {
				draft.Amount, draft.Currency = "1.00", "USD"
			}
			if op.NeedsAuthorization {
				draft.Authorization = "424242"
			}
			if op.NeedsKind {
				draft.Kind = string(svcgate.Physical)
			}
			r, err := svcgate.NewRequest(draft)
			if err != nil {
				c.t.Fatal(err)
			}
			m, err := mapping.ToMessage(r, bureau, time.Unix(0, 0))
			if err != nil {
				c.t.Fatal(err)
			}
			if message, err = messages.AppendRequest(message[:0], m, messages.Form{}); err != nil {
				c.t.Fatal(err)
			}
			if !bytes.Contains(message, []byte(one.text)) {
				c.t.Fatalf("the message of %s holds no card number: nothing is tried here", op.Name)
			}
			all.Write(messages.Mask(message))
			cut := message[:len(message)*(i%97+1)/98]
			all.Write(messages.Mask(cut))
			_, err = messages.ReadRequest(cut)
			fmt.Fprintf(&all, "%v %+v %#v %v %v\n", err, draft, r, m, r.Card())
			written++
		}
	}
	c.sinks["masks and printed values"] = all.Bytes()
	return written
}

// throughPanics makes the provider panic before and while it sends.
func (c *cage) throughPanics(canaries, pins []canary, operations []svcgate.OperationInfo) {
	for i, card := range canaries {
		op := operations[i%len(operations)]
		body := c.body(op, "PANIC", card, pins[i%2].text)
		body["sequence"] = i + 1
		if status, _ := c.post(op.Route, body); status != http.StatusInternalServerError && status != http.StatusUnprocessableEntity {
			c.t.Errorf("%s: status %d although the provider panics", op.Name, status)
		}
	}
	if !bytes.Contains(c.logged(), []byte(`"panic"`)) {
		c.t.Error("no panic was logged")
	}
}

// commands keeps what the command line exports and lists, and a backup.
func (c *cage) commands() {
	c.t.Helper()
	if err := c.gate.store.Backup(c.t.Context(), filepath.Join(c.dir, "backup.db"), nil); err != nil {
		c.t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"codes export": {"codes", "export"}, "codes list": {"codes", "list", "--json"}, "tokens list": {"tokens", "list", "--json"},
		"desk list": {"desk", "list", "--json"}, "desk table": {"desk", "list"},
	} {
		role := access.RoleAdmin
		s, out, errs := testShell()
		s.env = append(s.env, "SVCGATE_TOKEN="+c.tokens[role])
		if status := run(c.t.Context(), s, append(args, "--server", c.url)); status != exitDone {
			c.t.Errorf("%s: status %d: %s", name, status, errs)
		}
		c.sinks["command "+name] = slices.Concat(out.Bytes(), errs.Bytes())
	}
	_, c.sinks["command transactions"] = c.ask(access.RoleOperator, http.MethodGet, "/v1/transactions?limit=500", "", "", "")
	_, c.sinks["command audit"] = c.ask(access.RoleAdmin, http.MethodGet, "/v1/audit?limit=500", "", "", "")
	for _, from := range []string{filepath.Join(c.dir, "svcgate.db")} {
		for _, args := range [][]string{{"verify", "--database", from}, {"drift", "--service", demoService, "--database", from, "--json"}} {
			s, out, errs := testShell()
			run(c.t.Context(), s, args) // the panics left operations under way; whatever it says is looked at
			c.sinks["command "+args[0]] = slices.Concat(out.Bytes(), errs.Bytes())
		}
	}
}

// throughFaults makes every fault of the simulator strike once each verb, with another number each time.
func (c *cage) throughFaults(canaries []canary, operations []svcgate.OperationInfo, outcomes map[string]int) (struck int) {
	arguments := map[string]string{"duration": "1ms", "code": "SOME_CODE", "status": "503", "content type": "text/plain"}
	for _, row := range simulator.FaultTable() {
		text := row.Name
		if row.Argument != "" {
			text += ":" + arguments[row.Argument]
		}
		fault, err := simulator.ParseFault(text)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, op := range operations {
			card := canaries[everyVerb+struck*5%(canaryCount-everyVerb)]
			number, err := svcgate.ParseCard(secret.New(card.text))
			if err != nil {
				c.t.Fatal(err)
			}
			// The rule names the card's end, so that it strikes here and not an inquiry of the sweeper's.
			rule := simulator.FaultRule{Count: 1, Fault: fault, LastFour: number.Last4()}
			if _, err := c.sim.AddFault(rule); err != nil {
				c.t.Fatal(err)
			}
			_, answer := c.post(op.Route, c.body(op, demoService, card, ""))
			if t, told := readTransaction(answer); told {
				outcomes[t.Outcome]++
			}
			c.sim.RemoveFault(0)
			struck++
		}
	}
	return struck
}

// throughEcho asks the provider that repeats card numbers and PINs. Beside a card number in an id nothing is approved; a
// PIN, which may be met by chance, is left out.
func (c *cage) throughEcho(canaries, pins []canary, outcomes map[string]int) {
	authorize, _ := svcgate.Authorize.Info()
	ask := func(echoes, approvals int, pin func(i int) string) {
		approved := 0
		for i := range echoes {
			_, answer := c.post(authorize.Route, c.body(authorize, "ECHO", canaries[i], pin(i)))
			if t, told := readTransaction(answer); told {
				outcomes[t.Outcome]++
				if t.Outcome == string(svcgate.Approved) {
					approved++
				}
			}
		}
		if approved != approvals {
			c.t.Errorf("%d of %d echoes were approved, want %d", approved, echoes, approvals)
		}
		canaries = canaries[echoes:]
	}
	const forms, places = 5, 5
	ask(len(numberEchoes(canaries[0].text)), forms, func(int) string { return "" })
	ask(len(pinEchoes(pins[0].text)), (forms-2)*places, func(i int) string { return pins[i%len(pins)].text })
}

// misplaced are requests with a card number, and something that is no PIN, where they do not belong.
func misplaced(n, pin string) []string {
	const good = `"service":"RLT","order":"1","amount":"1.00","currency":"USD"`
	return []string{
		`{` + good + `,"card":{"number":` + n + `}}`, `{` + good + `,"card":"` + n + `"}`, `{` + good + `,"card":{"number":" ` + n + `"}}`,
		`{` + good + `,"card":{"number":"` + n + `"},"` + n + `":1}`, `{` + good + `,"card":{"` + n + `":"x"}}`,
		`{` + good + `,"card":{"number":"` + n + `","number":"` + n + `"}}`, `{` + good + `,"card":{"number":"` + n,
		`{` + good + `,"card":{"number":"` + n + `","pin":"` + pin + `"}}`, `{` + good + `,"card":{"number":"` + n + `00000000"}}`,
		`{"service":"` + n + `","order":"1","amount":"1.00","currency":"USD","card":{"number":"` + n + `"}}`,
		`{"service":"RLT","order":"` + n + `","amount":"1.00","currency":"USD","card":{"number":"` + n + `"}}`,
		`{"service":"RLT","order":"1","amount":"` + n + `000","currency":"USD","card":{"number":"` + n + `"}}`,
		`{"service":"RLT","order":"1","amount":` + n + `,"currency":"` + n + `","card":{"number":"` + n + `"}}`,
		`{"service":"RLT","order":"1","sequence":` + n + `,"amount":"1.00","currency":"USD","card":{"number":"` + n + `"}}`,
		`{` + good + `,"kind":"` + n + `","card":{"number":"` + n + `"}}`, n, `"` + n + `"`, `[` + n + `]`, `{` + n,
	}
}

// badInput puts card numbers and PINs where they do not belong.
func (c *cage) badInput(canaries, pins []canary) {
	const route = "/v1/authorizations"
	for i, card := range canaries {
		n := card.text
		const good = `"service":"RLT","order":"1","amount":"1.00","currency":"USD"`
		for _, body := range misplaced(n, pins[i%2].text+"!") {
			c.ask(access.RoleOMS, http.MethodPost, route, fmt.Sprintf("bad-%d", c.asked), "application/json", body)
		}
		right := `{` + good + `,"card":{"number":"` + n + `"}}`
		c.ask(access.RoleOMS, http.MethodPost, route, n, "application/json", right)
		for _, parent := range []string{"00-" + fill(n, 32) + "-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-" + fill(n, 16) + "-01"} {
			for _, body := range []string{right, right[:len(right)-1]} {
				c.ask(access.RoleOMS, http.MethodPost, route, fmt.Sprintf("traced-%d", c.asked), "application/json", body,
					"Traceparent", parent, "Tracestate", "card="+n, "Baggage", "card="+n)
			}
		}
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
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			c.askDraft(method, "/v1/services/RLT/codes/draft/rules/error_code/"+n, `{"vendor":"1","outcome":"declined"}`)
		}
		c.askDraft(http.MethodPut, "/v1/services/RLT/codes/draft/rules/error_code/X", `{"vendor":"1","outcome":"declined","description":"`+n+`"}`)
		c.askDraft(http.MethodPost, "/v1/services/RLT/codes/publish", `{"reason":"`+n+`"}`)
		c.garbage("GET /" + n + " HTTP/9.9\r\n\r\n")
		c.garbage("POST " + route + " HTTP/1.1\r\nHost: x\r\nBad " + n + ": y\r\n\r\n")
		c.garbage(n + "\r\n\r\n")
	}
}

// askDraft sends a write of the codes that must be refused, and not because something was changed before.
func (c *cage) askDraft(method, path, body string) {
	c.t.Helper()
	status, answer := c.ask(access.RoleAdmin, method, path, "", "application/json", body, "If-Match", `"v2"`)
	if status/100 != 4 || status == http.StatusPreconditionFailed || status == http.StatusPreconditionRequired {
		c.t.Errorf("%s of the codes: status %d: %s", method, status, answer)
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

// readEach is how many transactions of each page are also read by themselves.
const readEach = 25

// readAll reads everything that can be read.
func (c *cage) readAll() {
	for _, path := range []string{"/metrics", "/livez", "/readyz", "/openapi.yaml", "/v1/operations", "/v1/services", "/v1/services/RLT/codes", "/v1/tokens",
		"/v1/services/RLT/codes/draft", "/v1/services/RLT/codes/draft/diff", "/v1/services/RLT/codes/versions", "/v1/services/RLT/codes/versions/1", "/v1/audit"} {
		c.ask(access.RoleAdmin, http.MethodGet, path, "", "", "")
	}
	read, exchanges := 0, 0
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
		for _, one := range page.Transactions[:min(len(page.Transactions), readEach)] {
			read++
			c.ask(access.RoleOperator, http.MethodGet, "/v1/transactions/"+one.ID, "", "", "")
			if status, _ := c.ask(access.RoleOperator, http.MethodGet, "/v1/transactions/"+one.ID+"/exchange", "", "", ""); status == http.StatusOK {
				exchanges++
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	// How many pages there are depends on how often the sweeper asked; what is under way has no exchange yet.
	if read < 6*readEach || exchanges < read*3/4 {
		c.t.Errorf("only %d exchanges of %d transactions could be read", exchanges, read)
	}
}

// The scanner finds a number in every form, wherever it stands.
func TestScannerIsNotBlind(t *testing.T) {
	t.Parallel()
	c := makeCanaries(60)
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

// fill makes an id of hexadecimal digits out of a number.
func fill(number string, length int) string { return strings.Repeat("a", length-len(number)) + number }
