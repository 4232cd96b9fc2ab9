//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"time"
)

// harm is what the network does to one message.
type harm string

// The harms. The empty one is none.
const (
	dropBefore  harm = "lost before booking"
	dropAfter   harm = "answer lost"
	resetBefore harm = "reset before booking"
	resetAfter  harm = "reset after booking"
	cutAnswer   harm = "answer cut"
	slowMessage harm = "message slow"
	lateMessage harm = "message late" // it is booked after the gateway gave up
	lateAnswer  harm = "answer late"
	badGateway  harm = "502 of a front"
)

// harms are how many messages of a thousand each strikes.
var harms = []struct {
	harm  harm
	share int
}{{dropBefore, 4}, {dropAfter, 4}, {resetBefore, 3}, {resetAfter, 3}, {cutAnswer, 3}, {slowMessage, 40}, {lateMessage, 2}, {lateAnswer, 2}, {badGateway, 2}}

// line is the network between one node and the provider.
type line struct {
	provider http.Handler
	turns    *turns

	mu       sync.Mutex
	luck     *rand.Rand
	calm     bool // no harm is done
	parted   bool // nothing comes through
	doubles  bool // the planted bug: every message is carried twice
	struck   map[harm]int
	arrivals []arrival
}

// arrival is a message that came to the line whole.
type arrival struct {
	order, message string
	at             time.Time
}

func newLine(provider http.Handler, t *turns, luck *rand.Rand) *line {
	return &line{provider: provider, turns: t, luck: luck, struck: map[harm]int{}}
}

// set changes the line, or looks at it, while nothing is drawn.
func (l *line) set(change func(*line)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

var (
	orderIn   = regexp.MustCompile(`<RTPTransactionID>([^<]+)<`)
	cardIn    = regexp.MustCompile(`600649[0-9]{10}`)
	messageIn = regexp.MustCompile(`<(?:\w+:)?(\w+Request|GenerateCard)[ >]`)
)

// arrived notes a message and draws what is done to it.
func (l *line) arrived(body []byte) (a arrival, h harm, doubles bool) {
	a = arrival{at: time.Now()}
	if m := orderIn.FindSubmatch(body); m != nil {
		a.order = string(m[1])
	}
	if m := messageIn.FindSubmatch(body); m != nil {
		a.message = string(m[1])
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrivals = append(l.arrivals, a)
	n := l.luck.IntN(1000) // always, so that the draws do not depend on what goes on
	switch {
	case l.calm:
		return a, "", l.doubles
	case l.parted:
		h = resetBefore
	default:
		for _, one := range harms {
			if n -= one.share; n < 0 {
				h = one.harm
				break
			}
		}
	}
	if h != "" {
		l.struck[h]++
	}
	return a, h, l.doubles
}

// tooLate is longer than a gateway waits for an answer, and shorter than the quiet time.
const tooLate = 2500 * time.Millisecond

// before is how long a message is on its way.
var before = map[harm]time.Duration{slowMessage: 200 * time.Millisecond, lateMessage: tooLate}

// ServeHTTP carries one message to the provider and its answer back, or not.
func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the node died while it sent
	}
	a, h, doubles := l.arrived(body)
	if h == dropBefore || h == resetBefore {
		hangUp(w, h == resetBefore, nil)
		return
	}
	if h == badGateway {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	leave := l.turns.enter(string(cardIn.Find(body)), a.message)
	time.Sleep(before[h])
	answer := httptest.NewRecorder()
	l.provider.ServeHTTP(answer, again(r, body))
	if doubles {
		l.provider.ServeHTTP(httptest.NewRecorder(), again(r, body))
	}
	leave()
	content := answer.Body.Bytes()
	switch h {
	case dropAfter, resetAfter:
		hangUp(w, h == resetAfter, nil)
		return
	case cutAnswer:
		hangUp(w, false, fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(content), content[:len(content)/2]))
		return
	case lateAnswer:
		time.Sleep(tooLate)
	}
	w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(content) // the node may be gone
}

// again is the request with its body, which was read, once more. The provider carries it out even when its sender is
// gone, as one at the end of a long way would.
func again(r *http.Request, body []byte) *http.Request {
	one := httptest.NewRequest(r.Method, r.URL.Path, bytes.NewReader(body))
	one.Header = r.Header.Clone()
	return one
}

// hangUp writes what is given and ends the connection, gently or with a reset.
func hangUp(w http.ResponseWriter, reset bool, last []byte) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // it is gone already
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_, _ = conn.Write(last) // the node may be gone
	_ = conn.Close()
}
