//go:build linux

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/svcgate/svcgate/bench/world"
)

// provider is the simulator behind a delay, with a clock at its door.
type provider struct {
	world.Provider
	delay   time.Duration
	doubles bool // the planted bug

	messages atomic.Int64
	mu       sync.Mutex
	spent    map[string]time.Duration // by card, since it was last asked for
}

func newProvider(o options) (*provider, error) {
	p, err := world.NewProvider(o.seed)
	return &provider{Provider: p, delay: o.delay, doubles: o.plant == plantDouble, spent: map[string]time.Duration{}}, err
}

// cardIn finds the number of one of the bench's cards in a message.
var cardIn = regexp.MustCompile(`600649[0-9]{10}`)

// ServeHTTP answers a message after the delay and notes how long its card's caller had to wait for the provider.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the gateway went away, which shows in its answer
	}
	time.Sleep(p.delay)
	n := p.messages.Add(1)
	if p.doubles && n%100 == 0 {
		p.Provider.ServeHTTP(httptest.NewRecorder(), again(r, body))
	}
	p.Provider.ServeHTTP(w, again(r, body))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spent[string(cardIn.Find(body))] += time.Since(began)
}

// again is the request with its body, which was read, once more.
func again(r *http.Request, body []byte) *http.Request {
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

// take returns how long the provider has had the card's messages since it was last asked for.
func (p *provider) take(card string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	spent := p.spent[card]
	delete(p.spent, card)
	return spent
}
