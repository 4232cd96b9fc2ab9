package console_test

import (
	"bytes"
	"context"
	"log/slog"
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

const password = "a quiet heron lands at noon"

// site is a console with fakes behind it.
type site struct {
	*fakes
	t    testing.TB
	door *access.Door
	*console.Console
	log bytes.Buffer
}

func newSite(t testing.TB, change ...func(*console.Config)) *site {
	t.Helper()
	s := &site{fakes: newFakes(), t: t}
	s.door = access.NewDoor(access.DoorConfig{Store: s.fakes, Sealer: plainSealer{}})
	s.bureaus = []console.Bureau{{Service: "RLT", Provider: "orce",
		Sections: []console.SettingSection{{Title: "Messages", Settings: []console.Setting{{Key: "signon", Label: "Signon", Value: "TILL", Becomes: "LocationID", Given: true}}}},
		Findings: []console.Finding{{Severity: "conflict", Place: "svcgate.yaml:3:5", Key: "signon", Text: "signon: it is wrong"}}}}
	s.steps = []console.ProbeStep{{Name: "Connection", Detail: "to 127.0.0.1:1", OK: true}}
	address, err := url.Parse("http://127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	c := console.Config{
		Door: s.door, Sessions: s.fakes, Keeper: s.fakes, Auditor: s.fakes, Trail: s.fakes, Tokens: s.fakes, Journal: s.fakes, Holds: s.fakes, Gateway: s.fakes, Explainer: s.fakes,
		Codes: s.book, Reviewer: s.review(), Evidence: s.fakes,
		Services: []string{"RLT"}, Bureaus: s.fakes,
		Activity: func(_ context.Context, since time.Time, every time.Duration) ([]console.Bucket, error) {
			return []console.Bucket{{At: since.Add(every), ByOutcome: map[svcgate.Outcome]int{svcgate.Approved: 12345, svcgate.Unknown: 2}}}, nil
		},
		Unmapped:  func(context.Context, time.Time) (int, error) { return 3, nil },
		Providing: func() map[string]string { return map[string]string{"RLT": "half-open"} },
		URL:       address, Environment: "Test system",
		Log: slog.New(slog.NewTextHandler(&s.log, nil)),
	}
	for _, f := range change {
		f(&c)
	}
	if s.Console, err = console.New(c); err != nil {
		t.Fatal(err)
	}
	return s
}

// person makes somebody who may sign in.
func (s *site) person(name string, roles ...access.Role) {
	s.t.Helper()
	l, err := s.door.Add(s.t.Context(), "test", access.Person{Name: name, FullName: strings.ToUpper(name[:1]) + name[1:], Roles: roles})
	if err == nil {
		_, err = s.door.Redeem(s.t.Context(), l.Text, name, password, "127.0.0.1:1")
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// browser keeps a cookie and says of its requests what a browser says.
type browser struct {
	*site
	cookie *http.Cookie
	header http.Header // added to each request
}

func (s *site) browser() *browser { return &browser{site: s, header: http.Header{}} }

// signedIn is a browser of a person with the roles.
func (s *site) signedIn(roles ...access.Role) *browser {
	s.t.Helper()
	if _, err := s.door.Person(s.t.Context(), "ann"); err != nil {
		s.person("ann", roles...)
	}
	b := s.browser()
	b.signIn("ann")
	return b
}

func (b *browser) signIn(name string) {
	b.t.Helper()
	if got := b.post("/console/sign-in", "name", name, "password", password); got.Code != http.StatusSeeOther {
		b.t.Fatalf("sign-in of %s: %d\n%s", name, got.Code, got.Body)
	}
}

func (b *browser) send(r *http.Request) *httptest.ResponseRecorder {
	for name, values := range b.header {
		r.Header[name] = values
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.Name == console.CookieName {
			if b.cookie = c; c.MaxAge < 0 {
				b.cookie = nil
			}
		}
	}
	return w
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	return b.send(httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, "http://127.0.0.1:8080"+path, nil))
}

// post sends a form of names and values.
func (b *browser) post(path string, fields ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "http://127.0.0.1:8080"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://127.0.0.1:8080")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

var heading = regexp.MustCompile(`<h1>(.*?)</h1>`)

// title returns a page's heading; every page has exactly one.
func title(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	found := heading.FindAllStringSubmatch(w.Body.String(), -1)
	if len(found) != 1 {
		t.Fatalf("%d headings in %d %s", len(found), w.Code, w.Body)
	}
	return found[0][1]
}

func wantPage(t *testing.T, w *httptest.ResponseRecorder, status int, holds ...string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d\n%s", w.Code, status, w.Body)
	}
	for _, text := range holds {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("the page lacks %q\n%s", text, w.Body)
		}
	}
}

func wantRedirect(t *testing.T, w *httptest.ResponseRecorder, to string) {
	t.Helper()
	if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != to {
		t.Errorf("%d to %q, want 303 to %q\n%s", w.Code, got, to, w.Body)
	}
}

// mustRequest makes a GET of a path as it stands, whatever it is.
func mustRequest(t *testing.T, path string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8080/", nil)
	r.URL.Path, r.URL.RawPath = path, path
	return r
}
