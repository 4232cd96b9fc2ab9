package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// front is an HTTP server of our own before the simulator. It counts whole messages, passes them on, and can answer
// with anything; over TLS it can fail in all the usual ways.
type front struct {
	*server
	target    string  // host:port of the simulator
	elsewhere string  // host:port of the trap that redirects point to
	papers    *papers // nil without TLS
	client    *http.Client

	mu       sync.Mutex
	act      *act
	tls      string // the TLS fault; "" is none
	received [][]byte
}

// act is what a front does with a message. The zero value passes it on and gives the answer back.
type act struct {
	instead bool // the message is not passed on
	// write answers on the connection, which is kept for the next message when again is true. answer is the
	// simulator's, empty when the message was not passed on.
	write func(f *front, to io.Writer, message, answer []byte) (again bool)
}

const (
	maxMessage   = 1 << 20
	frontLimit   = 2 * time.Minute // no connection lives longer
	typeXML      = "text/xml; charset=utf-8"
	messageLimit = 30 * time.Second
)

func openFront(ctx context.Context, target, elsewhere string, papers *papers) (*front, error) {
	s, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	f := &front{server: s, target: target, elsewhere: elsewhere, papers: papers, client: &http.Client{
		Timeout: messageLimit, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	s.serve(f.handle)
	return f, nil
}

func (f *front) bureau() bureau {
	if f.papers == nil {
		return bureau{url: "http://" + f.address() + relatePath}
	}
	return bureau{url: "https://" + f.address() + relatePath, caFile: f.papers.caFile}
}

func (f *front) make(_ context.Context, fault fault) error {
	f.set(fault.act, fault.tls)
	return nil
}

func (f *front) heal(context.Context) error {
	f.set(nil, "")
	return nil
}

// set changes what is done. Over TLS the connections there are end, so that the next message needs a handshake.
func (f *front) set(a *act, tls string) {
	f.mu.Lock()
	f.act, f.tls = a, tls
	f.mu.Unlock()
	if f.papers != nil {
		f.hangUp()
	}
}

func (f *front) arrived(texts ...string) (int, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, message := range f.received {
		if !slices.ContainsFunc(texts, func(text string) bool { return !bytes.Contains(message, []byte(text)) }) {
			n++
		}
	}
	return n, true
}

func (f *front) handle(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(frontLimit))
	if f.papers != nil {
		f.mu.Lock()
		settings := f.papers.settings(f.tls)
		f.mu.Unlock()
		conn = tls.Server(conn, settings)
	}
	in := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		message, err := io.ReadAll(io.LimitReader(request.Body, maxMessage))
		if err != nil || int64(len(message)) != request.ContentLength {
			return
		}
		f.mu.Lock()
		f.received = append(f.received, message)
		a := f.act
		f.mu.Unlock()
		var answer *http.Response
		var body []byte
		if a == nil || !a.instead {
			if answer, body, err = f.pass(request, message); err != nil {
				return
			}
		}
		if a != nil {
			if !a.write(f, conn, message, body) {
				return
			}
			continue
		}
		if writeAnswer(conn, answer.StatusCode, answer.Header.Get("Content-Type"), body) != nil {
			return
		}
	}
}

// pass gives the message to the simulator, once, and returns its answer.
func (f *front) pass(request *http.Request, message []byte) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), messageLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+f.target+request.URL.Path, bytes.NewReader(message))
	if err != nil {
		return nil, nil, err
	}
	r.GetBody = nil
	for _, name := range []string{"Content-Type", "SOAPAction", "Authorization"} {
		r.Header[name] = request.Header[http.CanonicalHeaderKey(name)]
	}
	answer, err := f.client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxMessage))
	return answer, body, err
}

// writeAnswer writes a plain HTTP answer with one write, so that nothing lies between its parts.
func writeAnswer(to io.Writer, status int, contentType string, body []byte, more ...string) error {
	_, err := to.Write(answerBytes(status, contentType, body, more...))
	return err
}

func answerBytes(status int, contentType string, body []byte, more ...string) []byte {
	head := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\n", status, http.StatusText(status), len(body))
	if contentType != "" {
		head = fmt.Appendf(head, "Content-Type: %s\r\n", contentType)
	}
	for _, line := range more {
		head = append(head, line+"\r\n"...)
	}
	return append(append(head, "\r\n"...), body...)
}
