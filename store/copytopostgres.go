package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	sqlPostgresIndexes = `SELECT i.indexname AS name, i.indexdef AS sql FROM pg_indexes i WHERE i.schemaname = current_schema()
		AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = (quote_ident(i.schemaname) || '.' || quote_ident(i.indexname))::regclass)
		ORDER BY i.indexname`

	sqlCopyHead = `UPDATE chain_head SET (seq, hash) = (SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1) WHERE id = 1 AND EXISTS (SELECT 1 FROM chain)`
)

// postgresTarget fills a database in one transaction, which holds the lock of whoever writes.
type postgresTarget struct {
	postgresSide
	indexes []struct{ Name, SQL string } // made once the rows are there, which is faster than row by row
}

func openPostgresTarget(ctx context.Context, c Config, try bool) (_ *postgresTarget, err error) {
	t := &postgresTarget{}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	if err := t.open(ctx, c); err != nil {
		return nil, err
	}
	if try {
		return t, t.try(ctx)
	}
	if err := migrateServer(ctx, t.db, nil); err != nil {
		return nil, err
	}
	if err := t.begin(ctx, nil); err != nil {
		return nil, err
	}
	if _, err := t.tx.ExecContext(ctx, sqlLockHead); err != nil {
		return nil, fmt.Errorf("locking the chain: %w", err)
	}
	return t, t.nobody(ctx)
}

// try looks at a database and leaves it without a schema when it has none.
func (t *postgresTarget) try(ctx context.Context) error {
	if err := t.begin(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
		return err
	}
	all, err := t.tables(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	return t.nobody(ctx)
}

func (t *postgresTarget) dropIndexes(ctx context.Context) error {
	if err := t.tx.SelectContext(ctx, &t.indexes, sqlPostgresIndexes); err != nil {
		return fmt.Errorf("reading the indexes: %w", err)
	}
	for _, index := range t.indexes {
		if _, err := t.tx.ExecContext(ctx, `DROP INDEX `+index.Name); err != nil {
			return err
		}
	}
	return nil
}

func (t *postgresTarget) write(ctx context.Context, name string, table *copyTable, rows iter.Seq2[[]any, error]) error {
	if t.indexes == nil {
		if err := t.dropIndexes(ctx); err != nil {
			return err
		}
	}
	next, stop := iter.Pull2(rows)
	defer stop()
	return t.conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the connection is a %T", driver)
		}
		_, err := c.Conn().CopyFrom(ctx, pgx.Identifier{name}, table.columns, pgx.CopyFromFunc(func() ([]any, error) {
			row, err, ok := next()
			if !ok || err != nil {
				return nil, err
			}
			for i, kind := range table.types {
				if n, is := row[i].(int64); is && kind == "boolean" {
					row[i] = n != 0
				}
			}
			return row, nil
		}))
		return err
	})
}

// verify makes the indexes and goes through the chain, before others see any of it.
func (t *postgresTarget) verify(ctx context.Context, progress func(done, total int)) (VerifyReport, error) {
	for _, index := range t.indexes {
		if _, err := t.tx.ExecContext(ctx, index.SQL); err != nil {
			return VerifyReport{}, fmt.Errorf("making index %s: %w", index.Name, err)
		}
	}
	if _, err := t.tx.ExecContext(ctx, sqlCopyHead); err != nil {
		return VerifyReport{}, fmt.Errorf("setting the end of the chain: %w", err)
	}
	if _, err := t.tx.ExecContext(ctx, `ANALYZE`); err != nil { // or each step would read whole tables
		return VerifyReport{}, err
	}
	held := &snapshot{r: &readers{DB: t.db, server: true}, tx: t.tx}
	return verifyIn(ctx, func() (querier, func(), error) { return held, func() {}, nil }, progress)
}

func (t *postgresTarget) keep(context.Context) error { return t.tx.Commit() }
