package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"github.com/svcgate/svcgate/store"
)

// openVariable makes the test binary open a store and tell how that went, to be the other process.
const openVariable = "SVCGATE_STORE_TEST_OPEN"

func TestMain(m *testing.M) {
	if from := os.Getenv(restoreVariable); from != "" {
		if err := restoreWithin(from, os.Getenv(toVariable), os.Getenv(limitVariable)); err != nil {
			fmt.Println("refused:", err)
			return
		}
		fmt.Println("restored")
		return
	}
	path := os.Getenv(openVariable)
	if path == "" {
		os.Exit(m.Run())
	}
	s, err := store.Open(context.Background(), store.Config{Path: path})
	if err != nil {
		fmt.Println("refused:", err)
		return
	}
	fmt.Println("opened")
	if err := s.Close(); err != nil {
		fmt.Println("closing:", err)
	}
}

func otherProcess(t *testing.T, path string) string {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), openVariable+"="+path)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func closed(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("closing: %v", err)
	}
}

// place is a path in a fresh directory and a store that was made there and closed.
func place(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.db")
	closed(t, open(t, path, time.Now))
	return path
}

func TestOpenMakesPrivateFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "journal.db"), time.Now)
	defer closed(t, s)
	begin(t, s, 1)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 4 { // the database, -wal, -shm and the lock
		t.Errorf("the directory has %v", files)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o, want 0600", f.Name(), info.Mode().Perm())
		}
	}
}

func TestOpenTakesOddNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b.db", "50%.db", "what?.db", "one#two.db", "é=&.db", "'quoted'.db"} {
		path := filepath.Join(t.TempDir(), name)
		s := open(t, path, time.Now)
		begin(t, s, 1)
		closed(t, s)
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T) (path string, library int, filesystem string)
		want    string
	}{
		{"no path", func(*testing.T) (string, int, string) { return "", 0, "" }, "no path was given"},
		{"no directory", func(t *testing.T) (string, int, string) {
			return filepath.Join(t.TempDir(), "missing", "journal.db"), 0, ""
		}, "does not exist; make it first"},
		{"a directory", func(t *testing.T) (string, int, string) { return t.TempDir(), 0, "" }, "not a regular file"},
		{"a file for a directory", func(t *testing.T) (string, int, string) {
			return filepath.Join(place(t), "journal.db"), 0, ""
		}, "not a directory"},
		{"readable by others", func(t *testing.T) (string, int, string) {
			path := place(t)
			if err := os.Chmod(path, 0o640); err != nil {
				t.Fatal(err)
			}
			return path, 0, ""
		}, "mode is 0640, so others may use it; run chmod 600"},
		{"no database", func(t *testing.T) (string, int, string) {
			path := filepath.Join(t.TempDir(), "journal.db")
			if err := os.WriteFile(path, []byte(strings.Repeat("this is a text ", 500)), 0o600); err != nil {
				t.Fatal(err)
			}
			return path, 0, ""
		}, "not a database"},
		{"another program's database", func(t *testing.T) (string, int, string) {
			path := filepath.Join(t.TempDir(), "journal.db")
			edit(t, path, `CREATE TABLE recipes (name TEXT)`)
			return path, 0, ""
		}, "database of another program"},
		{"a newer schema", func(t *testing.T) (string, int, string) {
			path := place(t)
			edit(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
			edit(t, path, `UPDATE schema_floor SET least = 9999`)
			return path, 0, ""
		}, "schema 9999 and this program knows up to 10; it was opened by a newer svcgate"},
		{"damage", func(t *testing.T) (string, int, string) {
			path := place(t)
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteAt([]byte(strings.Repeat("damage", 300)), 3*4096); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			return path, 0, ""
		}, "restore it from a backup"},
		{"an old library", func(t *testing.T) (string, int, string) {
			return filepath.Join(t.TempDir(), "journal.db"), 3_051_002, ""
		}, "SQLite 3.51.2, which can corrupt a database; build it with 3.51.3 or later"},
		{"a network filesystem", func(t *testing.T) (string, int, string) {
			return filepath.Join(t.TempDir(), "journal.db"), 0, "NFS"
		}, "lies on NFS; SQLite's write-ahead log is not safe there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path, library, filesystem := c.prepare(t)
			for range 2 { // a refusal leaves nothing locked
				s, err := store.OpenOn(ctx, store.Config{Path: path}, library, filesystem, 0)
				if err == nil {
					closed(t, s)
					t.Fatal("it was opened")
				}
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("the error is %q, want %q in it", err, c.want)
				}
			}
		})
	}
}

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	alias := filepath.Join(t.TempDir(), "alias.db")
	if err := os.Symlink(path, alias); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, time.Now)
	holder := fmt.Sprintf("process %d has the database open", os.Getpid())
	for _, name := range []string{path, alias} {
		if got := otherProcess(t, name); !strings.HasPrefix(got, "refused:") || !strings.Contains(got, holder) {
			t.Errorf("another process at %s: %s", name, got)
		}
		second, err := store.Open(context.Background(), store.Config{Path: name})
		if err == nil {
			closed(t, second)
			t.Fatalf("a second store was opened at %s", name)
		}
		if want := fmt.Sprintf("this process (%d)", os.Getpid()); !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %q, want %q in it", err, want)
		}
	}
	begin(t, s, 1)
	closed(t, s)
	if got := otherProcess(t, path); got != "opened" {
		t.Errorf("another process after Close: %s", got)
	}
}

func TestRecoveryAfterAKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	s := open(t, path, time.Now)
	defer closed(t, s)
	finish(t, s, begin(t, s, 1))
	begin(t, s, 2)
	begin(t, s, 3)
	// What a killed process leaves is what the kernel has of its files.
	left := filepath.Join(t.TempDir(), "left.db")
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, left, time.Now)
	defer closed(t, again)
	if again.Recovered() != 2 {
		t.Errorf("recovered %d, want 2", again.Recovered())
	}
	if err := again.Check(context.Background()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

func TestCheckSeesAReplacedFile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "journal.db")
	s := open(t, path, time.Now)
	defer closed(t, s)
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(ctx); err == nil {
		t.Error("Check does not miss the file")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(ctx); err == nil || !strings.Contains(err.Error(), "replaced") {
		t.Errorf("Check of a replaced file: %v", err)
	}
	if err := os.Rename(path+".moved", path); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(ctx); err != nil {
		t.Errorf("Check with the file back: %v", err)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "journal.db"), time.Now)
	defer closed(t, s)
	for _, query := range []string{`DELETE FROM tokens`, `PRAGMA query_only = 0; DELETE FROM tokens`, `CREATE TABLE x (y TEXT)`} {
		if err := s.ReadersExec(query); err == nil {
			t.Errorf("%s: it was done", query)
		}
	}
}

func edit(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
}
