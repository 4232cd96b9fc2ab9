package soap_test

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"github.com/svcgate/svcgate/soap"
)

// The question comes when the connection is ready and before a byte is written. After a no the provider sees the
// connection close and not one byte, also on a connection that carried a message before.
func TestNothingIsWrittenOnceSendingIsForbidden(t *testing.T) {
	t.Parallel()
	forbidden := errors.New("the lease is over")
	for name, before := range map[string]int{"on a fresh connection": 0, "on a kept one": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rest := make(chan string, 2)
			p := serve(t, func(v *visit) {
				for range before {
					if v.n == 1 && v.request() {
						v.say(answer(200, "text/xml", xmlBody))
					}
				}
				if v.n == 1 {
					left, err := io.ReadAll(v.in)
					if err != nil {
						left = append(left, err.Error()...)
					}
					rest <- string(left)
					return
				}
				always(answer(200, "text/xml", xmlBody))(v)
			})
			var no atomic.Bool
			asked := 0
			c := client(t, soap.Config{URL: p.url(), MaySend: func(context.Context) error {
				asked++
				if no.Load() {
					return forbidden
				}
				return nil
			}})
			for range before {
				a, err := call(c)
				wantAnswer(t, a, err, xmlBody)
			}
			no.Store(true)
			_, err := call(c)
			if e := wantTransport(t, err, soap.OpFence, false); !errors.Is(e, forbidden) || e.Timeout {
				t.Errorf("got %v", e)
			}
			if left := <-rest; left != "" {
				t.Errorf("the provider read %q", left)
			}
			if asked != before+1 {
				t.Errorf("asked %d times for %d messages", asked, before+1)
			}
			p.want(1, before)
			no.Store(false)
			a, err := call(c)
			wantAnswer(t, a, err, xmlBody)
			p.want(2, before+1)
		})
	}
}

// The request, with its credentials and card number, does not stay in memory.
func TestAForbiddenRequestIsWiped(t *testing.T) {
	t.Parallel()
	c := client(t, soap.Config{URL: "http://127.0.0.1:1", MaySend: func(context.Context) error { return errors.New("no") }})
	left, err := soap.ExchangeOver(t.Context(), c, torn{n: 1 << 20}, []byte(question))
	wantTransport(t, err, soap.OpFence, false)
	for _, b := range left {
		if b != 0 {
			t.Fatal("the request is still there")
		}
	}
}
