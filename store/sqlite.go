package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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

// newWriter opens the connection that writes and brings the schema up to date.
func newWriter(ctx context.Context, path string, c Config, env environment) (_ *writer, err error) {
	db, err := sqlx.Open("sqlite3", address(path, url.Values{
		"mode": {"rw"}, "_txlock": {"immediate"}, "_busy_timeout": {"5000"}, "_journal_mode": {"WAL"},
		"_synchronous": {"FULL"}, "_foreign_keys": {"on"}, "_secure_delete": {"true"},
	}))
	if err != nil {
		return nil, err
	}
	w := &writer{db: db, statements: map[string]*sqlx.Stmt{}, batch: c.Batch, now: c.Now, log: c.Log}
	w.commit = func() error { return w.exec(sqlCommit) }
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
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
	if err := migrate(ctx, db.DB); err != nil {
		return nil, err
	}
	if w.conn, err = db.Connx(ctx); err != nil {
		return nil, err
	}
	for _, query := range []string{
		sqlBegin, sqlCommit, sqlRollback, sqlFence,
		sqlByKey, sqlInsertTransaction, sqlHolder, sqlFinish, sqlStateOf, sqlInsertExchange, sqlRow, sqlLink, sqlLinks, sqlLinkHash,
		sqlLook, sqlInsertReading, sqlRecover,
	} {
		if w.statements[query], err = w.conn.PreparexContext(ctx, query); err != nil {
			return nil, fmt.Errorf("preparing %q: %w", query, err)
		}
	}
	if err := w.readHead(); err != nil {
		return nil, err
	}
	return w, nil
}

// exec runs a prepared statement, or any other when it was not prepared. It is not to be interrupted: a change once
// taken is carried to its end.
func (w *writer) exec(query string, args ...any) error {
	_, err := w.affect(query, args...)
	return err
}

// affect is exec that tells how many rows were written.
func (w *writer) affect(query string, args ...any) (int64, error) {
	var result sql.Result
	var err error
	if statement, ok := w.statements[query]; ok {
		result, err = statement.ExecContext(context.Background(), args...)
	} else {
		result, err = w.conn.ExecContext(context.Background(), query, args...)
	}
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// get reads one row on the writer's connection, so that it sees the changes of the same batch.
func (w *writer) get(dest any, query string, args ...any) error {
	if statement, ok := w.statements[query]; ok {
		return statement.GetContext(context.Background(), dest, args...)
	}
	return w.conn.GetContext(context.Background(), dest, query, args...)
}

// list reads rows on the writer's connection.
func (w *writer) list(dest any, query string, args ...any) error {
	if statement, ok := w.statements[query]; ok {
		return statement.SelectContext(context.Background(), dest, args...)
	}
	return w.conn.SelectContext(context.Background(), dest, query, args...)
}

func (w *writer) close() error {
	var errs []error
	for _, statement := range w.statements {
		if statement == nil { // the one that did not prepare
			continue
		}
		errs = append(errs, statement.Close())
	}
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
	}
	return errors.Join(append(errs, w.db.Close())...)
}

// readers is the pool of connections that read. They cannot write, twice over: the file is opened for reading and the
// connection is told to.
type readers struct {
	*sqlx.DB
	statements map[string]*sqlx.Stmt // what requests wait for, prepared once a connection
}

func openReaders(ctx context.Context, path string, n int) (*readers, error) {
	db, err := sqlx.Open("sqlite3", address(path, url.Values{
		"mode": {"ro"}, "_query_only": {"true"}, "_busy_timeout": {"5000"},
	}))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	r := &readers{db, map[string]*sqlx.Stmt{}}
	if err := checkSettings(ctx, db, map[string]string{"query_only": "1"}); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	for _, query := range []string{
		sqlTransaction, sqlByKey, sqlExchange, sqlHolds, sqlReadings, sqlParts, sqlDue, sqlCard, sqlCardHeld, sqlAccount, sqlSimilar, sqlTokenByHash,
		sqlFinalKinds,
	} {
		if r.statements[query], err = db.PreparexContext(ctx, query); err != nil {
			return nil, errors.Join(fmt.Errorf("preparing %q: %w", query, err), r.Close())
		}
	}
	return r, nil
}

// Close closes the statements and the connections.
func (r *readers) Close() error {
	var errs []error
	for _, statement := range r.statements {
		if statement != nil {
			errs = append(errs, statement.Close())
		}
	}
	return errors.Join(append(errs, r.DB.Close())...)
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

// isDiskError reports whether err tells that the file cannot be written rather than that the change was wrong.
func isDiskError(err error) bool {
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

// isUnique reports whether err refuses a row because its key is there already.
func isUnique(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && (e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
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
