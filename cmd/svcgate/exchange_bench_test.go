package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/orce/orcetest"
)

// BenchmarkExchange measures one authorization through everything: HTTP, the token, the checks, the journal on disk, the
// provider's HTTP and the log. Caller and provider speak HTTP from buffers of their own, so that what is allocated is
// allocated by the gateway. Beside the time it reports the commits and the bytes written to disk for each exchange.
func BenchmarkExchange(b *testing.B) {
	for _, callers := range []int{1, 8, 64, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			g := newExchangeGate(b)
			lines := make([]*exchangeCaller, callers)
			for i := range lines {
				lines[i] = g.dial(b)
			}
			run := func(count int) {
				var left atomic.Int64
				left.Store(int64(count))
				var all sync.WaitGroup
				for _, line := range lines {
					all.Go(func() {
						for left.Add(-1) >= 0 {
							if err := line.exchange(int(g.asked.Add(1))); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				all.Wait()
			}
			run(20 * callers)
			commits, written := g.gate.store.Stats().Commits, diskBytes(b)
			b.ReportAllocs()
			spent := processorTime(b)
			b.ResetTimer()
			run(b.N)
			b.StopTimer()
			n := float64(b.N)
			b.ReportMetric(float64((processorTime(b)-spent).Nanoseconds())/n, "cpu-ns/op")
			b.ReportMetric(float64(g.gate.store.Stats().Commits-commits)/n, "commits/op")
			b.ReportMetric(float64(diskBytes(b)-written)/n, "disk-B/op")
		})
	}
}

// exchangeGate is a gateway that serves, as svcgate serve does.
type exchangeGate struct {
	gate  *gate
	doors doors
	token string
	asked atomic.Int64
}

func newExchangeGate(b *testing.B) *exchangeGate {
	b.Helper()
	dir, remove, err := temporaryFolder(os.TempDir(), "svcgate-exchange-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = remove() })
	if err := makeKeyFile(filepath.Join(dir, "svcgate.key"), "bench"); err != nil {
		b.Fatal(err)
	}
	settings := "listen: 127.0.0.1:0\nadmin_listen: 127.0.0.1:0\ndatabase: svcgate.db\nkey_file: svcgate.key\nlog: {format: json}\n" +
		"limits: {connections_per_address: 1000}\nrates: {requests: 0, inquiries: 0}\n" +
		"services:\n  - code: RLT\n    url: http://" + exchangeProvider(b) + "/xmlapi\n    presenters_id: \"60064\"\n    submitters_id: \"01\"\n"
	c, problems := config.Parse(filepath.Join(dir, "svcgate.yaml"), []byte(settings), nil)
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = nowhere.Close() })
	log, guard, err := newLogger(nowhere, c.Log.Level, c.Log.Format)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	g := &exchangeGate{}
	if g.gate, err = openGate(ctx, c, log, guard); err != nil {
		b.Fatal(err)
	}
	text, hash := access.NewToken()
	g.token = text
	if err := g.gate.store.PutToken(ctx, access.Token{Name: "bench", Role: access.RoleOMS, Created: time.Now()}, hash); err != nil {
		b.Fatal(err)
	}
	if g.doors, err = openDoors(ctx, c); err != nil {
		b.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- g.gate.serve(ctx, g.doors) }()
	b.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			b.Error(err)
		}
		if err := g.gate.Close(); err != nil {
			b.Error(err)
		}
	})
	return g
}

// exchangeCaller is one connection of the OMS.
type exchangeCaller struct {
	line  net.Conn
	in    *bufio.Reader
	token string
	body  []byte
	out   []byte
}

func (g *exchangeGate) dial(b *testing.B) *exchangeCaller {
	b.Helper()
	line, err := net.Dial("tcp", g.doors.api.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = line.Close() })
	return &exchangeCaller{line: line, in: bufio.NewReaderSize(line, 8<<10), token: g.token}
}

const exchangeCards = 20_000

// exchange authorizes 45.20 on one of many cards for an order of its own.
func (c *exchangeCaller) exchange(n int) error {
	c.body = append(c.body[:0], `{"service":"RLT","order":"`...)
	c.body = strconv.AppendInt(c.body, int64(n), 10)
	c.body = append(c.body, `","sequence":1,"card":{"number":"`...)
	c.body = strconv.AppendInt(c.body, 600649_1_000_000_000+int64(n%exchangeCards), 10)
	c.body = append(c.body, `"},"amount":"45.20","currency":"USD"}`...)
	c.out = append(c.out[:0], "POST /v1/authorizations HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nAuthorization: Bearer "...)
	c.out = append(c.out, c.token...)
	c.out = append(c.out, "\r\nIdempotency-Key: order-"...)
	c.out = strconv.AppendInt(c.out, int64(n), 10)
	c.out = append(c.out, "\r\nContent-Length: "...)
	c.out = strconv.AppendInt(c.out, int64(len(c.body)), 10)
	c.out = append(append(c.out, "\r\n\r\n"...), c.body...)
	if _, err := c.line.Write(c.out); err != nil {
		return err
	}
	if err := readHTTP(c.in, &c.body); err != nil {
		return err
	}
	if !bytes.Contains(c.body, []byte(`"outcome":"approved"`)) {
		return fmt.Errorf("not approved: %s", c.body)
	}
	return nil
}

// readHTTP reads one message with a Content-Length and keeps its body.
func readHTTP(in *bufio.Reader, body *[]byte) error {
	length := 0
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		const name = "content-length: "
		if len(line) > len(name) && bytes.EqualFold(line[:len(name)], []byte(name)) {
			for _, digit := range line[len(name) : len(line)-2] {
				length = 10*length + int(digit-'0')
			}
		}
	}
	if cap(*body) < length {
		*body = make([]byte, length)
	}
	*body = (*body)[:length]
	_, err := io.ReadFull(in, *body)
	return err
}

// exchangeProvider approves every authorization of 45.20 at once, each with an id of its own.
func exchangeProvider(b *testing.B) (address string) {
	b.Helper()
	const id = 7_000_000_000
	answer := orcetest.Approval(&messages.PreauthorizationRequest{RTPTransaction: messages.RTPTransaction{Amount: messages.NewDecimal(45_20, 2)}})
	answer.SVATransactionID = strconv.Itoa(id)
	body, err := messages.AppendAnswer(nil, answer, messages.AnswerForm{Enveloped: true})
	if err != nil {
		b.Fatal(err)
	}
	text := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nDate: Thu, 05 Mar 2026 02:30:15 GMT\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	at := bytes.Index(text, []byte(answer.SVATransactionID))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	var answered atomic.Int64
	go func() {
		for {
			line, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer line.Close()
				in, out, asked := bufio.NewReaderSize(line, 8<<10), bytes.Clone(text), []byte(nil)
				for readHTTP(in, &asked) == nil {
					strconv.AppendInt(out[:at], id+answered.Add(1), 10)
					if _, err := line.Write(out); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// diskBytes is what this process has caused to be written to disk, 0 where the system does not tell.
func diskBytes(b *testing.B) int64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	var n int64
	if at := bytes.Index(text, []byte("\nwrite_bytes: ")); at >= 0 {
		if _, err := fmt.Sscanf(string(text[at:]), "\nwrite_bytes: %d", &n); err != nil {
			b.Fatal(err)
		}
	}
	return n
}
