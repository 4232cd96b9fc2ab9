package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
)

type exchangeRow struct {
	Class    string `db:"class"`
	Sent     []byte `db:"sent"`
	Received []byte `db:"received"`
	Failure  string `db:"failure"`
	Started  int64  `db:"started"`
	Took     int64  `db:"took"`
	Status   int    `db:"status"`
}

const sqlExchange = `SELECT class, sent, received, failure, started, took, status FROM exchanges WHERE transaction_id = ?`

// Exchange returns the masked messages of a transaction. A transaction that is not there, is still under way or was
// under way when the process stopped has none: an *svcgate.Error with CodeNotFound.
func (s *Store) Exchange(ctx context.Context, id string) (*svcgate.Exchange, error) {
	var row exchangeRow
	err := s.read.statements[sqlExchange].GetContext(ctx, &row, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("exchange")
	}
	if err != nil {
		return nil, fmt.Errorf("reading an exchange: %w", err)
	}
	return &svcgate.Exchange{
		Class: svcgate.Class(row.Class), Sent: row.Sent, Received: row.Received, Failure: row.Failure,
		Started: instant(row.Started), Took: time.Duration(row.Took), Status: row.Status,
	}, nil
}
