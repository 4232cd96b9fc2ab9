package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/config"
)

const (
	defaultServer = "http://127.0.0.1:8080"
	clientLimit   = 90 * time.Second // longer than any call that a server may be set to wait for by default
	maxAnswer     = 16 << 20
)

// serverFlags say which server to talk to and as whom.
type serverFlags struct {
	server, tokenFile string
	allowPlain        bool
}

func (f *serverFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.server, "server", "", "address of the server (default: the variable SVCGATE_SERVER)")
	c.Flags().StringVar(&f.tokenFile, "token-file", "", "file with the token (default: the variable SVCGATE_TOKEN)")
	c.Flags().BoolVar(&f.allowPlain, "allow-plain-http", false, "talk http:// to another machine, readable by everybody on the way")
}

// client talks to a running server.
type client struct {
	base  string
	token string
	http  *http.Client
}

func (s *shell) client(f serverFlags) (*client, error) {
	base := f.server
	if base == "" {
		base = s.getenv("SVCGATE_SERVER")
	}
	if base == "" {
		base = defaultServer
	}
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return nil, fail(exitUsage, "--server wants an address such as %s", defaultServer)
	case u.Scheme == "http" && !isLoopback(u.Hostname()) && !f.allowPlain:
		return nil, fail(exitUsage, "--server: over http:// everybody on the way can read card numbers; use https:// (or --allow-plain-http in a test network)")
	}
	token := s.getenv("SVCGATE_TOKEN")
	if f.tokenFile != "" {
		if token, err = readSecret(s, f.tokenFile); err != nil {
			return nil, err
		}
	}
	if token == "" {
		return nil, fail(exitRefused, "there is no token: set SVCGATE_TOKEN or give --token-file; svcgate tokens create makes one")
	}
	return newClient(u.Scheme+"://"+u.Host, token), nil
}

func newClient(base, token string) *client {
	return &client{base: base, token: token, http: &http.Client{
		Timeout:   clientLimit,
		Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("the server redirects, which svcgate does not")
		},
	}}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// readSecret reads a one-line file that only its owner can read; "-" is standard input.
func readSecret(s *shell, path string) (string, error) {
	if path == "-" {
		text, err := readLine(s.in)
		if err == nil && text == "" {
			err = fail(exitUsage, "standard input is empty")
		}
		return text, err
	}
	if err := config.PrivateFile(path, s.getenv("CREDENTIALS_DIRECTORY")); err != nil {
		return "", fail(exitUsage, "%s: %w", path, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fail(exitUsage, "%w", err)
	}
	defer f.Close()
	text, err := readLine(f)
	if err != nil || text == "" {
		return "", fail(exitUsage, "%s holds nothing", path)
	}
	return text, nil
}

// response is what a server answered.
type response struct {
	status   int
	body     []byte
	replayed bool
}

// do sends one request. The error is a failure with the exit status that the problem has; the response is there
// whenever the server answered.
func (c *client) do(ctx context.Context, method, path, contentType, key string, body []byte) (*response, error) {
	header := http.Header{}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	return c.send(ctx, method, path, contentType, header, body)
}

// doMatching is do for what names the entity tag that it was decided on; "" names none.
func (c *client) doMatching(ctx context.Context, method, path, contentType, ifMatch string, body []byte) (*response, error) {
	header := http.Header{}
	if ifMatch != "" {
		header.Set("If-Match", `"`+ifMatch+`"`)
	}
	return c.send(ctx, method, path, contentType, header, body)
}

func (c *client) send(ctx context.Context, method, path, contentType string, header http.Header, body []byte) (*response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	request.GetBody = nil // nothing is sent twice
	request.Header = header
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("User-Agent", "svcgate/"+thisBuild().Version)
	if body == nil {
		request.Body = http.NoBody
	} else {
		request.Header.Set("Content-Type", contentType)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, noAnswer(method, c.base, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil || len(text) > maxAnswer {
		return nil, fail(unanswered(method), "the server's answer broke off")
	}
	r := &response{status: answer.StatusCode, body: text, replayed: answer.Header.Get("Idempotent-Replayed") == "true"}
	if r.status/100 != 2 {
		return r, r.problem(method)
	}
	return r, nil
}

// unanswered is the exit status of a request that may have arrived: only what changes nothing surely changed nothing.
func unanswered(method string) int {
	if method == http.MethodGet {
		return exitUnreachable
	}
	return exitUnknown
}

func noAnswer(method, base string, err error) error {
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return fail(exitUnreachable, "no server answers at %s; start one with svcgate serve, or name another with --server", base)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return fail(unanswered(method), "talking to %s failed, and the request may have arrived: %w", base, err)
}

// problem reads the problem document of a refusal.
func (r *response) problem(method string) error {
	var p struct {
		Code     string       `json:"code"`
		Category svcgate.Code `json:"category"`
		Title    string       `json:"title"`
		Detail   string       `json:"detail"`
		Field    string       `json:"field"`
		Errors   []struct {
			Field  string `json:"field"`
			Detail string `json:"detail"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(r.body, &p); err != nil || p.Code == "" {
		return fail(unanswered(method), "this is not svcgate's answer, something on the way gave it: status %d without a problem document", r.status)
	}
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	if p.Field != "" {
		text = p.Field + ": " + text
	}
	for _, one := range p.Errors {
		text += "; " + one.Field + ": " + one.Detail
	}
	return fail(statusOfCode(p.Category), "%s (%s)", text, p.Code)
}
