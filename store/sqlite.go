package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strconv"

	"github.com/jmoiron/sqlx"
	sqlite3 "github.com/mattn/go-sqlite3"
)

// leastLibrary is SQLite 3.51.3: earlier ones can corrupt a database in WAL mode ("WAL-reset bug", sqlite.org/wal.html).
const leastLibrary = 3_051_003

// applicationID marks our files ("svcg"); it stands in the first migration too.
const applicationID = 0x73766367

const (
	sqlBegin    = `BEGIN IMMEDIATE`
	sqlCommit   = `COMMIT`
	sqlRollback = `ROLLBACK`
	sqlFence    = `UPDATE fence SET count = count + 1 WHERE id = 1`
)

// writeSettings are asked for when a connection is made and verified after, because SQLite ignores what it does not know.
var writeSettings = map[string]string{
	"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "busy_timeout": "5000",
}

func address(path string, query url.Values) string {
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

// pageSize is half of what SQLite takes by itself. A commit writes whole pages, and most of those that an operation changes
// are of indexes, by a hundred bytes each.
const pageSize = 2048

// logPages is how long the write-ahead log grows, 8 MiB, until its pages go to the database: of a page that was written
// more than once only the last goes.
const logPages = 4096

// shapeFile fixes the page size of a new file.
func shapeFile(path string) error {
	conn, err := new(sqlite3.SQLiteDriver).Open(address(path, url.Values{"mode": {"rw"}}))
	if err != nil {
		return err
	}
	_, err = conn.(driver.ExecerContext).ExecContext(context.Background(), fmt.Sprintf(`PRAGMA page_size = %d; VACUUM`, pageSize), nil)
	return errors.Join(err, conn.Close())
}

// newWriter opens the connection that writes and brings the schema up to date.
func newWriter(ctx context.Context, path string, c Config, env environment) (_ *writer, err error) {
	db, err := sqlx.Open("sqlite3", address(path, url.Values{
		"mode": {"rw"}, "_txlock": {"immediate"}, "_busy_timeout": {"5000"}, "_journal_mode": {"WAL"},
		"_synchronous": {"FULL"}, "_foreign_keys": {"on"}, "_secure_delete": {"true"},
	}))
	if err != nil {
		return nil, err
	}
	keepMemory()
	conn := &fileConnection{db: db, statements: map[string]*direct{}, log: c.Log}
	defer func() {
		if err != nil {
			err = errors.Join(err, conn.close())
		}
	}()
	db.SetMaxOpenConns(1)
	if err := checkOwner(ctx, db); err != nil {
		return nil, err
	}
	if err := checkSettings(ctx, db, writeSettings); err != nil {
		return nil, err
	}
	if err := env.checkDamage(ctx, db, path); err != nil {
		return nil, err
	}
	if err := checkOlder(ctx, db); err != nil {
		return nil, err
	}
	if err := migrate(ctx, db.DB, sqliteSchema, c.files); err != nil {
		return nil, err
	}
	if conn.conn, err = db.Connx(ctx); err != nil {
		return nil, err
	}
	if err := conn.exec(fmt.Sprintf(`PRAGMA wal_autocheckpoint = %d`, logPages)); err != nil {
		return nil, err
	}
	for _, query := range []string{
		sqlBegin, sqlCommit, sqlRollback, sqlFence,
		sqlByKey, sqlInsertTransaction, sqlHolder, sqlMoved, sqlSent, sqlFinish, sqlFinishSame, sqlStateOf, sqlInsertExchange, sqlRow, sqlLink, sqlLinks, sqlLinkHash,
		sqlLook, sqlInsertReading, sqlRecover, sqlChanges,
	} {
		if err := conn.prepare(query); err != nil {
			return nil, err
		}
	}
	w := startWriter(conn, c)
	return w, w.readHead()
}

// fileConnection writes to a SQLite file.
//
// Transactions are opened and closed by statements on that connection, not by database/sql, because a sql.Tx prepares
// a statement of the connection anew each time it is used.
type fileConnection struct {
	db         *sqlx.DB
	conn       *sqlx.Conn
	statements map[string]*direct // the connection is the writer's alone, so they may be run beside database/sql
	log        *slog.Logger
}

// sqlChanges tells how many rows the statement before wrote.
const sqlChanges = `SELECT changes()`

func (c *fileConnection) prepare(query string) error {
	return c.conn.Raw(func(conn any) (err error) {
		c.statements[query], err = prepareDirect(conn.(driver.Conn), query)
		return err
	})
}

func (c *fileConnection) exec(query string, args ...any) error {
	if statement, ok := c.statements[query]; ok {
		return statement.exec(args)
	}
	_, err := c.conn.ExecContext(context.Background(), query, args...)
	return err
}

func (c *fileConnection) affect(query string, args ...any) (n int64, err error) {
	if _, ok := c.statements[query]; ok {
		if err = c.exec(query, args...); err == nil {
			err = c.get(&n, sqlChanges)
		}
		return n, err
	}
	result, err := c.conn.ExecContext(context.Background(), query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (c *fileConnection) get(dest any, query string, args ...any) error {
	if statement, ok := c.statements[query]; ok {
		return statement.get(dest, args)
	}
	return c.conn.GetContext(context.Background(), dest, query, args...)
}

func (c *fileConnection) list(dest any, query string, args ...any) error {
	if statement, ok := c.statements[query]; ok {
		return statement.list(dest, args)
	}
	return c.conn.SelectContext(context.Background(), dest, query, args...)
}

// begin leaves the head as it is: nobody else writes.
func (c *fileConnection) begin(*head) error { return c.exec(sqlBegin) }

func (c *fileConnection) epoch() int64 { return 0 }

func (c *fileConnection) commit() error { return c.exec(sqlCommit) }

// rollback looks first: after some errors SQLite has ended the transaction by itself.
func (c *fileConnection) rollback() error {
	open, err := inTransaction(c.conn)
	if err != nil || !open {
		return err
	}
	return c.exec(sqlRollback)
}

func (c *fileConnection) end() (head, error) {
	var rows []link
	if err := c.list(&rows, sqlHead); err != nil || len(rows) == 0 {
		return head{}, err
	}
	return head{rows[0].Seq, rows[0].Hash}, nil
}

func (c *fileConnection) keepHead(head) error { return nil }

func (c *fileConnection) mend() error { return nil }

func (c *fileConnection) close() error {
	var errs []error
	for _, statement := range c.statements {
		if statement == nil { // the one that did not prepare
			continue
		}
		errs = append(errs, statement.close())
	}
	if c.conn != nil {
		errs = append(errs, c.conn.Close())
	}
	return errors.Join(append(errs, c.db.Close())...)
}

// openReaders opens the connections that read. They cannot write, twice over: the file is opened for reading and each
// connection is told to.
func openReaders(ctx context.Context, path string, n int) (*readers, error) {
	place := address(path, url.Values{"mode": {"ro"}, "_query_only": {"true"}, "_busy_timeout": {"5000"}})
	db, err := sqlx.Open("sqlite3", place)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	r := &readers{DB: db, direct: newDirectReaders(place, n)}
	if err := checkSettings(ctx, db, map[string]string{"query_only": "1"}); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// awaited are the reads that requests wait for.
var awaited = map[string]bool{
	sqlTransaction: true, sqlByKey: true, sqlExchange: true, sqlHolds: true, sqlReadings: true, sqlParts: true, sqlCard: true,
	sqlAccount: true, sqlSimilar: true, sqlTokenByHash: true, sqlHeadSeq: true,
}

// checkOwner refuses a file that is no database and the database of another program.
func checkOwner(ctx context.Context, db *sqlx.DB) error {
	var objects, id int64
	if err := db.GetContext(ctx, &objects, `SELECT count(*) FROM sqlite_schema`); err != nil {
		return fmt.Errorf("reading the file as a database: %w", err)
	}
	if err := db.GetContext(ctx, &id, `PRAGMA application_id`); err != nil {
		return err
	}
	if objects > 0 && id != applicationID {
		return errors.New("the file is the database of another program; give the path of a new file")
	}
	return nil
}

func checkSettings(ctx context.Context, db *sqlx.DB, want map[string]string) error {
	for name, value := range want {
		var got string
		if err := db.GetContext(ctx, &got, `PRAGMA `+name); err != nil {
			return fmt.Errorf("reading setting %s: %w", name, err)
		}
		if got != value {
			return fmt.Errorf("the database's %s is %s and must be %s", name, got, value)
		}
	}
	return nil
}

// checkDamage reads a small file whole. Of a large one only the end is checked, by verifyTail, because reading it takes
// longer than a start may: svcgate verify reads the rest.
func (e environment) checkDamage(ctx context.Context, db *sqlx.DB, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("measuring the file: %w", err)
	}
	if info.Size() > e.readWhole {
		return nil
	}
	return wholeFile(ctx, db)
}

// wholeFile lets SQLite look at every page.
func wholeFile(ctx context.Context, db *sqlx.DB) error {
	var result string
	if err := db.GetContext(ctx, &result, `PRAGMA quick_check(1)`); err != nil {
		return fmt.Errorf("checking the file for damage: %w", err)
	}
	if result != "ok" {
		return fmt.Errorf("the database is damaged (%s); restore it from a backup", result)
	}
	return nil
}

func inTransaction(conn *sqlx.Conn) (open bool, err error) {
	err = conn.Raw(func(driver any) error {
		c, ok := driver.(*sqlite3.SQLiteConn)
		if !ok {
			return fmt.Errorf("the connection is a %T", driver)
		}
		open = !c.AutoCommit()
		return nil
	})
	return open, err
}

// broken reports whether err tells that the file cannot be written rather than that the change was wrong.
func (c *fileConnection) broken(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrReadonly, sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrCantOpen, sqlite3.ErrNomem:
		return true
	}
	return false
}

// environment is what Open asks of the machine; tests give their own.
type environment struct {
	library    int                                       // SQLite's version number
	filesystem func(dir string) (name string, err error) // "" for one that is safe
	readWhole  int64                                     // files up to this size are checked whole
}

func host() environment {
	_, number, _ := sqlite3.Version()
	return environment{library: number, filesystem: networkFilesystem, readWhole: 64 << 20}
}

func (e environment) checkLibrary() error {
	if e.library < leastLibrary {
		return fmt.Errorf("this program was built with SQLite %s, which can corrupt a database; build it with %s or later",
			libraryName(e.library), libraryName(leastLibrary))
	}
	return nil
}

func libraryName(number int) string {
	return strconv.Itoa(number/1_000_000) + "." + strconv.Itoa(number/1000%1000) + "." + strconv.Itoa(number%1000)
}
