package soap_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate/soap"
)

func TestNothingIsSentWithoutAConnection(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	over, cancel := context.WithTimeout(context.Background(), -1)
	defer cancel()

	for name, test := range map[string]struct {
		ctx     context.Context
		config  soap.Config
		timeout bool
		is      error
		says    string
	}{
		"refused": {context.Background(), soap.Config{URL: "http://" + nobody}, false, nil, "connection refused"},
		// The empty label makes it a name that no resolver is asked about.
		"no such name":         {context.Background(), soap.Config{URL: "https://provider..invalid"}, false, nil, "provider..invalid: no such host"},
		"cancelled before":     {cancelled, soap.Config{URL: "http://" + nobody}, false, context.Canceled, "canceled"},
		"out of time before":   {over, soap.Config{URL: "http://" + nobody}, true, context.DeadlineExceeded, "deadline"},
		"no time for the call": {context.Background(), soap.Config{URL: "http://" + nobody, CallTimeout: 1}, true, context.DeadlineExceeded, "deadline"},
		"no time for dialling": {context.Background(), soap.Config{URL: "http://" + nobody, DialTimeout: 1}, true, context.DeadlineExceeded, "no connection within 1ns"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client(t, test.config).Call(test.ctx, []byte(question))
			e := wantTransport(t, err, soap.OpDial, false)
			if e.Timeout != test.timeout || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v (Timeout %v)", err, e.Timeout)
			}
		})
	}
}

// What the provider does to the one message it gets. Every case may have been sent, and is sent no more than once.
func TestNoCompleteAnswer(t *testing.T) {
	t.Parallel()
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
	for name, test := range map[string]struct {
		handle   func(*visit)
		messages int
		is       error
	}{
		"reset at the first byte": {func(v *visit) { _, _ = v.in.ReadByte(); v.reset() }, 0, nil},
		"reset after reading":     {func(v *visit) { v.request(); v.reset() }, 1, nil},
		"hung up after reading":   {func(v *visit) { v.request() }, 1, io.ErrUnexpectedEOF},
		"half a status line":      {once("HTTP/1."), 1, soap.ErrNotHTTP},
		"half of the headers":     {once(head), 1, io.ErrUnexpectedEOF},
		"half of the body":        {once(head + "Content-Length: 1000\r\n\r\n" + xmlBody), 1, io.ErrUnexpectedEOF},
		"no body":                 {once(head + "Content-Length: 1000\r\n\r\n"), 1, io.ErrUnexpectedEOF},
		"half of the chunks":      {once(head + "Transfer-Encoding: chunked\r\n\r\n5\r\n<abc>\r\n"), 1, io.ErrUnexpectedEOF},
		"reset in the body":       {func(v *visit) { once(head + "Content-Length: 1000\r\n\r\n" + xmlBody)(v); v.reset() }, 1, nil},
		"endless body": {func(v *visit) {
			once(head + "\r\n")(v)
			endless(v, strings.Repeat("<a>", 1000))
		}, 1, soap.ErrTooLarge},
		"endless chunks": {func(v *visit) {
			once(head + "Transfer-Encoding: chunked\r\n\r\n")(v)
			endless(v, "3\r\n<a>\r\n")
		}, 1, soap.ErrTooLarge},
		"endless header":          {func(v *visit) { v.request(); v.say(head + "X-Long: "); endless(v, strings.Repeat("x", 1000)) }, 1, soap.ErrTooLarge},
		"endless headers":         {func(v *visit) { v.request(); v.say(head); endless(v, "X-Many: x\r\n") }, 1, soap.ErrTooLarge},
		"endless interim answers": {func(v *visit) { v.request(); endless(v, "HTTP/1.1 103 Early Hints\r\n\r\n") }, 1, soap.ErrNotHTTP},
		"other protocol":          {once("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), 1, soap.ErrNotHTTP},
		"XML without HTTP":        {once(question), 1, soap.ErrNotHTTP},
		"header without colon":    {once(head + question + "\r\n\r\n"), 1, soap.ErrNotHTTP},
		"length is no number":     {once(head + "Content-Length: " + card + "x\r\n\r\n"), 1, soap.ErrNotHTTP},
		"two lengths":             {once(head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), 1, soap.ErrNotHTTP},
		"chunk size is no number": {once(head + "Transfer-Encoding: chunked\r\n\r\n" + card + "zz\r\n"), 1, soap.ErrNotHTTP},
		"gzip bomb":               {once(answer(200, "text/xml\r\nContent-Encoding: gzip", packed(strings.Repeat(" ", 8<<20)))), 1, soap.ErrTooLarge},
		"broken gzip":             {once(answer(200, "text/xml\r\nContent-Encoding: gzip", xmlBody)), 1, soap.ErrEncoding},
		"cut gzip":                {once(answer(200, "text/xml\r\nContent-Encoding: gzip", packed(xmlBody)[:30])), 1, soap.ErrEncoding},
		"brotli":                  {once(answer(200, "text/xml\r\nContent-Encoding: br", xmlBody)), 1, soap.ErrEncoding},
		"gzip twice":              {once(answer(200, "text/xml\r\nContent-Encoding: gzip, gzip", packed(packed(xmlBody)))), 1, soap.ErrEncoding},
		"too much gzip":           {once(answer(200, "text/xml\r\nContent-Encoding: gzip", strings.Repeat("x", 2<<20))), 1, soap.ErrTooLarge},
		"one byte too large":      {once(answer(200, "text/xml", strings.Repeat(" ", 1<<20+1))), 1, soap.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, test.handle)
			c := client(t, soap.Config{URL: p.url()})
			_, err := call(c)
			e := wantTransport(t, err, soap.OpRead, true)
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("got %v, want %v", err, test.is)
			}
			begun := !slices.Contains([]string{"reset at the first byte", "reset after reading", "hung up after reading"}, name)
			if e.Begun != begun {
				t.Errorf("Begun is %v", e.Begun)
			}
			if e.Timeout {
				t.Error("Timeout is true")
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), card) {
				t.Errorf("the error quotes a card number: %v", err)
			}
			c.Close()
			p.want(1, test.messages)
		})
	}
}

func endless(v *visit, s string) {
	for err := error(nil); err == nil; {
		_, err = io.WriteString(v, s)
	}
}

func packed(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, s)
	_ = z.Close()
	return b.String()
}

func TestCancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	p := serve(t, func(v *visit) {
		v.request()
		cancel()
		v.hangUntilGone()
	})
	_, err := client(t, soap.Config{URL: p.url()}).Call(ctx, []byte(question))
	e := wantTransport(t, err, soap.OpRead, true)
	if !errors.Is(err, context.Canceled) || e.Timeout {
		t.Errorf("got %v (Timeout %v), want cancelled", err, e.Timeout)
	}
	p.want(1, 1)
}

// The provider takes a part of a message larger than all buffers, and no more.
func TestStuckWhileWriting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	p := serve(t, func(v *visit) {
		_, _ = v.in.ReadByte()
		cancel()
		<-done
	})
	defer close(done)
	_, err := client(t, soap.Config{URL: p.url()}).Call(ctx, make([]byte, 32<<20))
	wantTransport(t, err, soap.OpSend, true)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancelled", err)
	}
	p.want(1, 0)
}

func TestAnswersThatAreAccepted(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"text/xml":             answer(200, "text/xml", xmlBody),
		"upper case":           answer(200, "TEXT/XML; Charset=UTF-8", xmlBody),
		"application/xml":      answer(200, "application/xml", xmlBody),
		"application/soap+xml": answer(200, `application/soap+xml; action=""`, xmlBody),
		"no type":              fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(xmlBody), xmlBody),
		"HTTP/1.0 to the end":  "HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n" + xmlBody,
		"chunked":              "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + xmlBody[:5] + "\r\n" + fmt.Sprintf("%x", len(xmlBody)-5) + "\r\n" + xmlBody[5:] + "\r\n0\r\n\r\n",
		"after interim":        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(200, "text/xml", xmlBody),
		"gzip unasked":         answer(200, "text/xml\r\nContent-Encoding: gzip", packed(xmlBody)),
		"identity":             answer(200, "text/xml\r\nContent-Encoding: identity", xmlBody),
		"mentions a fault":     answer(200, "text/xml", xmlBody), // replaced below
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := xmlBody
			if name == "mentions a fault" {
				want = `<VoidResponse ResponseCode="Rejected"><FaultDetail>a Fault</FaultDetail><Fault/></VoidResponse>`
				text = answer(200, "text/xml", want)
			}
			p := serve(t, once(text))
			a, err := call(client(t, soap.Config{URL: p.url()}))
			wantAnswer(t, a, err, want)
			p.want(1, 1)
		})
	}
}

func TestAnswerAsLargeAsTheLimit(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("x", 100)
	for _, text := range []string{answer(200, "text/xml", body), answer(200, "text/xml\r\nContent-Encoding: gzip", packed(body))} {
		p := serve(t, once(text))
		a, err := call(client(t, soap.Config{URL: p.url(), MaxAnswer: 100}))
		wantAnswer(t, a, err, body)
		_, err = call(client(t, soap.Config{URL: serve(t, once(text)).url(), MaxAnswer: 99}))
		wantTransport(t, err, soap.OpRead, true)
	}
}

// Complete HTTP answers that are no answer of the service. None is followed, none is asked again.
func TestOtherAnswers(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, always(answer(200, "text/xml", xmlBody)))
	page := "<html><body>" + card + "</body></html>"
	for name, test := range map[string]struct {
		text   string
		status int
		body   string
		wait   time.Duration
	}{
		"HTML with 200":         {answer(200, "text/html; charset=utf-8", page), 200, page, 0},
		"XHTML with 200":        {answer(200, "application/xhtml+xml", page), 200, page, 0},
		"JSON with 200":         {answer(200, "application/json", "{}"), 200, "{}", 0},
		"XML as plain text":     {answer(200, "text/plain", xmlBody), 200, xmlBody, 0},
		"number in type":        {answer(200, "text/x"+card, xmlBody), 200, xmlBody, 0},
		"multipart":             {answer(200, `multipart/related; type="text/xml"; boundary=b`, "--b\r\n"), 200, "--b\r\n", 0},
		"empty 200":             {answer(200, "text/xml", ""), 200, "", 0},
		"empty 200, no type":    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", 0},
		"201 with XML":          {answer(201, "text/xml", xmlBody), 201, xmlBody, 0},
		"202":                   {answer(202, "text/xml", ""), 202, "", 0},
		"204":                   {"HTTP/1.1 204 No Content\r\n\r\n", 204, "", 0},
		"206 with XML":          {answer(206, "text/xml", xmlBody), 206, xmlBody, 0},
		"500 with XML":          {answer(500, "text/xml", xmlBody), 500, xmlBody, 0},
		"500 with HTML":         {answer(500, "text/html", page), 500, page, 0},
		"500 with broken fault": {answer(500, "text/xml", "<Envelope><Body><Fault><faultcode>x"), 500, "<Envelope><Body><Fault><faultcode>x", 0},
		"502, empty":            {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", 502, "", 0},
		"503 with date":         {answer(503, "text/html\r\nDate: Mon, 07 Jan 2030 10:00:00 GMT\r\nRetry-After: Mon, 07 Jan 2030 10:02:00 GMT", ""), 503, "", 2 * time.Minute},
		"503, date, no Date":    {answer(503, "text/html\r\nRetry-After: Mon, 07 Jan 2030 10:02:00 GMT", ""), 503, "", 0},
		"503 with past date":    {answer(503, "text/html\r\nDate: Mon, 07 Jan 2030 10:00:00 GMT\r\nRetry-After: Mon, 07 Jan 2030 09:00:00 GMT", ""), 503, "", 0},
		"504":                   {answer(504, "text/html", page), 504, page, 0},
		"401":                   {answer(401, "text/html\r\nWWW-Authenticate: Basic realm=x", page), 401, page, 0},
		"403":                   {answer(403, "text/html", page), 403, page, 0},
		"404":                   {answer(404, "text/html", page), 404, page, 0},
		"407":                   {answer(407, "text/html", page), 407, page, 0},
		"408":                   {answer(408, "text/html\r\nConnection: close", page), 408, page, 0},
		"429 with seconds":      {answer(429, "text/plain\r\nRetry-After: 120", "slow"), 429, "slow", 2 * time.Minute},
		"429 with years":        {answer(429, "text/plain\r\nRetry-After: 18446744073709551615", ""), 429, "", 24 * time.Hour},
		"429 with nonsense":     {answer(429, "text/plain\r\nRetry-After: soon", ""), 429, "", 0},
		"429 with minus":        {answer(429, "text/plain\r\nRetry-After: -5", ""), 429, "", 0},
		"301":                   {answer(301, "text/html\r\nLocation: "+elsewhere.url(), ""), 301, "", 0},
		"302":                   {answer(302, "text/html\r\nLocation: "+elsewhere.url(), ""), 302, "", 0},
		"303":                   {answer(303, "text/html\r\nLocation: "+elsewhere.url(), ""), 303, "", 0},
		"307":                   {answer(307, "text/xml\r\nLocation: "+elsewhere.url(), ""), 307, "", 0},
		"308":                   {answer(308, "text/xml\r\nLocation: "+elsewhere.url(), ""), 308, "", 0},
		"long page":             {answer(500, "text/html", strings.Repeat("x", 100<<10)), 500, strings.Repeat("x", 64<<10), 0},
		"long XML with 500":     {answer(500, "text/xml", strings.Repeat("x", 3<<20)), 500, strings.Repeat("x", 64<<10), 0},
		"endless page":          {answer(500, "text/html", strings.Repeat("x", 3<<20)), 500, strings.Repeat("x", 64<<10), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, once(test.text))
			_, err := call(client(t, soap.Config{URL: p.url()}))
			e, ok := errors.AsType[*soap.StatusError](err)
			if !ok {
				t.Fatalf("got %T %v, want a StatusError", err, err)
			}
			if e.Status != test.status || string(e.Body) != test.body || e.RetryAfter != test.wait {
				t.Errorf("got status %d, %d bytes, wait %v; want %d, %d, %v", e.Status, len(e.Body), e.RetryAfter, test.status, len(test.body), test.wait)
			}
			if text := err.Error(); strings.Contains(text, card) || !strings.Contains(text, fmt.Sprint(test.status)) {
				t.Errorf("error text %q", text)
			}
			p.want(1, 1)
		})
	}
	t.Cleanup(func() { elsewhere.want(0, 0) })
}

// net/http is the server that most Go programs and this project's simulator are.
func TestAgainstNetHTTP(t *testing.T) {
	t.Parallel()
	served := make(chan string, 3)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		served <- r.RemoteAddr + string(body)
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, xmlBody)
	})}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	c := client(t, soap.Config{URL: "http://" + listener.Addr().String()})
	var first string
	for i := range 3 {
		a, err := call(c)
		wantAnswer(t, a, err, xmlBody)
		if got := <-served; i == 0 {
			first = got
		} else if got != first {
			t.Error("another connection or another body")
		}
	}
}
