package store

import (
	"context"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
)

type exchangeRow struct {
	Transaction string `db:"transaction_id"`
	Send        int64  `db:"send"`
	Class       string `db:"class"`
	Sent        []byte `db:"sent"`
	Received    []byte `db:"received"`
	Failure     string `db:"failure"`
	Started     int64  `db:"started"`
	Took        int64  `db:"took"`
	Status      int64  `db:"status"`
}

const (
	exchangeColumns = `transaction_id, send, class, sent, received, failure, started, took, status`
	sqlExchange     = `SELECT ` + exchangeColumns + ` FROM exchanges WHERE transaction_id = ? ORDER BY send`
)

// values are the values of exchangeColumns.
func (r *exchangeRow) values() []any {
	return []any{r.Transaction, r.Send, r.Class, r.Sent, r.Received, r.Failure, r.Started, r.Took, r.Status}
}

// Exchange returns the masked messages of a transaction, the latest when a void was sent again. A transaction that is
// not there, is still under way, was under way when the process stopped or was split over several holds has none: an
// *svcgate.Error with CodeNotFound.
func (s *Store) Exchange(ctx context.Context, id string) (*svcgate.Exchange, error) {
	all, err := s.Exchanges(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, notFound("exchange")
	}
	return all[len(all)-1], nil
}

// Exchanges returns the masked messages of a transaction in the order in which they were sent.
func (s *Store) Exchanges(ctx context.Context, id string) ([]*svcgate.Exchange, error) {
	var rows []exchangeRow
	if err := s.read.SelectContext(ctx, &rows, sqlExchange, id); err != nil {
		return nil, fmt.Errorf("reading exchanges: %w", err)
	}
	all := make([]*svcgate.Exchange, len(rows))
	for i, row := range rows {
		all[i] = &svcgate.Exchange{
			Class: svcgate.Class(row.Class), Sent: row.Sent, Received: row.Received, Failure: row.Failure,
			Started: instant(row.Started), Took: time.Duration(row.Took), Status: int(row.Status),
		}
	}
	return all, nil
}
