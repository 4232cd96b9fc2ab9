package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/svcgate/svcgate/internal/pgtest"
)

// startPostgres starts the shipped binary on PostgreSQL.
func (b *bench) startPostgres(ctx context.Context, a *arm) error {
	dsn, err := b.newDatabase(ctx, "bench")
	if err != nil {
		return err
	}
	return b.startGateway(ctx, a, dsn)
}

// newDatabase makes a database in a server that keeps what it commits, which the first one starts.
func (b *bench) newDatabase(ctx context.Context, name string) (dsn string, err error) {
	if b.cluster == nil {
		b.cluster, err = pgtest.Start(ctx, pgtest.Options{Fsync: true})
		if errors.Is(err, pgtest.ErrNotInstalled) {
			return "", absentError(err.Error())
		}
		if err != nil {
			return "", err
		}
		if b.database, err = serverOf(b.cluster.DSN("postgres")); err != nil {
			return "", err
		}
	}
	if err := b.cluster.Create(ctx, name, ""); err != nil {
		return "", fmt.Errorf("making a database: %w", err)
	}
	return b.cluster.DSN(name), nil
}

// serverOf is the process id of a cluster's server, which lies in its folder.
func serverOf(dsn string) (int, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return 0, err
	}
	text, err := os.ReadFile(filepath.Join(u.Query().Get("host"), "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}
