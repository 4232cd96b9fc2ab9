package store

import (
	"context"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
)

// Waiting is how many transactions are in a state, and since when the oldest is there to wait for.
type Waiting struct {
	Count  int
	Oldest time.Time // created; zero for none
}

const sqlWaiting = `SELECT state, count(*) AS n, min(created) AS oldest FROM transactions
	WHERE state IN ('unresolved', 'desk') AND state <> 'final' GROUP BY state` // the latter lets SQLite use the index of open ones

// Waiting counts the transactions whose outcome is not known: those that are looked into and those on the desk.
func (s *Store) Waiting(ctx context.Context) (unresolved, desk Waiting, err error) {
	var rows []struct {
		State  string `db:"state"`
		Count  int    `db:"n"`
		Oldest int64  `db:"oldest"`
	}
	if err := s.read.SelectContext(ctx, &rows, sqlWaiting); err != nil {
		return Waiting{}, Waiting{}, fmt.Errorf("counting what waits: %w", err)
	}
	for _, r := range rows {
		switch svcgate.State(r.State) {
		case svcgate.StateUnresolved:
			unresolved = Waiting{r.Count, instant(r.Oldest)}
		case svcgate.StateDesk:
			desk = Waiting{r.Count, instant(r.Oldest)}
		case svcgate.StateSent, svcgate.StateFinal:
		}
	}
	return unresolved, desk, nil
}

// VerifyTail is Verify for the last 1,000 rows of the chain alone. Its time does not grow with the journal.
func (s *Store) VerifyTail(ctx context.Context) error {
	if err := verifyTail(ctx, s.read); err != nil {
		return fmt.Errorf("checking the end of the chain: %w", err)
	}
	return nil
}
