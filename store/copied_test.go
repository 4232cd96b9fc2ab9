package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/svcgate/svcgate/store"
)

// copies are the ways to make a file of another one.
func copies(t *testing.T) map[string]func(to string) error {
	folder, err := store.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	from, earlier := filled(t), filepath.Join(t.TempDir(), "earlier.db")
	older(t, earlier, folder)
	ctx := context.Background()
	return map[string]func(to string) error{
		"backup": func(to string) error {
			s := open(t, filepath.Join(t.TempDir(), "journal.db"), time.Now)
			defer closed(t, s)
			begin(t, s, 1)
			return s.Backup(ctx, to, nil)
		},
		"restore":               func(to string) error { return store.Restore(ctx, from, to) },
		"restore of an earlier": func(to string) error { return store.Restore(ctx, earlier, to) },
		"copy": func(to string) error {
			_, err := store.Copy(ctx, store.Config{Path: from}, store.Config{Path: to}, store.CopyOptions{})
			return err
		},
		"copy of an earlier": func(to string) error {
			_, err := store.Copy(ctx, store.Config{Path: earlier}, store.Config{Path: to}, store.CopyOptions{})
			return err
		},
	}
}

// TestCopiesNeedNoLog: SQLite reads a file in WAL mode only where it may make the log, and a backup may lie in a folder
// that nobody may write to.
func TestCopiesNeedNoLog(t *testing.T) {
	t.Parallel()
	for name, run := range copies(t) {
		t.Run(name, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "to.db")
			if err := run(to); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(to)
			if err != nil || len(data) < 20 || data[18] != 1 || data[19] != 1 { // sqlite.org/fileformat.html, 1.3.3: 2 is WAL
				t.Errorf("the file begins with %x, %v", data[:min(len(data), 20)], err)
			}
			if left, err := filepath.Glob(to + "*"); err != nil || len(left) != 2 {
				t.Errorf("there is %v, %v; want the file and its lock", left, err)
			}
			s := open(t, to, time.Now)
			if _, err := s.Verify(t.Context(), nil); err != nil {
				t.Error(err)
			}
			closed(t, s)
		})
	}
}

// TestCopiesGoOnAfterAKill: what a killed process left is no obstacle, and what a living one is at is left alone.
func TestCopiesGoOnAfterAKill(t *testing.T) {
	t.Parallel()
	leave := func(to string) error {
		var errs []error
		for _, suffix := range []string{".lock", ".partial", ".partial-wal", ".partial-shm", ".partial-journal"} {
			errs = append(errs, os.WriteFile(to+suffix, []byte(strings.Repeat("left", 2000)), 0o600))
		}
		return errors.Join(errs...)
	}
	all := copies(t)
	for name, run := range all {
		t.Run(name, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "to.db")
			if err := leave(to); err != nil {
				t.Fatal(err)
			}
			if err := run(to); err != nil {
				t.Fatal(err)
			}
			if left, err := filepath.Glob(to + "*"); err != nil || len(left) != 2 {
				t.Errorf("there is %v, %v; want the file and its lock", left, err)
			}
			s := open(t, to, time.Now)
			if _, err := s.Verify(t.Context(), nil); err != nil {
				t.Error(err)
			}
			closed(t, s)
		})
		t.Run(name+" beside another process", func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "to.db")
			if err := leave(to); err != nil {
				t.Fatal(err)
			}
			lock, err := os.Open(to + ".lock")
			if err != nil {
				t.Fatal(err)
			}
			if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
				t.Fatal(err)
			}
			if err := run(to); err == nil || !strings.Contains(err.Error(), "has the database open") {
				t.Errorf("the error is %v", err)
			}
			if left, err := filepath.Glob(to + ".partial*"); err != nil || len(left) != 4 {
				t.Errorf("of what it is at there is %v, %v", left, err)
			}
			if err := lock.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFilesBelongToTheFoldersOwner: what root makes in the folder of a service is the service's. Whoever is not root
// makes files of their own there as ever.
func TestFilesBelongToTheFoldersOwner(t *testing.T) {
	t.Parallel()
	who := os.Getuid()
	if who == 0 {
		who = 65534
	}
	all := copies(t)
	all["open"] = func(to string) error {
		s, err := store.Open(t.Context(), store.Config{Path: to})
		if err != nil {
			return err
		}
		return s.Close()
	}
	for name, run := range all {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Chown(dir, who, -1); err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(dir, "to.db")
			if err := run(to); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{to, to + ".lock"} {
				info, err := os.Stat(path)
				if err != nil {
					t.Fatal(err)
				}
				if is := info.Sys().(*syscall.Stat_t).Uid; int(is) != who || info.Mode().Perm() != 0o600 {
					t.Errorf("%s belongs to %d with mode %v, the folder to %d", filepath.Base(path), is, info.Mode(), who)
				}
			}
		})
	}
	t.Run("a file that is there keeps its owner", func(t *testing.T) {
		to := filepath.Join(t.TempDir(), "to.db")
		if err := all["open"](to); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(filepath.Dir(to), who, -1); err != nil {
			t.Fatal(err)
		}
		if err := all["open"](to); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{to, to + ".lock"} {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if is := info.Sys().(*syscall.Stat_t).Uid; int(is) != os.Getuid() {
				t.Errorf("%s was given to %d", filepath.Base(path), is)
			}
		}
	})
}
