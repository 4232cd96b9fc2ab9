package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/store"
)

// olderRules are rows of the table of codes from before versions, in the order in which they were chained.
var olderRules = [][]any{
	{"RLT", "", "error_code", "LOST", "102", "Lost <card>", "declined", int64(3), "CW", int64(0), int64(1), int64(1), `["Say \"no\" \u003c3","2"]`, int64(7)},
	{"RLT", "authorize", "reason_code", "24", "100", "Approved", "approved", nil, "", nil, nil, int64(0), `[]`, int64(9)},
	{"TLR", "", "transport", "SU", "SU", "", "unavailable", nil, "", nil, nil, int64(0), `[]`, int64(8)},
}

// olderCodes makes a journal as it was before codes had versions, with the rules; chained says whether its chain tells
// of them.
func olderCodes(t *testing.T, schema int64, chained bool) string {
	t.Helper()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "journal.db")
	folder, err := store.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(ctx, schema); err != nil {
		t.Fatal(err)
	}
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.Exec(statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	rules := olderRules
	if chained {
		rules = rules[:2] // of one service bureau: the chain has one row
		var values []any
		for _, r := range rules {
			values = append(values, r...)
		}
		digest, hash := store.OlderCodesLink("RLT", values...)
		exec(`INSERT INTO chain VALUES (1, 0, 'codes', 'RLT', 0, ?, x'', ?)`, digest, hash)
	}
	for _, r := range rules {
		exec(`INSERT INTO vendor_responses VALUES (?`+strings.Repeat(", ?", len(r)-1)+`)`, r...)
	}
	if err := errors.Join(db.Close(), os.Chmod(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCodesOfAnOlderJournal(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, c := range map[string]struct {
		schema   int64
		chained  bool
		versions int
	}{"before there was a chain": {3, false, 2}, "before there was a chain, settling": {4, false, 2}, "an empty chain": {5, false, 2}, "chained": {5, true, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			backup := olderCodes(t, c.schema, c.chained)
			path := filepath.Join(t.TempDir(), "journal.db")
			if err := store.Restore(ctx, backup, path); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				s := open(t, path, time.Now)
				v, err := s.CodeVersion(ctx, "RLT", 1)
				if err != nil {
					t.Fatal(err)
				}
				lost := responsecodes.Rule{Service: "RLT", Source: svcgate.SourceErrorCode, Code: "LOST", Vendor: "102", Description: "Lost <card>",
					Outcome: svcgate.Declined, Attempts: new(3), HoldReason: "CW", HoldDays: new(0), DaysBetween: new(1), Cancel: true,
					Messages: []string{`Say "no" <3`, "2"}, Updated: time.UnixMicro(7).UTC()}
				if v.By != "svcgate:upgrade" || v.Reason == "" || !v.Published.Equal(time.UnixMicro(9)) || v.Base != 0 || len(v.Rules) != 2 ||
					!reflect.DeepEqual(v.Rules[0], lost) || v.Rules[1].Outcome != svcgate.Approved || v.Rules[1].Attempts != nil {
					t.Errorf("version 1 is %+v", v)
				}
				report, err := s.Verify(ctx, nil)
				if err != nil || report.Versions != c.versions {
					t.Errorf("%+v, %v", report, err)
				}
				b, err := responsecodes.NewBook(ctx, s)
				if err != nil || b.Published("RLT").Number != 1 {
					t.Errorf("a book on it: %v", err)
				}
				closed(t, s)
			}
		})
	}
}

func TestOlderCodesThatWereChangedByAnotherWay(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"a rule changed":    `UPDATE vendor_responses SET outcome = 'declined' WHERE code = '24'`,
		"a rule gone":       `DELETE FROM vendor_responses WHERE code = 'LOST'`,
		"all gone":          `DELETE FROM vendor_responses`,
		"a rule slipped in": `INSERT INTO vendor_responses SELECT service, 'void', source, code, vendor, description, outcome, attempts, hold_reason, hold_days, days_between, cancel, messages, updated FROM vendor_responses WHERE code = 'LOST'`,
		"a service bureau":  `INSERT INTO vendor_responses SELECT 'TLR', operation, source, code, vendor, description, outcome, attempts, hold_reason, hold_days, days_between, cancel, messages, updated FROM vendor_responses`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := olderCodes(t, 5, true)
			db, err := sql.Open("sqlite3", path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err)
			}
			for range 2 { // it stays as it is, so that the program of before can still be asked
				s, err := store.Open(context.Background(), store.Config{Path: path})
				if err == nil {
					closed(t, s)
				}
				if broken, ok := errors.AsType[*store.BrokenError](err); !ok || broken.Table != "vendor_responses" {
					t.Errorf("opening: %v", err)
				}
			}
			var schema int
			if err := db.QueryRow(`SELECT max(version_id) FROM goose_db_version`).Scan(&schema); err != nil || schema != 5 {
				t.Errorf("the schema is %d, %v", schema, err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
