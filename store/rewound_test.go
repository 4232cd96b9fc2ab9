package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/svcgate/svcgate/internal/pgtest"
	"github.com/svcgate/svcgate/store"
)

// replaced puts a backup in the place of a database that is in use, as a failover to a standby that lags does: there
// the nodes are the same.
func replaced(t *testing.T, c *pgtest.Cluster, name, backup string) {
	t.Helper()
	ctx := context.Background()
	var nodes string
	ask(t, c.DSN(name), `SELECT json_agg(n) FROM nodes n`, &nodes)
	if err := errors.Join(c.Drop(ctx, name), c.Create(ctx, name, "")); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Copy(ctx, store.Config{Path: backup}, store.Config{DSN: c.DSN(name)}, store.CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	server(t, c.DSN(name), `INSERT INTO nodes OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::nodes, '`+nodes+`') ON CONFLICT DO NOTHING`)
	server(t, c.DSN(name), `SELECT setval(pg_get_serial_sequence('nodes', 'epoch'), (SELECT max(epoch) FROM nodes))`)
}

func TestStoreNoticesThatItsDatabaseWasRewound(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := pgtest.Shared(t)
	const name = "rewound"
	if err := c.Create(ctx, name, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Drop(ctx, name); err != nil {
			t.Error(err)
		}
	})
	database := store.Config{DSN: c.DSN(name), Node: still} // none looks for its row while it is missing
	connect := func() *store.Store {
		s, err := store.Open(ctx, database)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := connect()
	finish(t, s, begin(t, s, 1))
	backups := []string{filepath.Join(t.TempDir(), "none lost.db"), filepath.Join(t.TempDir(), "lost.db")}
	copied := func(to string) {
		if _, err := store.Copy(ctx, database, store.Config{Path: to}, store.CopyOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	copied(backups[0])

	// A database in another place that has everything is no loss.
	replaced(t, c, name, backups[0])
	if err := s.Check(ctx); err != nil {
		t.Errorf("Check: %v", err)
	}
	finish(t, s, begin(t, s, 2))
	copied(backups[1])
	finish(t, s, begin(t, s, 3))

	replaced(t, c, name, backups[1])
	before := counted(t, database.DSN, countKept)
	refuses := func(when string) {
		t.Helper()
		if err := s.Check(ctx); !errors.Is(err, store.ErrRewound) {
			t.Errorf("%s, Check: %v", when, err)
		}
		for range 2 {
			if _, err := s.Begin(ctx, sent(4)); !errors.Is(err, store.ErrRewound) {
				t.Errorf("%s, Begin: %v", when, err)
			}
		}
		if !s.Stats().Suspect {
			t.Errorf("%s, the store is not suspect", when)
		}
	}
	refuses("after the loss")
	if n := counted(t, database.DSN, countKept); n != before {
		t.Errorf("%d rows and places after the refusals, %d before", n, before)
	}
	// Another node that knows of nothing writes on.
	other := connect()
	for n := range 5 {
		finish(t, other, begin(t, other, 10+n))
	}
	refuses("after others wrote on")
	closed(t, other)
	closed(t, s)

	s = connect() // as an operator does who has compared with the provider
	defer closed(t, s)
	if err := s.Check(ctx); err != nil || there(t, s, "txn_3") || !there(t, s, "txn_2") {
		t.Errorf("anew: %v", err)
	}
	begin(t, s, 4)
	if _, err := s.Verify(ctx, nil); err != nil {
		t.Error(err)
	}
}
