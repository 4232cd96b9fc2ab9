package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
)

const (
	sqlPostgresColumns = `SELECT c.relname AS name, a.attname AS "column", CASE WHEN a.attidentity <> '' THEN 'identity' ELSE format_type(a.atttypid, a.atttypmod) END AS type
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
		ORDER BY c.relname, a.attnum`

	sqlPostgresNeeds = `SELECT t.relname AS name, n.relname AS needs FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class n ON n.oid = k.confrelid
		WHERE k.contype = 'f' AND t.relnamespace = current_schema()::regnamespace ORDER BY t.relname, n.relname`

	sqlLiving = `SELECT name FROM nodes WHERE ended IS NULL AND until > extract(epoch FROM clock_timestamp()) * 1000000 ORDER BY epoch LIMIT 1`
)

// postgresSide is a PostgreSQL database in one transaction on one connection.
type postgresSide struct {
	db     *sqlx.DB
	conn   *sqlx.Conn
	tx     *sqlx.Tx
	orders map[string]string // columns that number a table's rows by themselves, by table; they are not copied
}

// open connects. The transaction is idle for long while the other side works, which the server allows it.
func (p *postgresSide) open(ctx context.Context, c Config) error {
	config, err := serverConfig(c.DSN, map[string]string{"idle_in_transaction_session_timeout": "0"})
	if err != nil {
		return err
	}
	p.db = sqlx.NewDb(stdlib.OpenDB(*config), "pgx")
	return checkServer(ctx, p.db, slog.New(slog.DiscardHandler))
}

func (p *postgresSide) begin(ctx context.Context, o *sql.TxOptions) (err error) {
	if p.conn, err = p.db.Connx(ctx); err != nil {
		return err
	}
	p.tx, err = p.conn.BeginTxx(ctx, o)
	return err
}

func (p *postgresSide) query() sqlx.QueryerContext { return p.tx }

func (p *postgresSide) tables(ctx context.Context) (map[string]*copyTable, error) {
	all, err := readTables(ctx, p.tx, sqlPostgresColumns, sqlPostgresNeeds)
	if err != nil {
		return nil, err
	}
	p.orders = map[string]string{}
	for name, t := range all {
		kept := &copyTable{needs: t.needs}
		for i, column := range t.columns {
			if t.types[i] == "identity" {
				p.orders[name] = column
				continue
			}
			kept.columns, kept.types = append(kept.columns, column), append(kept.types, t.types[i])
		}
		all[name] = kept
	}
	return all, nil
}

// nobody refuses a database that a node works on.
func (p *postgresSide) nobody(ctx context.Context) error {
	var names []string
	if err := p.tx.SelectContext(ctx, &names, sqlLiving); err != nil {
		return fmt.Errorf("reading the nodes: %w", err)
	}
	if len(names) > 0 {
		return fmt.Errorf("node %s has the database open; stop every node first", names[0])
	}
	return nil
}

func (p *postgresSide) close() error {
	if p.tx != nil {
		_ = p.tx.Rollback() // it may have been committed, or the server be gone
	}
	var errs []error
	if p.conn != nil {
		errs = append(errs, p.conn.Close())
	}
	if p.db != nil {
		errs = append(errs, p.db.Close())
	}
	return errors.Join(errs...)
}

// postgresSource reads a database.
type postgresSource struct {
	postgresSide
	there map[string]*copyTable
}

func openPostgresSource(ctx context.Context, c Config, still bool) (_ *postgresSource, err error) {
	s := &postgresSource{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := s.open(ctx, c); err != nil {
		return nil, err
	}
	if err := s.begin(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}); err != nil {
		return nil, err
	}
	if err := hasSchema(ctx, s.tx); err != nil {
		return nil, err
	}
	if s.there, err = s.tables(ctx); err != nil {
		return nil, err
	}
	if still {
		return s, s.nobody(ctx)
	}
	return s, nil
}

func (s *postgresSource) rows(ctx context.Context, name string, columns []string) iter.Seq2[[]any, error] {
	types := map[string]string{}
	for i, c := range s.there[name].columns {
		types[c] = s.there[name].types[i]
	}
	list := make([]string, len(columns))
	for i, c := range columns {
		own, is := ownColumns[name+"."+c]
		switch {
		case is:
			list[i] = own
		case types[c] == "json":
			list[i] = c + "::text"
		case types[c] == "boolean":
			list[i] = c + "::integer"
		default:
			list[i] = c
		}
	}
	query := `SELECT ` + strings.Join(list, ", ") + ` FROM ` + name
	if order := s.orders[name]; order != "" {
		query += ` ORDER BY ` + order
	}
	return queryRows(ctx, s.tx, query)
}
