package store_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate/internal/pgtest"
	"github.com/svcgate/svcgate/store"
)

// BenchmarkCopy copies a journal of so many transactions, each with its exchange and two rows of the chain, between the
// databases. Run it as: go test -run xxx -bench Copy -benchtime 1x ./store -rows 1000000
func BenchmarkCopy(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "journal.db"), time.Now)
	var work sync.WaitGroup
	for worker := range 64 {
		work.Go(func() {
			for n := worker; n < *rowsFlag; n += 64 {
				finish(b, s, begin(b, s, n))
			}
		})
	}
	work.Wait()
	from := store.Config{Path: s.Path()}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("file to file", func(b *testing.B) {
		for b.Loop() {
			speed(b, from, store.Config{Path: filepath.Join(b.TempDir(), "copy.db")})
		}
	})
	database := store.Config{DSN: pgtest.New(b)}
	b.Run("file to PostgreSQL", func(b *testing.B) {
		for b.Loop() {
			speed(b, from, database)
		}
	})
	b.Run("PostgreSQL to file", func(b *testing.B) {
		for b.Loop() {
			speed(b, database, store.Config{Path: filepath.Join(b.TempDir(), "copy.db")})
		}
	})
}

func speed(b *testing.B, from, to store.Config) {
	begun := time.Now()
	report, err := store.Copy(context.Background(), from, to, store.CopyOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(report.Rows)/time.Since(begun).Seconds(), "rows/s")
}
