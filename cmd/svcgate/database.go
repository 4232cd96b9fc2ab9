package main

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/store"
)

// databaseAt says which database a path or a postgres:// URL names.
func databaseAt(text string) store.Config {
	if strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://") {
		return store.Config{DSN: text}
	}
	return store.Config{Path: text}
}

// databaseOf is the database of the settings.
func databaseOf(c *config.Config) (store.Config, error) {
	text, err := c.DatabaseURL()
	if err != nil {
		return store.Config{}, fail(exitUsage, "%w", err)
	}
	return databaseAt(text), nil
}

// openStore opens a database: a file for this process alone. A place that cannot be is wrong use; any other refusal is a
// conflict with what is there: another process, another program's database, a newer schema.
func openStore(ctx context.Context, c store.Config, log *slog.Logger) (*store.Store, error) {
	if c.DSN == "" {
		if err := hasFolder("the database's folder", c.Path); err != nil {
			return nil, err
		}
	}
	c.Log = log
	s, err := store.Open(ctx, c)
	if err != nil {
		return nil, refused(err)
	}
	return s, nil
}

// hasFolder wants the folder in which a file is, or is to be.
func hasFolder(what, path string) error {
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fail(exitUsage, "%s %s does not exist; make it first, for this user alone", what, filepath.Dir(path))
	}
	return nil
}

// hasFile wants a file that can be read.
func hasFile(path string) (os.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fail(exitUsage, "%w", err)
	case !info.Mode().IsRegular():
		return nil, fail(exitUsage, "%s is not a file", path)
	}
	return info, nil
}

// refused gives a refusal of a store its exit status.
func refused(err error) error {
	if err == nil || isStatus(err) {
		return err
	}
	if store.Unreachable(err) {
		return fail(exitUnreachable, "%w", err)
	}
	return fail(exitConflict, "%w", err)
}

func isStatus(err error) bool {
	_, is := errors.AsType[*failure](err)
	return is
}

// withoutPassword is how a database is told to people.
func withoutPassword(text string) string {
	if databaseAt(text).DSN == "" {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return "a PostgreSQL database"
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	query.Del("password")
	u.RawQuery = query.Encode()
	return u.String()
}
