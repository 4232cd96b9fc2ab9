package store_test

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/svcgate/svcgate/internal/pgtest"
	"github.com/svcgate/svcgate/store"
)

// keeper keeps one exchange: what is known before the message is sent, and what came of it.
type keeper interface {
	begin(n int) error
	finish(n int) error
}

// grouped is the store.
type grouped struct{ s *store.Store }

func (k grouped) begin(n int) error {
	_, err := k.s.Begin(context.Background(), sent(n))
	return err
}

func (k grouped) finish(n int) error {
	return k.s.Finish(context.Background(), final(sent(n)), exchange())
}

var parameter = regexp.MustCompile(`\$[0-9]+`)

// naive keeps the same records from as many connections as there are callers, each change by itself, and proves nothing.
type naive struct {
	pool *pgxpool.Pool
	one  bool // one statement a change, rather than a transaction of several
}

func (k naive) begin(n int) error {
	insert, _, _, err := store.Naive(sent(n), final(sent(n)), exchange())
	if err != nil {
		return err
	}
	if k.one {
		_, err := k.pool.Exec(context.Background(), insert.Query, insert.Args...)
		return err
	}
	return k.transaction(insert)
}

func (k naive) finish(n int) error {
	_, update, x, err := store.Naive(sent(n), final(sent(n)), exchange())
	if err != nil {
		return err
	}
	update.Args[len(update.Args)-6] = int64(1) // as the table wants it of what is over
	if !k.one {
		return k.transaction(update, x)
	}
	query := parameter.ReplaceAllStringFunc(x.Query, func(p string) string {
		n, _ := strconv.Atoi(p[1:])
		return "$" + strconv.Itoa(n+len(update.Args))
	})
	_, err = k.pool.Exec(context.Background(), `WITH u AS (`+update.Query+`) `+query, append(update.Args, x.Args...)...)
	return err
}

func (k naive) transaction(all ...store.Statement) error {
	return pgx.BeginFunc(context.Background(), k.pool, func(tx pgx.Tx) error {
		for _, s := range all {
			if _, err := tx.Exec(context.Background(), s.Query, s.Args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkServer measures exchanges of many callers at once on PostgreSQL, beside a program that makes a transaction of
// each change and one that makes a statement of each, turn by turn in the same run.
func BenchmarkServer(b *testing.B) {
	const round = 256
	c, err := pgtest.Start(b.Context(), pgtest.Options{Fsync: true})
	pgtest.Need(b, err)
	defer func() {
		if err := c.Stop(); err != nil {
			b.Error(err)
		}
	}()
	for _, callers := range []int{1, 8, 64, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			database := func(of string) (dsn string, s *store.Store) {
				name := fmt.Sprintf("bench_%s_%d_%d", of, callers, b.N)
				if err := c.Create(b.Context(), name, ""); err != nil {
					b.Fatal(err)
				}
				return c.DSN(name), ending(b, store.Config{DSN: c.DSN(name)})
			}
			_, s := database("grouped")
			keepers := []keeper{grouped{s}}
			for _, one := range []bool{false, true} {
				dsn, s := database(fmt.Sprint("one_", one))
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				config, err := pgxpool.ParseConfig(dsn)
				if err != nil {
					b.Fatal(err)
				}
				config.MaxConns = int32(min(callers, 64))
				pool, err := pgxpool.NewWithConfig(b.Context(), config)
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(pool.Close)
				keepers = append(keepers, naive{pool, one})
			}
			var took, cpu [3]time.Duration
			turn := func(k keeper, first, count int) time.Duration {
				return concurrently(callers, count, func(i int) error {
					if err := k.begin(first + i); err != nil {
						return err
					}
					return k.finish(first + i)
				})
			}
			for _, k := range keepers {
				turn(k, -callers, callers) // connections are made
			}
			for first := 0; first < b.N; first += round {
				for i, k := range keepers {
					before := serverCPU(b, c)
					took[i] += turn(k, first, min(round, b.N-first))
					cpu[i] += serverCPU(b, c) - before
				}
			}
			b.ReportMetric(float64(b.N)/took[0].Seconds(), "exchanges/s")
			b.ReportMetric(float64(took[1])/float64(took[0]), "times-transaction-each")
			b.ReportMetric(float64(took[2])/float64(took[0]), "times-statement-each")
			b.ReportMetric(float64(cpu[0].Microseconds())/float64(b.N), "server-us/exchange")
			b.ReportMetric(float64(cpu[1])/float64(cpu[0]), "server-times-transaction-each")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func serverCPU(b *testing.B, c *pgtest.Cluster) time.Duration {
	cpu, err := c.CPU()
	if err != nil {
		b.Fatal(err)
	}
	return cpu
}

// BenchmarkServerOpen opens a journal of so many transactions that stands on PostgreSQL.
// Run it as: go test -run xxx -bench ServerOpen -benchtime 3x ./store -rows 1000000
func BenchmarkServerOpen(b *testing.B) {
	dsn := pgtest.New(b)
	s := ending(b, store.Config{DSN: dsn})
	finish(b, s, begin(b, s, 0))
	multiply(b, dsn, *rowsFlag)
	for n := range 1000 { // the end is looked at closely
		finish(b, s, begin(b, s, n+1))
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := ending(b, store.Config{DSN: dsn}).Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// multiply makes so many copies of the one transaction that is there.
func multiply(t testing.TB, dsn string, n int) {
	t.Helper()
	asked(t, dsn, fmt.Sprintf(`SET session_replication_role = replica; -- copies of what is there, which only fill the tables
		CREATE TEMP TABLE one AS SELECT * FROM transactions;
		DO $$ DECLARE columns text := (SELECT string_agg(CASE
				WHEN column_name IN ('id', 'idempotency_key', 'order_number', 'card_print') THEN quote_ident(column_name) || ' || ''-'' || i'
				WHEN column_name = 'created' THEN 'created + i'
				WHEN column_name IN ('began', 'ended', 'chained') THEN '2 * i + 2'
				ELSE quote_ident(column_name) END, ', ' ORDER BY ordinal_position)
			FROM information_schema.columns WHERE table_name = 'transactions' AND table_schema = current_schema());
		BEGIN EXECUTE 'INSERT INTO transactions SELECT ' || columns || ' FROM one, generate_series(1, %[1]d) AS i'; END $$;
		INSERT INTO chain SELECT 2 + n, at, kind, subject || '-' || (n + 1) / 2, part, digest, record, hash
			FROM (SELECT n, 2 - n %% 2 AS of FROM generate_series(1, 2 * %[1]d) AS n) AS more JOIN chain ON seq = of;
		UPDATE chain_head SET (seq, hash) = (SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1)`, n))
}
