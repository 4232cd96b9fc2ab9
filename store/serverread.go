package store

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"sync"

	"github.com/jackc/pgx/v5"
)

const (
	askers    = 2  // connections for the reads that requests wait for
	mostAsked = 64 // of them in one round trip
)

// serverReaders makes the reads from PostgreSQL that requests wait for. They are short and many, and most of what one
// costs by itself is its way there and back: so, as the writer does with changes, what is waiting goes together, and
// nothing waits for more. Each is planned once for a connection, to find rows by their keys alone.
type serverReaders struct {
	config        *pgx.ConnConfig
	queue         chan *serverRead
	closed, ended chan struct{}
}

// serverRead is one of them. What is read goes first into a value of its own: whoever asked may have left.
type serverRead struct {
	ctx   context.Context
	query string
	args  []any
	into  reflect.Value
	err   error         // set before done is closed
	done  chan struct{} // nil once it is answered
}

func newServerReaders(config *pgx.ConnConfig) *serverReaders {
	p := &serverReaders{config: config, queue: make(chan *serverRead, DefaultBatch), closed: make(chan struct{}), ended: make(chan struct{})}
	var all sync.WaitGroup
	for range askers {
		all.Go(p.serve)
	}
	go func() {
		all.Wait()
		close(p.ended)
	}()
	return p
}

// read reads all rows into a slice, the first one into anything else; without one that is sql.ErrNoRows.
func (p *serverReaders) read(ctx context.Context, dest any, query string, args []any) error {
	to := reflect.ValueOf(dest).Elem()
	done := make(chan struct{})
	r := &serverRead{ctx: ctx, query: rebind(query), args: args, into: reflect.New(to.Type()).Elem(), done: done}
	select {
	case p.queue <- r:
	case <-p.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ended:
		select {
		case <-done:
		default:
			return ErrClosed
		}
	}
	if r.err == nil {
		to.Set(r.into)
	}
	return r.err
}

// close refuses new reads and waits for those under way.
func (p *serverReaders) close() {
	close(p.closed)
	<-p.ended
}

// serve answers reads with a connection of its own.
func (p *serverReaders) serve() {
	s := &asker{config: p.config}
	defer s.drop()
	var batch []*serverRead
	for {
		select {
		case <-p.closed:
			return
		case r := <-p.queue:
			batch = append(batch[:0], r)
		}
		for more := true; more && len(batch) < mostAsked; {
			select {
			case r := <-p.queue:
				batch = append(batch, r)
			default:
				more = false
			}
		}
		s.answer(batch, false)
		clear(batch)
	}
}

// asker asks on one connection, which it makes when there is something to ask.
type asker struct {
	config *pgx.ConnConfig
	conn   *pgx.Conn
}

// answer asks once more what failed because the connection had broken, on a new one, and each by itself what failed
// because of one of them.
func (s *asker) answer(batch []*serverRead, fresh bool) {
	err := s.ask(batch)
	var left []*serverRead
	for _, r := range batch {
		if r.done != nil {
			left = append(left, r)
		}
	}
	switch {
	case len(left) == 0:
	case lost(err) && !fresh:
		s.answer(left, true)
	case !lost(err) && len(left) > 1:
		for i := range left {
			s.answer(left[i:i+1], fresh)
		}
	default:
		for _, r := range left {
			r.answered(err)
		}
	}
}

// ask answers what it can in one round trip; an error is of the rest.
func (s *asker) ask(batch []*serverRead) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if s.conn == nil {
		if s.conn, err = pgx.ConnectConfig(ctx, s.config); err != nil {
			s.conn = nil
			return fmt.Errorf("connecting: %w", err)
		}
	}
	var all pgx.Batch
	for _, r := range batch {
		if err := r.ctx.Err(); err != nil {
			r.answered(err)
			continue
		}
		all.Queue(r.query, r.args...).Query(r.take)
	}
	err = s.conn.SendBatch(ctx, &all).Close()
	if lost(err) || s.conn.IsClosed() {
		s.drop()
	}
	return err
}

func (s *asker) drop() {
	if s.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectLimit)
	defer cancel()
	_ = s.conn.Close(ctx) // it only read
	s.conn = nil
}

func (r *serverRead) answered(err error) {
	r.err = err
	close(r.done)
	r.done = nil
}

// take reads the answer.
func (r *serverRead) take(rows pgx.Rows) error {
	if err := rows.Err(); err != nil { // there are no columns then
		return err
	}
	r.into.SetZero()
	several := r.into.Kind() == reflect.Slice
	to, element := r.into, r.into.Type()
	if several {
		element = element.Elem()
	}
	fields, err := fieldsOf(element, rows)
	if err != nil {
		return err
	}
	targets := make([]any, max(1, len(fields)))
	n := 0
	for ; rows.Next(); n++ {
		if several {
			r.into.Grow(1)
			r.into.SetLen(n + 1)
			to = r.into.Index(n)
		} else if n > 0 {
			continue
		}
		targets[0] = to.Addr().Interface()
		for i, field := range fields {
			targets[i] = to.FieldByIndex(field).Addr().Interface()
		}
		if err := rows.Scan(targets...); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if n == 0 && !several {
		err = sql.ErrNoRows
	}
	r.answered(err)
	return nil
}

// fieldsOf finds the fields of a struct that the columns go into; nil for a single value.
func fieldsOf(t reflect.Type, rows pgx.Rows) (fields [][]int, err error) {
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(scanner) {
		return nil, nil
	}
	names := mapper.TypeMap(t)
	for _, column := range rows.FieldDescriptions() {
		field := names.GetByPath(column.Name)
		if field == nil {
			return nil, fmt.Errorf("column %s has no field in %s", column.Name, t)
		}
		fields = append(fields, field.Index)
	}
	return fields, nil
}
