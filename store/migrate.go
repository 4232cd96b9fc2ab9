package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Migrations are numbered from 0001 without gaps; a file that was released is never changed.
//
//go:embed migrations
var migrations embed.FS

// schema says where a database's migrations are and how they are made.
type schema struct {
	folder  string
	dialect goose.Dialect
	options []goose.ProviderOption
}

var sqliteSchema = schema{folder: "migrations/sqlite", dialect: goose.DialectSQLite3}

// migrate brings the schema up to date. One that is newer than the migrations known here is left as it is: while nodes are
// upgraded one by one the old ones go on working. It is refused once a migration said that they cannot.
func migrate(ctx context.Context, db *sql.DB, s schema, all fs.FS) error {
	if all == nil {
		all = migrations
	}
	files, err := fs.Sub(all, s.folder)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(s.dialect, db, files, append(s.options, goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	there, known, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the schema's version: %w", err)
	}
	if there > known {
		var least int64
		if err := db.QueryRowContext(ctx, `SELECT least FROM schema_floor WHERE id = 1`).Scan(&least); err != nil {
			return fmt.Errorf("reading which programs may work with schema %d: %w", there, err)
		}
		if known >= least {
			return nil
		}
		return fmt.Errorf("the database has schema %d and this program knows up to %d; it was opened by a newer svcgate, use that", there, known)
	}
	if there == known {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the schema from %d to %d: %w", there, known, err)
	}
	return nil
}
