package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/store"
)

// filled makes a closed journal with something of everything and returns its path.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.db")
	s := open(t, path, func() time.Time { return start })
	fillAll(t, s)
	closed(t, s)
	return path
}

// fillAll fills a journal with something of everything.
func fillAll(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := context.Background()
	finish(t, s, begin(t, s, 1))
	begin(t, s, 2)
	void := sent(3)
	void.Operation = svcgate.Void
	again := *void
	again.Sends = 2
	rest := []error{}
	_, err := s.Begin(ctx, void)
	rest = append(rest, err,
		s.Finish(ctx, unknown(final(void)), exchange()),
		s.Look(ctx, void.ID, svcgate.Reading{At: start, Transaction: "txn_1"}, start),
		s.SendAgain(ctx, void.ID, 1, start.Add(time.Second)),
		s.Finish(ctx, unknown(final(&again)), exchange()),
		s.Look(ctx, void.ID, svcgate.Reading{At: start, Status: svcgate.StatusActive, Transaction: "txn_1"}, start),
		s.ToDesk(ctx, void.ID, svcgate.Finding{Verdict: svcgate.CannotTell, Why: "It is so."}, start),
		s.Audit(ctx, access.Entry{At: start, Actor: "jo", Action: "desk.look", Subject: void.ID, Detail: "why not"}),
		s.PutToken(ctx, access.Token{Name: "jo", Role: access.RoleOperator, Created: start}, access.HashToken("a")),
		s.PublishCodes(ctx, version(1), ""),
		s.PublishCodes(ctx, version(2), ""),
		s.SaveCodeDraft(ctx, &responsecodes.Draft{Service: "RLT", Base: 2, ETag: "tag", Editors: []string{"jo"}, Updated: start, Rules: responsecodes.StarterSet("RLT")}, "", "jo", "more"),
	)
	if err := errors.Join(rest...); err != nil {
		t.Fatal(err)
	}
}

func version(n int) *responsecodes.Version {
	return &responsecodes.Version{Service: "RLT", Number: n, Rules: responsecodes.StarterSet("RLT")[:n], Published: start, By: "jo", Reason: "why not",
		Base: n - 1, RolledBackTo: n - 1}
}

// columns lists table and column of everything that the chain vouches for.
func columns(t *testing.T, db *sql.DB) [][2]string {
	t.Helper()
	rows, err := db.Query(`SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name IN ('transactions', 'exchanges', 'readings', 'chain', 'audit', 'tokens', 'code_versions', 'code_drafts')
		AND c.name NOT IN ('sealed', 'node_epoch', 'claimed_until') ORDER BY m.name, c.cid`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all [][2]string
	for rows.Next() {
		var c [2]string
		if err := rows.Scan(&c[0], &c[1]); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// tampered opens a copy of the journal with a tool that heeds no trigger and no check.
func tampered(t *testing.T, path string, change func(db *sql.DB)) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "journal.db")
	if err := os.WriteFile(copied, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", copied+"?_foreign_keys=off&_ignore_check_constraints=true")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, statement := range append([]string{`PRAGMA ignore_check_constraints = on`}, dropTriggers(t, db)...) {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	change(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return copied
}

func dropTriggers(t *testing.T, db *sql.DB) (drops []string) {
	t.Helper()
	rows, err := db.Query(`SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger'`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var drop string
		if err := rows.Scan(&drop); err != nil {
			t.Fatal(err)
		}
		drops = append(drops, drop)
	}
	return drops
}

// verified tells what a whole verification says of the file, and whether opening refused it already.
func verified(t *testing.T, path string) error {
	t.Helper()
	s, err := store.Open(context.Background(), store.Config{Path: path, Now: func() time.Time { return start }})
	if err != nil {
		return err
	}
	defer closed(t, s)
	_, err = s.Verify(context.Background(), nil)
	return err
}

// TestEveryByteIsVouchedFor changes one value after another, in each column of each table, by one bit.
func TestEveryByteIsVouchedFor(t *testing.T) {
	t.Parallel()
	path := filled(t)
	if err := verified(t, tampered(t, path, func(*sql.DB) {})); err != nil {
		t.Fatalf("an untouched copy: %v", err)
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	all := columns(t, db)
	if err := db.Close(); err != nil || len(all) < 90 {
		t.Fatalf("%d columns, %v", len(all), err)
	}
	for _, c := range all {
		table, column := c[0], c[1]
		flipped := 0
		copied := tampered(t, path, func(db *sql.DB) { flipped = flip(t, db, table, column) })
		if flipped == 0 {
			continue // empty or NULL everywhere: TestVerifyNamesTheRow fills such
		}
		err := verified(t, copied)
		broken, ok := errors.AsType[*store.BrokenError](err)
		switch {
		case err == nil:
			t.Errorf("%s.%s: nobody noticed", table, column)
		case ok && broken.Table != table && broken.Table != "chain" && table != "chain" && column != "id" && column != "transaction_id":
			t.Errorf("%s.%s: %v", table, column, err)
		}
	}
}

// flip changes one bit at the end of a value in the last row that has one.
func flip(t *testing.T, db *sql.DB, table, column string) int {
	t.Helper()
	var key, value any
	row := `rowid`
	if table == "tokens" { // it has no rowid
		row = "name"
	}
	err := db.QueryRow(fmt.Sprintf(`SELECT %s, %s FROM %s WHERE %s IS NOT NULL AND %s NOT IN ('', x'') ORDER BY 1 DESC LIMIT 1`,
		row, column, table, column, column)).Scan(&key, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return 0
	}
	if err != nil {
		t.Fatalf("%s.%s: %v", table, column, err)
	}
	var changed any
	switch v := value.(type) {
	case int64:
		changed = v ^ 1
		if table == "chain" && column == "seq" {
			changed = v ^ 1<<20 // no other row's number
		}
	case string:
		changed = v[:len(v)-1] + string(v[len(v)-1]^8)
	case []byte:
		v = slices.Clone(v)
		v[len(v)-1] ^= 1
		changed = v
	default:
		t.Fatalf("%s.%s is a %T", table, column, value)
	}
	result, err := db.Exec(fmt.Sprintf(`UPDATE %s SET %s = ? WHERE %s = ?`, table, column, row), changed, key)
	if err != nil {
		t.Fatalf("%s.%s: %v", table, column, err)
	}
	n, err := result.RowsAffected()
	if err != nil || n != 1 {
		t.Fatalf("%s.%s: %d rows, %v", table, column, n, err)
	}
	return int(n)
}

func TestVerifyNamesTheRow(t *testing.T) {
	t.Parallel()
	path := filled(t)
	for _, c := range []struct{ name, statement, want string }{
		{"an outcome", `UPDATE transactions SET outcome = 'declined' WHERE id = 'txn_1'`, "table transactions, row txn_1 "},
		{"an empty text filled", `UPDATE transactions SET failure = 'x' WHERE id = 'txn_1'`, "row txn_1 "},
		{"a NULL filled", `UPDATE transactions SET settlement = '{}' WHERE id = 'txn_1'`, "row txn_1 "},
		{"a member emptied", `UPDATE transactions SET idempotency_key = '' WHERE id = 'txn_1'`, "row txn_1 "},
		{"a transaction gone", `DELETE FROM transactions WHERE id = 'txn_1'`, "row txn_1 (row 1 of the chain): it is gone"},
		{"a transaction slipped in", `INSERT INTO transactions SELECT 'txn_9', caller, 'other', content, operation, service, order_number, sequence, kind,
			authorization_id, requested_minor, requested_currency, parent, plan, baseline, created, last4, card_print, state, outcome, accepted, source, code,
			description, amount_minor, amount_currency, balance_minor, balance_currency, hold_rest_minor, hold_rest_currency, card_status, account_id,
			account_status, account_type, provider_transaction, auth_number, provider_time, vendor, class, failure, finished, sent, sends, looks, next,
			finding, settlement, began, ended, sealed, begun, chained, codes_version, node_epoch, claimed_until FROM transactions WHERE id = 'txn_1'`, "row txn_9: the chain does not tell of it"},
		{"an exchange gone", `DELETE FROM exchanges WHERE transaction_id = 'txn_1'`, "table exchanges, row txn_1/1"},
		{"an exchange slipped in", `INSERT INTO exchanges VALUES ('txn_1', 2, 'fault', NULL, NULL, '', 0, 0, 0)`, "table exchanges: it has 4 rows and the chain tells of 3"},
		{"a look gone", `DELETE FROM readings WHERE look = 1`, "table readings, row txn_3/1"},
		{"a look slipped in", `INSERT INTO readings VALUES ('txn_3', 9, 1, 0, 0, '', '', '')`, "table readings: it has 3 rows"},
		{"an audit entry gone", `DELETE FROM audit`, "table audit"},
		{"an audit entry slipped in", `INSERT INTO audit VALUES (1, 0, 'jo', 'x', '', '')`, "table audit, row 1: the chain does not tell of it"},
		{"a token gone", `DELETE FROM tokens`, "table tokens"},
		{"a token slipped in", `INSERT INTO tokens VALUES ('eve', printf('%064d', 1), 'admin', 0, NULL)`, "table tokens"},
		{"a version of the chosen codes forgotten", `UPDATE transactions SET codes_version = 0 WHERE id = 'txn_1'`, "row txn_1 "},
		{"a version gone", `DELETE FROM code_versions WHERE number = 1`, "table code_versions, row RLT/1"},
		{"a rule of a version changed", `UPDATE code_versions SET rules = replace(rules, '"100"', '"101"') WHERE number = 2`, "table code_versions, row RLT/2"},
		{"two versions swapped", `UPDATE code_versions SET number = 3 - number + 10; UPDATE code_versions SET number = number - 10`, "failed in code_versions"},
		{"a version slipped in", `INSERT INTO code_versions VALUES ('RLT', 3, 0, 'eve', '', 0, 0, 1, '[]')`, "table code_versions: it has 3 rows and the chain tells of 2"},
		{"a draft gone", `DELETE FROM code_drafts`, "table code_drafts, row RLT"},
		{"a draft changed", `UPDATE code_drafts SET editors = '[]'`, "table code_drafts, row RLT"},
		{"a draft slipped in", `INSERT INTO code_drafts VALUES ('TLR', 0, 'x', '[]', 0, '[]')`, "table code_drafts, row TLR"},
		{"a row of the chain gone", `DELETE FROM chain WHERE seq = 2`, "table chain (row 3 of the chain): rows 2 to 2 are missing"},
		{"the end of the chain cut off", `DELETE FROM chain WHERE seq >= 10`, "the chain does not tell of it"},
		{"two rows swapped", `UPDATE chain SET seq = CASE seq WHEN 3 THEN 1004 ELSE 1003 END WHERE seq IN (3, 4);
			UPDATE chain SET seq = seq - 1000 WHERE seq > 1000`, "table chain (row 3 of the chain): its hash does not follow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			copied := tampered(t, path, func(db *sql.DB) {
				if _, err := db.Exec(c.statement); err != nil {
					t.Fatal(err)
				}
			})
			if err := verified(t, copied); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %q in it", err, c.want)
			}
		})
	}
	t.Run("a row taken back to before", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		now := filepath.Join(dir, "journal.db")
		s := open(t, now, time.Now)
		tx := begin(t, s, 1)
		before := filepath.Join(dir, "before.db")
		if err := s.Backup(context.Background(), before, nil); err != nil {
			t.Fatal(err)
		}
		finish(t, s, tx)
		closed(t, s)
		copied := tampered(t, now, func(db *sql.DB) {
			if _, err := db.Exec(`ATTACH '` + before + `' AS old; DELETE FROM transactions; INSERT INTO transactions SELECT * FROM old.transactions`); err != nil {
				t.Fatal(err)
			}
		})
		if err := verified(t, copied); err == nil || !strings.Contains(err.Error(), "as it was before its last change") {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestRecordsAreOnlyAdded(t *testing.T) {
	t.Parallel()
	path := filled(t)
	s := open(t, path, time.Now)
	defer closed(t, s)
	for _, table := range []string{"chain", "audit", "exchanges", "readings", "code_versions"} {
		for _, statement := range []string{`DELETE FROM ` + table, `UPDATE ` + table + ` SET rowid = rowid`} {
			if err := s.Writer(func(w *store.Writer) error { return w.Exec(statement) }); err == nil || !strings.Contains(err.Error(), "only added") {
				t.Errorf("%s: %v", statement, err)
			}
		}
	}
	for statement, want := range map[string]string{
		`DELETE FROM transactions`:                                                 "never deleted",
		`UPDATE transactions SET state = 'sent' WHERE id = 'txn_1'`:                "does not move like this",
		`UPDATE transactions SET state = 'unresolved' WHERE id = 'txn_3'`:          "does not move like this",
		`UPDATE transactions SET state = 'unresolved', ended = 0 WHERE ended <> 0`: "does not move like this",
	} {
		if err := s.Writer(func(w *store.Writer) error { return w.Exec(statement) }); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if _, err := s.Verify(context.Background(), nil); err != nil {
		t.Error(err)
	}
}

func TestVerifyBesideWork(t *testing.T) { onBoth(t, verifyBesideWork) }

func verifyBesideWork(t *testing.T, fresh opener) {
	s := fresh(t, 0)
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-stop:
				stopped <- n
				return
			default:
				finish(t, s, begin(t, s, n))
			}
		}
	}()
	for range 20 {
		if _, err := s.Verify(context.Background(), nil); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	n := <-stopped
	if report, err := s.Verify(context.Background(), nil); err != nil || report.Transactions < n || report.Rows != 2*n {
		t.Errorf("%+v, %v after %d transactions", report, err, n)
	}
}

// TestLargeFileIsCheckedAtItsEnd opens as if the file were too large to be read whole.
func TestLargeFileIsCheckedAtItsEnd(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "journal.db")
	s := open(t, path, time.Now)
	for n := range 700 { // 1400 rows of the chain
		finish(t, s, begin(t, s, n))
	}
	closed(t, s)
	for _, c := range []struct {
		name, statement string
		refused         bool
	}{
		{"nothing", `SELECT 1`, false},
		{"an early transaction", `UPDATE transactions SET outcome = 'declined' WHERE id = 'txn_100'`, false},
		{"a late transaction", `UPDATE transactions SET outcome = 'declined' WHERE id = 'txn_650'`, true},
		{"a late exchange", `DELETE FROM exchanges WHERE transaction_id = 'txn_650'`, true},
		{"a late row of the chain", `DELETE FROM chain WHERE seq = 1300`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			copied := tampered(t, path, func(db *sql.DB) {
				if _, err := db.Exec(c.statement); err != nil {
					t.Fatal(err)
				}
			})
			s, err := store.OpenOn(ctx, store.Config{Path: copied}, 0, "", 1)
			if err == nil {
				closed(t, s)
			}
			if _, broken := errors.AsType[*store.BrokenError](err); broken != c.refused || (err != nil) != c.refused {
				t.Errorf("opening: %v, want refused %v", err, c.refused)
			}
		})
	}
}

// TestChainOfAnOlderJournal opens a journal that was kept before there was a chain.
func TestChainOfAnOlderJournal(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "journal.db")
	folder, err := store.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	older(t, path, folder)
	s := open(t, path, func() time.Time { return start })
	report, err := s.Verify(ctx, nil)
	if err != nil || report.Transactions != 3 || report.Exchanges != 2 || s.Recovered() != 1 {
		t.Errorf("%+v, %v with %d recovered", report, err, s.Recovered())
	}
	if x, err := s.Exchange(ctx, "txn_final"); err != nil || !bytes.Equal(x.Sent, []byte("<a/>")) {
		t.Errorf("the exchange is %+v, %v", x, err)
	}
	if due, err := s.Due(ctx, start, 9); err != nil || len(due) != 2 {
		t.Errorf("%d are due, %v", len(due), err)
	}
	rows := report.Rows
	closed(t, s)
	s = open(t, path, time.Now)
	defer closed(t, s)
	if report, err := s.Verify(ctx, nil); err != nil || report.Rows != rows {
		t.Errorf("opened again: %+v, %v", report, err)
	}
}
