package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// simulatorOf counts what comes to the simulator's place and answers a little XML.
func simulatorOf(t *testing.T) (address string, came *atomic.Int64) {
	t.Helper()
	came = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		came.Add(1)
		w.Header().Set("Content-Type", typeXML)
		_, _ = io.WriteString(w, "<answer/>")
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), came
}

// ask posts a message on a connection of its own and returns status, content type and body.
func ask(t *testing.T, address, message string) (status int, contentType, body string, err error) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r, err := http.NewRequest(http.MethodPost, "http://"+address+relatePath, strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(conn); err != nil {
		return 0, "", "", err
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		return 0, "", "", err
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 2<<20))
	return answer.StatusCode, answer.Header.Get("Content-Type"), string(text), err
}

func TestFront(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		act    *act
		passed int64
		right  func(status int, contentType, body string, err error) bool
	}{
		"nothing":   {nil, 1, func(s int, _, b string, err error) bool { return err == nil && s == 200 && b == "<answer/>" }},
		"page":      {pageInstead, 0, func(s int, c, _ string, _ error) bool { return s == 200 && strings.HasPrefix(c, "text/html") }},
		"late page": {pageAfter, 1, func(s int, c, _ string, _ error) bool { return s == 200 && strings.HasPrefix(c, "text/html") }},
		"typed":     {typed("text/plain"), 1, func(_ int, c, b string, _ error) bool { return c == "text/plain" && b == "<answer/>" }},
		"untyped":   {typed(""), 1, func(_ int, c, b string, _ error) bool { return c == "" && b == "<answer/>" }},
		"fault":     {faultInstead(dialectClient), 0, func(s int, _, b string, _ error) bool { return s == 500 && strings.Contains(b, "soap:Client") }},
		"redirect":  {redirect(307), 0, func(s int, _, b string, _ error) bool { return s == 307 && b == "" }},
		"endless":   {endless, 1, func(_ int, _, b string, _ error) bool { return len(b) == 2<<20 }},
		"twice":     {answerTwice, 1, func(_ int, _, b string, _ error) bool { return b == "<answer/>" }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator, came := simulatorOf(t)
			f, err := openFront(t.Context(), simulator, "127.0.0.1:1", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer f.close()
			if err := f.make(t.Context(), fault{act: tt.act}); err != nil {
				t.Fatal(err)
			}
			if s, c, b, err := ask(t, f.address(), "<ask>6006</ask>"); !tt.right(s, c, b, err) {
				t.Errorf("HTTP %d, %q, %d bytes, %v", s, c, len(b), err)
			}
			if n := came.Load(); n != tt.passed {
				t.Errorf("%d messages were passed on, want %d", n, tt.passed)
			}
			if n, own := f.arrived("6006", "ask"); n != 1 || !own {
				t.Errorf("%d arrived", n)
			}
			if n, _ := f.arrived("6006", "other"); n != 0 {
				t.Errorf("%d others arrived", n)
			}
			if err := f.heal(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s, _, b, err := ask(t, f.address(), "<ask/>"); s != 200 || b != "<answer/>" || err != nil {
				t.Errorf("healed: HTTP %d, %q, %v", s, b, err)
			}
		})
	}
}

func TestBacklogHangsAndHeals(t *testing.T) {
	t.Parallel()
	simulator, came := simulatorOf(t)
	d, err := openBacklog(t.Context(), simulator)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	if err := d.make(t.Context(), fault{full: true}); err != nil { // it proves that connecting hangs
		t.Fatal(err)
	}
	if err := d.heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, _, b, err := ask(t, d.address(), "<ask/>"); s != 200 || b != "<answer/>" || err != nil || came.Load() != 1 {
		t.Errorf("healed: HTTP %d, %q, %v, %d came", s, b, err, came.Load())
	}
}

func TestTrapCounts(t *testing.T) {
	t.Parallel()
	trap, err := openTrap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", trap.address())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = conn.Read(make([]byte, 1)) // until the trap has let go
	_ = conn.Close()
	if err := trap.close(); err != nil || trap.caught.Load() != 1 {
		t.Errorf("%d caught, %v", trap.caught.Load(), err)
	}
}
