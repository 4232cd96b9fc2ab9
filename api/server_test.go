package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

// TestOneKeyAtOnce sends one request many times at once: one message goes out, and whoever does not get its answer is
// told to wait.
func TestOneKeyAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const callers = svcgate.MaxWaiting + 1 // more are told that the card is busy
	start := make(chan struct{})
	replies := make(chan reply, callers)
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			<-start
			replies <- h.authorize(t, "k", authorization)
		})
	}
	close(start)
	all.Wait()
	close(replies)
	var first []byte
	for r := range replies {
		switch r.StatusCode {
		case http.StatusConflict:
			r.want(t, http.StatusConflict, "key_in_progress", "Idempotency-Key")
		case http.StatusOK:
			if first == nil {
				first = r.body
			}
			if string(first) != string(r.body) {
				t.Errorf("two answers: %s and %s", first, r.body)
			}
		default:
			t.Errorf("status %d: %s", r.StatusCode, r.body)
		}
	}
	if h.provider.sent.Load() != 1 || first == nil {
		t.Errorf("%d messages, answer %s", h.provider.sent.Load(), first)
	}
}

// TestRawRequests writes what no client library would, over a real connection.
func TestRawRequests(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := api.NewServer(h.handler, time.Second)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	defer func() {
		if err := server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-done; err != http.ErrServerClosed {
			t.Error(err)
		}
	}()
	head := "POST /v1/authorizations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token(access.RoleOMS) +
		"\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\n"
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(authorization), authorization)
	for name, c := range map[string]struct {
		text   string
		status int
	}{
		"good":                   {head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(authorization), authorization), 200},
		"good, chunked":          {head + "Transfer-Encoding: chunked\r\n\r\n" + chunked, 200},
		"two lengths":            {head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}", 400},
		"length below zero":      {head + "Content-Length: -1\r\n\r\n{}", 400},
		"two hosts":              {strings.Replace(head, "Host: x", "Host: x\r\nHost: y", 1) + "Content-Length: 2\r\n\r\n{}", 400},
		"no host":                {strings.Replace(head, "Host: x\r\n", "", 1) + "Content-Length: 2\r\n\r\n{}", 400},
		"space before the colon": {head + "Content-Length : 2\r\n\r\n{}", 400},
		"control in a header":    {head + "X-A: a\x00b\r\nContent-Length: 2\r\n\r\n{}", 400},
		"broken chunk":           {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
		"headers too large":      {head + "X-A: " + strings.Repeat("a", 32<<10) + "\r\n\r\n", 431},
		"absolute address":       {strings.Replace(head, "POST /v1", "POST http://elsewhere/v1", 1) + "Content-Length: 2\r\n\r\n{}", 422},
		"star":                   {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		"connect":                {"CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n", 404},
		"trace":                  {"TRACE /v1/authorizations HTTP/1.1\r\nHost: x\r\n\r\n", 405},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := io.WriteString(conn, c.text); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != c.status || strings.Contains(string(body), cardNumber) {
				t.Errorf("status %d, want %d: %s", res.StatusCode, c.status, body)
			}
		})
	}
	t.Run("length and chunks together", func(t *testing.T) {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		// The chunks count and the connection is closed, so nothing can be smuggled behind them.
		if _, err := io.WriteString(conn, head+"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"+chunked+"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		all, _ := io.ReadAll(conn)
		if n := strings.Count(string(all), "HTTP/1.1 "); n != 1 {
			t.Errorf("%d answers: %s", n, all)
		}
	})
	if h.provider.sent.Load() != 1 {
		t.Errorf("%d messages were sent", h.provider.sent.Load())
	}
	h.checkJournal(t, svcgate.Approved)
}

// checkJournal wants one transaction of the given outcome.
func (h *house) checkJournal(t testing.TB, want svcgate.Outcome) {
	t.Helper()
	if len(h.journal.rows) != 1 || h.journal.rows[0].Outcome != want {
		t.Errorf("the journal holds %d rows", len(h.journal.rows))
	}
}
