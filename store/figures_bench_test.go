package store_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/store"
)

var rowsFlag = flag.Int("rows", 100_000, "transactions in the journal of the benchmarks of figures and pages")

// sqlGenerate fills a journal with made-up transactions over the 30 days before ?2. About one in twelve is not
// approved; declines are spread over 10,000 codes, and 20 codes are in no rule.
const sqlGenerate = `
	WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1),
	drawn AS (SELECT i, (i * 2654435761 + 12345) % 4294967296 / 4294967.296 AS a, (i * 40503 + 977) % 65536 / 65.536 AS b FROM n),
	made AS (SELECT i,
		CASE WHEN a < 350 THEN 'authorize' WHEN a < 600 THEN 'deposit' WHEN a < 800 THEN 'inquire' WHEN a < 860 THEN 'activate'
			WHEN a < 910 THEN 'return' WHEN a < 960 THEN 'void' WHEN a < 980 THEN 'recharge' ELSE 'generate' END AS op,
		CASE WHEN b < 920 THEN 'approved' WHEN b < 940 THEN 'partial' WHEN b < 980 THEN 'declined' WHEN b < 990 THEN 'undefined' ELSE 'unavailable' END AS outcome
		FROM drawn),
	told AS (SELECT *,
		CASE outcome WHEN 'declined' THEN 'error_code' WHEN 'undefined' THEN 'error_code' WHEN 'unavailable' THEN 'transport' ELSE 'reason_code' END AS source,
		CASE outcome WHEN 'declined' THEN printf('E%05d', i * 7919 % 10000) WHEN 'undefined' THEN printf('NEW_%02d', i % 20) WHEN 'unavailable' THEN 'SU'
			ELSE CASE op WHEN 'authorize' THEN '24' WHEN 'deposit' THEN '26' WHEN 'inquire' THEN '16' WHEN 'activate' THEN '2' WHEN 'return' THEN '18'
				WHEN 'void' THEN '22' WHEN 'recharge' THEN '8' ELSE 'OK' END END AS code
		FROM made)
	INSERT INTO transactions (id, caller, idempotency_key, content, operation, service, order_number, sequence, kind, authorization_id,
		requested_minor, requested_currency, parent, plan, baseline, created, last4, card_print, state, outcome, accepted, source, code,
		description, amount_minor, amount_currency, balance_minor, balance_currency, hold_rest_minor, hold_rest_currency, card_status,
		account_id, account_status, account_type, provider_transaction, auth_number, provider_time, vendor, class, failure, finished, sent,
		sends, looks, next, finding, settlement, began, ended, sealed, begun, chained)
	SELECT printf('txn_%032d', i), 'oms', printf('W%d-%d', i / 3, i), printf('%064d', i), op, 'RLT', printf('W%d', i / 3), i % 3 + 1, '',
		iif(op IN ('deposit', 'void'), printf('%d', i - 1), ''), 2500, 'USD', '', NULL, NULL, ?2 - 2592000000000 + i * (2592000000000 / ?1),
		printf('%04d', i % 10000), printf('%064d', i / 2), 'final', outcome, outcome IN ('approved', 'partial'), source, code,
		'an answer of the provider', iif(outcome = 'partial', 1000, 2500), 'USD', 10000, 'USD', 0, '', 'active',
		printf('A-%d', i / 2), 'active', 'SVC', iif(outcome IN ('approved', 'partial'), printf('%d', i), ''), printf('%016d', i),
		'2026-03-14T05:26:50-04:00',
		iif(outcome = 'undefined', NULL, json_object('code', iif(outcome IN ('approved', 'partial'), '100', '101'), 'description', 'as the table says',
			'attempts', NULL, 'hold', NULL, 'cancel', json('false'), 'messages', json('[]'), 'rule', 'RLT:' || op || ':' || source || ':' || code, 'outcome', outcome)),
		'answered', '', ?2 - 2592000000000 + i * (2592000000000 / ?1) + 400000, ?2 - 2592000000000 + i * (2592000000000 / ?1),
		1, 0, NULL, NULL, NULL, i + 1, i + 1, NULL, zeroblob(32), i + 1
	FROM told`

// generated opens a journal of so many made-up transactions.
func generated(b *testing.B, rows int) *store.Store {
	b.Helper()
	path := filepath.Join(b.TempDir(), "journal.db")
	s := open(b, path, time.Now)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := db.Exec(sqlGenerate, rows, time.Now().UnixMicro()); err != nil {
		b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		b.Fatal(err)
	}
	s = open(b, path, time.Now)
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkDryRun replays a journal against a draft: first in a process that has not counted yet, then again.
// Run it as: go test -run xxx -bench DryRun ./store -rows 1000000
func BenchmarkDryRun(b *testing.B) {
	s := generated(b, *rowsFlag)
	current := responsecodes.StarterSet("RLT")
	for i := range 10_000 {
		current = append(current, responsecodes.Rule{Service: "RLT", Source: svcgate.SourceErrorCode, Code: fmt.Sprintf("E%05d", i), Vendor: "101", Outcome: svcgate.Declined})
	}
	draft := append(current[:len(current):len(current)], responsecodes.Rule{Service: "RLT", Source: svcgate.SourceErrorCode, Code: "NEW_07", Vendor: "101", Outcome: svcgate.Declined})
	run := func(b *testing.B) {
		tallies, err := s.Tallies(context.Background(), "RLT", time.Now().Add(-30*24*time.Hour), func(int, int) {})
		if err != nil {
			b.Fatal(err)
		}
		report := responsecodes.DryRun("RLT", tallies, current, draft)
		if report.Total < *rowsFlag*95/100 || report.Changed == 0 {
			b.Fatalf("the report is %d of %d", report.Changed, report.Total)
		}
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			s.ForgetFigures()
			run(b)
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			run(b)
		}
	})
	b.Run("rule hits", func(b *testing.B) {
		for b.Loop() {
			if hits, err := s.RuleHits(context.Background(), "RLT", time.Now().Add(-30*24*time.Hour), 30); err != nil || len(hits) < 10 {
				b.Fatal(len(hits), err)
			}
		}
	})
	b.Run("activity", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Activity(context.Background(), time.Now().Add(-30*24*time.Hour), 24*time.Hour); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPages measures one page of each search and report: the first, and one from the middle.
func BenchmarkPages(b *testing.B) {
	s := generated(b, *rowsFlag)
	month := time.Now().Add(-30 * 24 * time.Hour)
	for _, c := range []struct {
		name   string
		filter svcgate.Filter
	}{
		{"all", svcgate.Filter{}},
		{"order", svcgate.Filter{Order: "W100"}},
		{"last four", svcgate.Filter{Last4: "0017"}},
		{"last four and outcome", svcgate.Filter{Last4: "0017", Outcome: svcgate.Declined}},
		{"operation", svcgate.Filter{Operation: svcgate.Void}},
		{"operation and outcome", svcgate.Filter{Operation: svcgate.Generate, Outcome: svcgate.Unavailable}},
		{"outcome", svcgate.Filter{Outcome: svcgate.Declined}},
		{"outcome without any", svcgate.Filter{Outcome: svcgate.Unknown}},
		{"code", svcgate.Filter{Code: "E00017"}},
		{"code and operation", svcgate.Filter{Code: "SU", Operation: svcgate.Generate}},
		{"code of another operation", svcgate.Filter{Code: "24", Operation: svcgate.Deposit}},
		{"code and outcome", svcgate.Filter{Code: "24", Outcome: svcgate.Partial}},
		{"code without any", svcgate.Filter{Code: "NONE"}},
		{"desk", svcgate.Filter{State: svcgate.StateDesk}},
		{"an hour", svcgate.Filter{From: month.Add(200 * time.Hour), To: month.Add(201 * time.Hour)}},
		{"service without any", svcgate.Filter{Service: "XXX", From: time.Now().Add(-24 * time.Hour)}},
	} {
		b.Run(c.name, func(b *testing.B) { pages(b, c.filter, s.Transactions) })
	}
	for _, r := range svcgate.Reports() {
		if r.Name == svcgate.ReportUnmapped {
			continue
		}
		b.Run(string(r.Name), func(b *testing.B) {
			pages(b, svcgate.Filter{From: month}, func(ctx context.Context, f svcgate.Filter) (*svcgate.Page, error) { return s.Report(ctx, r.Name, f) })
		})
	}
}

func pages(b *testing.B, f svcgate.Filter, read func(context.Context, svcgate.Filter) (*svcgate.Page, error)) {
	for b.Loop() {
		page, err := read(context.Background(), f)
		if err != nil {
			b.Fatal(err)
		}
		if page.Next != "" {
			next := f
			next.Cursor = page.Next
			if _, err := read(context.Background(), next); err != nil {
				b.Fatal(err)
			}
		}
	}
}
