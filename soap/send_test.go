package soap_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/svcgate/svcgate/soap"
)

// torn takes n bytes and breaks.
type torn struct {
	net.Conn
	n int
}

func (c torn) Write(p []byte) (int, error) { return min(c.n, len(p)), errors.New("torn") }

func (torn) SetDeadline(time.Time) error { return nil }

// One byte decides. A connection that took none cannot have carried the message, one that took a byte can have
// carried all of it, for all that is known here.
func TestMaybeSentFollowsTheBytesWritten(t *testing.T) {
	t.Parallel()
	c := client(t, soap.Config{URL: "http://127.0.0.1:1"})
	for n, maybeSent := range map[int]bool{0: false, 1: true, 100: true, 1 << 20: true} {
		left, err := soap.ExchangeOver(context.Background(), c, torn{n: n}, []byte(question))
		wantTransport(t, err, soap.OpSend, maybeSent)
		if len(left) < len(question) || len(bytes.Trim(left, "\x00")) > 0 {
			t.Errorf("%d bytes are left of the request, not all zero", len(left))
		}
	}
}
