package soap

import (
	"sync"
	"time"
)

// maxIdle bounds the connections that wait; the caller bounds those at work.
const maxIdle = 256

// pool keeps connections for the next calls, the latest used first.
type pool struct {
	keep time.Duration // negative keeps none

	mu     sync.Mutex
	idle   []*conn // the longest waiting first
	timer  *time.Timer
	closed bool
}

// take returns a connection that is alive, or nil. Those that are not are closed.
func (p *pool) take() *conn {
	for {
		p.mu.Lock()
		n := len(p.idle) - 1
		if n < 0 {
			p.mu.Unlock()
			return nil
		}
		k := p.idle[n]
		p.idle[n] = nil
		p.idle = p.idle[:n]
		p.mu.Unlock()

		if k.alive() {
			return k
		}
		k.close()
	}
}

// put keeps k, or closes it if it is not wanted.
func (p *pool) put(k *conn) {
	p.mu.Lock()
	if p.closed || p.keep < 0 || len(p.idle) == maxIdle {
		p.mu.Unlock()
		k.close()
		return
	}
	defer p.mu.Unlock()
	k.idle = time.Now()
	p.idle = append(p.idle, k)
	if p.timer == nil {
		p.timer = time.AfterFunc(p.keep, p.reap)
	}
}

// reap closes what has waited too long and comes back when the next is due.
func (p *pool) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := 0
	for old < len(p.idle) && time.Since(p.idle[old].idle) >= p.keep {
		p.idle[old].close()
		old++
	}
	p.idle = append(p.idle[:0], p.idle[old:]...)
	p.timer = nil
	if len(p.idle) > 0 {
		p.timer = time.AfterFunc(p.keep-time.Since(p.idle[0].idle), p.reap)
	}
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, k := range p.idle {
		k.close()
	}
	p.idle = nil
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
}
