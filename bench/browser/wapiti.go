package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/console"
)

// How long wapiti may look for pages, and attack with each module, in seconds. The whole takes about three minutes, and is
// ended after five.
const (
	crawlSeconds  = "45"
	attackSeconds = "20"
)

// pass is one scan. Two modules of wapiti's are in none: nikto and wapp fetch their lists from elsewhere, about
// products that are not here.
type pass struct {
	name, start string
	modules     []string
	signedIn    bool
}

var passes = []pass{
	{"signed in with every role", "/console/overview", []string{"backup", "blindsql", "buster", "cookieflags", "crlf", "csp", "csrf", "exec", "file", "htaccess",
		"http_headers", "methods", "permanentxss", "redirect", "shellshock", "sql", "ssrf", "xss", "xxe"}, true},
	{"as a stranger", "/console/sign-in", []string{"brute_login_form", "cookieflags", "csp", "csrf", "http_headers", "redirect", "sql", "xss"}, false},
}

// finding is one row of wapiti's report. Its levels are 0 for information, 1 low, 2 medium, 3 high and 4 critical.
type finding struct {
	Category, Method, Path, Info, Parameter string
	Level                                   int
	Request                                 string `json:"http_request"`
}

func (f finding) String() string {
	return fmt.Sprintf("level %d, %s: %s %s %s: %s", f.Level, f.Category, f.Method, f.Path, f.Parameter, f.Info)
}

// pardon is a finding that is none, with the reason and, where it can be shown, the proof.
type pardon struct {
	category, info, why string
	proof               func(*scanner, context.Context, finding) error
}

// Whatever wapiti finds fails the run, of any level, but these.
var pardons = []pardon{
	{"Cross Site Request Forgery", "Lack of anti CSRF token", "forms of other sites are known by their origin, and get no cookie: each is sent as from another site, and refused", (*scanner).crossSite},
	{"HTTP Secure Headers", "Strict-Transport-Security is not set", "this server speaks plain HTTP to this machine; behind an https address the header is sent (console/headers.go)", nil},
	{"HTTP Secure Headers", "X-XSS-Protection is not set", "no browser of today knows it, and it could be turned against pages; the content policy lets no script in", nil},
}

// scanner is what a scan works with. Wapiti comes through a gate, because by itself it cannot leave an address out (its
// option for that fails with Python 3.11) and would lose the session, whose cookie browsers keep for https and this
// machine alone.
type scanner struct {
	*world
	program string
	gate    *httptest.Server // before the console
	door    *httptest.Server // where the server would be led to by an attack

	mu       sync.Mutex
	cookie   string
	signedIn bool        // the gate adds the cookie
	statuses map[int]int // of the answers, by hundreds
	broken   []string    // what the console failed at
	led      []string
}

// spared are the addresses that would end the session in which the scan is made.
var spared = []string{"/console/sign-out", "/console/people/ada/sessions/end"}

// newGate opens the gate: it adds the session's cookie, keeps it as it changes, and counts what the console answers.
func (c *scanner) newGate() (*httptest.Server, error) {
	to, err := url.Parse(c.url)
	if err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{
		ErrorLog: log.New(io.Discard, "", 0), // wapiti hangs up at will
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
			c.mu.Lock()
			defer c.mu.Unlock()
			if r.Out.Header.Del("Cookie"); c.signedIn {
				r.Out.Header.Set("Cookie", c.cookie)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, cookie := range r.Cookies() {
				if cookie.Name == console.CookieName && cookie.Value != "" && c.signedIn {
					c.cookie = cookie.Name + "=" + cookie.Value
				}
			}
			if c.statuses[r.StatusCode/100]++; r.StatusCode >= 500 {
				c.broken = append(c.broken, fmt.Sprintf("%s %s answered %s", r.Request.Method, r.Request.URL, r.Status))
			}
			return nil
		},
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(spared, r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	})), nil
}

// scan has wapiti look at the console from outside.
func scan(ctx context.Context, s settings) (err error) {
	program, err := need("wapiti", "wapiti")
	if err != nil {
		return err
	}
	var roles []string
	for _, r := range access.PersonRoles() {
		roles = append(roles, string(r))
	}
	w, err := newWorld(ctx, s.binary, "people", "add", "ada", "--role", strings.Join(roles, ","))
	if err != nil {
		return fmt.Errorf("%w: %w", errUntried, err)
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := (&walk{world: w}).traffic(ctx); err != nil {
		return err
	}
	c := &scanner{world: w, program: program, statuses: map[int]int{}}
	if c.gate, err = c.newGate(); err != nil {
		return err
	}
	defer c.gate.Close()
	c.door = httptest.NewServer(http.HandlerFunc(c.knock))
	defer c.door.Close()
	if err := c.signIn(ctx); err != nil {
		return err
	}
	var errs []error
	for _, p := range passes {
		errs = append(errs, c.run(ctx, p))
	}
	status, err := c.get(ctx, "/console/overview")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the session did not last until the end of the scan: status %d", status)
	}
	errs = append(errs, err)
	for _, what := range c.broken {
		errs = append(errs, errors.New(what))
	}
	for _, path := range c.led {
		errs = append(errs, fmt.Errorf("an attack led the server to %s", path))
	}
	return errors.Join(errs...)
}

// knock answers wapiti, which asks who came, and writes down who else comes.
func (c *scanner) knock(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" && !strings.HasPrefix(r.URL.Path, "/get_") {
		c.mu.Lock()
		c.led = append(c.led, r.URL.Path)
		c.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}") // wapiti may have gone
}

// signIn takes up the one-time link.
func (c *scanner) signIn(ctx context.Context) error {
	const password = "The password of ada is long"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.link, strings.NewReader(url.Values{"chosen": {password}, "again": {password}}.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultTransport.RoundTrip(r) // not followed
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // nothing is read
	for _, cookie := range answer.Cookies() {
		if cookie.Name == console.CookieName {
			c.cookie = cookie.Name + "=" + cookie.Value
			return nil
		}
	}
	return fmt.Errorf("the one-time link answered %s without a session", answer.Status)
}

func (c *scanner) get(ctx context.Context, path string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Cookie", c.cookie)
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// run makes one pass and judges its report.
func (c *scanner) run(ctx context.Context, p pass) error {
	folder := filepath.Join(c.dir, "wapiti-"+strings.Fields(p.name)[0])
	report := filepath.Join(folder, "report.json")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	args := []string{"-u", c.gate.URL + p.start, "--scope", "domain", "-m", strings.Join(p.modules, ","), "-d", "6", "--max-links-per-page", "60", "--max-files-per-dir", "30",
		"--max-scan-time", crawlSeconds, "--max-attack-time", attackSeconds, "-t", "20", "--no-bugreport", "--flush-session", "--endpoint", c.door.URL + "/",
		"--store-session", folder, "--store-config", folder, "-f", "json", "-o", report, "-v", "1"}
	c.signedIn, c.statuses = p.signedIn, map[int]int{}
	began := time.Now()
	places, err := c.launch(ctx, folder, args)
	if err != nil {
		return err
	}
	found, err := readReport(report)
	if err != nil {
		return err
	}
	counts, errs := map[string]int{}, []error(nil)
	for _, f := range found {
		i := slices.IndexFunc(pardons, func(p pardon) bool { return p.category == f.Category && p.info == f.Info })
		if i < 0 {
			errs = append(errs, fmt.Errorf("wapiti, %s: %s", p.name, f))
			continue
		}
		counts[f.Info+", which is none: "+pardons[i].why]++
		if pardons[i].proof != nil {
			if err := pardons[i].proof(c, ctx, f); err != nil {
				errs = append(errs, err)
			}
		}
	}
	fmt.Printf("wapiti %s: %d modules on %d pages and forms; %d findings that count; %s\n", p.name, len(p.modules), places, len(errs), time.Since(began).Round(time.Second))
	fmt.Printf("    answers: %d of 200, %d of 300, %d of 400, %d of 500\n", c.statuses[2], c.statuses[3], c.statuses[4], c.statuses[5])
	for text, n := range counts {
		fmt.Printf("    %d times %s\n", n, text)
	}
	return errors.Join(errs...)
}

// launch runs wapiti to its end and says how many pages and forms it found.
func (c *scanner) launch(ctx context.Context, folder string, args []string) (int, error) {
	cmd := exec.CommandContext(ctx, c.program, args...)
	cmd.Env = append(environment(folder), "PYTHONWARNINGS=ignore", "LANG=C.UTF-8")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	seen, began := 0, time.Now()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "[*] Wapiti found "):
			_, _ = fmt.Sscanf(line, "[*] Wapiti found %d", &seen) // 0 is judged below
		case strings.HasPrefix(line, "[*] Launching module "), strings.HasPrefix(line, "Max attack time was reached"), strings.HasPrefix(line, "Max scan time was reached"):
			fmt.Printf("    %5s  %s\n", time.Since(began).Round(100*time.Millisecond), strings.TrimPrefix(line, "[*] "))
		}
	}
	if err := cmd.Wait(); err != nil {
		return seen, fmt.Errorf("wapiti: %w: %s", err, complaint.String()[max(0, complaint.Len()-mostComplaint):])
	}
	if seen == 0 {
		return 0, errors.New("wapiti found no page")
	}
	return seen, nil
}

// mostComplaint is how much is shown of what wapiti says when it fails.
const mostComplaint = 1500

// readReport reads what wapiti found, weak places and anomalies.
func readReport(file string) ([]finding, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("wapiti left no report: %w", err)
	}
	var report struct {
		Vulnerabilities, Anomalies map[string][]finding
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("reading wapiti's report: %w", err)
	}
	if len(report.Vulnerabilities) == 0 {
		return nil, errors.New("wapiti's report names no category")
	}
	var all []finding
	for _, found := range []map[string][]finding{report.Vulnerabilities, report.Anomalies} {
		for category, rows := range found {
			for _, row := range rows {
				row.Category = category
				all = append(all, row)
			}
		}
	}
	return all, nil
}

// crossSite sends the form again as a browser does for a page of another site, with the cookie that it would not send.
func (c *scanner) crossSite(ctx context.Context, f finding) error {
	for _, site := range []string{"cross-site", "same-site"} {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+f.Path, strings.NewReader(""))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", c.cookie)
		r.Header.Set("Sec-Fetch-Site", site)
		r.Header.Set("Origin", "https://elsewhere.example")
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return err
		}
		if err := answer.Body.Close(); err != nil {
			return err
		}
		if answer.StatusCode != http.StatusForbidden {
			return fmt.Errorf("%s took a form of another site (%s): %s", f.Path, site, answer.Status)
		}
	}
	return nil
}
