package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/store"
)

// brimming makes a closed journal with rows in every table, and with values that a careless copy would change. It
// returns its path.
func brimming(t *testing.T) string {
	t.Helper()
	path := filled(t)
	edit(t, path, `INSERT INTO sessions (token, person, origin, started, expires, ended, data) VALUES
		('a', '', '2001:db8::1', -9223372036854775808, 9223372036854775807, 0, x''),
		('b', 'ö'' "\', '\N', 0, 0, 1, x'00ff5c00')`)
	edit(t, path, `INSERT INTO links (hash, kind, person, made_by, expires) VALUES ('`+strings.Repeat("a", 64)+`', 'bootstrap', '', 'a`+"\t\n"+`b', 1)`)
	edit(t, path, `INSERT INTO sign_in_failures (key, count, last, until) VALUES
		('`+strings.Repeat("b", 64)+`', 1, 2, NULL), ('`+strings.Repeat("c", 64)+`', 1, 2, 3)`)
	s := open(t, path, func() time.Time { return start })
	begin(t, s, 9)
	if err := s.AddPerson(context.Background(), access.Person{Name: "ann", FullName: "Änn \\N", Roles: []access.Role{access.RoleViewer}, Created: start}, access.HashToken("x"),
		access.Link{Kind: access.LinkInvite, Person: "ann", By: "jo", Expires: start}, access.Entry{At: start, Actor: "jo", Action: "people.add", Subject: "ann"}); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	edit(t, path, `UPDATE transactions SET sealed = x'' WHERE id = 'txn_2'`)
	return path
}

// dump tells every value of every table of a file, as SQL writes it, but for what belongs to the file alone.
func dump(t *testing.T, path string) map[string][]string {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	list := func(query string, args ...any) (all []string) {
		rows, err := db.Query(query, args...)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var one string
			if err := rows.Scan(&one); err != nil {
				t.Fatal(err)
			}
			all = append(all, one)
		}
		return all
	}
	all := map[string][]string{}
	for _, table := range list(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'`) {
		if store.IsOwnTable(table) {
			continue
		}
		columns := list(`SELECT 'quote(' || name || ')' FROM pragma_table_info(?) ORDER BY name`, table)
		all[table] = list(`SELECT ` + strings.Join(columns, ` || ', ' || `) + ` AS v FROM ` + table + ` ORDER BY v`)
	}
	return all
}

func TestCopyKeepsEveryValue(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	from, to := brimming(t), filepath.Join(t.TempDir(), "copy.db")
	want := dump(t, from)
	for table, rows := range want {
		if len(rows) == 0 {
			t.Errorf("table %s has no row, so nothing is shown of it", table)
		}
	}
	var done, total int64
	report, err := store.Copy(ctx, store.Config{Path: from}, store.Config{Path: to}, store.CopyOptions{Still: true, Progress: func(d, n int64) { done, total = d, n }})
	if err != nil {
		t.Fatal(err)
	}
	got := dump(t, to)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the copy is\n%v\nof\n%v", got, want)
	}
	rows := 0
	for _, c := range report.Tables {
		if int(c.Rows) != len(want[c.Name]) {
			t.Errorf("%d rows of table %s are reported, there are %d", c.Rows, c.Name, len(want[c.Name]))
		}
		rows += len(want[c.Name])
	}
	if len(report.Tables) != len(want) || int(report.Rows) != rows || done != total || int(done) != rows || report.Verify.Rows == 0 {
		t.Errorf("%+v with progress %d of %d, want %d rows", report, done, total, rows)
	}
	alike(t, from, to)
	r := open(t, to, time.Now)
	defer closed(t, r)
	if r.Recovered() != 1 {
		t.Errorf("%d recovered, want the attempt under way", r.Recovered())
	}
	begin(t, r, 5000)
}

// alike compares the schemas, indexes and triggers of a copy with the original's.
func alike(t *testing.T, from, to string) {
	t.Helper()
	schema := func(path string) (all string) {
		db, err := sql.Open("sqlite3", path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if err := db.QueryRow(`SELECT group_concat(s, char(10)) FROM (SELECT sql AS s FROM sqlite_schema ORDER BY type, name)`).Scan(&all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if a, b := schema(from), schema(to); a != b {
		t.Errorf("the copy's schema is\n%s\nof\n%s", b, a)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy is %v, %v", info, err)
	}
	if left, err := filepath.Glob(to + ".*"); err != nil || len(left) != 1 { // the lock
		t.Errorf("beside the copy there is %v, %v", left, err)
	}
}

func TestCopyBesideWork(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, filepath.Join(t.TempDir(), "journal.db"), time.Now)
	defer closed(t, s)
	for n := range 300 {
		finish(t, s, begin(t, s, n))
	}
	to := filepath.Join(t.TempDir(), "copy.db")
	n := 300
	report, err := store.Copy(ctx, store.Config{Path: s.Path()}, store.Config{Path: to}, store.CopyOptions{Progress: func(int64, int64) {
		finish(t, s, begin(t, s, n)) // what is written between two batches is in no copy
		n++
	}})
	if err != nil || n == 300 || report.Verify.Transactions != 300 {
		t.Errorf("%+v, %v after %d", report, err, n)
	}
	if err := verified(t, to); err != nil {
		t.Error(err)
	}
	_, err = store.Copy(ctx, store.Config{Path: s.Path()}, store.Config{Path: to + "2"}, store.CopyOptions{Still: true})
	if err == nil || !strings.Contains(err.Error(), "has the database open") {
		t.Errorf("a file that is open was moved: %v", err)
	}
}

// What an earlier svcgate left is copied in today's schema, and stays as it is itself.
func TestCopyOfAnOlderJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, to := filepath.Join(dir, "older.db"), filepath.Join(t.TempDir(), "copy.db")
	folder, err := store.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	older(t, from, folder)
	before, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	report, err := store.Copy(context.Background(), store.Config{Path: from}, store.Config{Path: to}, store.CopyOptions{Still: true})
	if err != nil || report.Verify.Transactions != 3 {
		t.Fatalf("%+v, %v", report, err)
	}
	if err := verified(t, to); err != nil {
		t.Error(err)
	}
	if after, err := os.ReadFile(from); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the original was changed, %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "svcgate-copy-*")); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// Litestream keeps two tables of its own in the files that it watches.
func TestCopyLeavesLitestreamsTablesOut(t *testing.T) {
	t.Parallel()
	from, to := filled(t), filepath.Join(t.TempDir(), "copy.db")
	want := dump(t, from)
	edit(t, from, `CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); INSERT INTO _litestream_seq VALUES (1, 7); CREATE TABLE _litestream_lock (id INTEGER)`)
	if _, err := store.Copy(context.Background(), store.Config{Path: from}, store.Config{Path: to}, store.CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := dump(t, to); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the copy is\n%v\nof\n%v", got, want)
	}
}

func TestCopyTries(t *testing.T) {
	t.Parallel()
	from, to := filled(t), filepath.Join(t.TempDir(), "copy.db")
	report, err := store.Copy(context.Background(), store.Config{Path: from}, store.Config{Path: to}, store.CopyOptions{Try: true})
	if err != nil || report.Rows == 0 {
		t.Errorf("%+v, %v", report, err)
	}
	if left, err := filepath.Glob(to + "*"); err != nil || len(left) > 1 { // the lock
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	good := filled(t)
	bad := tampered(t, good, func(db *sql.DB) {
		if _, err := db.Exec(`UPDATE transactions SET outcome = 'declined' WHERE id = 'txn_1'`); err != nil {
			t.Fatal(err)
		}
	})
	orphan := tampered(t, good, func(db *sql.DB) {
		if _, err := db.Exec(`UPDATE exchanges SET transaction_id = 'txn_none' WHERE transaction_id = 'txn_1'`); err != nil {
			t.Fatal(err)
		}
	})
	wider := tampered(t, good, func(db *sql.DB) {
		if _, err := db.Exec(`ALTER TABLE tokens ADD COLUMN colour TEXT`); err != nil {
			t.Fatal(err)
		}
	})
	further := tampered(t, good, func(db *sql.DB) {
		if _, err := db.Exec(`CREATE TABLE colours (name TEXT)`); err != nil {
			t.Fatal(err)
		}
	})
	newer := tampered(t, good, func(db *sql.DB) {
		if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`); err != nil {
			t.Fatal(err)
		}
	})
	foreign, taken := filepath.Join(t.TempDir(), "recipes.db"), filepath.Join(t.TempDir(), "taken")
	edit(t, foreign, `CREATE TABLE recipes (name TEXT)`)
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, from, to, want string }{
		{"a broken chain", bad, "", "the journal is broken: table transactions, row txn_1"},
		{"a row without what it belongs to", orphan, "", "FOREIGN KEY"},
		{"a column that the target lacks", wider, "", "the columns of table tokens are"},
		{"a table that the target lacks", further, "", "colours"},
		{"a newer svcgate's", newer, "", "opened by a newer svcgate"},
		{"nothing there", filepath.Join(t.TempDir(), "none"), "", "no such file"},
		{"a directory", t.TempDir(), "", "not a regular file"},
		{"another program's", foreign, "", "database of another program"},
		{"an empty file", filepath.Join(t.TempDir(), "empty"), "", "no such table: goose_db_version"},
		{"onto a file", good, taken, "is there already; move it away first"},
		{"onto itself", good, good, "is there already; move it away first"},
		{"into no directory", good, filepath.Join(t.TempDir(), "no", "copy.db"), "does not exist; make it first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "an empty file" {
				if err := os.WriteFile(c.from, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			to := c.to
			if to == "" {
				to = filepath.Join(t.TempDir(), "copy.db")
			}
			_, err := store.Copy(context.Background(), store.Config{Path: c.from}, store.Config{Path: to}, store.CopyOptions{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %q in it", err, c.want)
			}
			left, err := filepath.Glob(to + "*")
			if err != nil || c.to == "" && len(left) > 1 { // the lock
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
	if data, err := os.ReadFile(taken); err != nil || string(data) != "mine" {
		t.Errorf("the file is %q, %v", data, err)
	}
}

func TestCutCopyLeavesNothing(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "journal.db"), time.Now)
	for n := range 400 {
		finish(t, s, begin(t, s, n))
	}
	from, to := s.Path(), filepath.Join(t.TempDir(), "copy.db")
	closed(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := store.Copy(ctx, store.Config{Path: from}, store.Config{Path: to}, store.CopyOptions{Progress: func(int64, int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled copy: %v", err)
	}
	if left, err := filepath.Glob(to + "*"); err != nil || len(left) > 1 { // the lock
		t.Errorf("left: %v, %v", left, err)
	}
	if _, err := store.Copy(context.Background(), store.Config{Path: from}, store.Config{Path: to}, store.CopyOptions{}); err != nil {
		t.Errorf("a copy after it: %v", err)
	}
}
