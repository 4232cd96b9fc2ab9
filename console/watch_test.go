package console_test

import (
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/console"
	"github.com/svcgate/svcgate/responsecodes"
)

const card = "6006491234560017"

// fillWatched adds a transaction on the desk of which everything is known, holds and codes, all with awkward texts.
func (s *site) fillWatched(amount svcgate.Money, at time.Time) {
	looks := []svcgate.Reading{{At: at, Balance: amount, Status: naughty}, {At: at.Add(time.Minute)}}
	s.transactions = append(s.transactions, &svcgate.Transaction{
		ID: "txn_desk", Caller: naughty, Key: "1234567890123456", Operation: svcgate.Authorize, Service: "RLT", Order: "1234567890123456", Sequence: 2, Last4: "0017", Kind: naughty,
		Authorization: "123456789012345", Requested: amount, Parent: naughty, State: svcgate.StateDesk, Outcome: svcgate.Unknown, Failure: naughty,
		Reply: svcgate.Reply{Source: svcgate.SourceErrorCode, Code: naughty, Description: naughty + card, Amount: amount, Balance: amount, HoldRest: amount,
			TransactionID: "123456789012345", AuthNumber: "0000009353000006", CardStatus: naughty},
		Vendor:  &svcgate.VendorResponse{Code: naughty, Description: naughty, Messages: []string{naughty}},
		Created: at, Finished: at, Baseline: svcgate.Reading{At: at, Balance: amount}, Readings: looks, Finding: &svcgate.Finding{Verdict: svcgate.CannotTell, Why: naughty},
		Plan: nil,
	})
	s.holds = []svcgate.Hold{{Authorization: "123456789012345", TransactionID: "txn_a", Order: naughty, Last4: "0017", Amount: amount, Captured: amount, Remaining: amount, Created: at}}
	s.unmapped = []responsecodes.Unmapped{{Operation: naughty, Code: naughty, Description: naughty + card, Count: 3, First: at, Last: at, Sample: "txn_a"}}
	s.answer = svcgate.Transaction{State: svcgate.StateFinal, Outcome: svcgate.Declined, Reply: svcgate.Reply{Code: naughty, Description: naughty + card}, Vendor: &svcgate.VendorResponse{Messages: []string{naughty}}}
}

func usd(t testing.TB, text string) svcgate.Money {
	t.Helper()
	m, err := svcgate.ParseMoney(text, "USD")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// onDesk puts a transaction on the desk.
func (s *site) onDesk(id string, op svcgate.Operation, at time.Time) *svcgate.Transaction {
	tx := &svcgate.Transaction{ID: id, Operation: op, Service: "RLT", Order: "W-" + id, Last4: "0017", Requested: usd(s.t, "11.07"), State: svcgate.StateDesk,
		Outcome: svcgate.Unknown, Created: at, Finding: &svcgate.Finding{Verdict: svcgate.CannotTell, Why: "The balance changed by another amount."}}
	s.transactions = append(s.transactions, tx)
	return tx
}

func search(q string) string { return "/console/transactions?" + url.Values{"q": {q}}.Encode() }

func TestSearch(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	s := newSite(t, func(c *console.Config) { c.Now = func() time.Time { return now } })
	b := s.signedIn(access.RoleViewer)
	for q, want := range map[string]svcgate.Filter{
		"":                             {},
		"order:W-1":                    {Order: "W-1"},
		`order:"W 1" service:RLT`:      {Order: "W 1", Service: "RLT"},
		"card:0017 op:authorize":       {Last4: "0017", Operation: svcgate.Authorize},
		"last4:0017 operation:void":    {Last4: "0017", Operation: svcgate.Void},
		"outcome:declined":             {Outcome: svcgate.Declined},
		"declined authorize":           {Outcome: svcgate.Declined, Operation: svcgate.Authorize},
		"desk":                         {State: svcgate.StateDesk},
		"code:24 source:reason_code":   {Code: "24", Source: svcgate.SourceReasonCode},
		"key:try-1":                    {Key: "try-1"},
		"since:1h":                     {From: now.Add(-time.Hour)},
		"from:7d until:24h":            {From: now.Add(-7 * 24 * time.Hour), To: now.Add(-24 * time.Hour)},
		"since:today":                  {From: time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)},
		"since:2026-03-01T09:30":       {From: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)},
		"to:2026-03-01T09:30:00-04:00": {To: time.Date(2026, 3, 1, 13, 30, 0, 0, time.UTC)},
		"amount:11.07 order:1":         {Order: "1", Least: usd(t, "11.07"), Most: usd(t, "11.07")},
		"amount:>50 since:1h":          {From: now.Add(-time.Hour), Least: usd(t, "50.00")},
		"amount:<=20.00 card:0017":     {Last4: "0017", Most: usd(t, "20.00")},
		"amount:10..20 code:x":         {Code: "x", Least: usd(t, "10.00"), Most: usd(t, "20.00")},
		"amount:5":                     {From: now.Add(-30 * 24 * time.Hour), Least: usd(t, "5.00"), Most: usd(t, "5.00")},
	} {
		s.asked = nil
		wantPage(t, b.get(search(q)), http.StatusOK)
		want.Limit = 50
		if len(s.asked) != 1 || s.asked[0] != want {
			t.Errorf("%s asks for %+v, want %+v", q, s.asked, want)
		}
	}
}

// A word that names no field is looked for as everything that it can be, and the address then says what it was.
func TestSearchForAWord(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.onDesk("txn_x", svcgate.Deposit, time.Now())
	s.transactions[0].Order, s.transactions[0].Reply.Code = "1005", "24"
	b := s.signedIn(access.RoleViewer)
	for q, to := range map[string]string{
		"0017":                        "card:0017",
		"1005":                        "order:1005",
		"24":                          "code:24",
		"24 outcome:unknown":          "code:24 outcome:unknown",
		"none":                        "order:none",
		"9999":                        "card:9999",
		`"a b"`:                       `order:"a b"`,
		card:                          "card:0017",
		"6006 4912-3456 0017 op:void": "op:void card:0017",
		"card:" + card:                "card:0017",
	} {
		wantRedirect(t, b.get(search(q)), search(to))
	}
	wantRedirect(t, b.get(search("txn_bbkqmtvrgfdc")), "/console/transactions/txn_bbkqmtvrgfdc")
	if strings.Contains(s.log.String(), card[:12]) {
		t.Error("the log holds what was typed")
	}
	wantPage(t, b.get(search("card:9999")), http.StatusOK, "Nothing is like that: cards ending in 9999.", "code:9999", "order:9999")
	s.transactions[0].Reply.Code = "0017"
	wantRedirect(t, b.get(search("0017")), search("card:0017"))
	wantPage(t, b.get(search("card:0017")), http.StatusOK, "Found as card:0017, and also as code:0017.")
	wantRedirect(t, b.get("/console/transactions?order=1005&outcome=unknown&since="), search("order:1005 outcome:unknown"))
	wantRedirect(t, b.get("/console/transactions/latest?q=order:1005"), "/console/transactions/txn_x")
	wantPage(t, b.get("/console/transactions/latest?q=order:2"), http.StatusNotFound)
	wantPage(t, b.get("/console/transactions/latest?q=2"), http.StatusUnprocessableEntity)
}

func TestSearchRefuses(t *testing.T) {
	t.Parallel()
	b := newSite(t).signedIn(access.RoleViewer)
	for q, want := range map[string]string{
		"card:17":                          "last four digits",
		"card:00171":                       "last four digits",
		"order:" + strings.Repeat("x", 33): "1 to 32",
		"op:pay":                           "The operations are generate, activate,",
		"outcome:fine":                     "The outcomes are approved, partial,",
		"state:lost":                       "The states are sent, unresolved, desk, final.",
		"source:reason":                    "A code stands in error_code,",
		"since:yesterday":                  "Give a time",
		"since:99999h":                     "Give a time",
		"since:1h until:2h":                "after the beginning",
		"amount:-1":                        "Give an amount",
		"amount:1.234":                     "Give an amount",
		"amount:..":                        "Give an amount",
		"amount:1 currency:XX":             "Give an amount",
		"order:1 order:2":                  "Say this once.",
		"one two":                          "Say what one of these is",
		"order:\u202e":                     "plain characters",
		strings.Repeat("code:x ", 80):      "Say this once.",
	} {
		w := b.get(search(q))
		wantPage(t, w, http.StatusUnprocessableEntity, want, `aria-invalid="true"`, `href="#box-q"`)
		if !strings.Contains(w.Body.String(), `value="`+strings.ReplaceAll(strings.TrimSpace(q), "+", "&#43;")+`"`) && len(q) < 100 {
			t.Errorf("%s is not kept", q)
		}
	}
	wantPage(t, b.get("/console/transactions?card=17&order=W-1"), http.StatusUnprocessableEntity, `value="17"`, `value="W-1"`, "last four digits")
	wantPage(t, b.get("/console/transactions?op=pay"), http.StatusUnprocessableEntity, "Choose one of those offered.")
	wantPage(t, b.get("/console/transactions?cursor=zzz"), http.StatusUnprocessableEntity, "Give the cursor")
}

// Ages count from the first page of a list, or its cursor would belong to another search.
func TestListPages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 14, 9, 26, 53, 5, time.UTC)
	s := newSite(t, func(c *console.Config) { c.Now = func() time.Time { return now } })
	for range 51 {
		s.onDesk("txn_x", svcgate.Deposit, now)
	}
	b := s.signedIn(access.RoleViewer)
	next := regexp.MustCompile(`<a href="([^"]*)" rel="next">`).FindStringSubmatch(b.get(search("since:1h")).Body.String())
	if next == nil {
		t.Fatal("there is no next page")
	}
	now = now.Add(10 * time.Minute)
	wantPage(t, b.get(strings.ReplaceAll(next[1], "&amp;", "&")), http.StatusOK, `rel="first"`)
	if a, z := s.asked[0], s.asked[len(s.asked)-1]; z.Cursor != "more" || !a.From.Equal(z.From) {
		t.Errorf("%+v, then %+v", a, z)
	}
}

func TestTransaction(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.fill(t)
	b := s.signedIn(access.RoleViewer)
	audited := len(s.entries)
	w := b.get("/console/transactions/txn_desk")
	wantPage(t, w, http.StatusOK, "Authorize 1234567890.00 USD", "/v1/transactions/txn_desk/explain -H", "A person has to decide", "************0017",
		"different today", "version 4", "5.0 s", `<rect class="fill"`, "****")
	for _, hidden := range []string{card, card[:12], "600649"} {
		if strings.Contains(w.Body.String(), `<CardNumber>`+hidden) || strings.Contains(tags.ReplaceAllString(w.Body.String(), " "), hidden) {
			t.Errorf("the page shows %s", hidden)
		}
	}
	if len(s.entries) != audited+1 || s.entries[audited].Action != "exchange.read" || s.entries[audited].Subject != "txn_desk" || s.entries[audited].Actor != "ann" {
		t.Errorf("the audit trail holds %+v", s.entries[audited:])
	}
	s.broken = errors.New("full")
	wantPage(t, b.get("/console/transactions/txn_desk"), http.StatusServiceUnavailable, "not shown without an entry")
	s.broken = nil
	wantPage(t, b.get("/console/transactions/txn_none"), http.StatusNotFound)
	for _, id := range []string{"%00", "%FF", "txn_%0Aa"} {
		wantPage(t, b.get("/console/transactions/"+id), http.StatusNotFound)
	}
}

func TestDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := time.Now().Add(-time.Hour)
	s.onDesk("txn_young", svcgate.Deposit, at.Add(30*time.Minute))
	s.onDesk("txn_old", svcgate.Generate, at)
	s.transactions[0].Baseline = svcgate.Reading{At: at, Balance: usd(t, "20.00")}
	s.transactions[0].Readings = []svcgate.Reading{{At: at, Balance: usd(t, "20.00")}, {At: at, Balance: usd(t, "8.93")}, {At: at, Balance: usd(t, "21.00")}}
	s.transactions[1].Requested = svcgate.Money{}
	b := s.signedIn(access.RoleViewer)
	page := b.get("/console/desk").Body.String()
	if young, old := strings.Index(page, "txn_young"), strings.Index(page, "txn_old"); old < 0 || young < old || !strings.Contains(page, "1 h") {
		t.Errorf("the oldest is not first\n%s", page)
	}
	wantPage(t, b.get("/console/desk/txn_young"), http.StatusOK, "as before", "−11.07", "&#43;1.00", "takes the role operator")
	if w := b.get("/console/desk/txn_young"); strings.Contains(w.Body.String(), "<form id=\"settle\"") {
		t.Error("a viewer is offered to settle")
	}
	wantPage(t, b.post("/console/desk/txn_young", "verdict", "not_applied", "reason", "x"), http.StatusForbidden)
	s.person("olga", access.RoleOperator)
	b.signIn("olga")
	wantPage(t, b.get("/console/desk/txn_young"), http.StatusOK, `value="applied"`, `value="not_applied"`, `value="released"`, "less than 11.07 USD")
	if w := b.get("/console/desk/txn_old"); strings.Contains(w.Body.String(), `value="applied"`) || strings.Contains(w.Body.String(), `name="amount"`) {
		t.Error("a generation can be applied, or has an amount")
	}
	wantPage(t, b.get("/console/desk/none"), http.StatusNotFound)
	for _, id := range []string{"%00", "%FF", "txn_%0Aa"} {
		wantPage(t, b.get("/console/desk/"+id), http.StatusNotFound)
	}
	s.transactions = nil
	wantPage(t, b.get("/console/desk"), http.StatusOK, "Nothing waits for a person.")
}

func TestSettle(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.onDesk("txn_x", svcgate.Authorize, time.Now())
	b := s.signedIn(access.RoleOperator)
	const at = "/console/desk/txn_x"
	before := len(s.entries)
	for name, c := range map[string]struct {
		fields []string
		want   []string
	}{
		"nothing":           {nil, []string{`href="#settle-verdict"`, `href="#settle-reason"`}},
		"no reason":         {[]string{"verdict", "released", "reason", " "}, []string{`value="released" checked`, "Fill this in."}},
		"cannot tell":       {[]string{"verdict", "cannot_tell", "reason", "seen"}, []string{"Choose one of those offered.", "seen</textarea>"}},
		"a card number":     {[]string{"verdict", "released", "reason", "card " + card + " seen"}, []string{"numbers of ten digits", "card **************** seen"}},
		"a spaced number":   {[]string{"verdict", "released", "reason", "6006 4912 3456 0017"}, []string{"numbers of ten digits"}},
		"too long a reason": {[]string{"verdict", "released", "reason", strings.Repeat("x", svcgate.MaxReason+1)}, []string{"too long"}},
		"without the id":    {[]string{"verdict", "applied", "reason", "seen there", "amount", "3.00"}, []string{"transaction id of the hold", `value="3.00"`, "seen there</textarea>"}},
		"another field":     {[]string{"verdict", "released", "reason", "x", "by", "eve"}, []string{"a field that this page does not have"}},
		"two verdicts":      {[]string{"verdict", "released", "verdict", "applied", "reason", "x"}, []string{"came twice"}},
	} {
		w := b.post(at, c.fields...)
		wantPage(t, w, http.StatusUnprocessableEntity, c.want...)
		if strings.Contains(w.Body.String(), card) || len(s.decided) > 0 {
			t.Errorf("%s: %v\n%s", name, s.decided, w.Body)
		}
	}
	if rest := s.entries[before:]; len(rest) != 2 || rest[0].Action != "transaction.settle" || rest[1].Action != "transaction.settle.failed" {
		t.Errorf("the audit trail holds %+v", rest) // only of the one that got as far as the gateway
	}
	s.broken = errors.New("full")
	wantPage(t, b.post(at, "verdict", "released", "reason", "freed there"), http.StatusServiceUnavailable, "nothing was changed")
	s.broken = nil
	wantRedirect(t, b.post(at, "verdict", "released", "reason", "freed there"), "/console/transactions/txn_x")
	if want := (svcgate.Decision{Verdict: svcgate.Released, Reason: "freed there", By: "ann"}); len(s.decided) != 1 || s.decided[0] != want {
		t.Errorf("decided %+v", s.decided)
	}
	if e := s.entries[len(s.entries)-1]; e.Action != "transaction.settle" || e.Subject != "txn_x" || e.Detail != "released, because: freed there" || e.Actor != "ann" {
		t.Errorf("audited %+v", e)
	}
	wantPage(t, b.get("/console/transactions/txn_x"), http.StatusOK, "Settled as released.", "freed there</span>”")
	// Whoever is late learns what was decided and by whom.
	wantPage(t, b.post(at, "verdict", "not_applied", "reason", "not there"), http.StatusUnprocessableEntity, "This transaction is final", "by <strong>ann</strong>", "freed there</span>”")
	wantPage(t, b.get(at), http.StatusOK, "by <strong>ann</strong>")
	if len(s.decided) != 1 {
		t.Errorf("decided %d times", len(s.decided))
	}
}

func TestBalance(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleOperator)
	wantPage(t, b.get("/console/balance?number="+card), http.StatusOK, `name="number"`, `autocomplete="off"`, `value=""`)
	balance := func(text string) svcgate.Reply {
		return svcgate.Reply{Balance: usd(t, text), CardStatus: svcgate.StatusActive}
	}
	inactive := balance("0.00")
	inactive.CardStatus = svcgate.StatusInactive
	headings := map[string]string{}
	for name, c := range map[string]struct {
		outcome svcgate.Outcome
		reply   svcgate.Reply
		want    []string
		never   []string
	}{
		"balance":     {svcgate.Approved, balance("12.50"), []string{">Balance<", "12.50 USD"}, nil},
		"empty":       {svcgate.Approved, balance("0.00"), []string{"The card is empty", "0.00 USD", "The provider answered"}, nil},
		"inactive":    {svcgate.Approved, inactive, []string{"not activated"}, nil},
		"not told":    {svcgate.Approved, svcgate.Reply{}, []string{"its balance was not told"}, []string{"0.00"}},
		"declined":    {svcgate.Declined, svcgate.Reply{Code: "NO_CARD", Description: "No such card"}, []string{"Not found, or declined", "NO_CARD", "No such card"}, []string{"0.00"}},
		"not known":   {svcgate.Undefined, svcgate.Reply{Code: "77", Balance: usd(t, "9.99")}, []string{"a code that nobody knows", "77"}, []string{"9.99", "0.00"}},
		"not reached": {svcgate.Unavailable, svcgate.Reply{Balance: usd(t, "0.00")}, []string{"The provider was not reached", "It may hold money"}, []string{"0.00", "declined"}},
		"no answer":   {svcgate.Unknown, svcgate.Reply{Balance: usd(t, "0.00")}, []string{"No answer in time", "asks again by itself"}, []string{"0.00", "declined"}},
	} {
		s.answer = svcgate.Transaction{State: svcgate.StateFinal, Outcome: c.outcome, Reply: c.reply, Failure: "Why it is so."}
		w := b.post("/console/balance", "service", "RLT", "number", "6006 4912-3456 0017", "pin", "4711")
		wantPage(t, w, http.StatusOK, append(c.want, "************0017", "/console/transactions/txn_b")...)
		for _, never := range append(c.never, card, "6006", "4711") {
			if strings.Contains(w.Body.String(), never) {
				t.Errorf("%s: the page holds %q", name, never)
			}
		}
		headings[name] = regexp.MustCompile(`<h2 id="h-result">(.*?)</h2>`).FindStringSubmatch(w.Body.String())[1]
	}
	if seen := slices.Compact(slices.Sorted(func(yield func(string) bool) {
		for _, name := range []string{"balance", "declined", "not known", "not reached", "no answer"} {
			yield(headings[name])
		}
	})); len(seen) != 5 {
		t.Errorf("the five results are called %v", headings)
	}
	if s.callers[0] != "ann|" {
		t.Errorf("asked by %s", s.callers[0])
	}
	for where, text := range map[string]string{"log": s.log.String()} {
		if strings.Contains(text, "6006") || strings.Contains(text, "4711") {
			t.Errorf("the %s holds what was typed", where)
		}
	}
}

func TestBalanceRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleOperator)
	for name, c := range map[string]struct{ number, pin, want string }{
		"nothing":      {"", "", "Fill this in."},
		"nine digits":  {"600649123", "", "10 to 16 digits"},
		"too many":     {card + "0", "", "10 to 16 digits"},
		"letters":      {"60064912345600l7", "", "10 to 16 digits"},
		"stars":        {"************0017", "", "10 to 16 digits"},
		"other digits": {"６００６４９１２３４５６００１７", "", "too long"},
		"a wrong PIN":  {card, "12 34", "A PIN is"},
		"a long PIN":   {card, "12345678901234567", "too long"},
	} {
		w := b.post("/console/balance", "service", "RLT", "number", c.number, "pin", c.pin)
		wantPage(t, w, http.StatusUnprocessableEntity, c.want)
		if page := w.Body.String(); c.number != "" && strings.Contains(page, c.number) || c.pin != "" && strings.Contains(page, c.pin) {
			t.Errorf("%s: the page shows what was typed", name)
		}
	}
	if len(s.callers) > 0 {
		t.Errorf("asked %d times", len(s.callers))
	}
	s.refuse = &svcgate.Error{Code: svcgate.CodeInvalid, Field: "service", Detail: "No service bureau of this code is configured."}
	wantPage(t, b.post("/console/balance", "service", "XXX", "number", card), http.StatusUnprocessableEntity, "No service bureau of this code")
	s.refuse = &svcgate.Error{Code: svcgate.CodeOverloaded, Detail: "The journal cannot be written; nothing was sent. Try again."}
	wantPage(t, b.post("/console/balance", "service", "RLT", "number", card), http.StatusServiceUnavailable, "nothing was sent")
	s.person("vera", access.RoleViewer)
	b.signIn("vera")
	wantPage(t, b.post("/console/balance", "service", "RLT", "number", card), http.StatusForbidden)
}

// Whoever tries out numbers is held back, each person for themselves.
func TestInquiriesAreLimited(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := newSite(t, func(c *console.Config) { c.Now = func() time.Time { return now }; c.InquiryRate = 5 })
	s.answer = svcgate.Transaction{State: svcgate.StateFinal, Outcome: svcgate.Declined}
	b := s.signedIn(access.RoleOperator)
	ask := func() int {
		w := b.post("/console/balance", "service", "RLT", "number", card)
		if w.Code != http.StatusOK && (w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Nothing was sent.") || strings.Contains(w.Body.String(), card)) {
			t.Errorf("%v %s", w.Header(), w.Body)
		}
		return w.Code
	}
	for range 10 {
		if got := ask(); got != http.StatusOK {
			t.Fatal(got)
		}
	}
	if got := ask(); got != http.StatusUnprocessableEntity || len(s.callers) != 10 {
		t.Errorf("%d after %d", got, len(s.callers))
	}
	now = now.Add(time.Second)
	if got := ask(); got != http.StatusOK {
		t.Error(got)
	}
	s.person("olga", access.RoleOperator)
	b.signIn("olga")
	if got := ask(); got != http.StatusOK {
		t.Error(got)
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleViewer)
	wantPage(t, b.get("/console/holds"), http.StatusOK, "No card holds money")
	at := time.Now().Add(-40 * 24 * time.Hour)
	for range 201 {
		s.holds = append(s.holds, svcgate.Hold{Authorization: "9353", TransactionID: "txn_h", Order: "W-1", Last4: "0017", Amount: usd(t, "10.00"), Captured: usd(t, "2.00"), Remaining: usd(t, "5.00"), Created: at})
	}
	s.onDesk("txn_orphan", svcgate.Authorize, at)
	w := b.get("/console/holds")
	wantPage(t, w, http.StatusOK, "1000.00 USD", ">old<", "in doubt", "the oldest 200", "Orphans", "/console/desk/txn_orphan", "40 d")
	if got := b.get("/console/holds?order=other&card=0017").Body.String(); strings.Contains(got, "txn_orphan") {
		t.Error("the orphan of another order is shown")
	}
	if f := s.asked[len(s.asked)-1]; f.Order != "other" || f.Last4 != "0017" || f.Limit != 201 {
		t.Errorf("%+v", f)
	}
	wantPage(t, b.get("/console/holds?card=17"), http.StatusUnprocessableEntity, `value="17"`, "last four digits")
}

func TestReports(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.onDesk("txn_x", svcgate.Deposit, time.Now()).Order = "=1+1"
	s.unmapped = []responsecodes.Unmapped{{Operation: "authorize", Source: svcgate.SourceErrorCode, Code: "@NEW", Count: 12345, Sample: "txn_x"}}
	b := s.signedIn(access.RoleViewer)
	page := b.get("/console/reports").Body.String()
	for _, info := range svcgate.Reports() {
		path := "/console/reports/" + string(info.Name)
		if !strings.Contains(page, path) {
			t.Errorf("%s is not listed", info.Name)
		}
		wantPage(t, b.get(path+"?service=RLT&since=7d"), http.StatusOK, info.Title, path+".csv?at=")
		before := len(s.entries)
		w := b.get(path + ".csv?service=RLT&since=7d")
		if w.Code != http.StatusOK || w.Header().Get("Content-Disposition") != `attachment; filename="`+string(info.Name)+`.csv"` {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Errorf("%s: %d rows, %v", path, len(rows), err)
		}
		if text := strings.Join(rows[1], "|"); !strings.Contains(text, "|'=1+1|") && !strings.Contains(text, "|'@NEW|") {
			t.Errorf("%s: a formula is let through: %s", path, text)
		}
		if len(s.entries) != before+1 || s.entries[before].Action != "report.export" || s.entries[before].Subject != string(info.Name) {
			t.Errorf("%s: the audit trail holds %v", path, s.entries[before:])
		}
	}
	wantPage(t, b.get("/console/reports/unmapped"), http.StatusOK, "12,345", "@NEW")
	wantPage(t, b.get("/console/reports/unknowns?since=soon&order=W-1"), http.StatusUnprocessableEntity, "Give a time", `value="soon"`, `value="W-1"`)
	wantPage(t, b.get("/console/reports/unknowns.csv?since=soon"), http.StatusUnprocessableEntity)
	wantPage(t, b.get("/console/reports/all"), http.StatusNotFound)
	wantPage(t, b.get("/console/reports/all.csv"), http.StatusNotFound)
	w := b.get("/console/transactions.csv?q=state:desk")
	if rows, err := csv.NewReader(w.Body).ReadAll(); err != nil || len(rows) != 2 || w.Code != http.StatusOK {
		t.Errorf("%d, %d rows, %v", w.Code, len(rows), err)
	}
	wantPage(t, b.get("/console/transactions.csv?q=word"), http.StatusUnprocessableEntity)
	s.broken = errors.New("full")
	wantPage(t, b.get("/console/reports/unknowns.csv"), http.StatusServiceUnavailable)
	s.person("sam", access.RoleSecurityAdmin)
	s.broken = nil
	b.signIn("sam")
	wantPage(t, b.get("/console/reports"), http.StatusForbidden)
}
