package simulator

import (
	"encoding/xml"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// piece is how many bytes of an answer dribble out at a time.
const piece = 64

// send writes a whole HTTP answer and reports whether it went out.
func (x *exchange) send(status int, contentType string, body []byte) bool {
	h := x.w.Header()
	if contentType != "" {
		h.Set("Content-Type", contentType)
	} else {
		h["Content-Type"] = nil // keeps net/http from guessing one
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	x.w.WriteHeader(status)
	_, err := x.w.Write(body)
	return err == nil
}

// page sends what is no answer of the provider and ends the exchange.
func (x *exchange) page(status int, contentType string, body []byte) {
	x.over = true
	x.send(status, contentType, body)
}

func (x *exchange) unauthorized() {
	x.w.Header().Set("WWW-Authenticate", `Basic realm="svcgate simulator"`)
	x.page(http.StatusUnauthorized, typeText, []byte("credentials wanted\n"))
}

// fault sends a SOAP 1.1 fault: code is Client or Server, text is ours and never holds what the caller sent.
func (x *exchange) fault(code, text string) {
	var b strings.Builder
	b.WriteString(`<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>SOAP-ENV:`)
	b.WriteString(code)
	b.WriteString(`</faultcode><faultstring>`)
	_ = xml.EscapeText(&b, []byte(text)) // a Builder does not fail
	b.WriteString(`</faultstring></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>`)
	x.page(http.StatusInternalServerError, typeXML, []byte(b.String()))
}

// cut resets the connection, so that the caller sees neither an answer nor a proper end.
func (x *exchange) cut() {
	x.over = true
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 has no connection to take over; net/http resets the stream for this
	}
	inner := conn
	if tls, ok := conn.(interface{ NetConn() net.Conn }); ok {
		inner = tls.NetConn()
	}
	if tcp, ok := inner.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset and not an end; on an error it ends
	}
	_ = inner.Close()
}

func (x *exchange) cutWith(Fault) { x.cut() }

// silence keeps the caller waiting until it goes, MaxDelay is over or the simulator closes.
func (x *exchange) silence(Fault) {
	x.sim.pause(x.r.Context(), MaxDelay)
	x.cut()
}

// truncated announces the whole answer and sends half of it.
func (x *exchange) truncated(Fault) {
	x.take(func(conn net.Conn, head []byte) {
		_, _ = conn.Write(append(head, x.body[:len(x.body)/2]...)) // the caller may have gone
	})
}

// duplicate sends the whole HTTP answer twice.
func (x *exchange) duplicate(Fault) {
	x.sim.mark(x.entry, x.truth())
	x.take(func(conn net.Conn, head []byte) {
		one := append(head, x.body...)
		if _, err := conn.Write(append(one, one...)); err != nil {
			x.sim.mark(x.entry, AnsweredNot)
		}
	})
}

// take takes the connection over, gives it and a head that announces the whole body to write, and closes it.
func (x *exchange) take(write func(conn net.Conn, head []byte)) {
	x.over = true
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // as in cut
	}
	defer conn.Close()
	write(conn, fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", x.contentType, len(x.body)))
}

// dribble sends the answer in pieces, with a delay before each.
func (x *exchange) dribble(f Fault) {
	x.over = true
	x.w.Header().Set("Content-Type", x.contentType)
	x.w.Header().Set("Content-Length", fmt.Sprint(len(x.body)))
	control := http.NewResponseController(x.w)
	most := MaxDelay / time.Duration(len(x.body)/piece+1) // all pauses together stay below MaxDelay
	for rest := x.body; len(rest) > 0; {
		x.sim.pause(x.r.Context(), min(f.duration, most))
		if x.r.Context().Err() != nil {
			return
		}
		n := min(piece, len(rest))
		if n == len(rest) {
			x.sim.mark(x.entry, x.truth())
		}
		if _, err := x.w.Write(rest[:n]); err != nil || control.Flush() != nil {
			x.sim.mark(x.entry, AnsweredNot)
			return
		}
		rest = rest[n:]
	}
}
