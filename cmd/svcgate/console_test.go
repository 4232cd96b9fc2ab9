package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/simulator"
)

// cookies keeps the session's cookie as a browser does on this machine; Go's own jar gives a Secure one back over https
// only.
type cookies struct{ *cookiejar.Jar }

func secureURL(u *url.URL) *url.URL {
	c := *u
	c.Scheme = "https"
	return &c
}

func (c cookies) SetCookies(u *url.URL, all []*http.Cookie) { c.Jar.SetCookies(secureURL(u), all) }

func (c cookies) Cookies(u *url.URL) []*http.Cookie { return c.Jar.Cookies(secureURL(u)) }

// visitor opens pages of a gate that serves, with what the gate really has behind them.
type visitor struct {
	t    *testing.T
	base string
	*http.Client
}

func newVisitor(t *testing.T, change func(*config.Config)) (*visitor, *gate) {
	t.Helper()
	dir, remove, err := temporaryFolder(os.TempDir(), "svcgate-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = remove() })
	ctx, cancel := context.WithCancel(context.Background())
	stopSim, simURL, err := startSim(ctx, "127.0.0.1:0", simulator.Config{Seed: 1, Cards: simulator.DemoCards(), Series: simulator.DemoSeries()})
	if err != nil {
		t.Fatal(err)
	}
	c, err := demoConfig(filepath.Clean(dir), simURL)
	if err != nil {
		t.Fatal(err)
	}
	change(c)
	d, err := openDoors(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	g, err := openGate(ctx, c, slog.New(slog.DiscardHandler), &leakGuard{})
	if err != nil {
		t.Fatal(err)
	}
	g.demo = true
	served := make(chan error, 1)
	go func() { served <- g.serve(ctx, d) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		if err := stopSim(); err != nil {
			t.Error(err)
		}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, "http://" + d.api.Addr().(*net.TCPAddr).String(), &http.Client{Jar: cookies{jar}, Timeout: 10 * time.Second}}, g
}

func (v *visitor) page(r *http.Response, err error) string {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		v.t.Fatalf("%s %s: %s %v\n%s", r.Request.Method, r.Request.URL, r.Status, err, text)
	}
	return string(text)
}

func (v *visitor) get(path string) string { v.t.Helper(); return v.page(v.Get(v.base + path)) }

func (v *visitor) post(path string, form url.Values) string {
	v.t.Helper()
	return v.page(v.PostForm(v.base+path, form))
}

// Somebody comes in by the one-time link and opens every page that has one address.
func TestConsoleServesEveryPage(t *testing.T) {
	t.Parallel()
	v, g := newVisitor(t, func(*config.Config) {})
	if _, err := g.demoRecords(t.Context()); err != nil {
		t.Fatal(err)
	}
	link, err := g.demoPerson(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const password = "a quiet heron lands at noon"
	if got := v.get("/console"); !strings.Contains(got, "<h1>Sign in</h1>") {
		t.Fatal(got)
	}
	home := v.post(link.Path(), url.Values{"chosen": {password}, "again": {password}})
	if !strings.Contains(home, "You are signed in.") || !strings.Contains(home, "Demonstration") {
		t.Fatal(home)
	}
	paths := regexp.MustCompile(`<a href="(/console/[a-z/]+)"`).FindAllStringSubmatch(home, -1)
	if len(paths) < 6 {
		t.Fatalf("only %d pages: %v", len(paths), paths)
	}
	long := regexp.MustCompile(`[0-9]{10}`)
	for _, path := range paths {
		page := v.get(path[1])
		if strings.Count(page, "<h1>") != 1 || long.MatchString(page) {
			t.Errorf("%s: %s", path[1], page)
		}
	}
	if got := v.post("/console/bureaus/RLT/test", nil); !strings.Contains(got, "The provider can be reached.") {
		t.Error(got)
	}
	if got := v.post("/console/sign-out", nil); !strings.Contains(got, "<h1>Sign in</h1>") {
		t.Error(got)
	}
	if got := v.get("/console/account"); !strings.Contains(got, "<h1>Sign in</h1>") {
		t.Error("the session lives on after signing out")
	}
	if got := v.get("/livez"); strings.Contains(got, "<h1>") {
		t.Errorf("the API's face is hidden: %s", got)
	}
}

func TestConsoleCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	v, _ := newVisitor(t, func(c *config.Config) { c.Console.Enabled = false })
	r, err := v.Get(v.base + "/console")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusNotFound || r.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s %s", r.Status, r.Header.Get("Content-Type"))
	}
}
