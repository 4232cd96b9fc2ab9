package console_test

import (
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/console"
)

// naughty is what a page must not let out as it is.
const naughty = `"><script>alert('x')</script><img src=x onerror=alert(1)>{{.}} ` + "\u202e 𝕏 é"

// fill puts awkward things wherever a page shows something.
func (s *site) fill(t *testing.T) {
	t.Helper()
	amount, err := svcgate.ParseMoney("1234567890.00", "USD")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	for _, state := range []svcgate.State{svcgate.StateFinal, svcgate.StateUnresolved, svcgate.StateDesk} {
		s.transactions = append(s.transactions, &svcgate.Transaction{ID: "txn_a", Operation: svcgate.Authorize, Order: naughty, Last4: "0017",
			Requested: amount, State: state, Outcome: svcgate.Unknown, Created: at, Reply: svcgate.Reply{Code: naughty}})
	}
	s.entries = append(s.entries, access.Entry{At: at, Actor: naughty, Action: naughty, Subject: naughty, Detail: naughty})
	s.tokens = append(s.tokens, access.Token{Name: "oms", Role: access.RoleOMS, Created: at}, access.Token{Name: "old", Role: access.RoleOMS, Created: at, Revoked: at})
	l, err := s.door.Add(t.Context(), "test", access.Person{Name: "bob", FullName: naughty, Roles: access.PersonRoles()})
	if err != nil || l.Text == "" {
		t.Fatal(err)
	}
	s.bureaus[0].Sections[0].Settings[0].Value = naughty
	s.bureaus[0].Findings[0].Text = naughty
	s.fillWatched(amount, at)
}

// longNumber is a run of digits as long as a card number that nothing parts.
var longNumber = regexp.MustCompile(`[0-9]{10,}`)

var tags = regexp.MustCompile(`<[^>]*>`)

func TestEveryPageParses(t *testing.T) {
	t.Parallel()
	if err := newSite(t).Console.ParsePages(); err != nil {
		t.Error(err)
	}
}

func TestPagesShowNothingAsItCame(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.fill(t)
	b := s.signedIn(access.PersonRoles()...)
	pages := map[string]*httptest.ResponseRecorder{
		"refused invitation": b.post("/console/people", "name", naughty, "full_name", naughty, "roles", naughty),
		"refused token":      b.post("/console/tokens", "name", naughty, "role", "oms"),
		"refused sign-in":    s.browser().post("/console/sign-in", "name", naughty, "password", "x", "next", "/console/"+naughty),
		"new token":          b.post("/console/tokens", "name", "till-2", "role", "oms"),
		"new person":         b.post("/console/people", "name", "eve", "full_name", naughty, "roles", "viewer"),
		"tested":             b.post("/console/bureaus/RLT/test"),
		"nowhere":            b.get("/console/nothing"),
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"refused search": b.get("/console/transactions?q=" + url.QueryEscape(naughty)), "refused filter": b.get("/console/transactions?order=" + url.QueryEscape(naughty)),
		"refused settlement": b.post("/console/desk/txn_desk", "verdict", naughty, "reason", naughty, "amount", naughty, "provider_transaction_id", naughty),
		"refused inquiry":    b.post("/console/balance", "service", "RLT", "number", naughty), "inquiry": b.post("/console/balance", "service", "RLT", "number", "6006491234560017"),
		"refused report": b.get("/console/reports/unmapped?since=" + url.QueryEscape(naughty)),
	} {
		pages[name] = w
	}
	for _, path := range []string{"/console/transactions", "/console/transactions?q=order:1005", "/console/transactions/txn_a", "/console/transactions/txn_desk", "/console/desk",
		"/console/desk/txn_desk", "/console/desk/txn_a", "/console/holds", "/console/reports", "/console/reports/authorizations", "/console/reports/unmapped", "/console/balance",
		"/console/overview", "/console/overview?span=week", "/console/overview?span=month", "/console/overview?span=" + "%3Cscript%3E",
		"/console/bureaus", "/console/people", "/console/people/bob", "/console/people/ann", "/console/tokens", "/console/audit", "/console/account"} {
		pages[path] = b.get(path)
		if pages[path].Code != http.StatusOK {
			t.Errorf("%s: %d", path, pages[path].Code)
		}
	}
	for name, w := range pages {
		body := w.Body.String()
		title(t, w)
		for _, bad := range []string{"<script>a", "<img src=x", "onerror=alert(1)>", "style=", "onclick=", "javascript:", "{{", "ZgotmplZ", "<no value>", "%!"} {
			if strings.Contains(strings.ReplaceAll(body, "{{.}}", ""), bad) {
				t.Errorf("%s holds %q\n%s", name, bad, body)
			}
		}
		if found := longNumber.FindString(tags.ReplaceAllString(strings.ReplaceAll(body, "1234567890.00 USD", ""), " ")); found != "" {
			t.Errorf("%s shows the digits %s", name, found)
		}
		for _, part := range []string{`<html lang="en">`, `<main id="main"`, `href="#main"`, "· svcgate</title>"} {
			if strings.Count(body, part) != 1 {
				t.Errorf("%s: %d times %s", name, strings.Count(body, part), part)
			}
		}
		checkMarkup(t, name, body)
	}
	if s.log.String() != strings.ReplaceAll(s.log.String(), "<script>", "") {
		t.Error("the log holds what was typed")
	}
}

var (
	ids      = regexp.MustCompile(` id="([^"]*)"`)
	pointers = regexp.MustCompile(` (?:for|aria-describedby|aria-labelledby|data-copy|popovertarget)="([^"]*)"|href="#([^"]*)"`)
	tables   = regexp.MustCompile(`(?s)<table.*?</table>`)
)

// checkMarkup holds a page to what makes it usable without eyes: ids are there once and point somewhere, tables have a
// caption and scopes.
func checkMarkup(t *testing.T, name, body string) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range ids.FindAllStringSubmatch(body, -1) {
		if seen[m[1]] {
			t.Errorf("%s: two elements have the id %s", name, m[1])
		}
		seen[m[1]] = true
	}
	for _, m := range pointers.FindAllStringSubmatch(body, -1) {
		for _, target := range strings.Fields(m[1] + m[2]) {
			if !seen[target] {
				t.Errorf("%s: nothing has the id %s", name, target)
			}
		}
	}
	for _, table := range tables.FindAllString(body, -1) {
		if !strings.Contains(table, "<caption") || strings.Contains(table, "<th>") {
			t.Errorf("%s: a table without caption or scope\n%s", name, table)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleViewer)
	for name, w := range map[string]*httptest.ResponseRecorder{
		"page": b.get("/console/overview"), "sign-in": s.browser().get("/console/sign-in"), "redirect": s.browser().get("/console/overview"),
		"forbidden": b.get("/console/people"), "not there": b.get("/console/x"), "refused": b.post("/console/sign-in"), "file": b.get(s.Asset("console.css")),
	} {
		h := w.Header()
		for key, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY", "Strict-Transport-Security": "", "Server": "",
		} {
			if got := h.Get(key); got != want {
				t.Errorf("%s: %s is %q", name, key, got)
			}
		}
		csp := h.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'"} {
			if !strings.Contains(csp, part) || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: %s in %s", name, part, csp)
			}
		}
		if got := strings.Join(h.Values("Cache-Control"), "; "); name != "file" && got != "no-store" || name == "file" && !strings.Contains(got, "immutable") {
			t.Errorf("%s: Cache-Control %s", name, got)
		}
		if !strings.Contains(h.Get("Permissions-Policy"), "camera=()") {
			t.Errorf("%s: Permissions-Policy %s", name, h.Get("Permissions-Policy"))
		}
		if got := h.Get("Content-Type"); name != "redirect" && !strings.HasSuffix(got, "; charset=utf-8") {
			t.Errorf("%s: Content-Type %s", name, got)
		}
	}
	secure := newSite(t, func(c *console.Config) { c.URL.Scheme, c.URL.Host = "https", "svcgate.example.com" })
	if got := secure.browser().get("/console/sign-in").Header().Get("Strict-Transport-Security"); got != "max-age=31536000; includeSubDomains" {
		t.Errorf("Strict-Transport-Security %q", got)
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *console.Config) { c.URL.Scheme, c.URL.Host = "https", "svcgate.example.com" })
	b := s.signedIn(access.RoleSecurityAdmin)
	for name, test := range map[string]struct {
		header http.Header
		status int
	}{
		"another site":      {http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}, http.StatusForbidden},
		"a sister site":     {http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://other.example.com"}}, http.StatusForbidden},
		"an old browser":    {http.Header{"Sec-Fetch-Site": nil, "Origin": {"https://evil.example"}}, http.StatusForbidden},
		"a null origin":     {http.Header{"Sec-Fetch-Site": nil, "Origin": {"null"}}, http.StatusForbidden},
		"the proxy's name":  {http.Header{"Sec-Fetch-Site": nil, "Origin": {"https://svcgate.example.com"}}, http.StatusUnprocessableEntity},
		"this host":         {http.Header{"Sec-Fetch-Site": {"same-origin"}}, http.StatusUnprocessableEntity},
		"without a browser": {http.Header{"Sec-Fetch-Site": nil, "Origin": nil}, http.StatusUnprocessableEntity},
	} {
		b.header = test.header
		if w := b.post("/console/people"); w.Code != test.status {
			t.Errorf("%s: %d, want %d", name, w.Code, test.status)
		}
	}
	b.header = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	wantPage(t, b.get("/console/people"), http.StatusOK) // reading changes nothing; SameSite=Strict keeps the cookie away
}

// A change that the audit trail does not take is not made.
func TestNothingWithoutAudit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleSecurityAdmin, access.RoleOperator)
	s.broken = errors.New("the disk is full")
	for _, path := range []string{"/console/tokens", "/console/bureaus/RLT/test"} {
		fields := []string{"name", "till", "role", "oms"}
		if strings.HasSuffix(path, "test") {
			fields = nil
		}
		w := b.post(path, fields...)
		wantPage(t, w, http.StatusServiceUnavailable, "cannot be written", "Request <code>req_")
		if strings.Contains(w.Body.String(), "disk") {
			t.Errorf("%s shows the cause", path)
		}
	}
	if len(s.tokens) > 0 {
		t.Error("a token was made")
	}
	if w := b.get("/console/audit.csv"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("export: %d", w.Code)
	}
}

func TestAuditTrail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleSecurityAdmin)
	for range 150 {
		s.entries = append(s.entries, access.Entry{At: time.Now(), Actor: "=1+1", Action: "@x", Subject: "-2", Detail: "a \"b\"\tc,d"})
	}
	w := b.get("/console/audit?x=1")
	wantPage(t, w, http.StatusOK, `<a href="/console/audit?cursor=more&amp;x=1" rel="next">Older</a>`)
	wantPage(t, b.get("/console/audit?cursor=more&x=1"), http.StatusOK, `<a href="/console/audit?x=1" rel="first">Newest</a>`)
	wantPage(t, b.get("/console/audit?cursor=zzz"), http.StatusUnprocessableEntity, "Give the cursor as it came")
	w = b.get("/console/audit.csv")
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="svcgate-audit.csv"` || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("%s %s", got, w.Header().Get("Content-Type"))
	}
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) < 150 {
		t.Fatal(len(rows), err)
	}
	if row := rows[1]; row[2] != "audit.export" || row[1] != "ann" {
		t.Errorf("the export is not in what it exports: %v", row)
	}
	if row := rows[2]; row[1] != "'=1+1" || row[2] != "'@x" || row[3] != "'-2" || row[4] != "a \"b\"\tc,d" {
		t.Errorf("%q", row)
	}
	s.entries = append(s.entries, access.Entry{At: time.Now(), Actor: "jo", Action: "token.add", Subject: "till"})
	wantPage(t, b.get("/console/audit?actor=jo"), http.StatusOK, `value="jo"`, "token.add", `href="/console/audit.csv?actor=jo"`)
	wantPage(t, b.get("/console/audit?actor=jo&subject=x"), http.StatusOK, "Nothing in the trail is like that")
	for _, path := range []string{"/console/audit", "/console/audit.csv"} {
		w := b.get(path + "?actor=jo&subject=6006+4912+3456+0017")
		wantPage(t, w, http.StatusUnprocessableEntity, "no numbers of ten digits")
		if strings.Contains(w.Body.String(), "4912") {
			t.Errorf("the number is in %s", w.Body)
		}
	}
	if rows, err := csv.NewReader(b.get("/console/audit.csv?actor=jo").Body).ReadAll(); err != nil || len(rows) != 2 || rows[1][3] != "till" {
		t.Errorf("the export of what is chosen is %v (%v)", rows, err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleSecurityAdmin)
	w := b.post("/console/tokens", "name", "till", "role", "oms")
	wantPage(t, w, http.StatusOK, "shown this once")
	if !regexp.MustCompile(`<code id="token">svc_[a-z]{64}</code>`).MatchString(w.Body.String()) {
		t.Errorf("no token in %s", w.Body)
	}
	wantPage(t, b.post("/console/tokens", "name", "till", "role", "oms"), http.StatusUnprocessableEntity, "names are never given twice", `value="till"`)
	wantPage(t, b.post("/console/tokens", "name", "other", "role", "security-admin"), http.StatusUnprocessableEntity, "Choose one of those offered.")
	wantPage(t, b.post("/console/tokens", "name", "6006 4912", "role", "oms"), http.StatusUnprocessableEntity, "token&#39;s name is a letter")
	wantRedirect(t, b.post("/console/tokens/till/revoke"), "/console/tokens")
	wantPage(t, b.get("/console/tokens"), http.StatusOK, "The token till is revoked.")
	if s.tokens[0].Good() {
		t.Error("the token is good")
	}
	wantPage(t, b.post("/console/tokens/none/revoke"), http.StatusNotFound)
}

func TestPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleSecurityAdmin)
	s.person("bob", access.RoleViewer)
	wantPage(t, b.post("/console/people", "name", "bob", "roles", "viewer"), http.StatusUnprocessableEntity, "never given twice")
	wantPage(t, b.post("/console/people", "name", "carl"), http.StatusUnprocessableEntity, `href="#invite-roles"`)
	wantPage(t, b.post("/console/people", "name", "carl", "roles", "oms"), http.StatusUnprocessableEntity, "Choose one of those offered.")
	wantRedirect(t, b.post("/console/people/bob/roles", "roles", "operator", "roles", "viewer"), "/console/people/bob")
	if p, _ := s.door.Person(t.Context(), "bob"); len(p.Roles) != 2 {
		t.Errorf("%+v", p)
	}
	wantPage(t, b.post("/console/people/bob/roles"), http.StatusUnprocessableEntity, "Choose what fits.")
	wantPage(t, b.post("/console/people/ann/roles", "roles", "viewer", "roles", "security-admin"), http.StatusUnprocessableEntity, "Nobody changes their own rights")
	wantPage(t, b.post("/console/people/ann/disable"), http.StatusUnprocessableEntity)
	w := b.post("/console/people/bob/reset")
	wantPage(t, w, http.StatusOK, "Hand this link to <strong>bob</strong>", "taken away", "http://127.0.0.1:8080/console/welcome/svl_")
	wantPage(t, s.browser().post("/console/sign-in", "name", "bob", "password", password), http.StatusUnprocessableEntity)
	wantRedirect(t, s.browser().post(linkText.FindString(w.Body.String()), "chosen", password, "again", password), "/console/account")
	wantRedirect(t, b.post("/console/people/bob/sessions/end"), "/console/people/bob")
	wantRedirect(t, b.post("/console/people/bob/disable"), "/console/people/bob")
	w = b.get("/console/people/bob")
	wantPage(t, w, http.StatusOK, "bob is shut out.", "Let in again")
	if strings.Contains(w.Body.String(), "/people/bob/reset") {
		t.Error("a reset is offered that is refused")
	}
	wantPage(t, b.post("/console/people/bob/reset"), http.StatusUnprocessableEntity, "This person is disabled; enable them first.") // from a page of before
	wantRedirect(t, b.post("/console/people/bob/enable"), "/console/people/bob")
	wantPage(t, b.post("/console/people/nobody/enable"), http.StatusNotFound)
}

// Names stay for ever: none is taken that could be a card number, and none is shown again.
func TestNamesAreNoCardNumbers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleSecurityAdmin)
	before := len(s.entries)
	for _, fields := range [][]string{
		{"/console/people", "name", "c6006491234560017", "roles", "viewer"},
		{"/console/people", "name", "c-6006-4912-3456-0017", "roles", "viewer"},
		{"/console/people", "name", "carl", "full_name", "Carl 6006 4912 3456 0017", "roles", "viewer"},
		{"/console/tokens", "name", "c6006491234560017", "role", "oms"},
		{"/console/tokens", "name", "c-6006.4912_3456.0017", "role", "oms"},
	} {
		w := b.post(fields[0], fields[1:]...)
		wantPage(t, w, http.StatusUnprocessableEntity, "without a run of ten digits")
		if longNumber.MatchString(w.Body.String()) || strings.Contains(w.Body.String(), "4912") {
			t.Errorf("%q is shown again", fields)
		}
	}
	if len(s.tokens) != 0 || len(s.accounts) != 1 || len(s.entries) != before {
		t.Errorf("something was kept: %v %v %v", s.tokens, s.accounts, s.entries[before:])
	}
}

func TestBureaus(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleOperator)
	wantPage(t, b.get("/console/bureaus"), http.StatusOK, "LocationID", "svcgate.yaml:3:5", "Test the connection", "being tried again")
	wantPage(t, b.post("/console/bureaus/RLT/test"), http.StatusOK, "The provider can be reached.")
	s.steps = append(s.steps, console.ProbeStep{Name: "TLS", Detail: "the certificate is too old"})
	wantPage(t, b.post("/console/bureaus/RLT/test"), http.StatusOK, "The provider cannot be reached.", "the certificate is too old")
	wantPage(t, b.post("/console/bureaus/XXX/test"), http.StatusNotFound)
}

func TestEveryFailureHasAPage(t *testing.T) {
	t.Parallel()
	for _, code := range svcgate.Codes() {
		if row, ok := console.Problems[code]; !ok || row.Status() < 400 {
			t.Errorf("%s: %+v", code, row)
		}
	}
}

func TestFullHouse(t *testing.T) {
	t.Parallel()
	held, let := make(chan struct{}), make(chan struct{})
	s := newSite(t, func(c *console.Config) {
		c.MaxInFlight = 1
		c.Providing = func() map[string]string { close(held); <-let; return nil }
	})
	b := s.signedIn(access.RoleViewer)
	other := *b
	done := make(chan struct{})
	go func() { defer close(done); b.get("/console/overview") }()
	<-held
	wantPage(t, other.get("/console/account"), http.StatusServiceUnavailable, "Too many pages")
	close(let)
	<-done
}

// A stranger whose form does not come takes no page from anybody.
func TestSilentStranger(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *console.Config) { c.MaxInFlight = 1 })
	b := s.signedIn(access.RoleViewer)
	body := &silent{asked: make(chan struct{}), end: make(chan struct{})}
	done := make(chan *httptest.ResponseRecorder)
	go func() {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8080/console/sign-in", body)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		done <- w
	}()
	<-body.asked
	wantPage(t, b.get("/console/account"), http.StatusOK)
	wantRedirect(t, s.browser().post("/console/sign-in", "name", "ann", "password", password), "/console")
	close(body.end)
	wantPage(t, <-done, http.StatusUnprocessableEntity)
}

// silent is a body that says when it is read, and breaks off when it is told to.
type silent struct {
	asked, end chan struct{}
}

func (s *silent) Read([]byte) (int, error) {
	close(s.asked)
	<-s.end
	return 0, io.ErrUnexpectedEOF
}

// A panic is a page; what it said is nowhere, because it may be anything.
func TestPanic(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *console.Config) { c.Providing = func() map[string]string { panic("6006491234560017") } })
	b := s.signedIn(access.RoleViewer)
	w := b.get("/console/overview")
	wantPage(t, w, http.StatusInternalServerError, "Something failed on our side", "Request <code>req_")
	log := regexp.MustCompile(`0x[0-9a-f]+`).ReplaceAllString(s.log.String(), "0x") // as the log of the gateway does
	if text := w.Body.String() + log; strings.Contains(text, "6006") || longNumber.MatchString(log) || !strings.Contains(log, "showOverview") {
		t.Errorf("%s", text)
	}
}
