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
//go:embed migrations/sqlite/*.sql
var migrations embed.FS

const migrationFolder = "migrations/sqlite"

// migrate brings the schema up to date and refuses one that is newer than the migrations known here.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, migrationFolder)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	there, known, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the schema's version: %w", err)
	}
	if there > known {
		return fmt.Errorf("the database has schema %d and this program knows up to %d; it was opened by a newer svcgate, use that", there, known)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the schema from %d to %d: %w", there, known, err)
	}
	return nil
}
