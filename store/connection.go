package store

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jmoiron/sqlx"
	sqlite3 "github.com/mattn/go-sqlite3"
)

// connection is the one that writes, to either database. Its methods are called by one goroutine at a time.
type connection interface {
	// affect runs a statement, get reads one row and list all rows. They are not to be interrupted: a change once taken
	// is carried to its end.
	affect(query string, args ...any) (int64, error)
	// exec is affect for those who need not know how many rows were written.
	exec(query string, args ...any) error
	get(dest any, query string, args ...any) error
	list(dest any, query string, args ...any) error

	// begin opens a transaction. Where others write too it makes them wait until the end of it, and gives the end of the
	// chain as they left it.
	begin(*head) error
	commit() error
	// rollback ends the transaction if there is one.
	rollback() error
	// epoch is the node's that the open transaction belongs to; 0 on SQLite.
	epoch() int64
	// end is the end of the chain on disk.
	end() (head, error)
	// keepHead writes the end of the chain, where it has a row of its own.
	keepHead(head) error
	// mend makes a connection that broke anew.
	mend() error
	// broken reports whether err tells of the database or the way to it rather than of the change.
	broken(err error) bool
	// wipe leaves no trace of what was erased, as far as that is in our hands.
	wipe() error
	close() error
}

// readers is the pool of connections that read. They cannot write.
type readers struct {
	*sqlx.DB
	direct   *directReaders // of SQLite, for what requests wait for
	served   *serverReaders // of PostgreSQL, for the same
	server   bool           // PostgreSQL: statements are numbered, and a connection can break
	patience time.Duration  // of PostgreSQL: how long a short read may take
}

// GetContext reads one row, which is short.
func (r *readers) GetContext(ctx context.Context, dest any, query string, args ...any) error {
	if r.direct != nil && awaited[query] {
		return r.direct.read(ctx, query, func(d *direct) error { return d.get(dest, args) })
	}
	if r.served != nil && awaited[query] {
		return r.served.read(ctx, dest, query, args)
	}
	return r.short(ctx, dest, func(ctx context.Context) error { return r.DB.GetContext(ctx, dest, r.rebind(query), args...) })
}

// SelectContext reads all rows of what is short; search is for the rest.
func (r *readers) SelectContext(ctx context.Context, dest any, query string, args ...any) error {
	if r.direct != nil && awaited[query] {
		return r.direct.read(ctx, query, func(d *direct) error { return d.list(dest, args) })
	}
	if r.served != nil && awaited[query] {
		return r.served.read(ctx, dest, query, args)
	}
	return r.short(ctx, dest, func(ctx context.Context) error { return r.DB.SelectContext(ctx, dest, r.rebind(query), args...) })
}

// search reads all rows, however long the database looks for them.
func (r *readers) search(ctx context.Context, dest any, query string, args ...any) error {
	return r.again(ctx, dest, func() error { return r.DB.SelectContext(ctx, dest, r.rebind(query), args...) })
}

// QueryxContext reads rows one by one.
func (r *readers) QueryxContext(ctx context.Context, query string, args ...any) (rows *sqlx.Rows, err error) {
	err = r.again(ctx, nil, func() (err error) {
		rows, err = r.DB.QueryxContext(ctx, r.rebind(query), args...)
		return err
	})
	return rows, err
}

// snapshot begins to read the database as it is now. Close it after use.
func (r *readers) snapshot(ctx context.Context) (*snapshot, error) {
	s := &snapshot{r: r}
	options := &sql.TxOptions{}
	if r.server {
		options = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return s, r.again(ctx, nil, func() (err error) {
		s.tx, err = r.BeginTxx(ctx, options)
		return err
	})
}

// short gives up a read, and the connection, when no answer comes: a line that fell silent would keep whoever asks without a
// limit of his own, as all work in the background does, for as long as the kernel waits.
func (r *readers) short(ctx context.Context, dest any, read func(context.Context) error) error {
	return r.again(ctx, dest, func() error {
		if !r.server {
			return read(ctx)
		}
		ctx, cancel := context.WithTimeout(ctx, r.patience)
		defer cancel()
		return read(ctx)
	})
}

// again tries what failed once more when the server was restarted since the connection was made: on a fresh one, for
// all that are idle are from before too.
func (r *readers) again(ctx context.Context, dest any, read func() error) error {
	err := read()
	if err == nil || !r.server || ctx.Err() != nil || !lost(err) {
		return err
	}
	r.SetMaxIdleConns(-1)
	r.SetMaxIdleConns(r.Stats().MaxOpenConnections)
	if v := reflect.ValueOf(dest); v.Kind() == reflect.Pointer {
		v.Elem().SetZero()
	}
	return read()
}

func (r *readers) rebind(query string) string {
	if !r.server {
		return query
	}
	return rebind(query)
}

// Close closes the connections.
func (r *readers) Close() error {
	if r.served != nil {
		r.served.close()
	}
	if r.direct == nil {
		return r.DB.Close()
	}
	return errors.Join(r.direct.close(), r.DB.Close())
}

// snapshot is the database as it was at one moment.
type snapshot struct {
	r  *readers
	tx *sqlx.Tx
}

// GetContext reads one row.
func (s *snapshot) GetContext(ctx context.Context, dest any, query string, args ...any) error {
	return s.tx.GetContext(ctx, dest, s.r.rebind(query), args...)
}

// SelectContext reads all rows.
func (s *snapshot) SelectContext(ctx context.Context, dest any, query string, args ...any) error {
	return s.tx.SelectContext(ctx, dest, s.r.rebind(query), args...)
}

func (s *snapshot) close() { _ = s.tx.Rollback() }

// querier reads: a snapshot, or a transaction that writes.
type querier interface {
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}

// rebound holds what rebind made: there are few queries.
var rebound sync.Map

// rebind makes a query written for SQLite one for PostgreSQL: ? and ?2 become $1 and $2, and what names an index is left
// out, because PostgreSQL knows how many rows there are and chooses by itself.
func rebind(query string) string {
	if done, ok := rebound.Load(query); ok {
		return done.(string)
	}
	var b strings.Builder
	n, quoted := 0, false
	for i := 0; i < len(query); i++ {
		const indexed = " INDEXED BY "
		switch c := query[i]; {
		case c == '\'':
			quoted = !quoted
			b.WriteByte(c)
		case quoted:
			b.WriteByte(c)
		case c == '?':
			digits := i + 1
			for digits < len(query) && query[digits] >= '0' && query[digits] <= '9' {
				digits++
			}
			b.WriteByte('$')
			if digits > i+1 {
				b.WriteString(query[i+1 : digits])
			} else {
				n++
				b.WriteString(strconv.Itoa(n))
			}
			i = digits - 1
		case strings.HasPrefix(query[i:], indexed):
			i += len(indexed)
			for i < len(query) && query[i] != ' ' && query[i] != '\n' && query[i] != '\t' {
				i++
			}
			i--
		default:
			b.WriteByte(c)
		}
	}
	rebound.Store(query, b.String())
	return b.String()
}

// isUnique reports whether err refuses a row because its key is there already.
func isUnique(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && (e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
}

// inOrder runs the steps until one fails.
func inOrder(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
