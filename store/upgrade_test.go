package store_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/svcgate/svcgate/store"
)

// newer makes c open a database as a later program does, which has one more migration.
func newer(t *testing.T, c store.Config, migration string) store.Config {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "upgrade", migration))
	if err != nil {
		t.Fatal(err)
	}
	all := fstest.MapFS{}
	err = fs.WalkDir(store.AllMigrations(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(store.AllMigrations(), path)
		all[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"sqlite", "postgres"} {
		all["migrations/"+folder+"/"+migration] = &fstest.MapFile{Data: text}
	}
	return store.WithMigrations(c, all)
}

// TestRollingUpgrade lets programs with and without a migration work on one database.
func TestRollingUpgrade(t *testing.T) {
	t.Parallel()
	t.Run("at the same time", func(t *testing.T) {
		t.Parallel()
		dsn := empty(t)
		old := join(t, dsn)
		began(t, old, sent(1))
		later := join(t, dsn, func(c *store.Config) { *c = newer(t, *c, "0011_lived_with.sql") })
		began(t, later, sent(2))
		again := join(t, dsn)
		for n, s := range []*store.Store{old, later, again} {
			tx := began(t, s, sent(10+n))
			if err := s.Finish(t.Context(), final(tx), exchange()); err != nil {
				t.Errorf("program %d: %v", n, err)
			}
		}
		if err := old.Finish(t.Context(), final(sent(1)), exchange()); err != nil {
			t.Error(err)
		}
		for n, s := range []*store.Store{old, later, again} {
			if _, err := s.Verify(t.Context(), nil); err != nil {
				t.Errorf("program %d: %v", n, err)
			}
			if got := stateOf(t, s, "txn_2"); got != "sent" {
				t.Errorf("program %d: the other's attempt is %s", n, got)
			}
		}
	})
	file := func(t *testing.T) store.Config { return store.Config{Path: filepath.Join(t.TempDir(), "journal.db")} }
	server := func(t *testing.T) store.Config { return store.Config{DSN: empty(t)} }
	for name, place := range map[string]func(*testing.T) store.Config{"SQLite": file, "PostgreSQL": server} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lived, gone := place(t), place(t)
			for c, migration := range map[*store.Config]string{&lived: "0011_lived_with.sql", &gone: "0011_not_lived_with.sql"} {
				closed(t, opens(t, newer(t, *c, migration)))
			}
			s := opens(t, lived)
			began(t, s, sent(1))
			closed(t, s)
			closed(t, opens(t, newer(t, lived, "0011_lived_with.sql")))
			s, err := store.Open(t.Context(), gone)
			if err == nil {
				closed(t, s)
				t.Fatal("it was opened")
			}
			if want := "the database has schema 11 and this program knows up to 10; it was opened by a newer svcgate, use that"; !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %v", err)
			}
			closed(t, opens(t, newer(t, gone, "0011_not_lived_with.sql")))
		})
	}
}

func opens(t *testing.T, c store.Config) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
