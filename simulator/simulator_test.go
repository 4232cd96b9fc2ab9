package simulator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
)

const (
	cardA   = "6006491234560017"
	cardB   = "6006491234560025"
	noCard  = "6006491234567777"
	newCard = "6006491234560041"
)

var noon = time.Date(2024, time.March, 5, 12, 0, 0, 0, time.FixedZone("-0400", -4*60*60))

// bench is a simulator with one active card of 250.00, one of 75.50 and one that is new.
func bench(t testing.TB, change ...func(*simulator.Config)) *simulator.Simulator {
	t.Helper()
	cfg := simulator.Config{
		Seed: 7,
		Now:  func() time.Time { return noon },
		Cards: []simulator.CardSpec{
			{Number: secret.New(cardA), Balance: 250_00},
			{Number: secret.New(cardB), Balance: 75_50},
			{Number: secret.New(newCard), Card: simulator.StandingNew},
		},
		Series: []simulator.SeriesSpec{{Prefix: "60064", Sequence: "01", Cards: 3, Batch: 2}},
	}
	for _, c := range change {
		c(&cfg)
	}
	s, err := simulator.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		if err := s.Err(); err != nil {
			t.Errorf("books: %v", err)
		}
	})
	return s
}

// failer is what a helper needs of a test; rapid's tests have it too.
type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// ask describes a request in one line; amount and earlier may be empty.
type ask struct {
	kind     messages.Kind
	card     string
	amount   string
	currency string
	earlier  string
	serial   string
	pin      string
	swiped   bool
}

func (a ask) request(t failer) messages.Request {
	t.Helper()
	i := messages.Instrument{
		InstrumentID: secret.New(a.serial), AuthenticationData: secret.New(a.pin), CardNumber: secret.New(a.card), CardSwiped: a.swiped,
	}
	amount := a.amount
	if amount == "" {
		amount = "0.00"
	}
	d, err := messages.ParseDecimal(amount)
	if err != nil {
		t.Fatal(err)
	}
	rtp := messages.RTPTransaction{
		RTPTransactionID: "8801", OperatorID: "OMS", TransactionDateTime: "2024-03-05T12:00:05", BusinessDate: "2024-03-05",
		CurrencyID: a.currency, Amount: d,
	}
	comment := a.kind.Comment()
	switch a.kind {
	case messages.GenerateCard:
		return &messages.GenerateCardRequest{UserName: "OMS", CardPrefix: "60064", CardSeriesSequence: a.earlier}
	case messages.ActivateInstrument:
		return &messages.ActivateInstrumentRequest{UserID: "OMS", Instrument: i, RTPTransaction: rtp, Comments: comment}
	case messages.Recharge:
		return &messages.RechargeRequest{UserID: "OMS", Instrument: i, RTPTransaction: rtp, Comments: comment}
	case messages.Inquiry:
		return &messages.InquiryRequest{UserID: "OMS", Instrument: i, Comments: comment}
	case messages.Preauthorization:
		return &messages.PreauthorizationRequest{UserID: "OMS", Instrument: i, RTPTransaction: rtp, Comments: comment}
	case messages.Postauthorization:
		return &messages.PostauthorizationRequest{UserID: "OMS", Instrument: i, RTPTransaction: rtp, SVATransactionID: a.earlier, Comments: comment}
	case messages.Return:
		return &messages.ReturnRequest{UserID: "OMS", Instrument: i, RTPTransaction: rtp, SVATransactionID: a.earlier, Comments: comment}
	case messages.Void:
		return &messages.VoidRequest{UserID: "OMS", Instrument: i, RTPTransaction: rtp, SVATransactionID: a.earlier, Comments: comment}
	}
	t.Fatalf("no request for %v", a.kind)
	return nil
}

func (a ask) body(t failer) []byte {
	t.Helper()
	body, err := messages.AppendRequest(nil, a.request(t), messages.Form{})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// say sends a message in process and wants an answer.
func say(t failer, s http.Handler, a ask) *messages.Answer {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/relateui/OMS/xmlapi", bytes.NewReader(a.body(t))))
	if w.Code != http.StatusOK {
		t.Fatalf("%v: status %d: %s", a.kind, w.Code, w.Body)
	}
	var answer messages.Answer
	if err := messages.ReadAnswer(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%v: reading the answer: %v\n%s", a.kind, err, messages.Mask(w.Body.Bytes()))
	}
	return &answer
}

// approve is say for a message that must take effect.
func approve(t testing.TB, s http.Handler, a ask) *messages.Answer {
	t.Helper()
	answer := say(t, s, a)
	if answer.ErrorCode != "" {
		t.Fatalf("%v: rejected with %s", a.kind, answer.ErrorCode)
	}
	return answer
}

// rejects is say for a message that must be rejected and change nothing.
func rejects(t testing.TB, s *simulator.Simulator, a ask, code string) {
	t.Helper()
	before := s.Cards()
	answer := say(t, s, a)
	if answer.ErrorCode != code || answer.ResponseCode != "Rejected" {
		t.Errorf("%v: code %q (%q), want %q", a.kind, answer.ErrorCode, answer.ResponseCode, code)
	}
	if after := s.Cards(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("%v: a rejected message changed the cards", a.kind)
	}
}

// available wants a balance in minor units.
func available(t testing.TB, s *simulator.Simulator, card string, want int64) {
	t.Helper()
	got, _, err := s.Balance(secret.New(card))
	if err != nil || got != want {
		t.Errorf("available on %s: %d, %v; want %d", card[12:], got, err, want)
	}
}

// reply is what a caller saw over the wire.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error
}

// over sends body over a connection of its own.
func over(ctx context.Context, t testing.TB, url string, body []byte, change ...func(*http.Request)) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/relateui/OMS/xmlapi", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	for _, c := range change {
		c(r)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, text, err}
}

func serve(t testing.TB, s http.Handler) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

func last(t testing.TB, s *simulator.Simulator) simulator.Entry {
	t.Helper()
	entries := s.Ledger()
	if len(entries) == 0 {
		t.Fatal("the ledger is empty")
	}
	return entries[len(entries)-1]
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}
