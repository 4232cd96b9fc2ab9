package orcetest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
)

// Server plays the provider over HTTP on this machine.
type Server struct {
	URL string

	behaviour Behaviour
	t         testing.TB
	received  atomic.Int32
	arrived   chan struct{}
	stop      chan struct{}
}

const (
	path = "/relateui/SHOP/xmlapi"
	// nobody listens there. A port that was given back may be another test's by now.
	nobody = "127.0.0.1:1"
)

// NewServer starts a Server that behaves in one way and stops with the test.
func NewServer(t testing.TB, b Behaviour) *Server {
	s := &Server{behaviour: b, t: t, arrived: make(chan struct{}, 64), stop: make(chan struct{})}
	if b == Unreachable {
		s.URL = "http://" + nobody + path
		return s
	}
	h := httptest.NewServer(s)
	s.URL = h.URL + path
	t.Cleanup(func() {
		close(s.stop)
		h.Close()
	})
	return s
}

// Received returns how many messages came.
func (s *Server) Received() int { return int(s.received.Load()) }

// Arrived gives a value for each message, as it comes.
func (s *Server) Arrived() <-chan struct{} { return s.arrived }

// ServeHTTP answers one message.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		s.t.Errorf("orcetest: the message did not arrive whole: %v", err)
	}
	s.received.Add(1)
	s.arrived <- struct{}{}
	a, err := s.behaviour.answer(body)
	switch {
	case err != nil:
		s.t.Error(err)
		w.WriteHeader(http.StatusBadRequest)
	case a.wait:
		<-s.stop
	case a.hangUp:
		panic(http.ErrAbortHandler)
	case a.cut:
		w.Header().Set("Content-Type", a.contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush() // or nothing would go out
		panic(http.ErrAbortHandler)
	default:
		if a.contentType != "" {
			w.Header().Set("Content-Type", a.contentType)
		}
		if a.status == http.StatusTemporaryRedirect {
			w.Header().Set("Location", r.URL.Path)
		}
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
	}
}
