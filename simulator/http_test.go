package simulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
)

// call asks a control route from this machine.
func call(t testing.TB, s http.Handler, method, target, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RemoteAddr, r.Host = "127.0.0.1:40000", "127.0.0.1:8091"
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func wantStatus(t testing.TB, w *httptest.ResponseRecorder, want int) {
	t.Helper()
	if w.Code != want {
		t.Errorf("status %d, want %d: %s", w.Code, want, w.Body)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	s := bench(t, func(c *simulator.Config) { c.Username, c.Password = "oms", secret.New("pass:word") })
	url := serve(t, s)
	body := ask{kind: messages.Recharge, card: cardA, amount: "1.00"}.body(t)
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"right":          {func(r *http.Request) { r.SetBasicAuth("oms", "pass:word") }, 200},
		"none":           {func(*http.Request) {}, 401},
		"wrong password": {func(r *http.Request) { r.SetBasicAuth("oms", "password") }, 401},
		"no password":    {func(r *http.Request) { r.SetBasicAuth("oms", "") }, 401},
		"wrong user":     {func(r *http.Request) { r.SetBasicAuth("OMS", "pass:word") }, 401},
		"bearer":         {func(r *http.Request) { r.Header.Set("Authorization", "Bearer oms:pass:word") }, 401},
	} {
		t.Run(name, func(t *testing.T) {
			got := over(t.Context(), t, url, body, c.change)
			if got.err != nil || got.status != c.want || (got.header.Get("WWW-Authenticate") != "") != (c.want == 401) {
				t.Errorf("%v, status %d, %q", got.err, got.status, got.header.Get("WWW-Authenticate"))
			}
		})
	}
	available(t, s, cardA, 251_00)
	if _, err := simulator.New(simulator.Config{Password: secret.New("x")}); err == nil {
		t.Error("a password without a user is taken")
	}
}

func TestAnyContentType(t *testing.T) {
	t.Parallel()
	s := bench(t)
	url := serve(t, s)
	body := ask{kind: messages.Inquiry, card: cardA}.body(t)
	for _, ct := range []string{"", "text/xml", "application/soap+xml", "text/plain", "nonsense"} {
		if got := over(t.Context(), t, url, body, func(r *http.Request) { r.Header.Set("Content-Type", ct) }); got.status != 200 {
			t.Errorf("%q: status %d, %v", ct, got.status, got.err)
		}
	}
}

// What is no message is refused with a SOAP fault, books nothing and stands in the ledger.
func TestNotUnderstood(t *testing.T) {
	t.Parallel()
	s := bench(t)
	url := serve(t, s)
	good := string(ask{kind: messages.Recharge, card: cardA, amount: "1.00"}.body(t))
	for name, body := range map[string]string{
		"nothing":      "",
		"text":         "hello",
		"half":         good[:len(good)/2],
		"JSON":         `{"card":"6006491234560017"}`,
		"doctype":      `<!DOCTYPE x [<!ENTITY y "z">]>` + good,
		"an answer":    `<RechargeResponse xmlns="http://www.nrf-arts.org/IXRetail/namespace/"/>`,
		"no such":      strings.ReplaceAll(good, "RechargeRequest", "RedeemRequest"),
		"no amount":    strings.Replace(good, "<Amount>1.00</Amount>", "", 1),
		"bad amount":   strings.Replace(good, "1.00", "1,00", 1),
		"negative":     strings.Replace(good, "1.00", "-1.00", 1),
		"two amounts":  strings.Replace(good, "<Amount>1.00</Amount>", "<Amount>1.00</Amount><Amount>2.00</Amount>", 1),
		"no card":      strings.Replace(good, cardA, "", 1),
		"hidden frame": strings.Replace(good, "<dtv:ARTSAction>RechargeRequest<", "<!--ARTSAction>RechargeRequest</--><dtv:ARTSAction>ReturnRequest<", 1),
		"wrong frame":  strings.Replace(good, "ARTSAction>RechargeRequest<", "ARTSAction>ReturnRequest<", 1),
	} {
		t.Run(name, func(t *testing.T) {
			before := len(s.Ledger())
			got := over(t.Context(), t, url, []byte(body))
			if got.err != nil || got.status != 500 || got.header.Get("Content-Type") != xmlType || !bytes.Contains(got.body, []byte("<faultcode>SOAP-ENV:Client<")) {
				t.Errorf("%v, status %d, %s", got.err, got.status, got.body)
			}
			if bytes.Contains(got.body, []byte(cardA)) {
				t.Error("the fault quotes the request")
			}
			if entries := s.Ledger(); len(entries) != before+1 || entries[before].ID != 0 || entries[before].Booked || entries[before].Note == "" {
				t.Errorf("ledger: %+v", entries[before:])
			}
		})
	}
	available(t, s, cardA, 250_00)
}

func TestActions(t *testing.T) {
	t.Parallel()
	s := bench(t)
	url := serve(t, s)
	body := ask{kind: messages.Inquiry, card: cardA}.body(t)
	for header, want := range map[string]int{
		"": 200, `""`: 200, `"InquiryRequest"`: 200, "InquiryRequest": 200, `"urn:x#InquiryRequest"`: 200, `"http://x/ProcessXML"`: 200,
		`"VoidRequest"`: 500, "inquiryrequest": 500, `"Inquiry"`: 500, `"http://x/InquiryRequest/"`: 500,
	} {
		if got := over(t.Context(), t, url, body, func(r *http.Request) { r.Header.Set("SOAPAction", header) }); got.status != want {
			t.Errorf("SOAPAction %s: status %d, want %d", header, got.status, want)
		}
	}
	bare, err := messages.AppendRequest(nil, ask{kind: messages.Inquiry, card: cardA}.request(t), messages.Form{Bare: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := over(t.Context(), t, url, bare); got.status != 200 {
		t.Errorf("bare: status %d", got.status)
	}
	spaced := bytes.Replace(body, []byte("ARTSAction>InquiryRequest<"), []byte("ARTSAction>\n InquiryRequest <"), 1)
	if got := over(t.Context(), t, url, spaced); got.status != 200 {
		t.Errorf("spaces around the action: status %d", got.status)
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	s := bench(t)
	body := append(ask{kind: messages.Recharge, card: cardA, amount: "1.00"}.body(t), bytes.Repeat([]byte(" "), 1<<20)...)
	w := call(t, s, http.MethodPost, "/relateui/OMS/xmlapi", string(body))
	wantStatus(t, w, http.StatusRequestEntityTooLarge)
	available(t, s, cardA, 250_00)
	if e := last(t, s); e.Note == "" || e.Booked {
		t.Errorf("entry %+v", e)
	}
}

func TestRequestCutShort(t *testing.T) {
	t.Parallel()
	s := bench(t)
	r := httptest.NewRequest(http.MethodPost, "/relateui/OMS/xmlapi", io.MultiReader(strings.NewReader("<a>"), broken{}))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	wantStatus(t, w, http.StatusBadRequest)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestRoutes(t *testing.T) {
	t.Parallel()
	s := bench(t)
	for _, c := range []struct {
		method, target string
		want           int
	}{
		{"GET", "/", 200}, {"GET", "/ledger", 200}, {"GET", "/cards", 200}, {"GET", "/faults", 200}, {"GET", "/magic", 200}, {"GET", "/switches", 200},
		{"GET", "/nothing", 404}, {"GET", "/relateui/OMS", 404}, {"POST", "/relateui/xmlapi", 404}, {"POST", "/", 405}, {"DELETE", "/ledger", 405},
		{"GET", "/relateui/OMS/xmlapi", 405}, {"PUT", "/relateui/OMS/xmlapi", 405}, {"GET", "/ledger?after=x", 400}, {"GET", "/ledger?after=-1", 400},
	} {
		if w := call(t, s, c.method, c.target, ""); w.Code != c.want {
			t.Errorf("%s %s: status %d, want %d", c.method, c.target, w.Code, c.want)
		}
	}
	w := call(t, s, "GET", "/", "")
	for _, route := range []string{"/relateui/{org}/xmlapi", "/ledger", "/cards", "/faults", "/magic", "/switches", "/reset"} {
		if !strings.Contains(w.Body.String(), route) {
			t.Errorf("the index does not name %s", route)
		}
	}
}

func TestWSDL(t *testing.T) {
	t.Parallel()
	url := serve(t, bench(t))
	for target, want := range map[string]string{
		"?wsdl": `location="` + url + `/relateui/OMS/xmlapi"`, "?WSDL": "", "?xsd=head.xsd": "<xs:schema", "?xsd=answers.xsd": "<xs:schema",
		"?xsd=process.xsd": "<xs:schema", "?xsd=service.wsdl": "", "?xsd=../wsdl.go": "", "?xsd=nothing.xsd": "", "?xsd=": "",
	} {
		resp, err := http.Get(url + "/relateui/OMS/xmlapi" + target)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || (resp.StatusCode == 200) != (want != "") || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, status %d, %.80s", target, err, resp.StatusCode, text)
		}
	}
}

// Control routes answer this machine only, under its own name, and no page of another site.
func TestControlIsForThisMachine(t *testing.T) {
	t.Parallel()
	s := bench(t)
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"loopback":          {func(*http.Request) {}, 200},
		"IPv6":              {func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:4000", "[::1]:8091" }, 200},
		"localhost":         {func(r *http.Request) { r.Host = "localhost:8091" }, 200},
		"same origin":       {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }, 200},
		"another machine":   {func(r *http.Request) { r.RemoteAddr = "192.0.2.7:4000" }, 403},
		"no address":        {func(r *http.Request) { r.RemoteAddr = "" }, 403},
		"pipe":              {func(r *http.Request) { r.RemoteAddr = "@" }, 403},
		"rebound name":      {func(r *http.Request) { r.Host = "attacker.example:8091" }, 403},
		"name like a local": {func(r *http.Request) { r.Host = "127.0.0.1.attacker.example" }, 403},
		"cross site":        {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"other origin":      {func(r *http.Request) { r.Header.Set("Origin", "https://attacker.example") }, 403},
	} {
		t.Run(name, func(t *testing.T) {
			wantStatus(t, call(t, s, http.MethodPost, "/reset", "", c.change), c.want)
		})
	}
}

func TestCardsRoute(t *testing.T) {
	t.Parallel()
	s := bench(t)
	const fresh = "6006491234560777"
	w := call(t, s, "POST", "/cards", `{"number":"`+fresh+`","balance":"12.50","label":"mine","pin":"9","pin_rule":"always","serial":"6006401001000777"}`)
	wantStatus(t, w, 200)
	rejects(t, s, ask{kind: messages.Preauthorization, card: fresh, amount: "1.00"}, simulator.CodePINRequired)
	approve(t, s, ask{kind: messages.Preauthorization, card: fresh, amount: "1.00", pin: "9"})
	wantStatus(t, call(t, s, "POST", "/cards", `{"number":"`+fresh+`","balance":"20.00","card":"inactive","label":"still mine"}`), 200)
	card, err := s.Card(secret.New(fresh))
	if err != nil || card.Available != 20_00 || card.Frozen != 1_00 || card.CardActive || !card.AccountActive || card.Label != "still mine" {
		t.Errorf("%v, %+v", err, card)
	}
	wantStatus(t, call(t, s, "POST", "/cards", `{"number":"`+fresh+`","balance":"0","card":"active","account":"inactive","expires":"2020-01-01T00:00:00Z"}`), 200)
	rejects(t, s, ask{kind: messages.Return, card: fresh, amount: "1.00", pin: "9"}, simulator.CodeCardExpired)
	wantStatus(t, call(t, s, "POST", "/cards", `{"number":"6006491234560778","currency":"JPY","balance":"700"}`), 200)
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"no JSON":         {`hello`, 400},
		"empty":           {``, 400},
		"two objects":     {`{"number":"6006491234569001"}{}`, 400},
		"unknown member":  {`{"number":"6006491234569001","ballance":"1.00"}`, 400},
		"a bare number":   {`{"number":6006491234569001}`, 400},
		"number balance":  {`{"number":"6006491234569001","balance":1.5}`, 400},
		"no number":       {`{}`, 422},
		"short number":    {`{"number":"6006"}`, 422},
		"bad balance":     {`{"number":"6006491234569001","balance":"1,00"}`, 422},
		"negative":        {`{"number":"6006491234569001","balance":"-1.00"}`, 422},
		"half a yen":      {`{"number":"6006491234569001","currency":"JPY","balance":"1.5"}`, 422},
		"currency":        {`{"number":"6006491234569001","currency":"XXX"}`, 422},
		"currency, money": {`{"number":"6006491234569001","currency":"XXX","balance":"1"}`, 422},
		"standing":        {`{"number":"6006491234569001","card":"lost"}`, 422},
		"PIN rule":        {`{"number":"6006491234569001","pin_rule":"always"}`, 422},
		"new again":       {`{"number":"` + cardA + `","card":"new"}`, 422},
		"new currency":    {`{"number":"` + cardA + `","currency":"EUR"}`, 409},
		"new PIN":         {`{"number":"` + cardA + `","pin":"1"}`, 409},
		"new serial":      {`{"number":"` + cardA + `","serial":"6006401001000001"}`, 409},
		"below zero":      {`{"number":"` + cardA + `","balance":"-0.01"}`, 422},
		"too much":        {`{"number":"` + cardA + `","balance":"99999999999999.00"}`, 422},
		"of a new card":   {`{"number":"` + newCard + `","balance":"1.00"}`, 422},
		"too long":        {`{"label":"` + strings.Repeat("x", 70_000) + `"}`, 400},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(s.Cards())
			w := call(t, s, "POST", "/cards", c.body)
			wantStatus(t, w, c.want)
			if strings.Contains(w.Body.String(), "6006491234") {
				t.Error("the refusal quotes a number")
			}
			if len(s.Cards()) != before {
				t.Error("a card was added")
			}
		})
	}
	available(t, s, cardA, 250_00)
}

func TestFaultsRoute(t *testing.T) {
	t.Parallel()
	s := bench(t)
	for _, body := range []string{
		`{"fault":"reset-after","message":"PreauthorizationRequest","card":"` + cardA + `","count":2}`,
		`{"fault":"error-code:X","message":"GenerateCard"}`,
		`{"fault":"delay-before:1s","message":"Void","last_four":"0017","probability":0.5}`,
	} {
		wantStatus(t, call(t, s, "POST", "/faults", body), 200)
	}
	var view struct {
		Rules []struct {
			ID                   int
			Fault, Message, Card string
			Left                 int
			Probability          float64
		}
		Faults []struct{ Fault, Help string }
	}
	w := call(t, s, "GET", "/faults", "")
	if err := json.Unmarshal(w.Body.Bytes(), &view); err != nil {
		t.Fatal(err)
	}
	if len(view.Rules) != 3 || len(view.Faults) != len(simulator.FaultTable()) || strings.Contains(w.Body.String(), cardA) {
		t.Errorf("view: %s", w.Body)
	}
	if r := view.Rules[0]; r.ID != 1 || r.Fault != "reset-after" || r.Message != "PreauthorizationRequest" || r.Card != "************0017" || r.Left != 2 {
		t.Errorf("rule %+v", r)
	}
	if r := view.Rules[2]; r.Card != "************0017" || r.Message != "VoidRequest" || r.Probability != 0.5 {
		t.Errorf("rule %+v", r)
	}
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"no fault":      {`{}`, 422},
		"unknown fault": {`{"fault":"explode"}`, 422},
		"message":       {`{"fault":"refuse","message":"Redeem"}`, 422},
		"message case":  {`{"fault":"refuse","message":"voidrequest"}`, 422},
		"card":          {`{"fault":"refuse","card":"0017"}`, 422},
		"count":         {`{"fault":"refuse","count":-1}`, 422},
		"member":        {`{"fault":"refuse","cards":"0017"}`, 400},
		"no JSON":       {`refuse`, 400},
	} {
		t.Run(name, func(t *testing.T) { wantStatus(t, call(t, s, "POST", "/faults", c.body), c.want) })
	}
	for target, want := range map[string]int{"?id=0": 400, "?id=x": 400, "?id=99": 404, "?id=2": 200} {
		wantStatus(t, call(t, s, "DELETE", "/faults"+target, ""), want)
	}
	if n := len(s.Faults()); n != 2 {
		t.Errorf("%d rules", n)
	}
	wantStatus(t, call(t, s, "DELETE", "/faults", ""), 200)
	if n := len(s.Faults()); n != 0 {
		t.Errorf("%d rules", n)
	}
}

// The ledger tells ids, holds and who was answered, and no card number.
func TestLedgerRoute(t *testing.T) {
	t.Parallel()
	s := bench(t)
	approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "11.00"})
	say(t, s, ask{kind: messages.Postauthorization, card: cardA, amount: "12.00", earlier: "1001"})
	generated := approve(t, s, ask{kind: messages.GenerateCard, earlier: "01"}).CardNumber.Reveal()
	say(t, s, ask{kind: messages.Inquiry, card: noCard})
	w := call(t, s, "GET", "/ledger", "")
	for _, number := range []string{cardA, cardB, newCard, noCard, generated} {
		if strings.Contains(w.Body.String(), number) {
			t.Errorf("the ledger shows %s", number[12:])
		}
	}
	var view struct {
		Corrupt string
		Dropped int
		Entries []map[string]any
		Cards   []map[string]any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &view); err != nil {
		t.Fatal(err)
	}
	if view.Corrupt != "" || len(view.Entries) != 4 || len(view.Cards) != 4 {
		t.Fatalf("ledger: %s", w.Body)
	}
	for i, want := range []map[string]any{
		{"seq": 1., "id": 1001., "message": "PreauthorizationRequest", "card": "************0017", "alias": "card-0001", "rtp_transaction_id": "8801",
			"booked": true, "amount": "11.00", "available": "239.00", "frozen": "11.00", "balance": "250.00", "hold_id": 1001., "hold_rest": "11.00", "answered": "yes"},
		{"id": 1002., "booked": false, "error_code": simulator.CodeAmountAboveHold, "earlier_id": "1001", "asked_for": "12.00", "alias": "card-0001", "answered": "yes"},
		{"id": 1003., "message": "GenerateCard", "booked": true, "alias": "card-0004"},
		{"id": 1004., "booked": false, "card": "************7777", "error_code": simulator.CodeCardNotFound, "alias": nil},
	} {
		for member, value := range want {
			if got := view.Entries[i][member]; got != value {
				t.Errorf("entry %d: %s is %v, want %v", i, member, got, value)
			}
		}
	}
	if got := view.Cards[0]; got["available"] != "239.00" || got["frozen"] != "11.00" || got["open_holds"] != 1. || got["status"] != "Active" {
		t.Errorf("card %v", got)
	}
	if w := call(t, s, "GET", "/ledger?after=3", ""); strings.Count(w.Body.String(), `"seq"`) != 1 {
		t.Errorf("after 3: %s", w.Body)
	}
}

func TestLedgerLimit(t *testing.T) {
	t.Parallel()
	s := bench(t, func(c *simulator.Config) { c.LedgerLimit = 8 })
	approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "1.00"})                   // 1001, stays open
	approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "1.00"})                   // 1002
	approve(t, s, ask{kind: messages.Postauthorization, card: cardA, amount: "1.00", earlier: "1002"}) // 1003
	for range 16 {
		approve(t, s, ask{kind: messages.Inquiry, card: cardA})
	}
	if entries := s.Ledger(); len(entries) < 8 || len(entries) > 9 || entries[len(entries)-1].Seq != 19 {
		t.Errorf("%d entries", len(entries))
	}
	rejects(t, s, ask{kind: messages.Void, card: cardA, amount: "1.00", earlier: "1002"}, simulator.CodeTransactionNotFound)
	approve(t, s, ask{kind: messages.Void, card: cardA, amount: "1.00", earlier: "1001"})
}

func TestReset(t *testing.T) {
	t.Parallel()
	s := bench(t)
	run := func() string {
		add(t, s, rule(t, "content-type:text/xml"))
		approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "11.00"})
		return approve(t, s, ask{kind: messages.GenerateCard, earlier: "01"}).CardNumber.Reveal() + raw(t, s)
	}
	first := run()
	wantStatus(t, call(t, s, "POST", "/reset", ""), 200)
	if len(s.Ledger()) != 0 || len(s.Faults()) != 0 {
		t.Error("something is left")
	}
	available(t, s, cardA, 250_00)
	if run() != first {
		t.Error("the second run differs from the first")
	}
}
