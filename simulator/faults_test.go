package simulator_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
)

func rule(t testing.TB, fault string) simulator.FaultRule {
	t.Helper()
	f, err := simulator.ParseFault(fault)
	if err != nil {
		t.Fatal(err)
	}
	return simulator.FaultRule{Fault: f}
}

func add(t testing.TB, s *simulator.Simulator, r simulator.FaultRule) int {
	t.Helper()
	id, err := s.AddFault(r)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

var (
	lost = func(t *testing.T, r reply, _ *messages.Answer) {
		if r.err == nil {
			t.Errorf("an answer came: %d", r.status)
		}
	}
	status = func(want int, contentType string) func(*testing.T, reply, *messages.Answer) {
		return func(t *testing.T, r reply, _ *messages.Answer) {
			if r.err != nil || r.status != want || r.header.Get("Content-Type") != contentType {
				t.Errorf("%v, status %d, %q; want %d, %q", r.err, r.status, r.header.Get("Content-Type"), want, contentType)
			}
		}
	}
	says = func(want string, of func(*messages.Answer) string) func(*testing.T, reply, *messages.Answer) {
		return func(t *testing.T, _ reply, a *messages.Answer) {
			if a == nil {
				t.Fatal("no answer could be read")
			}
			if got := of(a); got != want {
				t.Errorf("the answer says %q, want %q", got, want)
			}
		}
	}
	holds = func(want bool, text string) func(*testing.T, reply, *messages.Answer) {
		return func(t *testing.T, r reply, _ *messages.Answer) {
			if r.err != nil || r.status != http.StatusOK || strings.Contains(string(r.body), text) != want {
				t.Errorf("%v, status %d, body holds %q: %t", r.err, r.status, text, !want)
			}
		}
	}
)

const (
	htmlType = "text/html; charset=utf-8"
	xmlType  = "text/xml; charset=utf-8"
	textType = "text/plain; charset=utf-8"
)

// Each fault over a real connection: what the caller sees. What was booked is read from the table and the ledger.
// A fault without a row here fails the test.
var faultTests = map[string]struct {
	argument string
	answered simulator.Answered
	sees     func(*testing.T, reply, *messages.Answer)
}{
	"delay-before":   {"1m", "yes", says("20.00", func(a *messages.Answer) string { return a.Amount.String() })},
	"refuse":         {"", "no", lost},
	"reset-before":   {"", "no", lost},
	"silence-before": {"", "no", lost},
	"html-502":       {"", "no", status(502, htmlType)},
	"html-200":       {"", "no", status(200, htmlType)},
	"empty-500":      {"", "no", status(500, "")},
	"soap-fault":     {"", "no", status(500, xmlType)},
	"status-401":     {"", "no", status(401, textType)},
	"status-429":     {"", "no", status(429, textType)},
	"status":         {"503", "no", status(503, "")},
	"redirect-307":   {"", "no", status(307, textType)},

	"error-code": {"CARD_LOST", "yes", says("CARD_LOST", func(a *messages.Answer) string { return a.ErrorCode + a.SVATransactionID })},
	"partial":    {"", "yes", says("10.00", func(a *messages.Answer) string { return a.Amount.String() })},

	"error-code-booked": {"CARD_LOST", "altered", says("CARD_LOST 1002", func(a *messages.Answer) string { return a.ErrorCode + " " + a.SVATransactionID })},
	"reason-code":       {"77", "altered", says("77", func(a *messages.Answer) string { return a.ReasonCode })},
	"no-reason":         {"", "altered", holds(false, "<Reason>")},
	"no-transaction-id": {"", "altered", holds(false, "<SVATransactionID>")},
	"inactive":          {"", "altered", says("Inactive Inactive", func(a *messages.Answer) string { return a.InstrumentStatus + " " + a.AccountStatus })},
	"more-than-asked":   {"", "altered", says("20.01", func(a *messages.Answer) string { return a.Amount.String() })},
	"other-currency":    {"", "altered", says("EUR EUR", func(a *messages.Answer) string { return a.CurrencyID + " " + a.BalanceCurrency })},
	"wrong-message":     {"", "altered", says("InquiryRequest 16", func(a *messages.Answer) string { return a.Kind.String() + " " + a.ReasonCode })},
	"previous-answer":   {"", "altered", says("1001 ReturnRequest", func(a *messages.Answer) string { return a.SVATransactionID + " " + a.Kind.String() })},
	"bare":              {"", "yes", holds(false, "Envelope")},
	"enveloped":         {"", "yes", holds(true, "<SOAP-ENV:Envelope")},
	"no-namespace":      {"", "yes", holds(false, messages.NamespaceIXRetail)},

	"delay-after":     {"1m", "yes", says("20.00", func(a *messages.Answer) string { return a.Amount.String() })},
	"reset-after":     {"", "no", lost},
	"silence-after":   {"", "no", lost},
	"truncated":       {"", "no", lost},
	"negative-amount": {"", "altered", holds(true, "<Amount>-20.00</Amount></SVAAmount>")},
	"content-type":    {"application/json", "yes", status(200, "application/json")},
	"garbage": {"", "no", func(t *testing.T, r reply, a *messages.Answer) {
		if r.err != nil || r.status != 200 || a != nil {
			t.Errorf("%v, status %d, readable %t", r.err, r.status, a != nil)
		}
	}},
	"html-502-booked":   {"", "no", status(502, htmlType)},
	"html-200-booked":   {"", "no", status(200, htmlType)},
	"empty-500-booked":  {"", "no", status(500, "")},
	"soap-fault-booked": {"", "no", status(500, xmlType)},
	"status-booked":     {"504", "no", status(504, "")},
	"oversize": {"", "yes", func(t *testing.T, r reply, _ *messages.Answer) {
		if r.err != nil || len(r.body) < 2<<20 {
			t.Errorf("%v, %d bytes", r.err, len(r.body))
		}
	}},
	"doubled-body": {"", "yes", func(t *testing.T, r reply, a *messages.Answer) {
		if half := len(r.body) / 2; r.err != nil || half == 0 || !bytes.Equal(r.body[:half], r.body[half:]) || a != nil {
			t.Errorf("%v, %d bytes, readable %t", r.err, len(r.body), a != nil)
		}
	}},
	"dribble":   {"1s", "yes", says("20.00", func(a *messages.Answer) string { return a.Amount.String() })},
	"duplicate": {"", "yes", says("20.00", func(a *messages.Answer) string { return a.Amount.String() })},
}

func TestFaults(t *testing.T) {
	t.Parallel()
	table := simulator.FaultTable()
	if len(table) != len(faultTests) {
		t.Errorf("%d faults, %d tests", len(table), len(faultTests))
	}
	for _, row := range table {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			test, known := faultTests[row.Name]
			if !known || row.Help == "" {
				t.Fatal("no test or no help")
			}
			name := row.Name
			if test.argument != "" {
				name += ":" + test.argument
			}
			// Delays pass at once; only silence has no end, and the caller gives up when it has begun.
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			s := bench(t, func(c *simulator.Config) {
				c.Switches.Enveloped = row.Name == "bare"
				c.Wait = func(ctx context.Context, _ time.Duration) error {
					if strings.HasPrefix(row.Name, "silence") {
						giveUp()
						<-ctx.Done()
					}
					return ctx.Err()
				}
			})
			approve(t, s, ask{kind: messages.Return, card: cardB, amount: "3.00"}) // 1001
			r := rule(t, name)
			r.Kind, r.Count, r.Card = messages.Preauthorization, 1, secret.New(cardA)
			add(t, s, r)

			got := over(ctx, t, serve(t, s), ask{kind: messages.Preauthorization, card: cardA, amount: "20.00"}.body(t))
			var answer *messages.Answer
			if a := new(messages.Answer); got.err == nil && messages.ReadAnswer(got.body, a) == nil {
				answer = a
			}
			test.sees(t, got, answer)

			e := last(t, s)
			want := int64(250_00)
			if row.Booked {
				want = 230_00
			}
			if row.Name == "partial" {
				want = 240_00
			}
			available(t, s, cardA, want)
			if e.Booked != row.Booked || e.Answered != test.answered || e.Fault != name || e.Kind != messages.Preauthorization || e.RTPTransactionID != "8801" {
				t.Errorf("entry: booked %t, answered %q, fault %q, %v of %q; want %t, %q, %q", e.Booked, e.Answered, e.Fault, e.Kind, e.RTPTransactionID, row.Booked, test.answered, name)
			}
			if left := s.Faults(); len(left) != 0 {
				t.Errorf("%d rules are left", len(left))
			}
			if a := approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "1.00"}); a.Amount.String() != "1.00" {
				t.Errorf("afterwards: %s", a.Amount)
			}
		})
	}
}

// A caller that has gone does not keep a delayed message from being booked.
func TestLateBooking(t *testing.T) {
	t.Parallel()
	begun, release := make(chan time.Duration), make(chan struct{})
	s := bench(t, func(c *simulator.Config) {
		c.Wait = func(_ context.Context, d time.Duration) error {
			begun <- d
			<-release
			return nil
		}
	})
	handled := make(chan struct{})
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(handled)
		s.ServeHTTP(w, r)
	}))
	add(t, s, rule(t, "delay-before:30s"))
	ctx, giveUp := context.WithCancel(t.Context())
	gone := make(chan reply)
	go func() { gone <- over(ctx, t, url, ask{kind: messages.Recharge, card: cardA, amount: "20.00"}.body(t)) }()
	if d := <-begun; d != 30*time.Second {
		t.Errorf("delay of %v", d)
	}
	giveUp()
	if r := <-gone; r.err == nil {
		t.Error("the caller got an answer")
	}
	available(t, s, cardA, 250_00)
	close(release)
	<-handled
	available(t, s, cardA, 270_00)
}

// Close ends silence, so that a server can stop.
func TestCloseEndsSilence(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	s := bench(t, func(c *simulator.Config) {
		c.Wait = func(ctx context.Context, _ time.Duration) error {
			close(begun)
			<-ctx.Done()
			return ctx.Err()
		}
	})
	url := serve(t, s)
	add(t, s, rule(t, "silence-before"))
	got := make(chan reply)
	go func() { got <- over(t.Context(), t, url, ask{kind: messages.Inquiry, card: cardA}.body(t)) }()
	<-begun
	s.Close()
	if r := <-got; r.err == nil {
		t.Error("the caller got an answer")
	}
}

// The second copy of a duplicated answer follows the first on the wire.
func TestDuplicateOnTheWire(t *testing.T) {
	t.Parallel()
	s := bench(t)
	add(t, s, rule(t, "duplicate"))
	text := exchangeRaw(t, s, ask{kind: messages.Inquiry, card: cardA}.body(t))
	if n := strings.Count(text, "HTTP/1.1 200 OK\r\n"); n != 2 {
		t.Errorf("%d answers on the wire", n)
	}
	if half := len(text) / 2; text[:half] != text[half:] {
		t.Error("the two answers differ")
	}
}

// Refusing needs nothing of the request: it happens before the body is sent.
func TestRefuseUnread(t *testing.T) {
	t.Parallel()
	s := bench(t)
	add(t, s, rule(t, "refuse"))
	conn := dial(t, s)
	if _, err := io.WriteString(conn, "POST /relateui/OMS/xmlapi HTTP/1.1\r\nHost: sim\r\nContent-Length: 500\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(conn); err == nil || len(text) != 0 {
		t.Errorf("%d bytes came, %v; want a reset", len(text), err)
	}
	if e := last(t, s); e.Booked || e.ID != 0 || e.Note == "" {
		t.Errorf("entry %+v", e)
	}
}

func dial(t *testing.T, s http.Handler) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(serve(t, s), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func exchangeRaw(t *testing.T, s http.Handler, body []byte) string {
	t.Helper()
	conn := dial(t, s)
	r, err := http.NewRequest(http.MethodPost, "http://sim/relateui/OMS/xmlapi", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(conn); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Over TLS and HTTP/2 a cut is seen as one too, and the booking stands.
func TestResetOverTLS(t *testing.T) {
	t.Parallel()
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		for _, fault := range []string{"reset-after", "truncated"} {
			t.Run(name+" "+fault, func(t *testing.T) {
				s := bench(t)
				add(t, s, rule(t, fault))
				server := httptest.NewUnstartedServer(s)
				server.EnableHTTP2 = http2
				server.StartTLS()
				t.Cleanup(server.Close)
				body := ask{kind: messages.Return, card: cardA, amount: "1.00"}.body(t)
				resp, err := server.Client().Post(server.URL+"/relateui/OMS/xmlapi", "text/xml", bytes.NewReader(body))
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					resp.Body.Close()
				}
				if err == nil {
					t.Error("a whole answer came")
				}
				available(t, s, cardA, 251_00)
			})
		}
	}
}

func TestPreviousAnswerOfNone(t *testing.T) {
	t.Parallel()
	s := bench(t)
	add(t, s, rule(t, "previous-answer"))
	if a := say(t, s, ask{kind: messages.Return, card: cardA, amount: "1.00"}); a.Kind != messages.Inquiry {
		t.Errorf("answer of %v", a.Kind)
	}
}

func TestWrongMessageForInquiry(t *testing.T) {
	t.Parallel()
	s := bench(t)
	add(t, s, rule(t, "wrong-message"))
	if a := say(t, s, ask{kind: messages.Inquiry, card: cardA}); a.Kind != messages.Return {
		t.Errorf("answer of %v", a.Kind)
	}
}

func TestOtherCurrencyThanEuro(t *testing.T) {
	t.Parallel()
	s := bench(t, func(c *simulator.Config) { c.Cards[0].Currency = "EUR" })
	add(t, s, rule(t, "other-currency"))
	if a := say(t, s, ask{kind: messages.Inquiry, card: cardA}); a.CurrencyID != "USD" || a.BalanceCurrency != "USD" {
		t.Errorf("currency %s %s", a.CurrencyID, a.BalanceCurrency)
	}
}

func TestPartialOfTooLittle(t *testing.T) {
	t.Parallel()
	s := bench(t)
	add(t, s, rule(t, "partial"))
	if a := approve(t, s, ask{kind: messages.Preauthorization, card: cardB, amount: "100.00"}); a.Amount.String() != "75.50" {
		t.Errorf("amount %s", a.Amount)
	}
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	for _, row := range simulator.FaultTable() {
		text := row.Name
		if row.Argument != "" {
			text += ":" + faultTests[row.Name].argument
		}
		f, err := simulator.ParseFault(text)
		if err != nil || f.String() != text {
			t.Errorf("%s: %v, %v", text, f, err)
		}
		var again simulator.Fault
		if b, _ := f.MarshalText(); again.UnmarshalText(b) != nil || again.String() != text {
			t.Errorf("%s: text form %q", text, b)
		}
	}
	for text, want := range map[string]error{
		"": simulator.ErrFaultUnknown, "Reset-after": simulator.ErrFaultUnknown, "reset after": simulator.ErrFaultUnknown, "reset": simulator.ErrFaultUnknown,
		"reset-after:": simulator.ErrFaultArg, "reset-after:1s": simulator.ErrFaultArg, "delay-before": simulator.ErrFaultArg, "delay-before:": simulator.ErrFaultArg,
		"delay-before:5": simulator.ErrFaultArg, "delay-before:-5s": simulator.ErrFaultArg, "delay-after:3h": simulator.ErrFaultArg, "error-code": simulator.ErrFaultArg,
		"error-code:": simulator.ErrFaultArg, "error-code:<x>": simulator.ErrFaultArg, "error-code:a b": simulator.ErrFaultArg, "status:200": simulator.ErrFaultArg,
		"status:304": simulator.ErrFaultArg, "status:600": simulator.ErrFaultArg, "status:x": simulator.ErrFaultArg, "content-type:x": simulator.ErrFaultArg,
		"content-type:a/b\r\nx: y": simulator.ErrFaultArg,
	} {
		_, err := simulator.ParseFault(text)
		wantErr(t, err, want)
	}
	var f simulator.Fault
	wantErr(t, f.UnmarshalText([]byte("nothing")), simulator.ErrFaultUnknown)
	if f.String() != "" {
		t.Errorf("zero fault: %q", f.String())
	}
}

func TestRuleMatching(t *testing.T) {
	t.Parallel()
	auth := func(card string) ask { return ask{kind: messages.Preauthorization, card: card, amount: "1.00"} }
	inquiry := ask{kind: messages.Inquiry, card: cardA}
	for name, c := range map[string]struct {
		change    func(*simulator.FaultRule)
		hit, miss []ask
	}{
		"everything": {func(*simulator.FaultRule) {}, []ask{auth(cardA), auth(cardB), inquiry}, nil},
		"message":    {func(r *simulator.FaultRule) { r.Kind = messages.Inquiry }, []ask{inquiry}, []ask{auth(cardA)}},
		"card":       {func(r *simulator.FaultRule) { r.Card = secret.New(cardA) }, []ask{auth(cardA)}, []ask{auth(cardB), auth("6006490000000017")}},
		"last four":  {func(r *simulator.FaultRule) { r.LastFour = "0017" }, []ask{auth(cardA), auth("6006490000000017")}, []ask{auth(cardB)}},
		"both":       {func(r *simulator.FaultRule) { r.LastFour, r.Kind = "0017", messages.Inquiry }, []ask{inquiry}, []ask{auth(cardA), {kind: messages.Inquiry, card: cardB}}},
		"count":      {func(r *simulator.FaultRule) { r.Count = 2 }, []ask{inquiry, inquiry}, []ask{inquiry}},
	} {
		t.Run(name, func(t *testing.T) {
			s := bench(t)
			r := rule(t, "error-code:HIT")
			c.change(&r)
			add(t, s, r)
			for _, a := range c.hit {
				if got := say(t, s, a).ErrorCode; got != "HIT" {
					t.Errorf("%v of %s: %q", a.kind, a.card[12:], got)
				}
			}
			for _, a := range c.miss {
				if got := say(t, s, a).ErrorCode; got == "HIT" {
					t.Errorf("%v of %s is struck", a.kind, a.card[12:])
				}
			}
		})
	}
}

func TestSeveralFaultsActInOrder(t *testing.T) {
	t.Parallel()
	s := bench(t)
	for _, f := range []string{"content-type:text/csv", "reason-code:3", "enveloped", "delay-before:1ms"} {
		add(t, s, rule(t, f))
	}
	got := over(t.Context(), t, serve(t, s), ask{kind: messages.Inquiry, card: cardA}.body(t))
	if got.header.Get("Content-Type") != "text/csv" || !bytes.Contains(got.body, []byte("Envelope")) || !bytes.Contains(got.body, []byte("<Code>3<")) {
		t.Errorf("%q %s", got.header.Get("Content-Type"), got.body)
	}
	if e := last(t, s); e.Fault != "delay-before:1ms + reason-code:3 + enveloped + content-type:text/csv" {
		t.Errorf("faults %q", e.Fault)
	}
}

// The same seed strikes the same messages, and about as many as the probability says.
func TestProbability(t *testing.T) {
	t.Parallel()
	const seed, times = 20240305, 400
	run := func(seed uint64) (pattern string) {
		s := bench(t, func(c *simulator.Config) { c.Seed = seed })
		r := rule(t, "error-code:HIT")
		r.Probability = 0.25
		add(t, s, r)
		for range times {
			if say(t, s, ask{kind: messages.Inquiry, card: cardA}).ErrorCode == "HIT" {
				pattern += "x"
			} else {
				pattern += "."
			}
		}
		return pattern
	}
	first := run(seed)
	if n := strings.Count(first, "x"); n < times/8 || n > times/2 {
		t.Errorf("seed %d: %d of %d struck", seed, n, times)
	}
	if run(seed) != first {
		t.Errorf("seed %d: two runs differ", seed)
	}
	if run(seed+1) == first {
		t.Errorf("seeds %d and %d agree", seed, seed+1)
	}
}

func TestBadRules(t *testing.T) {
	t.Parallel()
	s := bench(t)
	good := rule(t, "reset-after")
	for name, change := range map[string]func(*simulator.FaultRule){
		"no fault":        func(r *simulator.FaultRule) { r.Fault = simulator.Fault{} },
		"no such message": func(r *simulator.FaultRule) { r.Kind = 99 },
		"negative count":  func(r *simulator.FaultRule) { r.Count = -1 },
		"too probable":    func(r *simulator.FaultRule) { r.Probability = 1.5 },
		"improbable":      func(r *simulator.FaultRule) { r.Probability = -0.1 },
		"three digits":    func(r *simulator.FaultRule) { r.LastFour = "017" },
		"four letters":    func(r *simulator.FaultRule) { r.LastFour = "001x" },
		"short card":      func(r *simulator.FaultRule) { r.Card = secret.New("0017") },
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			change(&bad)
			_, err := s.AddFault(bad)
			wantErr(t, err, simulator.ErrRule)
		})
	}
	if n := len(s.Faults()); n != 0 {
		t.Errorf("%d rules", n)
	}
	id := add(t, s, good)
	if s.RemoveFault(id+1) || !s.RemoveFault(id) || s.RemoveFault(id) {
		t.Error("removing rules")
	}
}
