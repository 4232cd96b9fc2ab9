package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// fileTarget makes a file. It is filled under another name, without a log and unsynced: until it is kept it may be lost.
type fileTarget struct {
	fileSide
	path    string
	partial string // "" before it is made
	lock    *fileLock
	indexes []struct{ Name, SQL string } // made once the rows are there, which is faster than row by row
}

func openFileTarget(ctx context.Context, path string) (_ *fileTarget, err error) {
	t := &fileTarget{}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	env := host()
	if err := env.checkLibrary(); err != nil {
		return nil, err
	}
	if t.path, err = prepareFile(path, env); err != nil {
		return nil, err
	}
	if t.lock, err = lockFile(t.path + lockSuffix); err != nil {
		return nil, err
	}
	if _, err := isFree(t.path); err != nil {
		return nil, err
	}
	if t.partial, err = makePartial(t.path); err != nil {
		return nil, err
	}
	if err := upgraded(ctx, t.partial); err != nil {
		return nil, err
	}
	if t.db, err = sqlx.Open("sqlite3", address(t.partial, url.Values{
		"mode": {"rw"}, "_journal_mode": {"OFF"}, "_synchronous": {"OFF"}, "_foreign_keys": {"on"}, "_cache_size": {"-65536"},
	})); err != nil {
		return nil, err
	}
	if t.tx, err = t.db.BeginTxx(context.WithoutCancel(ctx), nil); err != nil { // a context that can end costs a goroutine a row
		return nil, err
	}
	if err := t.tx.SelectContext(ctx, &t.indexes, sqlFileIndexes); err != nil {
		return nil, fmt.Errorf("reading the indexes: %w", err)
	}
	for _, index := range t.indexes {
		if _, err := t.tx.ExecContext(ctx, `DROP INDEX `+index.Name); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// isFree refuses a path where there is anything but an empty file, and the log of another database beside it.
func isFree(path string) (empty bool, err error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && (!info.Mode().IsRegular() || info.Size() > 0):
		return false, fmt.Errorf("%s is there already; move it away first", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	for _, suffix := range logSuffixes {
		if log, err := os.Stat(path + suffix); err == nil && log.Size() > 0 {
			return false, fmt.Errorf("%s belongs to another database; move it away first", path+suffix)
		}
	}
	return err == nil, nil
}

// clearFree is isFree and removes the empty file.
func clearFree(path string) error {
	empty, err := isFree(path)
	if err != nil || !empty {
		return err
	}
	return os.Remove(path)
}

func (t *fileTarget) write(ctx context.Context, name string, table *copyTable, rows iter.Seq2[[]any, error]) (err error) {
	marks := strings.Repeat(", ?", len(table.columns))[2:]
	insert, err := t.tx.PrepareContext(ctx, `INSERT INTO `+name+` (`+strings.Join(table.columns, ", ")+`) VALUES (`+marks+`)`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for row, err := range rows {
		if err != nil {
			return err
		}
		if _, err := insert.Exec(row...); err != nil {
			return err
		}
	}
	return nil
}

// verify ends the transaction, makes the indexes and goes through the chain.
func (t *fileTarget) verify(ctx context.Context, progress func(done, total int)) (VerifyReport, error) {
	for _, index := range t.indexes {
		if _, err := t.tx.ExecContext(ctx, index.SQL); err != nil {
			return VerifyReport{}, fmt.Errorf("making index %s: %w", index.Name, err)
		}
	}
	if err := t.tx.Commit(); err != nil {
		return VerifyReport{}, err
	}
	return verify(ctx, &readers{DB: t.db}, progress)
}

func (t *fileTarget) keep(ctx context.Context) error {
	if err := t.db.Close(); err != nil {
		return err
	}
	if err := clearFree(t.path); err != nil {
		return err
	}
	return named(ctx, t.partial, t.path)
}

func (t *fileTarget) close() error {
	errs := []error{t.fileSide.close()}
	if t.partial != "" {
		errs = append(errs, removeFile(t.partial))
	}
	if t.lock != nil {
		errs = append(errs, t.lock.release())
	}
	return errors.Join(errs...)
}

// removeFile removes a database and its logs.
func removeFile(path string) error {
	var errs []error
	for _, suffix := range append([]string{""}, logSuffixes...) {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// upgraded brings the schema of a copy up to date, as opening does.
func upgraded(ctx context.Context, path string) error {
	w, err := newWriter(ctx, path, Config{Now: time.Now, Log: slog.New(slog.DiscardHandler), Batch: 1}, host())
	if err != nil {
		return err
	}
	return errors.Join(w.adopt(), w.close())
}
