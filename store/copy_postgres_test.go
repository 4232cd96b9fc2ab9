package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate/internal/pgtest"
	"github.com/svcgate/svcgate/store"
)

// Through PostgreSQL and back every value is the same, byte for byte.
func TestCopyThroughPostgres(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	from, back := brimming(t), filepath.Join(t.TempDir(), "back.db")
	database := store.Config{DSN: pgtest.New(t)}
	there, err := store.Copy(ctx, store.Config{Path: from}, database, store.CopyOptions{Still: true})
	if err != nil {
		t.Fatal(err)
	}
	again, err := store.Copy(ctx, database, store.Config{Path: back}, store.CopyOptions{Still: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(dump(t, back)), fmt.Sprint(dump(t, from)); got != want {
		t.Errorf("what came back is\n%v\nof\n%v", got, want)
	}
	if fmt.Sprint(there) != fmt.Sprint(again) || there.Verify.Rows == 0 {
		t.Errorf("%+v there and %+v back", there, again)
	}
	alike(t, from, back)
}

// server runs a statement on a PostgreSQL database behind svcgate's back.
func server(t *testing.T, dsn, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(statement)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// ask reads one value from a PostgreSQL database.
func ask(t *testing.T, dsn, query string, to any) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	err = db.QueryRow(query).Scan(to)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// counted reads a number from a PostgreSQL database.
func counted(t *testing.T, dsn, query string) (n int) {
	t.Helper()
	ask(t, dsn, query, &n)
	return n
}

const (
	countTables  = `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`
	countKept    = `SELECT (SELECT count(*) FROM transactions) + (SELECT count(*) FROM chain) + (SELECT count(*) FROM code_versions) + (SELECT seq FROM chain_head)`
	countIndexes = `SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'`
)

// A store on the copy goes on where the chain ended; what was under way in the original is nobody's there.
func TestStoreGoesOnInPostgres(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	from := brimming(t)
	database := store.Config{DSN: pgtest.New(t)}
	before, err := store.Copy(ctx, store.Config{Path: from}, database, store.CopyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, s)
	if s.Recovered() != 1 {
		t.Errorf("%d recovered, want the attempt under way", s.Recovered())
	}
	begin(t, s, 5000)
	r, err := store.OpenReader(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	report, err := r.Verify(ctx, nil)
	if err := errors.Join(err, r.Close()); err != nil || report.Rows != before.Verify.Rows+2 {
		t.Errorf("%+v, %v, want two rows more than %+v", report, err, before.Verify)
	}
}

// A copy of a database at work has what was kept before it began, whole.
func TestCopyOfPostgresBesideWork(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	database := store.Config{DSN: pgtest.New(t)}
	s, err := store.Open(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, s)
	for n := range 300 {
		finish(t, s, begin(t, s, n))
	}
	under := begin(t, s, 300)
	n, to := 301, filepath.Join(t.TempDir(), "copy.db")
	report, err := store.Copy(ctx, database, store.Config{Path: to}, store.CopyOptions{Progress: func(int64, int64) {
		finish(t, s, begin(t, s, n)) // what is written between two batches is in no copy
		n++
	}})
	if err != nil || n == 301 || report.Verify.Transactions != 301 {
		t.Fatalf("%+v, %v after %d", report, err, n)
	}
	finish(t, s, under)
	r := open(t, to, time.Now)
	defer closed(t, r)
	if r.Recovered() != 1 {
		t.Errorf("%d recovered, want the attempt under way", r.Recovered())
	}
}

// A database is moved only while nobody works on it, from the beginning to the end.
func TestMoveOfPostgresRefusesWork(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	database, to := store.Config{DSN: pgtest.New(t)}, filepath.Join(t.TempDir(), "moved.db")
	work := func(n int, while func()) {
		s, err := store.Open(ctx, database)
		if err != nil {
			t.Fatal(err)
		}
		finish(t, s, begin(t, s, n))
		while()
		closed(t, s)
	}
	move := func(o store.CopyOptions) error {
		o.Still = true
		_, err := store.Copy(ctx, database, store.Config{Path: to}, o)
		return err
	}
	work(1, func() {
		if err := move(store.CopyOptions{}); err == nil || !strings.Contains(err.Error(), "has the database open; stop every node first") {
			t.Errorf("beside a node: %v", err)
		}
		if err := move(store.CopyOptions{Try: true}); err == nil || !strings.Contains(err.Error(), "has the database open") {
			t.Errorf("tried beside a node: %v", err)
		}
	})
	err := move(store.CopyOptions{Progress: func(int64, int64) { work(2, func() {}) }})
	if err == nil || !strings.Contains(err.Error(), "was written to while it was copied") {
		t.Errorf("with a change in between: %v", err)
	}
	if left, err := filepath.Glob(to + "*"); err != nil || len(left) > 1 { // the lock
		t.Errorf("left: %v, %v", left, err)
	}
	if err := move(store.CopyOptions{}); err != nil {
		t.Error(err)
	}
}

func TestCopyIntoPostgresRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	good := filled(t)
	bad := tampered(t, good, func(db *sql.DB) {
		if _, err := db.Exec(`UPDATE transactions SET outcome = 'declined' WHERE id = 'txn_1'`); err != nil {
			t.Fatal(err)
		}
	})
	nul := tampered(t, good, func(db *sql.DB) {
		if _, err := db.Exec(`UPDATE transactions SET description = 'a' || char(0) WHERE id = 'txn_1'`); err != nil {
			t.Fatal(err)
		}
	})
	for _, c := range []struct {
		name, from, want string
		prepare          string
	}{
		{"a broken chain", bad, "the journal is broken: table transactions, row txn_1", ""},
		{"what PostgreSQL cannot hold", nul, "copying table transactions", ""},
		{"another program's", good, "the database is that of another program", `CREATE TABLE recipes (name text)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dsn := pgtest.New(t)
			if c.prepare != "" {
				server(t, dsn, c.prepare)
			}
			_, err := store.Copy(ctx, store.Config{Path: c.from}, store.Config{DSN: dsn}, store.CopyOptions{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %q in it", err, c.want)
			}
			if c.prepare == "" && counted(t, dsn, countKept) != 0 {
				t.Error("something was kept")
			}
		})
	}
	t.Run("one that holds something", func(t *testing.T) {
		dsn := pgtest.New(t)
		for _, want := range []string{"", "already; give an empty database"} {
			_, err := store.Copy(ctx, store.Config{Path: good}, store.Config{DSN: dsn}, store.CopyOptions{})
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %v, want %q in it", err, want)
			}
		}
	})
	t.Run("nothing to read", func(t *testing.T) {
		_, err := store.Copy(ctx, store.Config{DSN: pgtest.New(t)}, store.Config{Path: filepath.Join(t.TempDir(), "copy.db")}, store.CopyOptions{})
		if err == nil || !strings.Contains(err.Error(), "svcgate has not made its tables there yet") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("a server that is not there", func(t *testing.T) {
		dsn := "postgres://jo:open-sesame@127.0.0.1:1/x"
		_, err := store.Copy(ctx, store.Config{Path: good}, store.Config{DSN: dsn}, store.CopyOptions{})
		if err == nil || strings.Contains(err.Error(), "sesame") || !strings.Contains(err.Error(), "127.0.0.1:1/x") {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestCutCopyLeavesPostgresEmpty(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "journal.db"), time.Now)
	for n := range 400 {
		finish(t, s, begin(t, s, n))
	}
	from, to := store.Config{Path: s.Path()}, store.Config{DSN: pgtest.New(t)}
	closed(t, s)
	report, err := store.Copy(context.Background(), from, to, store.CopyOptions{Try: true})
	if n := counted(t, to.DSN, countTables); err != nil || report.Rows == 0 || n != 0 {
		t.Errorf("%+v, %v with %d tables made by a trial", report, err, n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = store.Copy(ctx, from, to, store.CopyOptions{Progress: func(int64, int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled copy: %v", err)
	}
	if n := counted(t, to.DSN, countKept); n != 0 {
		t.Errorf("a cancelled copy left %d rows", n)
	}
	indexes := counted(t, to.DSN, countIndexes)
	if _, err := store.Copy(context.Background(), from, to, store.CopyOptions{}); err != nil {
		t.Errorf("a copy after it: %v", err)
	}
	if n := counted(t, to.DSN, countIndexes); n != indexes || n < 20 {
		t.Errorf("%d indexes after a copy, %d before", n, indexes)
	}
}
