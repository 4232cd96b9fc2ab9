package soap_test

import (
	"io"
	"log"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/soap"
)

// The provider hangs up between two calls: the second goes over a new connection and arrives once.
func TestConnectionClosedWhileIdle(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*visit){
		"closed": func(v *visit) { _ = v.Close() },
		"reset":  func(v *visit) { v.reset() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answered, left := make(chan bool), make(chan bool)
			p := serve(t, func(v *visit) {
				once(answer(200, "text/xml", xmlBody))(v)
				if v.n == 1 {
					<-answered
					leave(v)
					close(left)
				}
			})
			c := client(t, soap.Config{URL: p.url()})
			a, err := call(c)
			wantAnswer(t, a, err, xmlBody)
			close(answered)
			<-left
			a, err = call(c)
			wantAnswer(t, a, err, xmlBody)
			p.want(2, 2)
		})
	}
}

// A connection is used again only if the provider agreed and everything it sent was read.
func TestConnectionsThatAreNotUsedAgain(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]string{
		"told to close":       answer(200, "text/xml\r\nConnection: close", xmlBody),
		"HTTP/1.0":            strings.Replace(answer(200, "text/xml", xmlBody), "1.1", "1.0", 1),
		"not read to the end": "HTTP/1.1 500 X\r\nContent-Length: 1000\r\n\r\n" + strings.Repeat("x", 101),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, func(v *visit) {
				if v.n == 1 {
					once(first)(v)
				}
				always(answer(200, "text/xml", xmlBody))(v)
			})
			c := client(t, soap.Config{URL: p.url(), MaxAnswer: 100})
			if _, err := call(c); err != nil && name != "not read to the end" {
				t.Fatal(err)
			}
			a, err := call(c)
			wantAnswer(t, a, err, xmlBody)
			p.want(2, 2)
		})
	}
}

// The provider hangs up at the moment the second message arrives on the kept connection. Whoever repeats the message
// now may move money twice.
func TestConnectionLostUnderAMessage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		second   func(*visit)
		messages int
	}{
		"reads it and closes":    {func(v *visit) { v.request() }, 2},
		"reads it and resets":    {func(v *visit) { v.request(); v.reset() }, 2},
		"reads a byte and reset": {func(v *visit) { _, _ = v.in.ReadByte(); v.reset() }, 1},
		"answers half":           {func(v *visit) { v.request(); v.say("HTTP/1.1 200 OK\r\nContent-Le") }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, func(v *visit) {
				once(answer(200, "text/xml", xmlBody))(v)
				test.second(v)
			})
			c := client(t, soap.Config{URL: p.url()})
			a, err := call(c)
			wantAnswer(t, a, err, xmlBody)
			_, err = call(c)
			wantTransport(t, err, soap.OpRead, true)
			p.want(1, test.messages)
		})
	}
}

// A kept connection that died, and nobody listens any more: nothing was sent.
func TestIdleConnectionDeadAndProviderGone(t *testing.T) {
	t.Parallel()
	answered, left := make(chan bool), make(chan bool)
	p := serve(t, func(v *visit) {
		once(answer(200, "text/xml", xmlBody))(v)
		<-answered
		_ = v.provider.listener.Close()
		v.reset()
		close(left)
	})
	c := client(t, soap.Config{URL: p.url()})
	a, err := call(c)
	wantAnswer(t, a, err, xmlBody)
	close(answered)
	<-left
	_, err = call(c)
	wantTransport(t, err, soap.OpDial, false)
	p.want(1, 1)
}

// What arrives after the answer is nobody's answer: not the next call's, and nothing for the log.
func TestExtraBytesAfterTheAnswer(t *testing.T) {
	extra := answer(200, "text/xml", "<InquiryResponse>"+card+"</InquiryResponse>")
	var logged strings.Builder
	log.SetOutput(&logged) // the test is not parallel for this
	t.Cleanup(func() { log.SetOutput(io.Discard) })
	for name, test := range map[string]struct {
		tls   bool
		later bool
	}{
		"with it":            {false, false},
		"after it":           {false, true},
		"with it, over TLS":  {true, false},
		"after it, over TLS": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			answered, said := make(chan bool), make(chan bool)
			handle := func(v *visit) {
				if !v.request() {
					return
				}
				text := answer(200, "text/xml", xmlBody)
				if v.n > 1 {
					v.say(text)
					return
				}
				if test.later {
					v.say(text)
					<-answered
					v.say(extra)
				} else {
					v.say(text + extra)
					<-answered
				}
				close(said)
				v.hangUntilGone()
			}
			config := soap.Config{}
			var p *provider
			if test.tls {
				ca := newAuthority(t)
				p = ca.serve(t, ca.issue(t, leaf{}), handle)
				config = soap.Config{URL: p.httpsURL(), CAFile: ca.file}
			} else {
				p = serve(t, handle)
				config.URL = p.url()
			}
			c := client(t, config)
			a, err := call(c)
			wantAnswer(t, a, err, xmlBody)
			close(answered)
			<-said
			a, err = call(c)
			wantAnswer(t, a, err, xmlBody)
			p.want(2, 2)
		})
	}
	if logged.Len() > 0 {
		t.Error("something was logged")
	}
}
