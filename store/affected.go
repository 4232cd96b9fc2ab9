package store

import (
	"context"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

const sqlAffected = `accepted = ? AND plan IS NULL AND (` + sqlShort + `) = ?`

// Affected returns a page of the transactions of a service bureau that Tallies would count with one like this, newest
// first. Operation, source and code must be given; an outcome narrows the page to those that it was told for.
func (s *Store) Affected(ctx context.Context, service string, like responsecodes.Tally, since time.Time, limit int, cursor string) (*svcgate.Page, error) {
	op, err := svcgate.ParseOperation(like.Operation)
	if err != nil || like.Source == "" || like.Code == "" {
		return nil, invalid("code", "invalid_parameter", "Name the operation, where the code stands, and the code.")
	}
	f := svcgate.Filter{Service: service, Operation: op, Source: like.Source, Code: like.Code, Outcome: like.Outcome,
		From: slotStart(slotOf(since.UnixMicro())), Limit: limit, Cursor: cursor}
	more := search{name: "affected", index: "transactions_code", where: sqlAffected, args: []any{like.Accepted, like.Short}}
	if !like.Own {
		more.name, more.where = "affected, not own", sqlAffected+` AND `+sqlNotOwn
	}
	return s.page(ctx, f, more)
}
