package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

func openSource(ctx context.Context, c Config, still bool) (copySource, error) {
	if c.DSN != "" {
		return openPostgresSource(ctx, c, still)
	}
	return openFileSource(ctx, c.Path, still)
}

func openTarget(ctx context.Context, c Config, try bool) (copyTarget, error) {
	if c.DSN != "" {
		return openPostgresTarget(ctx, c, try)
	}
	return openFileTarget(ctx, c.Path)
}

// place names the database without what is secret.
func (c Config) place() string {
	if c.DSN == "" {
		return c.Path
	}
	config, err := serverConfig(c.DSN, nil)
	if err != nil {
		return "a PostgreSQL database"
	}
	return serverPlace(config)
}

// Unreachable reports whether err tells that the PostgreSQL server could not be connected to.
func Unreachable(err error) bool {
	_, is := errors.AsType[*pgconn.ConnectError](err)
	return is
}
