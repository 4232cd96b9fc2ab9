package store

import (
	"context"
	"fmt"
)

const (
	// An attempt that no living node has: its node ended, or it came from another database.
	orphans = `state = 'sent' AND state <> 'final' AND node_epoch NOT IN (SELECT epoch FROM nodes WHERE ended IS NULL)`

	sqlAnythingLeft = `SELECT EXISTS (SELECT 1 FROM nodes WHERE ` + overdue + ` AND epoch <> ?) OR EXISTS (SELECT 1 FROM transactions WHERE ` + orphans + `)`

	sqlEndNodes = `UPDATE nodes SET ended = ` + sqlClock + ` WHERE ` + overdue + ` AND epoch <> ? RETURNING epoch, name, host, pid`
	sqlOrphans  = `SELECT id FROM transactions WHERE ` + orphans + ` ORDER BY created, id`
)

type nodeRow struct {
	Epoch int64  `db:"epoch"`
	Name  string `db:"name"`
	Host  string `db:"host"`
	PID   int64  `db:"pid"`
}

// takeOver ends the nodes that were out of reach for so long that they send no more, and makes what they had under way
// unresolved: it may have left. It sends nothing.
func (s *Store) takeOver(ctx context.Context) {
	n := s.node
	var left bool
	asking, cancel := n.limited(ctx)
	err := n.rest.GetContext(asking, &left, rebind(sqlAnythingLeft), n.lease.Load().epoch)
	cancel()
	if err == nil && left {
		var ended []nodeRow
		var taken int
		err = s.change(ctx, &change{apply: func(w *writer) (err error) {
			ended, taken, err = w.takeOver()
			return err
		}, there: func(*writer) (bool, error) { return true, nil }})
		if err == nil {
			s.tellTaken(ended, taken)
		}
	}
	if err != nil && ctx.Err() == nil {
		n.log.Warn("looking for what other nodes left failed", "err", err)
	}
}

func (s *Store) tellTaken(ended []nodeRow, taken int) {
	for _, e := range ended {
		s.log.Error("a node was out of reach for longer than its lease and was ended", "node", e.Name, "host", e.Host, "pid", e.PID, "epoch", e.Epoch)
	}
	if taken > 0 {
		s.node.taken.Add(uint64(taken))
		s.log.Warn("attempts of another process have no outcome", "count", taken)
	}
}

// takeOver runs under the lock that all nodes write under: none can begin or finish anything of an epoch that it ends.
func (w *writer) takeOver() (ended []nodeRow, taken int, err error) {
	if err := w.list(&ended, sqlEndNodes, w.epoch()); err != nil {
		return nil, 0, fmt.Errorf("ending nodes: %w", err)
	}
	taken, err = w.adoptOrphans()
	return ended, taken, err
}

// adoptOrphans makes unresolved what no living node has.
func (w *writer) adoptOrphans() (int, error) {
	var ids []string
	if err := w.list(&ids, sqlOrphans); err != nil {
		return 0, fmt.Errorf("reading what other nodes left: %w", err)
	}
	return len(ids), w.unresolve(ids)
}
