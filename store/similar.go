package store

import (
	"context"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
)

// So spelled that PostgreSQL, too, finds the rows by their order: by operation and time it would go through all there are.
const sqlSimilar = `SELECT id FROM transactions INDEXED BY transactions_order
	WHERE order_number = ? AND service = ? AND (operation = ? AND card_print = ? AND requested_minor = ? AND requested_currency = ?
	AND authorization_id = ? AND created >= ? AND id <> ? AND (idempotency_key = '' OR idempotency_key <> ? OR caller <> ?)
	AND outcome NOT IN ('declined', 'unavailable')) IS TRUE
	ORDER BY created + 0 DESC, id DESC LIMIT 1`

// Similar finds a transaction, begun since then under another key, that asks for what t asks for and may have moved
// money: any but those that were declined or certainly not sent. It returns "" for none.
func (s *Store) Similar(ctx context.Context, t *svcgate.Transaction, since time.Time) (string, error) {
	var ids []string
	err := s.read.SelectContext(ctx, &ids, sqlSimilar, t.Order, t.Service, t.Operation.String(), t.CardPrint,
		t.Requested.Minor(), t.Requested.Currency(), t.Authorization, since.UnixMicro(), t.ID, t.Key, t.Caller)
	if err != nil {
		return "", fmt.Errorf("reading similar transactions: %w", err)
	}
	if len(ids) == 0 {
		return "", nil
	}
	return ids[0], nil
}
