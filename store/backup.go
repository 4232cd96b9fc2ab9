package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jmoiron/sqlx"
	sqlite3 "github.com/mattn/go-sqlite3"
)

const (
	pagesAtOnce   = 1024 // of a copy, between two looks at the context
	partialSuffix = ".partial"
)

// Backup copies the database file, as it is now, to a new file that only this user can read, while work goes on; Copy
// makes one of PostgreSQL. The file appears under its name when it is complete, and needs no log to be read. It refuses a
// path where something is already. Made by root it belongs to whom the folder belongs to. The copy holds sealed card
// numbers: keep the keys elsewhere. progress (nil for none) is told how many pages are done.
func (s *Store) Backup(ctx context.Context, path string, progress func(done, total int)) (err error) {
	if s.file == nil {
		return errors.New("backing up PostgreSQL: it is no file; Copy makes one of it")
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("backing up store %s: %w", s.path, err)
		}
	}()
	lock, err := lockFile(path + lockSuffix)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	return copyTo(ctx, s.read.DB, path, progress, nil)
}

// Restore copies a backup to where a store shall be opened, once its chain is proven whole; one of an earlier svcgate is
// brought up to date. It refuses a path where there is anything but an empty file, and the log of another database
// beside it. Made by root the file belongs to whom the folder belongs to. Attempts that were under way when the backup was
// made become unresolved when the store is opened. Copy restores into PostgreSQL.
func Restore(ctx context.Context, from, to string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("restoring %s: %w", from, err)
		}
	}()
	if from, err = existingFile(from); err != nil {
		return err
	}
	if to, err = prepareFile(to, host()); err != nil {
		return err
	}
	lock, err := lockFile(to + lockSuffix)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	if err := clearFree(to); err != nil {
		return err
	}
	db, err := sqlx.Open("sqlite3", address(from, url.Values{"mode": {"ro"}, "_query_only": {"true"}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := checkOwner(ctx, db); err != nil {
		return err
	}
	return copyTo(ctx, db, to, nil, proven)
}

// proven checks a copy before it gets its name.
func proven(ctx context.Context, path string) error {
	db, err := sqlx.Open("sqlite3", address(path, url.Values{"mode": {"rw"}, "_query_only": {"true"}}))
	if err != nil {
		return err
	}
	err = wholeFile(ctx, db)
	if err == nil {
		err = upgraded(ctx, path)
	}
	if err == nil {
		_, err = verify(ctx, &readers{DB: db}, nil)
	}
	return errors.Join(err, db.Close())
}

// copyTo copies a database with SQLite's online backup, from one snapshot, under another name first. Whoever calls it holds
// the lock of the path.
func copyTo(ctx context.Context, from *sqlx.DB, path string, progress func(done, total int), check func(context.Context, string) error) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already; give another name", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	partial, err := makePartial(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeFile(partial)) }()
	if err := copyPages(ctx, from, partial, progress); err != nil {
		return err
	}
	if check != nil {
		if err := check(ctx, partial); err != nil {
			return err
		}
	}
	return named(ctx, partial, path)
}

// makePartial makes the file that a copy grows in. What is there already was left by a process that was killed: one that
// lives would hold the lock.
func makePartial(path string) (string, error) {
	partial := path + partialSuffix
	err := removeFile(partial)
	if err == nil {
		err = makeFile(partial)
	}
	if err != nil {
		return "", fmt.Errorf("making the copy: %w", err)
	}
	return partial, nil
}

// named gives a copy its name once all of it is in the one file and on disk.
func named(ctx context.Context, partial, path string) error {
	if err := oneFile(ctx, partial); err != nil {
		return fmt.Errorf("completing the copy: %w", err)
	}
	if err := os.Link(partial, path); err != nil { // unlike a rename, a link replaces nothing
		return fmt.Errorf("naming the copy: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// oneFile puts what is in a database's log into the file, which needs no log from then on: it can be read where nothing may
// be written. Closing the last connection would empty the log too, but says nothing when it fails.
func oneFile(ctx context.Context, path string) error {
	db, err := sqlx.Open("sqlite3", address(path, url.Values{"mode": {"rw"}, "_synchronous": {"FULL"}}))
	if err != nil {
		return err
	}
	if err := errors.Join(emptyLog(ctx, db), db.Close()); err != nil {
		return err
	}
	for _, suffix := range logSuffixes {
		if _, err := os.Lstat(path + suffix); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("%s is still there", path+suffix), err)
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func emptyLog(ctx context.Context, db *sqlx.DB) error {
	var done struct {
		Busy         int `db:"busy"`
		Log          int `db:"log"`
		Checkpointed int `db:"checkpointed"`
	}
	if err := db.GetContext(ctx, &done, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return fmt.Errorf("emptying the log: %w", err)
	}
	if done.Busy != 0 || done.Log != done.Checkpointed {
		return fmt.Errorf("emptying the log: %d of %d pages went into the file", done.Checkpointed, done.Log)
	}
	var mode string
	if err := db.GetContext(ctx, &mode, `PRAGMA journal_mode = DELETE`); err != nil {
		return fmt.Errorf("ending the log: %w", err)
	}
	if mode != "delete" {
		return fmt.Errorf("ending the log: it is still %s", mode)
	}
	return nil
}

func copyPages(ctx context.Context, from *sqlx.DB, path string, progress func(done, total int)) (err error) {
	to, err := sqlx.Open("sqlite3", address(path, url.Values{"mode": {"rw"}, "_synchronous": {"FULL"}, "_secure_delete": {"true"}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	target, err := to.Connx(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	source, err := from.Connx(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	// An open read keeps the snapshot: without it each commit in between would start the copy anew.
	tx, err := source.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var objects int
	if err := tx.GetContext(ctx, &objects, `SELECT count(*) FROM sqlite_schema`); err != nil {
		return fmt.Errorf("reading the database: %w", err)
	}
	return source.Raw(func(s any) error {
		return target.Raw(func(t any) error {
			src, ok := s.(*sqlite3.SQLiteConn)
			dst, also := t.(*sqlite3.SQLiteConn)
			if !ok || !also {
				return fmt.Errorf("the connections are %T and %T", s, t)
			}
			return steps(ctx, src, dst, progress)
		})
	})
}

func steps(ctx context.Context, src, dst *sqlite3.SQLiteConn, progress func(done, total int)) (err error) {
	b, err := dst.Backup("main", src, "main")
	if err != nil {
		return fmt.Errorf("beginning the copy: %w", err)
	}
	defer func() { err = errors.Join(err, b.Finish()) }()
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		done, err := b.Step(pagesAtOnce)
		if err != nil {
			return fmt.Errorf("copying: %w", err)
		}
		if progress != nil {
			progress(b.PageCount()-b.Remaining(), b.PageCount())
		}
		if done {
			return nil
		}
	}
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
