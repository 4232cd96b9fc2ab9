package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jmoiron/sqlx"
)

const (
	sqlFileColumns = `SELECT m.name AS name, c.name AS "column", c.type AS type FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'
		AND m.name NOT LIKE '\_litestream\_%' ESCAPE '\' ORDER BY m.name, c.cid`

	sqlFileNeeds = `SELECT m.name AS name, f."table" AS needs FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f
		WHERE m.type = 'table' ORDER BY m.name, f.id`

	sqlFileIndexes = `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid`
)

// fileSide is a SQLite file in one transaction.
type fileSide struct {
	db *sqlx.DB
	tx *sqlx.Tx
}

func (f *fileSide) query() sqlx.QueryerContext { return f.tx }

func (f *fileSide) tables(ctx context.Context) (map[string]*copyTable, error) {
	return readTables(ctx, f.tx, sqlFileColumns, sqlFileNeeds)
}

// readTables reads columns and foreign keys, one a row, of a database.
func readTables(ctx context.Context, q sqlx.QueryerContext, columns, needs string) (map[string]*copyTable, error) {
	var parts []struct{ Name, Column, Type string }
	if err := sqlx.SelectContext(ctx, q, &parts, columns); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	all := map[string]*copyTable{}
	for _, p := range parts {
		t := all[p.Name]
		if t == nil {
			t = &copyTable{}
			all[p.Name] = t
		}
		t.columns, t.types = append(t.columns, p.Column), append(t.types, p.Type)
	}
	var keys []struct{ Name, Needs string }
	if err := sqlx.SelectContext(ctx, q, &keys, needs); err != nil {
		return nil, fmt.Errorf("reading the foreign keys: %w", err)
	}
	for _, k := range keys {
		all[k.Name].needs = append(all[k.Name].needs, k.Needs)
	}
	return all, nil
}

func (f *fileSide) close() error {
	var errs []error
	if f.tx != nil {
		_ = f.tx.Rollback() // it may have been committed
	}
	if f.db != nil {
		errs = append(errs, f.db.Close())
	}
	return errors.Join(errs...)
}

// fileSource reads a file.
type fileSource struct {
	fileSide
	lock    *fileLock // nil when others may work on the file
	upgrade string    // folder of a copy in today's schema; "" for none
}

func openFileSource(ctx context.Context, path string, still bool) (_ *fileSource, err error) {
	s := &fileSource{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if path, err = existingFile(path); err != nil {
		return nil, err
	}
	if still {
		if s.lock, err = lockFile(path + lockSuffix); err != nil {
			return nil, err
		}
	}
	if err := s.open(ctx, path); err != nil {
		return nil, err
	}
	older, err := olderSchema(ctx, s.db)
	if err != nil || !older {
		return s, err
	}
	// What an earlier svcgate left is brought up to date in a copy: the original stays as it is.
	if s.upgrade, err = os.MkdirTemp(filepath.Dir(path), "svcgate-copy-"); err != nil {
		return nil, err
	}
	upgrade := filepath.Join(s.upgrade, "svcgate.db")
	if err := s.tx.Rollback(); err != nil {
		return nil, err
	}
	if err := copyTo(ctx, s.db, upgrade, nil, upgraded); err != nil {
		return nil, err
	}
	if err := s.db.Close(); err != nil {
		return nil, err
	}
	return s, s.open(ctx, upgrade)
}

func (s *fileSource) open(ctx context.Context, path string) (err error) {
	if s.db, err = sqlx.Open("sqlite3", address(path, url.Values{"mode": {"ro"}, "_query_only": {"true"}, "_busy_timeout": {"5000"}})); err != nil {
		return err
	}
	if err := checkOwner(ctx, s.db); err != nil {
		return err
	}
	s.tx, err = s.db.BeginTxx(ctx, nil)
	return err
}

// existingFile is prepareFile for a file that is there.
func existingFile(path string) (string, error) {
	env := host()
	if err := env.checkLibrary(); err != nil {
		return "", err
	}
	path, err := prepareFile(path, env)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	return path, err
}

func (s *fileSource) rows(ctx context.Context, name string, columns []string) iter.Seq2[[]any, error] {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c
		if own, is := ownColumns[name+"."+c]; is {
			list[i] = own
		}
	}
	return queryRows(ctx, s.tx, `SELECT `+strings.Join(list, ", ")+` FROM `+name)
}

// queryRows gives the rows of a query, one at a time.
func queryRows(ctx context.Context, tx *sqlx.Tx, query string) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		rows, err := tx.QueryxContext(ctx, query)
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = rows.Close() }() // what it would tell is in rows.Err
		for rows.Next() {
			row, err := rows.SliceScan()
			if !yield(row, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		}
	}
}

func (s *fileSource) close() error {
	errs := []error{s.fileSide.close()}
	if s.upgrade != "" {
		errs = append(errs, os.RemoveAll(s.upgrade))
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}

// olderSchema says whether an earlier svcgate left the file, and refuses what a later one left.
func olderSchema(ctx context.Context, db *sqlx.DB) (bool, error) {
	var there int
	if err := db.GetContext(ctx, &there, `SELECT max(version_id) FROM goose_db_version`); err != nil {
		return false, fmt.Errorf("reading the schema's version: %w", err)
	}
	known, err := fs.Glob(migrations, sqliteSchema.folder+"/*.sql") // without gaps
	if err == nil && there > len(known) {
		err = fmt.Errorf("the database has schema %d and this program knows up to %d; it was opened by a newer svcgate, use that", there, len(known))
	}
	return there < len(known), err
}
