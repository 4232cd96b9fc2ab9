package soap_test

import (
	"bufio"
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/soap"
)

// holding is a connection that can keep back what is written to it.
type holding struct {
	net.Conn
	keep bool
	kept []byte
}

// Write keeps what it is given while it shall.
func (h *holding) Write(p []byte) (int, error) {
	if !h.keep {
		return h.Conn.Write(p)
	}
	h.kept = append(h.kept, p...)
	return len(p), nil
}

// pass lets the first n bytes of what was kept go, or with a negative n all but so many.
func (h *holding) pass(n int) {
	if n < 0 {
		n += len(h.kept)
	}
	_, _ = h.Conn.Write(h.kept[:n])
	h.kept = h.kept[n:]
}

// The beginning of a TLS record cannot be read yet, and has arrived all the same: what comes of it is nobody's answer.
func TestBeginningOfARecordAfterTheAnswer(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	extra := answer(200, "text/xml", "<InquiryResponse>"+card+"</InquiryResponse>")
	for name, test := range map[string]struct {
		with    bool // in one write with the answer
		cut     int  // how much of the record arrives
		version uint16
	}{
		"a byte of its head, with the answer":   {true, 1, tls.VersionTLS13},
		"a byte of its head, after the answer":  {false, 1, tls.VersionTLS13},
		"its head alone, with the answer":       {true, 5, tls.VersionTLS13},
		"its head alone, after the answer":      {false, 5, tls.VersionTLS13},
		"half of it, with the answer":           {true, 60, tls.VersionTLS13},
		"half of it, after the answer":          {false, 60, tls.VersionTLS13},
		"all but a byte, with the answer":       {true, -1, tls.VersionTLS13},
		"all but a byte, after the answer":      {false, -1, tls.VersionTLS13},
		"half of it, with the answer, TLS 1.2":  {true, 60, tls.VersionTLS12},
		"half of it, after the answer, TLS 1.2": {false, 60, tls.VersionTLS12},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &tls.Config{Certificates: []tls.Certificate{ca.issue(t, leaf{})}, MinVersion: test.version, MaxVersion: test.version}
			answered, said := make(chan bool), make(chan bool)
			p := serve(t, func(raw *visit) {
				h := &holding{Conn: raw.Conn}
				end := tls.Server(h, server)
				v := &visit{Conn: end, n: raw.n, in: bufio.NewReader(end), provider: raw.provider}
				if !v.request() {
					return
				}
				text := answer(200, "text/xml", xmlBody)
				if v.n > 1 {
					v.say(text)
					return
				}
				h.keep = true
				v.say(text)
				whole := len(h.kept)
				if !test.with {
					h.pass(whole)
					<-answered
				}
				before := len(h.kept)
				v.say(extra)
				if test.cut < 0 {
					h.pass(test.cut)
				} else {
					h.pass(before + test.cut)
				}
				if test.with {
					<-answered
				}
				close(said)
				if v.request() { // on the connection that says something of its own
					h.pass(len(h.kept))
				}
			})
			c := client(t, soap.Config{URL: p.httpsURL(), CAFile: ca.file})
			a, err := call(c)
			wantAnswer(t, a, err, xmlBody)
			close(answered)
			<-said
			a, err = call(c)
			wantAnswer(t, a, err, xmlBody)
			p.want(2, 2)
		})
	}
}

// An answer of many records, read in pieces of other lengths, ends between two: its connection is used again.
func TestAnswerOfManyRecords(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	body := "<InquiryResponse>" + strings.Repeat("<ok/>", 40_000) + "</InquiryResponse>"
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &tls.Config{Certificates: []tls.Certificate{ca.issue(t, leaf{})}, MinVersion: version, MaxVersion: version}
			p := serveTLS(t, server, always(answer(200, "text/xml", body)))
			c := client(t, soap.Config{URL: p.httpsURL(), CAFile: ca.file})
			for range 3 {
				a, err := call(c)
				wantAnswer(t, a, err, body)
			}
			p.want(1, 3)
		})
	}
}
