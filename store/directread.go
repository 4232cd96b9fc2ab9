package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// directReaders is a pool of connections to a SQLite file for the reads that requests wait for. A read heeds its context
// while it waits for a connection; once begun it takes microseconds. The connection that was used last is used next,
// because it has most of what it needs in memory.
type directReaders struct {
	address string
	places  chan struct{} // one taken for each read under way
	closed  chan struct{}

	mu   sync.Mutex
	idle []*directReader
}

// directReader is a connection with its statements, each prepared when it is first used.
type directReader struct {
	conn       driver.Conn
	statements map[string]*direct
}

func newDirectReaders(address string, n int) *directReaders {
	return &directReaders{address: address, places: make(chan struct{}, n), closed: make(chan struct{})}
}

// read runs a statement of the pool.
func (p *directReaders) read(ctx context.Context, query string, run func(*direct) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-p.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	c, err := p.take()
	if err != nil {
		return err
	}
	defer p.give(c)
	d, known := c.statements[query]
	if !known {
		if d, err = prepareDirect(c.conn, query); err != nil {
			return err
		}
		c.statements[query] = d
	}
	return run(d)
}

func (p *directReaders) take() (*directReader, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	conn, err := new(sqlite3.SQLiteDriver).Open(p.address)
	if err != nil {
		return nil, err
	}
	return &directReader{conn, map[string]*direct{}}, nil
}

func (p *directReaders) give(c *directReader) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, c)
}

// close refuses new reads and waits for those under way.
func (p *directReaders) close() error {
	close(p.closed)
	for range cap(p.places) {
		p.places <- struct{}{}
	}
	var errs []error
	for _, c := range p.idle {
		for _, d := range c.statements {
			errs = append(errs, d.close())
		}
		errs = append(errs, c.conn.Close())
	}
	p.idle = nil
	return errors.Join(errs...)
}
