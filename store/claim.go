package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// own is how long what is due is left to the node that looked into it last: it knows how long the message has been away,
// which another one would have to wait out anew.
const own = 10 * time.Second

const (
	// What a node had that is none any more is nobody's: it writes and sends nothing.
	unclaimed = `(claimed_until IS NULL OR claimed_until <= ` + sqlClock + ` OR node_epoch NOT IN (SELECT epoch FROM nodes WHERE ended IS NULL))`
	amongUs   = `EXISTS (SELECT 1 FROM nodes WHERE epoch = ?1 AND ended IS NULL)`

	// ?1 this node, ?2 until when it has what it takes, ?3 now, ?4 since when what is due is anybody's, ?5 how many, ?6 the
	// service bureaus that it has. The array is made once; IN may be planned as a join that chooses anew for each row, and
	// takes more than the limit.
	sqlDueClaimed = `UPDATE transactions SET node_epoch = ?1, claimed_until = ` + sqlClock + ` + ?2 WHERE id = ANY(ARRAY(
			SELECT id FROM transactions WHERE state = 'unresolved' AND next <= ?3 AND (node_epoch = ?1 OR ` + unclaimed + ` AND
				(next <= ?4 OR node_epoch NOT IN (SELECT epoch FROM nodes WHERE ended IS NULL)))
				AND (?6 = '' OR strpos(?6, ' ' || service || ' ') > 0)
			ORDER BY next, id LIMIT ?5 FOR UPDATE SKIP LOCKED))
		AND ` + amongUs + ` RETURNING ` + transactionColumns

	sqlClaim = `UPDATE transactions SET node_epoch = ?1, claimed_until = ` + sqlClock + ` + ?2
		WHERE id = ?3 AND state = 'unresolved' AND (node_epoch = ?1 OR ` + unclaimed + `) AND ` + amongUs

	sqlUnresolved = `SELECT count(*) FROM transactions WHERE id = ? AND state = 'unresolved'`
)

// claimDue gives what is due to this node: what it looked into last, what nobody does, and what others are late with.
func (n *node) claimDue(ctx context.Context, now time.Time, limit int, services string) (rows []transactionRow, err error) {
	ctx, cancel := n.limited(ctx)
	defer cancel()
	err = n.rest.SelectContext(ctx, &rows, rebind(sqlDueClaimed),
		n.lease.Load().epoch, n.Claim.Microseconds(), now.UnixMicro(), now.Add(-own).UnixMicro(), limit, services)
	slices.SortFunc(rows, func(a, b transactionRow) int {
		return cmp.Or(cmp.Compare(a.Next.V, b.Next.V), cmp.Compare(a.ID, b.ID))
	})
	return rows, err
}

// Claim takes an unresolved transaction for this node, which may have it already, and reports whether no other node is
// looking into it. It lasts until the next Look, Settle, ToDesk or SendAgain, or for Node.Claim. On SQLite there is no
// other node.
func (s *Store) Claim(ctx context.Context, id string) (bool, error) {
	if s.node == nil {
		return true, nil
	}
	n := s.node
	ctx, cancel := n.limited(ctx)
	defer cancel()
	result, err := n.rest.ExecContext(ctx, rebind(sqlClaim), n.lease.Load().epoch, n.Claim.Microseconds(), id)
	if err != nil {
		return false, fmt.Errorf("claiming transaction %s: %w", id, err)
	}
	claimed, err := result.RowsAffected()
	if err != nil || claimed > 0 {
		return claimed > 0, err
	}
	var others int
	if err := n.rest.GetContext(ctx, &others, rebind(sqlUnresolved), id); err != nil {
		return false, fmt.Errorf("claiming transaction %s: %w", id, err)
	}
	return others == 0, nil // what is not unresolved is nobody's to look into
}
