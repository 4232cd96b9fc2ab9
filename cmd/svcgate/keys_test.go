package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/svcgate/svcgate/store"
)

// A key file that the service owns is the service's after root rotated it.
func TestARotatedKeyFileKeepsItsOwner(t *testing.T) {
	t.Parallel()
	who := os.Getuid()
	if who == 0 {
		who = 65534
	}
	dir := t.TempDir()
	key, database := filepath.Join(dir, "svcgate.key"), filepath.Join(dir, "svcgate.db")
	s, _, errs := testShell()
	if status := run(t.Context(), s, []string{"keys", "init", key}); status != 0 {
		t.Fatal(errs)
	}
	db, err := store.Open(t.Context(), store.Config{Path: database})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(key, who, -1); err != nil {
		t.Fatal(err)
	}
	if status := run(t.Context(), s, []string{"keys", "rotate", key, "--database", database}); status != 0 {
		t.Fatal(errs)
	}
	info, err := os.Stat(key)
	if err != nil {
		t.Fatal(err)
	}
	if is := info.Sys().(*syscall.Stat_t).Uid; int(is) != who || info.Mode().Perm() != 0o600 {
		t.Errorf("it belongs to %d with mode %v; it was %d's", is, info.Mode(), who)
	}
	if text, err := os.ReadFile(key); err != nil || !strings.Contains(string(text), "k1 ") || !strings.Contains(string(text), "k2 ") {
		t.Errorf("it lacks a key, %v", err)
	}
	if left, err := filepath.Glob(key + ".*"); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
