package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/svcgate/svcgate/messages"
)

// scripted is a caller that fails at every fifth number.
type scripted struct {
	mu           *sync.Mutex
	seen         map[uint64]bool
	open, closed *atomic.Int64
}

func (s scripted) call(number uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[number] {
		return errors.New("a number came twice")
	}
	s.seen[number] = true
	if number%5 == 0 {
		return errNotApproved
	}
	return nil
}

func (s scripted) close() { s.closed.Add(1) }

func TestLoadCountsWhatWasAsked(t *testing.T) {
	t.Parallel()
	s := scripted{&sync.Mutex{}, map[uint64]bool{}, &atomic.Int64{}, &atomic.Int64{}}
	began, ended := 0, 0
	o, err := load{conns: 4, warm: 2, requests: 100, limit: time.Hour}.run(context.Background(),
		func() (caller, error) { s.open.Add(1); return s, nil }, func() { began = len(s.seen) }, func() { ended = len(s.seen) })
	if err != nil {
		t.Fatal(err)
	}
	if o.done+o.errors != 100 || o.errors < 10 || !errors.Is(o.first, errNotApproved) || len(o.took) != o.done {
		t.Errorf("%d approved, %d not: %v", o.done, o.errors, o.first)
	}
	if began != 8 || ended != 108 {
		t.Errorf("counting went from %d to %d", began, ended)
	}
	if s.open.Load() != s.closed.Load() || s.open.Load() != 4+int64(o.errors) {
		t.Errorf("%d opened, %d closed", s.open.Load(), s.closed.Load())
	}
	refused := errors.New("refused")
	if _, err := (load{conns: 2, requests: 1}).run(context.Background(), func() (caller, error) { return nil, refused }, func() {}, func() {}); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}

func TestPercentiles(t *testing.T) {
	t.Parallel()
	o := outcome{}
	if o.percentile(99) != 0 {
		t.Error("nothing has a percentile")
	}
	for i := range 200 {
		o.took = append(o.took, time.Duration(i))
	}
	if o.percentile(50) != 100 || o.percentile(99) != 198 || o.percentile(100) != 199 {
		t.Error(o.percentile(50), o.percentile(99), o.percentile(100))
	}
}

func TestAnswersAreReadWhole(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, test := range map[string]struct {
		text, body string
		status     int
		wrong      bool
	}{
		"length":           {text: ok + "Content-Length: 5\r\n\r\nhello", body: "hello", status: 200},
		"empty":            {text: ok + "content-length:0\r\n\r\n", status: 200},
		"chunks":           {text: ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", body: "hello", status: 200},
		"larger than once": {text: ok + "Content-Length: 40000\r\n\r\n" + strings.Repeat("x", 40_000), body: strings.Repeat("x", 40_000), status: 200},
		"refusal":          {text: "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno", body: "no", status: 503},
		"no length":        {text: ok + "\r\nhello", wrong: true},
		"cut off":          {text: ok + "Content-Length: 9\r\n\r\nhello", wrong: true},
		"chunk cut off":    {text: ok + "Transfer-Encoding: chunked\r\n\r\n9\r\nhel", wrong: true},
		"no chunk":         {text: ok + "Transfer-Encoding: chunked\r\n\r\nhello\r\n", wrong: true},
		"no HTTP":          {text: "hello\r\n\r\n", wrong: true},
		"nothing":          {wrong: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client{in: bufio.NewReaderSize(strings.NewReader(test.text), 16<<10)}
			status, err := c.read()
			if test.wrong {
				if err == nil {
					t.Errorf("read %d %q", status, c.body)
				}
				return
			}
			if err != nil || status != test.status || string(c.body) != test.body {
				t.Errorf("got %d, %d bytes, %v", status, len(c.body), err)
			}
			if rest, _ := io.ReadAll(c.in); len(rest) > 0 {
				t.Errorf("%q was left", rest)
			}
		})
	}
}

func TestOnlyApprovalsCount(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string
		want   error
	}{
		"approved": {"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{\"outcome\":\"approved\"}", nil},
		"declined": {"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{\"outcome\":\"declined\"}", errNotApproved},
		"refused":  {"HTTP/1.1 503 No\r\nContent-Length: 22\r\n\r\n{\"outcome\":\"approved\"}", errNotApproved},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ours, theirs := net.Pipe()
			defer ours.Close()
			go func() {
				defer theirs.Close()
				text := make([]byte, 4<<10)
				if _, err := theirs.Read(text); err == nil {
					_, _ = theirs.Write([]byte(test.answer))
				}
			}()
			c := client{request: gatewayRequest("127.0.0.1:1", "token", way0), approved: []byte(`"outcome":"approved"`), conn: ours, in: bufio.NewReaderSize(ours, 16<<10)}
			if err := c.call(7); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// The message of the load is one that the provider can read, and the provider's answer is one that the gateway can.
func TestMessagesAreReal(t *testing.T) {
	t.Parallel()
	request, err := messageRequest("127.0.0.1:1", way20)
	if err != nil {
		t.Fatal(err)
	}
	text := request.fill([]byte("before"), 1_234_567_890_123, "")
	head, body, found := strings.Cut(strings.TrimPrefix(string(text), "before"), "\r\n\r\n")
	if !found || !strings.HasPrefix(head, "POST /delay/20"+messagePath+" ") {
		t.Fatalf("%q", head)
	}
	read, err := messages.ReadRequest([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	asks, ok := read.(*messages.PreauthorizationRequest)
	if !ok || asks.RTPTransaction.RTPTransactionID != "4567890123" || cardIn([]byte(body)) != cardPrefix+"4567890123" {
		t.Errorf("read %T %+v", read, read)
	}
	for _, kind := range []messages.Kind{messages.Inquiry, messages.Preauthorization} {
		answer, err := approval(kind)
		if err != nil {
			t.Fatal(err)
		}
		var a messages.Answer
		if err := messages.ReadAnswer(answer.fill(nil, 42, "4567890123"), &a); err != nil {
			t.Fatal(err)
		}
		if a.Kind != kind || a.SVATransactionID != "0000000042" || a.AccountID != "4567890123" {
			t.Errorf("%v: %+v", kind, a)
		}
	}
}

func TestCardIn(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"<a:CardNumber>6006490000000001</a:CardNumber>": "6006490000000001",
		"<CardNumber></CardNumber>":                     "",
		"<CardNumber>6006490000000001":                  "",
		"":                                              "",
	} {
		if got := cardIn([]byte(body)); got != want {
			t.Errorf("%q holds %q, want %q", body, got, want)
		}
	}
}
