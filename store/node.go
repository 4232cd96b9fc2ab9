package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"

	"github.com/svcgate/svcgate"
)

// Defaults of Node.
const (
	DefaultLease = 10 * time.Second
	DefaultClaim = 2 * svcgate.DefaultCallLimit
)

// Node says how this process counts among those that work on one PostgreSQL database. A SQLite file has one process.
type Node struct {
	Name    string        // for people; "" is the machine's
	Version string        // of the program, for people
	Keys    string        // what the keys that cards are found by can be told by; "" for none
	Lease   time.Duration // how long it may send after it last reached the database; 0: DefaultLease
	Claim   time.Duration // how long a transaction is left to the node that looks into it; 0: DefaultClaim
}

// ErrFenced says that this process is none of the database's nodes at the moment: it was out of reach for too long, and
// another one took over what it had under way. Nothing was written.
var ErrFenced = errors.New("this process lost its lease on the database")

// node keeps this process's row in table nodes. Each row is an epoch: what is begun carries its number, and once the
// row has ended, nothing of that epoch is written or sent any more. A process whose epoch was ended begins another one.
//
// It has connections of its own: a lease must not wait behind a group of changes.
type node struct {
	Node
	db     *sqlx.DB      // for the lease alone
	rest   *sqlx.DB      // for claims and looking at other nodes
	limit  time.Duration // of both
	server *pgx.ConnConfig
	clock  *clock
	log    *slog.Logger
	lease  atomic.Pointer[lease]

	fenced, taken atomic.Uint64
	work          sync.WaitGroup
	stop          context.CancelFunc
}

const (
	sqlClock = `(extract(epoch FROM clock_timestamp()) * 1000000)::bigint`

	// Of those that were out of reach for so long that they send no more; half a lease makes up for clocks that run unevenly.
	overdue = `ended IS NULL AND until + lease / 2 < ` + sqlClock

	sqlOtherKeys = `SELECT name FROM nodes WHERE keys <> '' AND keys <> ? AND ended IS NULL AND NOT (` + overdue + `) LIMIT 1`

	sqlOthers = `SELECT name FROM nodes WHERE epoch <> ? AND ended IS NULL AND NOT (` + overdue + `) ORDER BY epoch`

	sqlJoin = `INSERT INTO nodes (name, host, pid, version, keys, lease, started, seen, until)
		SELECT ?, ?, ?, ?, ?, ?::bigint, now, now, now + ?::bigint FROM (SELECT ` + sqlClock + ` AS now) AS clock RETURNING epoch, seen`

	sqlRenew = `UPDATE nodes SET seen = ` + sqlClock + `, until = ` + sqlClock + ` + lease WHERE epoch = ? AND ended IS NULL RETURNING epoch, seen`

	sqlLeave = `UPDATE nodes SET ended = ` + sqlClock + ` WHERE epoch = ? AND ended IS NULL`
)

// join makes this process one of the database's nodes. Only then it may write.
func (s *Store) join(ctx context.Context, c Config) (err error) {
	config, err := serverConfig(c.DSN, nil)
	if err != nil {
		return err
	}
	n := &node{Node: c.Node, server: config, clock: s.clock, log: c.Log, limit: patience,
		db: sqlx.NewDb(stdlib.OpenDB(*config), "pgx"), rest: sqlx.NewDb(stdlib.OpenDB(*config), "pgx")}
	n.Lease, n.Claim = cmp.Or(n.Lease, DefaultLease), cmp.Or(n.Claim, DefaultClaim)
	n.db.SetMaxOpenConns(1)
	n.rest.SetMaxOpenConns(2)
	if n.Name == "" {
		if n.Name, err = os.Hostname(); err != nil {
			return errors.Join(fmt.Errorf("asking for the machine's name: %w", err), n.close())
		}
	}
	if err := n.join(ctx); err != nil {
		return errors.Join(fmt.Errorf("joining the nodes: %w", err), n.close())
	}
	s.node, s.writer.node = n, n
	if server, ok := s.writer.connection.(*serverConnection); ok {
		server.node = n
	}
	return nil
}

type epochRow struct {
	Epoch int64 `db:"epoch"`
	Seen  int64 `db:"seen"`
}

// join begins an epoch. Cards are found by keyed fingerprints, so a node with other keys would neither see what others
// have under way nor know a repeated request again.
func (n *node) join(ctx context.Context) (err error) {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	tx, err := n.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, `LOCK TABLE nodes IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return err
	}
	if n.Keys != "" {
		var others []string
		if err := tx.SelectContext(ctx, &others, rebind(sqlOtherKeys), n.Keys); err != nil {
			return err
		}
		if len(others) > 0 {
			return fmt.Errorf("node %s works on this database with another key_file; all nodes need the same", others[0])
		}
	}
	micros := n.Lease.Microseconds()
	asked := n.clock.asks()
	var row epochRow
	err = tx.GetContext(ctx, &row, rebind(sqlJoin), n.Name, host, os.Getpid(), n.Version, n.Keys, micros, micros)
	if err != nil {
		return err
	}
	n.clock.told(asked, row.Seen)
	if err := tx.Commit(); err != nil {
		return err
	}
	n.lease.Store(newLease(row.Epoch, asked.up+n.Lease))
	return nil
}

// renew makes the lease longer. It is ErrFenced once another node ended the epoch.
func (n *node) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, n.Lease/2)
	defer cancel()
	l := n.lease.Load()
	asked := n.clock.asks()
	var rows []epochRow
	if err := n.db.SelectContext(ctx, &rows, rebind(sqlRenew), l.epoch); err != nil {
		return err
	}
	if len(rows) == 0 {
		return ErrFenced
	}
	n.clock.told(asked, rows[0].Seen)
	l.extend(asked.up + n.Lease)
	return nil
}

// keep renews the lease until ctx ends.
func (n *node) keep(ctx context.Context) {
	every(ctx, n.Lease/4, func() {
		if err := n.beat(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("the lease was not renewed", "node", n.Name, "left", n.lease.Load().left(), "err", err)
		}
	})
}

// beat renews the lease, or begins another epoch when this one was ended.
func (n *node) beat(ctx context.Context) error {
	err := n.renew(ctx)
	if !errors.Is(err, ErrFenced) {
		return err
	}
	l := n.lease.Load()
	if l.end() {
		n.fenced.Add(1)
		n.log.Error("this node was out of reach for longer than its lease and another one took over", "node", n.Name, "epoch", l.epoch, "lease", n.Lease)
	}
	ctx, cancel := n.limited(ctx)
	defer cancel()
	if err := n.join(ctx); err != nil {
		return err
	}
	n.log.Warn("this node works again", "node", n.Name, "epoch", n.lease.Load().epoch)
	return nil
}

// limited ends what a node asks without having an answer: nobody else would, and what is due and who is gone would never
// be looked for again.
func (n *node) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, n.limit)
}

// leave ends the epoch, so that what is left of it need not wait for the lease to end.
func (n *node) leave() error {
	if n.stop != nil {
		n.stop()
	}
	n.work.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), connectLimit)
	defer cancel()
	l := n.lease.Load()
	l.end()
	if _, err := n.db.ExecContext(ctx, rebind(sqlLeave), l.epoch); err != nil { // the lease ends by itself
		n.log.Warn("this node could not sign off", "node", n.Name, "err", err)
	}
	return n.close()
}

func (n *node) close() error { return errors.Join(n.db.Close(), n.rest.Close()) }

// Others returns the names of the other nodes that work on the database. A SQLite file has none.
func (s *Store) Others(ctx context.Context) (names []string, err error) {
	if s.node == nil {
		return nil, nil
	}
	ctx, cancel := s.node.limited(ctx)
	defer cancel()
	if err := s.node.rest.SelectContext(ctx, &names, rebind(sqlOthers), s.node.lease.Load().epoch); err != nil {
		return nil, fmt.Errorf("reading the other nodes: %w", err)
	}
	return names, nil
}

// every calls do at its pace until ctx ends.
func every(ctx context.Context, pace time.Duration, do func()) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}

// startNode keeps the lease, takes over from others and listens until leave.
func (s *Store) startNode() {
	n := s.node
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	n.work.Go(func() { n.keep(ctx) })
	n.work.Go(func() {
		every(ctx, n.Lease/4, func() {
			// When the database was out of reach for all of them, the others get the time to come back.
			if n.lease.Load().held() >= n.Lease {
				s.takeOver(ctx)
			}
		})
	})
	n.work.Go(func() { n.listen(ctx, s.published) })
}

// listen waits for word of published codes; what it misses while it has no connection is found by looking.
func (n *node) listen(ctx context.Context, published chan<- struct{}) {
	for ctx.Err() == nil {
		err := n.hear(ctx, published)
		if ctx.Err() != nil {
			return
		}
		n.log.Warn("listening for published codes failed", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(n.Lease / 4):
		}
	}
}
