package store_test

import (
	"database/sql"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/store"
)

// TestChecksRefuseUnknownWords tries each list of words that a column may have, in a fresh file and in one from before the
// conditions were spelled word by word.
func TestChecksRefuseUnknownWords(t *testing.T) {
	t.Parallel()
	folder, err := store.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func(t *testing.T, path string){
		"fresh": func(*testing.T, string) {}, "older": func(t *testing.T, path string) { older(t, path, folder) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "journal.db")
			make(t, path)
			s := opens(t, store.Config{Path: path})
			if err := s.Finish(t.Context(), final(began(t, s, sent(1))), exchange()); err != nil {
				t.Fatal(err)
			}
			closed(t, s)
			db, err := sql.Open("sqlite3", path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			for _, write := range []string{
				`UPDATE transactions SET operation = 'x'`, `UPDATE transactions SET kind = 'x'`, `UPDATE transactions SET source = 'x'`,
				`UPDATE transactions SET class = 'x'`, `UPDATE transactions SET outcome = 'x'`, `UPDATE transactions SET outcome = '' WHERE state = 'final'`,
				`INSERT INTO exchanges SELECT transaction_id, send + 1, 'x', sent, received, failure, started, took, status FROM exchanges`,
				`INSERT INTO chain SELECT seq + 1000, at, 'x', subject, part, digest, record, hash FROM chain`,
			} {
				if _, err := db.Exec(write); err == nil || !strings.Contains(err.Error(), "CHECK constraint failed") {
					t.Errorf("%s: %v", write, err)
				}
			}
			var tables string
			if err := db.QueryRow(`SELECT group_concat(sql) FROM sqlite_schema WHERE name IN ('transactions', 'exchanges', 'chain')`).Scan(&tables); err != nil {
				t.Fatal(err)
			}
			if list := regexp.MustCompile(`\w+ IN \([^)]*,[^)]*,[^)]*\)`).FindString(tables); list != "" {
				t.Errorf("SQLite makes a table of %s", list)
			}
		})
	}
}
