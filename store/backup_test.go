package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate/store"
)

func TestBackupUnderLoadRestores(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "journal.db"), time.Now)
	defer closed(t, s)
	for n := range 500 {
		finish(t, s, begin(t, s, n))
	}
	begin(t, s, 1000)
	stop := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		for n := 2000; ; n++ {
			select {
			case <-stop:
				return
			default:
				finish(t, s, begin(t, s, n))
			}
		}
	})
	backup, restored := filepath.Join(dir, "backup.db"), filepath.Join(dir, "restored.db")
	done, total := 0, 0
	err := s.Backup(ctx, backup, func(d, n int) { done, total = d, n })
	close(stop)
	work.Wait()
	if err != nil || done == 0 || done != total {
		t.Fatalf("Backup: %v after %d of %d pages", err, done, total)
	}
	if info, err := os.Stat(backup); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is %v, %v", info, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "backup.db*"))
	if err != nil || !slices.Equal(left, []string{backup, backup + ".lock"}) {
		t.Errorf("beside the backup there is %v, %v", left, err)
	}
	if err := os.WriteFile(restored, nil, 0o600); err != nil { // an empty file is no obstacle
		t.Fatal(err)
	}
	if err := store.Restore(ctx, backup, restored); err != nil {
		t.Fatal(err)
	}
	r := open(t, restored, time.Now)
	defer closed(t, r)
	report, err := r.Verify(ctx, nil)
	if err != nil || report.Transactions < 501 || r.Recovered() == 0 {
		t.Errorf("%+v, %v with %d recovered", report, err, r.Recovered())
	}
	begin(t, r, 5000)
}

func TestBackupRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "journal.db"), time.Now)
	defer closed(t, s)
	there := filepath.Join(dir, "there")
	if err := errors.Join(os.WriteFile(there, []byte("mine"), 0o600), os.Symlink("nowhere", filepath.Join(dir, "link"))); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"a file": there, "itself": s.Path(), "a link to nowhere": filepath.Join(dir, "link"), "no directory": filepath.Join(dir, "no", "backup"),
		"a directory": dir,
	} {
		if err := s.Backup(ctx, path, nil); err == nil {
			t.Errorf("%s: it was written", name)
		}
	}
	if data, err := os.ReadFile(there); err != nil || string(data) != "mine" {
		t.Errorf("the file is %q, %v", data, err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.Backup(ended, filepath.Join(dir, "cut"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled backup: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "cut*")); err != nil || !slices.Equal(left, []string{filepath.Join(dir, "cut.lock")}) {
		t.Errorf("a cancelled backup left %v, %v", left, err)
	}
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	good := filled(t)
	bad := tampered(t, good, func(db *sql.DB) {
		if _, err := db.Exec(`UPDATE transactions SET outcome = 'declined' WHERE id = 'txn_1'`); err != nil {
			t.Fatal(err)
		}
	})
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(t.TempDir(), "recipes.db")
	edit(t, foreign, `CREATE TABLE recipes (name TEXT)`)
	open := open(t, filepath.Join(t.TempDir(), "open.db"), time.Now)
	defer closed(t, open)
	for _, c := range []struct{ name, from, to, want string }{
		{"a broken chain", bad, filepath.Join(t.TempDir(), "to"), "the journal is broken: table transactions, row txn_1"},
		{"nothing there", filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), "to"), "no such file"},
		{"a directory", t.TempDir(), filepath.Join(t.TempDir(), "to"), "not a regular file"},
		{"a text", write("text", strings.Repeat("this is a text ", 500)), filepath.Join(t.TempDir(), "to"), "not a database"},
		{"another program's", foreign, filepath.Join(t.TempDir(), "to"), "database of another program"},
		{"over a file", good, write("to", "mine"), "is there already; move it away first"},
		{"beside another's log", good, strings.TrimSuffix(write("to-wal", "log"), "-wal"), "belongs to another database"},
		{"over an open store", good, open.Path(), "has the database open"},
		{"over itself", good, good, "is there already"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := store.Restore(ctx, c.from, c.to)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %q in it", err, c.want)
			}
			if left, err := filepath.Glob(c.to + ".partial*"); err != nil || len(left) != 0 {
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
}
