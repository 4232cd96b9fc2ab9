package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/svcgate/svcgate/store"
)

// The variables that make the test binary restore a backup where no file may grow beyond so many bytes, and tell how
// that went.
const (
	restoreVariable = "SVCGATE_STORE_TEST_RESTORE"
	toVariable      = "SVCGATE_STORE_TEST_TO"
	limitVariable   = "SVCGATE_STORE_TEST_LIMIT"
)

func restoreWithin(from, to, limit string) error {
	most, err := strconv.ParseUint(limit, 10, 64)
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ) // so that writing fails instead
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
		return err
	}
	return store.Restore(context.Background(), from, to)
}

// TestRestoreOnAFullDisk restores a backup of an earlier svcgate, which grows when it is brought up to date, where there
// is room for the backup alone, for all of it, and for anything between: either it is said to fail and nothing is left,
// or it is whole.
func TestRestoreOnAFullDisk(t *testing.T) {
	t.Parallel()
	folder, err := store.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	from := filepath.Join(t.TempDir(), "older.db")
	older(t, from, folder)
	edit(t, from, `CREATE TABLE filling AS SELECT randomblob(2000000) AS bytes`) // so that the file is larger than its log becomes
	size := func(path string) int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	upgraded := filepath.Join(t.TempDir(), "upgraded.db")
	if err := store.Restore(t.Context(), from, upgraded); err != nil {
		t.Fatal(err)
	}
	least, most := size(from), size(upgraded)
	restored := 0
	const steps = 12
	for n := range int64(steps + 1) {
		limit := least + (most-least)*n/steps
		to := filepath.Join(t.TempDir(), "to.db")
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), restoreVariable+"="+from, toVariable+"="+to, limitVariable+"="+strconv.FormatInt(limit, 10))
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		_, missing := os.Stat(to)
		if said := strings.TrimSpace(string(out)); said != "restored" {
			left, err := filepath.Glob(to + "*")
			if !errors.Is(missing, os.ErrNotExist) || err != nil || len(left) > 1 { // the lock stays
				t.Errorf("%d bytes: %s; there is %v, %v", limit, said, left, err)
			}
			continue
		}
		restored++
		db, err := sql.Open("sqlite3", to)
		if err != nil {
			t.Fatal(err)
		}
		var result string
		if err := errors.Join(db.QueryRow(`PRAGMA quick_check`).Scan(&result), db.Close()); err != nil || result != "ok" {
			t.Errorf("%d bytes: the file that was told good is %q, %v", limit, result, err)
		}
		s, err := store.Open(t.Context(), store.Config{Path: to, Now: time.Now})
		if err != nil {
			t.Errorf("%d bytes: %v", limit, err)
			continue
		}
		if _, err := s.Verify(t.Context(), nil); err != nil {
			t.Errorf("%d bytes: %v", limit, err)
		}
		closed(t, s)
	}
	if restored == 0 || restored > steps {
		t.Errorf("%d of %d were restored; the limits are no test", restored, steps+1)
	}
}
