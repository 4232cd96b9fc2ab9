package store_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

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

func open(t testing.TB, path string, now func() time.Time) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Config{Path: path, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
