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
// makes one of PostgreSQL. The file appears under its name when it is complete. It refuses a path where something is already. The copy holds sealed card
// numbers: keep the keys elsewhere. progress (nil for none) is told how many pages are done.
func (s *Store) Backup(ctx context.Context, path string, progress func(done, total int)) error {
	if s.file == nil {
		return errors.New("backing up PostgreSQL: it is no file; Copy makes one of it")
	}
	if err := copyTo(ctx, s.read.DB, path, progress, nil); err != nil {
		return fmt.Errorf("backing up store %s: %w", s.path, err)
	}
	return nil
}

// Restore copies a backup to where a store shall be opened, once its chain is proven whole; one of an earlier svcgate is
// brought up to date. It refuses a path where there is anything but an empty file, and the log of another database
// beside it. Attempts that were under way when the backup was made become unresolved when the store is opened. Copy
// restores into PostgreSQL.
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

// copyTo copies a database with SQLite's online backup, from one snapshot, under another name first.
func copyTo(ctx context.Context, from *sqlx.DB, path string, progress func(done, total int), check func(context.Context, string) error) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already; give another name", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	partial := path + partialSuffix
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_EXCL|os.O_RDWR, fileMode)
	if err != nil {
		return fmt.Errorf("making the copy: %w", err)
	}
	defer func() { err = errors.Join(err, removeFile(partial)) }()
	if err := f.Close(); err != nil {
		return err
	}
	if err := copyPages(ctx, from, partial, progress); err != nil {
		return err
	}
	if check != nil {
		if err := check(ctx, partial); err != nil {
			return err
		}
	}
	if err := os.Link(partial, path); err != nil { // unlike a rename, a link replaces nothing
		return fmt.Errorf("naming the copy: %w", err)
	}
	return syncDir(filepath.Dir(path))
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
