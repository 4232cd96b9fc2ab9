package soap_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
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

// limited answers at once and notes the deadlines that it is given.
type limited struct {
	net.Conn
	answer    io.Reader
	deadlines *[]time.Time
}

func (c limited) Read(p []byte) (int, error) { return c.answer.Read(p) }

func (c limited) Write(p []byte) (int, error) { return len(p), nil }

func (c limited) SetDeadline(t time.Time) error {
	*c.deadlines = append(*c.deadlines, t)
	return nil
}

// A connection that waits for the next call must not end with the last one.
func TestADeadlineEndsWithItsCall(t *testing.T) {
	t.Parallel()
	c := client(t, soap.Config{URL: "http://127.0.0.1:1", CallTimeout: time.Hour})
	var deadlines []time.Time
	begun := time.Now()
	end := limited{answer: strings.NewReader(answer(200, "text/xml", xmlBody)), deadlines: &deadlines}
	if _, err := soap.ExchangeOver(t.Context(), c, end, []byte(question)); err != nil {
		t.Fatal(err)
	}
	if len(deadlines) != 2 || deadlines[0].Before(begun.Add(time.Hour)) || deadlines[0].After(time.Now().Add(time.Hour)) || !deadlines[1].IsZero() {
		t.Errorf("deadlines %v", deadlines)
	}
}

// The room of an answer, which may hold a new card's number, is erased. Not parallel: the room is used again.
func TestReleaseErasesTheAnswer(t *testing.T) {
	p := serve(t, always(answer(200, "text/xml", xmlBody)))
	a, err := call(client(t, soap.Config{URL: p.url()}))
	wantAnswer(t, a, err, xmlBody)
	body := a.Body
	a.Release()
	if a.Body != nil || len(bytes.Trim(body, "\x00")) > 0 {
		t.Errorf("left: %q", body)
	}
	a.Release() // once is enough, twice does nothing
	other := soap.Answer{Body: []byte(xmlBody)}
	if other.Release(); string(other.Body) != xmlBody {
		t.Error("a body that another made was touched")
	}
}
