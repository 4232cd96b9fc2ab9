package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/svcgate/svcgate"
)

// forgetful is a journal that keeps nothing and knows of nothing.
type forgetful struct {
	svcgate.Journal
	svcgate.History
}

func (forgetful) Begin(context.Context, *svcgate.Transaction) (*svcgate.Transaction, error) {
	return nil, nil
}

func (forgetful) Finish(context.Context, *svcgate.Transaction, *svcgate.Exchange) error { return nil }

func (forgetful) Holds(context.Context, string, string, string) ([]svcgate.Hold, error) {
	return nil, nil
}

func (forgetful) Earlier(context.Context, string, string) (*svcgate.Transaction, error) {
	return nil, nil
}

func (forgetful) LastReading(context.Context, string, string) (svcgate.Reading, error) {
	return svcgate.Reading{}, nil
}

func (forgetful) Account(context.Context, string, string) (string, error) { return "", nil }

func (forgetful) Similar(context.Context, *svcgate.Transaction, time.Time) (string, error) {
	return "", nil
}

// statements is a journal on PostgreSQL that keeps each change with one statement, over a pool: what can be had without a
// writer that groups. It keeps less than the store, has no chain and reads nothing.
type statements struct {
	forgetful
	pool *pgxpool.Pool
}

const (
	statementPool   = 32
	statementSchema = `
		CREATE TABLE keys (caller text, key text, id text NOT NULL, PRIMARY KEY (caller, key));
		CREATE TABLE attempts (id text PRIMARY KEY, content text, operation text, service text, order_number text, last4 text, card_print text, amount bigint,
			currency text, state text, outcome text, code text, balance bigint, account text, provider_transaction text, auth_number text, created bigint, finished bigint);
		CREATE UNIQUE INDEX one_a_card ON attempts (card_print) WHERE state <> 'final';
		CREATE TABLE exchanges (id text PRIMARY KEY, sent bytea, received bytea, class text, status int, started bigint, took bigint)`
	statementBegin = `WITH k AS (INSERT INTO keys VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id)
		INSERT INTO attempts (id, content, operation, service, order_number, last4, card_print, amount, currency, state, created)
		SELECT id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM k`
	statementFinish = `WITH done AS (UPDATE attempts SET state = $2, outcome = $3, code = $4, balance = $5, account = $6, provider_transaction = $7, auth_number = $8,
		finished = $9 WHERE id = $1 AND state = 'sent' RETURNING id)
		INSERT INTO exchanges SELECT id, $10, $11, $12, $13, $14, $15 FROM done`
)

func openStatements(ctx context.Context, url string, rest forgetful) (*statements, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("reading the database's address: %w", err)
	}
	config.MaxConns, config.MinConns = statementPool, statementPool
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	if _, err := pool.Exec(ctx, statementSchema); err != nil {
		return nil, fmt.Errorf("making the tables: %w", err)
	}
	return &statements{rest, pool}, nil
}

func (s *statements) Begin(ctx context.Context, t *svcgate.Transaction) (*svcgate.Transaction, error) {
	return nil, s.one(ctx, statementBegin, t.Caller, t.Key, t.ID, t.Content, t.Operation.String(), t.Service, t.Order, t.Last4, t.CardPrint,
		t.Requested.Minor(), t.Requested.Currency(), string(t.State), t.Created.UnixMicro())
}

func (s *statements) Finish(ctx context.Context, t *svcgate.Transaction, x *svcgate.Exchange) error {
	return s.one(ctx, statementFinish, t.ID, string(t.State), string(t.Outcome), t.Reply.Code, t.Reply.Balance.Minor(), t.Reply.Account.ID, t.Reply.TransactionID,
		t.Reply.AuthNumber, t.Finished.UnixMicro(), x.Sent, x.Received, string(x.Class), x.Status, x.Started.UnixMicro(), x.Took.Microseconds())
}

// one runs a statement that adds one row.
func (s *statements) one(ctx context.Context, statement string, args ...any) error {
	tag, err := s.pool.Exec(ctx, statement, args...)
	if err == nil && tag.RowsAffected() != 1 {
		err = fmt.Errorf("%d rows were kept", tag.RowsAffected())
	}
	return err
}
