package soap_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/svcgate/svcgate/soap"
)

// The provider reads the message and then says nothing, too little, or too little at a time. The call ends when its
// limit is over, not later for a byte that comes.
func TestTheLimitEndsAnIncompleteAnswer(t *testing.T) {
	t.Parallel()
	const limit = 20 * time.Second
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 900000000\r\n\r\n"
	for name, test := range map[string]struct {
		say   string
		more  time.Duration // a byte comes each time; 0 for none
		begun bool
	}{
		"silence":             {},
		"silence in the body": {say: head + xmlBody, begun: true},
		"dribble":             {say: head, more: time.Second / 2, begun: true},
		"dribble of a head":   {say: "HTTP/1.1 200 OK\r\nX-Long: ", more: time.Second / 2, begun: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				heard, ended := make(chan string, 1), make(chan struct{})
				go func() {
					defer close(ended)
					defer far.Close()
					r, err := http.ReadRequest(bufio.NewReader(far))
					if err != nil {
						t.Error(err)
						return
					}
					body, _ := io.ReadAll(r.Body)
					heard <- string(body)
					if test.say != "" {
						_, err = io.WriteString(far, test.say)
					}
					for test.more > 0 && err == nil {
						time.Sleep(test.more) // on the clock of this test
						_, err = far.Write([]byte(" "))
					}
					_, _ = io.Copy(io.Discard, far)
				}()
				begun := time.Now()
				_, err := soap.ExchangeOver(t.Context(), client(t, soap.Config{URL: "http://" + nobody, CallTimeout: limit}), near, []byte(question))
				took := time.Since(begun)
				_ = near.Close()
				<-ended
				e := wantTransport(t, err, soap.OpRead, true)
				if !errors.Is(err, context.DeadlineExceeded) || !e.Timeout || e.Begun != test.begun {
					t.Errorf("got %v (Timeout %v, Begun %v), want Begun %v", err, e.Timeout, e.Begun, test.begun)
				}
				if took != limit {
					t.Errorf("it took %s, want %s", took, limit)
				}
				if body := <-heard; body != question {
					t.Error("the body arrived changed")
				}
			})
		})
	}
}

// A far end that hears what it is told first and says nothing keeps a call until a limit is over.
func TestSilenceEndsWithALimit(t *testing.T) {
	t.Parallel()
	const short = 200 * time.Millisecond
	oneByte := func(v *visit) bool {
		_, err := v.in.ReadByte()
		return err == nil
	}
	for name, test := range map[string]struct {
		hears     func(*visit) bool
		config    func(*provider) soap.Config
		op        string
		maybeSent bool
		says      string
	}{
		"of the provider": {(*visit).request, func(p *provider) soap.Config {
			return soap.Config{URL: p.url(), CallTimeout: short}
		}, soap.OpRead, true, "deadline exceeded"},
		"of the proxy": {(*visit).request, func(p *provider) soap.Config {
			return through(p, soap.Config{URL: "https://provider.invalid/", DialTimeout: short})
		}, soap.OpProxy, false, "no connection within 200ms"},
		"in the handshake": {oneByte, func(p *provider) soap.Config {
			return soap.Config{URL: p.httpsURL(), DialTimeout: short}
		}, soap.OpTLS, false, "no connection within 200ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var heard atomic.Bool
			p := serve(t, func(v *visit) {
				heard.Store(test.hears(v))
				v.hangUntilGone()
			})
			_, err := call(client(t, test.config(p)))
			e, ok := errors.AsType[*soap.TransportError](err)
			if !ok || !e.Timeout || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("got %T %v, want a timeout that says %q", err, err, test.says)
			}
			if heard.Load() { // or the limit was over in an earlier step
				wantTransport(t, err, test.op, test.maybeSent)
			}
		})
	}
}
