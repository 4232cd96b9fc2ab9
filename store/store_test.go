package store_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate/internal/pgtest"
	"github.com/svcgate/svcgate/store"
	"github.com/svcgate/svcgate/store/storetest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, place string, now func() time.Time) storetest.Database {
		t.Helper()
		return open(t, filepath.Join(place, "journal.db"), now)
	})
}

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	pgtest.Shared(t)
	var places sync.Map // the database of a place
	storetest.Run(t, func(t testing.TB, place string, now func() time.Time) storetest.Database {
		t.Helper()
		dsn, known := places.Load(place)
		if !known {
			dsn = emptied(t)
			places.Store(place, dsn)
		}
		s, err := store.Open(context.Background(), store.Config{DSN: dsn.(string), Now: now, Node: still})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func open(t testing.TB, path string, now func() time.Time) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Config{Path: path, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// empty returns the address of a PostgreSQL database that has the schema and nothing else.
func empty(t testing.TB) string {
	t.Helper()
	return pgtest.Copy(t, "journal", func(dsn string) error {
		s, err := store.Open(context.Background(), store.Config{DSN: dsn})
		if err != nil {
			return err
		}
		return s.Close()
	})
}

// still is a node that does nothing by itself while a test lasts.
var still = store.Node{Lease: time.Hour}

// used are the databases that a test has done with: emptying one is quicker than making one.
var used = make(chan string, 16)

// emptied is empty for tests that change no table.
func emptied(t testing.TB) (dsn string) {
	t.Helper()
	select {
	case dsn = <-used:
	default:
		dsn = empty(fixture{t})
	}
	t.Cleanup(func() {
		asked(t, dsn, wipe)
		select {
		case used <- dsn:
		default:
		}
	})
	return dsn
}

// fixture is a test that leaves its database behind.
type fixture struct{ testing.TB }

func (fixture) Cleanup(func()) {}

const wipe = `SET session_replication_role = replica; -- so that no trigger keeps the rows
	DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = current_schema()
		AND tablename NOT IN ('goose_db_version', 'schema_floor', 'chain_head', 'fence')); END $$;
	UPDATE chain_head SET seq = 0, hash = NULL`
