package store_test

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
)

// older makes a journal with the first three migrations and three transactions.
func older(t *testing.T, path string, folder fs.FS) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(context.Background(), 3); err != nil {
		t.Fatal(err)
	}
	const insert = `INSERT INTO transactions VALUES (@id, 'oms', @id, 'c', 'authorize', 'RLT', 'W-1', 0, '0017', @id, x'01', '', '', 100, 'USD', @state,
		@outcome, 0, '', '', '', 0, '', 0, '', 0, '', '', '', '', '', '', '', '', NULL, '', '', 1, @finished)`
	for _, statement := range []string{
		strings.NewReplacer("@id", "'txn_sent'", "@state", "'sent'", "@outcome", "''", "@finished", "NULL").Replace(insert),
		strings.NewReplacer("@id", "'txn_lost'", "@state", "'unresolved'", "@outcome", "'unknown'", "@finished", "NULL").Replace(insert),
		strings.NewReplacer("@id", "'txn_final'", "@state", "'final'", "@outcome", "'approved'", "@finished", "2").Replace(insert),
		`INSERT INTO exchanges VALUES ('txn_final', 'answered', x'3c612f3e', NULL, '', 0, 0, 200)`,
		`INSERT INTO exchanges VALUES ('txn_lost', 'sent_no_reply', NULL, NULL, '', 0, 0, 0)`,
		`INSERT INTO tokens VALUES ('jo', printf('%064d', 1), 'admin', 0, NULL)`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
}
