package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

const (
	leastServer = 140_000 // PostgreSQL 14

	// patience is how long a statement of the writer or a node, or a short read, may take. After it the connection is given
	// up, and what the writer may have done is read back.
	patience = 15 * time.Second
	// deserted is how long the server lets a node hold the chain that says nothing: one that was stopped in the middle of
	// a change must not stop the others.
	deserted = 5 * time.Second

	connectLimit = 5 * time.Second
)

// serverSettings are those of every connection, whatever the server's or the role's own are.
var serverSettings = map[string]string{
	"default_transaction_isolation":       "read committed",
	"idle_in_transaction_session_timeout": strconv.FormatInt(deserted.Milliseconds(), 10),
	"application_name":                    "svcgate",
}

// byKeys: what is waited for finds rows by their keys alone, also when the server planned that while a table was empty. A
// step that there is no other way than costs so much by these settings that the server would compile it, for 0.1 s.
var byKeys = map[string]string{
	"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
	"enable_material": "off", "jit": "off",
}

// serverConfig reads the URL. All that is read decides something, so a standby is not good enough.
func serverConfig(dsn string, settings map[string]string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("reading the database's address: %w", err)
	}
	for _, all := range []map[string]string{serverSettings, settings} {
		for name, value := range all {
			config.RuntimeParams[name] = value
		}
	}
	config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectLimit
	}
	return config, nil
}

// serverPlace names the database without what is secret.
func serverPlace(c *pgx.ConnConfig) string {
	place := url.URL{Scheme: "postgres", Host: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), Path: "/" + c.Database}
	if network, _ := pgconn.NetworkAddress(c.Host, c.Port); network == "unix" {
		place.Host, place.RawQuery = "", url.Values{"host": {c.Host}}.Encode()
	}
	return place.String()
}

var postgresSchema = schema{folder: "migrations/postgres", dialect: goose.DialectPostgres}

// newServerWriter opens the connection that writes to PostgreSQL and brings the schema up to date.
func newServerWriter(ctx context.Context, c Config) (_ *writer, place string, err error) {
	config, err := serverConfig(c.DSN, byKeys)
	if err != nil {
		return nil, "", err
	}
	place = serverPlace(config)
	db := sqlx.NewDb(stdlib.OpenDB(*config), "pgx")
	conn := &serverConnection{db: db, log: c.Log}
	defer func() {
		if err != nil {
			err = errors.Join(err, conn.close())
		}
	}()
	if err := checkServer(ctx, db, c.Log); err != nil {
		return nil, place, err
	}
	if err := migrateServer(ctx, db, c.files); err != nil {
		return nil, place, err
	}
	if err := conn.mend(); err != nil {
		return nil, place, err
	}
	w := startWriter(conn, c)
	return w, place, w.readHead()
}

// migrateServer brings the schema up to date; nodes that start at one time take turns.
func migrateServer(ctx context.Context, db *sqlx.DB, files fs.FS) error {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return err
	}
	s := postgresSchema
	s.options = []goose.ProviderOption{goose.WithSessionLocker(locker)}
	return migrate(ctx, db.DB, s, files)
}

// checkServer refuses a server that is too old, a database of another program and one that does not keep UTF-8.
func checkServer(ctx context.Context, db *sqlx.DB, log *slog.Logger) error {
	var is struct {
		Version  int    `db:"version"`
		Encoding string `db:"encoding"`
		Fsync    string `db:"fsync"`
		Tables   int    `db:"tables"`
		Ours     int    `db:"ours"`
	}
	err := db.GetContext(ctx, &is, `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
		current_setting('fsync') AS fsync, count(*) AS tables, count(*) FILTER (WHERE tablename IN ('goose_db_version', 'chain_head')) AS ours
		FROM pg_tables WHERE schemaname = current_schema()`)
	switch {
	case err != nil:
		return fmt.Errorf("looking at the database: %w", err)
	case is.Version < leastServer:
		return fmt.Errorf("the server is PostgreSQL %d; use %d or later", is.Version/10_000, leastServer/10_000)
	case is.Encoding != "UTF8":
		return fmt.Errorf("the database's encoding is %s and must be UTF8", is.Encoding)
	case is.Tables > 0 && is.Ours == 0:
		return errors.New("the database is that of another program; give the address of a new one")
	}
	if is.Fsync != "on" {
		log.Warn("the database does not wait for its disk (fsync is off): what is answered as kept can be lost")
	}
	return nil
}

// openServerReaders opens the pool that reads from PostgreSQL.
func openServerReaders(ctx context.Context, c Config) (*readers, error) {
	readOnly := map[string]string{"default_transaction_read_only": "on"}
	config, err := serverConfig(c.DSN, readOnly)
	if err != nil {
		return nil, err
	}
	maps.Copy(readOnly, byKeys)
	awaited, err := serverConfig(c.DSN, readOnly)
	if err != nil {
		return nil, err
	}
	r := &readers{DB: sqlx.NewDb(stdlib.OpenDB(*config), "pgx"), server: true, patience: patience}
	r.SetMaxOpenConns(c.Readers)
	r.SetMaxIdleConns(c.Readers)
	if err := r.PingContext(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	r.served = newServerReaders(awaited)
	return r, nil
}

// serverConnection writes to PostgreSQL.
type serverConnection struct {
	db   *sqlx.DB
	conn *sqlx.Conn
	pg   *pgx.Conn // the same
	made int       // connections since the start
	log  *slog.Logger
	node *node // nil while there is none yet
	own  int64 // epoch of the open transaction
}

func (c *serverConnection) epoch() int64 { return c.own }

// mend makes a new connection; the server ends what the old one was at.
func (c *serverConnection) mend() error {
	if c.conn != nil {
		_ = c.conn.Raw(func(any) error { return driver.ErrBadConn }) // so that it is not used again
		_ = c.conn.Close()
		c.conn, c.pg = nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := c.db.Connx(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	err = conn.Raw(func(d any) error {
		c.pg = d.(*stdlib.Conn).Conn()
		// A commit that is answered must be on the server's disk, and wherever else it is made to wait for.
		_, err := c.pg.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`)
		return err
	})
	if err != nil {
		return errors.Join(fmt.Errorf("connecting: %w", err), conn.Close())
	}
	c.conn = conn
	c.made++
	return nil
}

// with runs f with the connection and the time that it may take.
func (c *serverConnection) with(f func(ctx context.Context) error) error {
	if c.conn == nil {
		return driver.ErrBadConn
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return f(ctx)
}

func (c *serverConnection) affect(query string, args ...any) (n int64, err error) {
	err = c.with(func(ctx context.Context) error {
		result, err := c.conn.ExecContext(ctx, rebind(query), args...)
		if err == nil {
			n, err = result.RowsAffected()
		}
		return err
	})
	return n, err
}

func (c *serverConnection) exec(query string, args ...any) error {
	_, err := c.affect(query, args...)
	return err
}

func (c *serverConnection) get(dest any, query string, args ...any) error {
	return c.with(func(ctx context.Context) error { return c.conn.GetContext(ctx, dest, rebind(query), args...) })
}

func (c *serverConnection) list(dest any, query string, args ...any) error {
	return c.with(func(ctx context.Context) error { return c.conn.SelectContext(ctx, dest, rebind(query), args...) })
}

const sqlMember = `SELECT EXISTS (SELECT 1 FROM nodes WHERE epoch = $1 AND ended IS NULL)`

const sqlLockHead = `SELECT seq, hash FROM chain_head WHERE id = 1 FOR UPDATE`

// begin also mends a connection that broke since it was last used: nothing was asked of it yet.
func (c *serverConnection) begin(h *head) error {
	err := c.lockHead(h, nil)
	if err != nil && (lost(err) || c.pg == nil || c.pg.IsClosed()) {
		if err = c.mend(); err == nil {
			err = c.lockHead(h, nil)
		}
	}
	if err != nil {
		return errors.Join(err, c.rollback())
	}
	return nil
}

// lockHead begins a transaction, locks the end of the chain, looks whether this node may write and asks what else there is
// to ask then (nil for nothing), in one round trip. An epoch is ended under the same lock.
func (c *serverConnection) lockHead(h *head, ask func(*pgx.Batch)) error {
	return c.with(func(ctx context.Context) error {
		batch := &pgx.Batch{}
		batch.Queue(`BEGIN`)
		batch.Queue(sqlLockHead).QueryRow(func(row pgx.Row) error { return row.Scan(&h.seq, &h.hash) })
		member := true
		if c.node != nil {
			c.own = c.node.lease.Load().epoch
			batch.Queue(sqlMember, c.own).QueryRow(func(row pgx.Row) error { return row.Scan(&member) })
		}
		if ask != nil {
			ask(batch)
		}
		if err := c.pg.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if !member {
			return ErrFenced
		}
		return nil
	})
}

// commit is sure only when the server says that it committed: it answers the end of a transaction that failed without an
// error.
func (c *serverConnection) commit() error {
	return c.with(func(ctx context.Context) error {
		tag, err := c.pg.Exec(ctx, `COMMIT`)
		if err == nil && tag.String() != "COMMIT" {
			err = fmt.Errorf("the server answered %q", tag)
		}
		return err
	})
}

// rollback does nothing on a connection that broke: the server ended its transaction, or will.
func (c *serverConnection) rollback() error {
	if c.pg == nil || c.pg.IsClosed() || c.pg.PgConn().TxStatus() == 'I' {
		return nil
	}
	return c.with(func(ctx context.Context) error {
		_, err := c.pg.Exec(ctx, `ROLLBACK`)
		return err
	})
}

func (c *serverConnection) end() (h head, err error) {
	err = c.with(func(ctx context.Context) error {
		return c.pg.QueryRow(ctx, `SELECT seq, hash FROM chain_head WHERE id = 1`).Scan(&h.seq, &h.hash)
	})
	return h, err
}

func (c *serverConnection) keepHead(h head) error {
	_, err := c.affect(`UPDATE chain_head SET seq = ?, hash = ? WHERE id = 1`, h.seq, h.hash)
	return err
}

// broken: a disk that is full, a server that stops or does not take writes, a connection that is gone.
func (c *serverConnection) broken(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code[:2] {
		case "53", "57", "58", "XX":
			return true
		}
		return lost(err) || e.Code == "25006" // read only
	}
	return lost(err) || c.pg == nil || c.pg.IsClosed()
}

// wipe leaves it to the server, which overwrites old versions of rows when it vacuums.
func (c *serverConnection) wipe() error { return nil }

func (c *serverConnection) close() error {
	var errs []error
	if c.conn != nil {
		errs = append(errs, c.conn.Close())
	}
	return errors.Join(append(errs, c.db.Close())...)
}

// lost reports whether err tells that the connection to the server broke or was not made.
func lost(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.SeverityUnlocalized == "FATAL" || e.SeverityUnlocalized == "PANIC"
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, driver.ErrBadConn, context.DeadlineExceeded} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}
