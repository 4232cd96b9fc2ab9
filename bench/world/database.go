package world

import (
	"context"
	"fmt"

	"github.com/svcgate/svcgate/internal/pgtest"
)

// The kinds of databases.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Database is where gateways keep their journal.
type Database struct {
	Setting string          // what database: says in the settings
	Cluster *pgtest.Cluster // nil on SQLite
}

// OpenDatabase starts a throw-away PostgreSQL that keeps on disk what is committed, or names an SQLite file beside the
// settings.
func OpenDatabase(ctx context.Context, kind string) (*Database, error) {
	switch kind {
	case SQLite:
		return &Database{Setting: "svcgate.db"}, nil
	case Postgres:
		// What pgtest makes short for tests is as PostgreSQL has it.
		settings := map[string]string{"autovacuum_naptime": "1min", "shared_buffers": "128MB"}
		c, err := pgtest.Start(ctx, pgtest.Options{Fsync: true, Settings: settings})
		if err != nil {
			return nil, err
		}
		d := &Database{Setting: c.DSN("svcgate"), Cluster: c}
		if err := c.Create(ctx, "svcgate", ""); err != nil {
			return d, err
		}
		return d, nil
	}
	return nil, fmt.Errorf("there is no database %q; there are %s and %s", kind, SQLite, Postgres)
}

// Close stops and removes what OpenDatabase started.
func (d *Database) Close() error {
	if d == nil || d.Cluster == nil {
		return nil
	}
	return d.Cluster.Stop()
}
