package peer_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hooklift/gowsdl/soap"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
	"github.com/svcgate/svcgate/soap/peer"
)

const (
	active = "6006491234560017"
	fresh  = "6006491234560025"
)

func text(s string) *peer.RequestText { return new(peer.RequestText(s)) }

func instrument(card string) *peer.RequestedInstrument {
	return &peer.RequestedInstrument{InstrumentID: text(""), AuthenticationData: text(""), CardNumber: text(card), CardSwiped: new(peer.SwipedFlagFalse)}
}

func transaction(amount string) *peer.RequestedTransaction {
	return &peer.RequestedTransaction{
		RTPTransactionID: text("70155"), OperatorID: text("OMS"), LocationID: text(""),
		TransactionDateTime: new(peer.RequestDateTime("2031-04-05T06:07:08")), BusinessDate: new(peer.RequestDate("2031-04-05")),
		RTPAmount: &peer.RequestedAmount{CurrencyID: text("USD"), Amount: new(peer.RequestAmount(amount))},
	}
}

func process(action peer.ActionName, data peer.RequestData) *peer.ProcessXML {
	return &peer.ProcessXML{ARTSAction: &action, ARTSData: &data}
}

func amountRequest(card, amount, comment string) *peer.AmountRequest {
	return &peer.AmountRequest{UserID: text("OMS"), Instrument: instrument(card), RTPTransaction: transaction(amount), Comments: text(comment)}
}

func referringRequest(card, amount, earlier, comment string) *peer.ReferringRequest {
	return &peer.ReferringRequest{UserID: text("OMS"), Instrument: instrument(card), RTPTransaction: transaction(amount),
		SVATransaction: &peer.EarlierTransaction{SVATransactionID: text(earlier)}, Comments: text(comment)}
}

// provider is a simulator with one active card that holds 100.00, one new card and one series.
func provider(t *testing.T, switches simulator.Switches) (*simulator.Simulator, string) {
	t.Helper()
	sim, err := simulator.New(simulator.Config{
		Seed:     1,
		Now:      func() time.Time { return time.Date(2031, 4, 5, 10, 0, 0, 0, time.UTC) },
		Switches: switches,
		Cards: []simulator.CardSpec{
			{Number: secret.New(active), Balance: 10000},
			{Number: secret.New(fresh), Card: simulator.StandingNew},
		},
		Series:   []simulator.SeriesSpec{{Prefix: "60064", Sequence: "02", Cards: 10}},
		Username: "oms", Password: secret.New("pw"),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	t.Cleanup(sim.Close)
	return sim, server.URL + "/relateui/OMS/xmlapi"
}

// credentials adds HTTP Basic to every request.
type credentials struct{}

func (credentials) RoundTrip(r *http.Request) (*http.Response, error) {
	r.SetBasicAuth("oms", "pw")
	return http.DefaultTransport.RoundTrip(r)
}

// All eight messages, spoken by code that knows nothing of package messages, in every form of answer.
func TestThePeerSpeaksAllEightMessages(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]simulator.Switches{
		"bare":                    {},
		"bare, no namespace":      {NoNamespace: true},
		"enveloped":               {Enveloped: true},
		"enveloped, no namespace": {Enveloped: true, NoNamespace: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, url := provider(t, switches)
			speakAll(t, peer.New(url, credentials{}))

			seen := map[messages.Kind]bool{}
			for _, e := range sim.Ledger() {
				if !e.Booked {
					t.Errorf("%v was not booked: %s %s", e.Kind, e.ErrorCode, e.Note)
				}
				seen[e.Kind] = true
			}
			for _, kind := range messages.Kinds() {
				if !seen[kind] {
					t.Errorf("the provider never saw %v", kind)
				}
			}
			if minor, currency, err := sim.Balance(secret.New(active)); err != nil || minor != 12500 || currency != "USD" {
				t.Errorf("the card holds %d %s (%v), want 12500 USD", minor, currency, err)
			}
		})
	}
}

func speakAll(t *testing.T, c peer.StoredValue) {
	t.Helper()
	generated, err := c.GenerateCard(process(peer.ActionNameGenerateCard, peer.RequestData{CardSeriesMaintenance: &peer.GenerateCardRequest{
		CardSeries: &peer.RequestedSeries{UserName: text("OMS"), CardPrefix: text("60064"), CardSeriesSequence: text("02"), Action: new(peer.SeriesActionGenerateCard)}}}))
	if err != nil {
		t.Fatal(err)
	}
	if s := generated.CardSeries; s == nil || *s.ResponseCode != "OK" || s.Instrument == nil || len(*s.Instrument.CardNumber) != 16 {
		t.Fatalf("generated %+v", s)
	}

	activated, err := c.ActivateInstrumentRequest(process(peer.ActionNameActivateInstrumentRequest, peer.RequestData{ActivateInstrumentRequest: amountRequest(fresh, "20.00", "Activation Request")}))
	check(t, err, activated, func() *peer.StoredValueAnswer { return activated.StoredValueAnswer }, "2", "20.00", "20.00")

	recharged, err := c.RechargeRequest(process(peer.ActionNameRechargeRequest, peer.RequestData{RechargeRequest: amountRequest(active, "50.00", "Recharge Request")}))
	check(t, err, recharged, func() *peer.StoredValueAnswer { return recharged.StoredValueAnswer }, "8", "50.00", "150.00")

	inquired, err := c.InquiryRequest(process(peer.ActionNameInquiryRequest, peer.RequestData{InquiryRequest: &peer.CardRequest{
		UserID: text("OMS"), Instrument: instrument(active), Comments: text("Inquiry Request")}}))
	check(t, err, inquired, func() *peer.StoredValueAnswer { return inquired.StoredValueAnswer }, "16", "0.00", "150.00")

	held, err := c.PreauthorizationRequest(process(peer.ActionNamePreauthorizationRequest, peer.RequestData{PreauthorizationRequest: amountRequest(active, "30.00", "Preauthorization Request")}))
	hold := check(t, err, held, func() *peer.StoredValueAnswer { return held.StoredValueAnswer }, "24", "30.00", "120.00")

	taken, err := c.PostauthorizationRequest(process(peer.ActionNamePostauthorizationRequest, peer.RequestData{PostauthorizationRequest: referringRequest(active, "30.00", hold, "Postauthorization Request")}))
	check(t, err, taken, func() *peer.StoredValueAnswer { return taken.StoredValueAnswer }, "26", "30.00", "120.00")
	if s := taken.SVATransaction; string(*s.PreAuthSVATransactionID) != hold || *s.PreAuthSVAAmount.PreAuthAmount != "0.00" {
		t.Errorf("the answer names hold %s with %s left, want %s and 0.00", *s.PreAuthSVATransactionID, *s.PreAuthSVAAmount.PreAuthAmount, hold)
	}

	returned, err := c.ReturnRequest(process(peer.ActionNameReturnRequest, peer.RequestData{ReturnRequest: referringRequest(active, "5.00", "", "Return Request")}))
	check(t, err, returned, func() *peer.StoredValueAnswer { return returned.StoredValueAnswer }, "18", "5.00", "125.00")

	again, err := c.PreauthorizationRequest(process(peer.ActionNamePreauthorizationRequest, peer.RequestData{PreauthorizationRequest: amountRequest(active, "10.00", "Preauthorization Request")}))
	hold = check(t, err, again, func() *peer.StoredValueAnswer { return again.StoredValueAnswer }, "24", "10.00", "115.00")
	voided, err := c.VoidRequest(process(peer.ActionNameVoidRequest, peer.RequestData{VoidRequest: referringRequest(active, "10.00", hold, "Void Request")}))
	check(t, err, voided, func() *peer.StoredValueAnswer { return voided.StoredValueAnswer }, "22", "10.00", "125.00")
}

// check compares reason code, amount and balance, and returns the transaction id.
func check(t *testing.T, err error, answer any, get func() *peer.StoredValueAnswer, reason, amount, balance string) string {
	t.Helper()
	if err != nil {
		t.Fatalf("%T: %v", answer, err)
	}
	a := get()
	if a == nil || a.SVATransaction == nil || a.AccountState == nil || a.ErrorCode != nil {
		t.Fatalf("%T: %+v", answer, a)
	}
	got := fmt.Sprint(*a.SVATransaction.Reason.Code, " ", *a.SVATransaction.SVAAmount.Amount, " ", *a.AccountState.Balance.Amount)
	if want := fmt.Sprint(reason, " ", amount, " ", balance); got != want {
		t.Errorf("%T: got %s, want %s", answer, got, want)
	}
	return string(*a.SVATransaction.SVATransactionID)
}

func inquiry(card string) *peer.ProcessXML {
	return process(peer.ActionNameInquiryRequest, peer.RequestData{InquiryRequest: &peer.CardRequest{
		UserID: text("OMS"), Instrument: instrument(card), Comments: text("Inquiry Request")}})
}

func TestRefusalIsAnAnswer(t *testing.T) {
	t.Parallel()
	_, url := provider(t, simulator.Switches{})
	a, err := peer.New(url, credentials{}).InquiryRequest(inquiry("6006491234569999"))
	if err != nil {
		t.Fatal(err)
	}
	if a.StoredValueAnswer == nil || a.ErrorCode == nil || *a.ErrorCode == "" {
		t.Errorf("got %+v, want an error code", a.StoredValueAnswer)
	}
}

func TestWithoutCredentials(t *testing.T) {
	t.Parallel()
	sim, url := provider(t, simulator.Switches{})
	_, err := peer.New(url, nil).InquiryRequest(inquiry(active))
	if e, ok := errors.AsType[*peer.StatusError](err); !ok || e.Status != http.StatusUnauthorized {
		t.Errorf("got %v, want status 401", err)
	}
	for _, e := range sim.Ledger() {
		if e.Booked {
			t.Error("booked all the same")
		}
	}
}

// canned answers without a network.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

func TestAnswersThatTheGeneratedClientCannotTake(t *testing.T) {
	t.Parallel()
	const envelope = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">`
	for name, test := range map[string]struct {
		canned
		want func(error) bool
	}{
		"attachments": {canned{200, envelope + `<e:Body><InquiryResponse/></e:Body><attachments/></e:Envelope>`}, func(err error) bool { return err == nil }},
		"fault with 500": {canned{500, envelope + `<e:Body><e:Fault><faultcode>e:Server</faultcode><faultstring>no</faultstring></e:Fault></e:Body></e:Envelope>`},
			func(err error) bool { f, ok := errors.AsType[*soap.SOAPFault](err); return ok && f.Code == "e:Server" }},
		"page with 500":  {canned{500, "<html>" + active + "</html>"}, isStatus},
		"text with 503":  {canned{503, active}, isStatus},
		"empty with 502": {canned{502, ""}, isStatus},
		"text with 200":  {canned{200, "hello " + active}, func(err error) bool { return errors.Is(err, peer.ErrNotXML) }},
		"empty with 200": {canned{200, ""}, func(err error) bool { return errors.Is(err, peer.ErrNotXML) }},
		"empty body":     {canned{200, envelope + `<e:Body/></e:Envelope>`}, func(err error) bool { return errors.Is(err, peer.ErrNotXML) }},
		"two roots":      {canned{200, `<InquiryResponse/><InquiryResponse/>`}, func(err error) bool { return errors.Is(err, peer.ErrNotXML) }},
		"3 MiB":          {canned{200, `<InquiryResponse>` + strings.Repeat(" ", 3<<20) + `</InquiryResponse>`}, func(err error) bool { return errors.Is(err, peer.ErrTooLarge) }},
		"other answer":   {canned{200, `<VoidResponse/>`}, func(err error) bool { return err != nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := peer.New("http://provider.invalid/", test.canned).InquiryRequest(inquiry(active))
			if !test.want(err) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(fmt.Sprint(err), active) {
				t.Error("the error quotes the answer")
			}
		})
	}
}

func isStatus(err error) bool {
	_, ok := errors.AsType[*peer.StatusError](err)
	return ok
}

func TestGeneratedFileIsCurrent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, err := exec.Command("go", "tool", "gowsdl", "-d", dir, "-p", "peer", "-o", "service.go", "../wsdl/service.wsdl").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	made, err := os.ReadFile(filepath.Join(dir, "peer", "service.go"))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("service.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, kept) {
		t.Error("service.go is not what soap/wsdl says: run go generate ./soap/peer")
	}
}
