package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/svcgate/svcgate"
)

// OpenOn opens a store on a machine with the given SQLite version (0: the real one) and filesystem ("": a local one),
// reading files up to the given size whole (0: as usual).
func OpenOn(ctx context.Context, c Config, library int, filesystem string, whole int64) (*Store, error) {
	env := host()
	if library != 0 {
		env.library = library
	}
	if whole != 0 {
		env.readWhole = whole
	}
	env.filesystem = func(string) (string, error) { return filesystem, nil }
	return open(ctx, c, env)
}

// Pause stops the writer between two batches until resume is called; it returns once the writer stands.
func (s *Store) Pause() (resume func()) {
	standing, going := make(chan struct{}), make(chan struct{})
	c := &change{alone: true, answer: make(chan struct{}), apply: func(*writer) error {
		close(standing)
		<-going
		return nil
	}}
	if err := s.enqueue(context.Background(), c); err != nil {
		panic(err)
	}
	<-standing
	return func() { close(going) }
}

// Writer runs f where the writer works.
func (s *Store) Writer(f func(w *Writer) error) error {
	return s.change(context.Background(), &change{alone: true, apply: func(w *writer) error { return f(&Writer{w}) }})
}

// Joined is how many changes PostgreSQL wrote together.
func (s *Store) Joined() uint64 { return s.writer.joined.Load() }

// InTransaction runs f as a change.
func (s *Store) InTransaction(f func(w *Writer) error) error {
	return s.change(context.Background(), &change{apply: func(w *writer) error { return f(&Writer{w}) }})
}

// Writer is the writer in the hands of a test.
type Writer struct{ w *writer }

// Commits replaces how transactions are ended by f, which is given the real way.
func (w *Writer) Commits(f func(real func() error) error) {
	w.w.ends = func() error { return f(w.w.commit) }
}

// Exec runs a statement outside a transaction.
func (w *Writer) Exec(query string, args ...any) error { return w.w.exec(query, args...) }

// Text reads one value.
func (w *Writer) Text(query string) (text string, err error) {
	err = w.w.get(&text, query)
	return text, err
}

// ReadersExec runs a statement on a connection that reads.
func (s *Store) ReadersExec(query string) error {
	_, err := s.read.Exec(query)
	return err
}

// Plan tells how a search is done.
func (s *Store) Plan(f svcgate.Filter) (steps []string, err error) {
	query, args, err := pageQuery(f, search{})
	if err != nil {
		return nil, err
	}
	return s.explain(query, append(args, 50)...)
}

// HoldsPlan tells how Holds searches.
func (s *Store) HoldsPlan() ([]string, error) { return s.explain(sqlHolds, "order", "RLT", "1") }

// RecoverPlan tells how Open finds what an earlier process left.
func (s *Store) RecoverPlan() ([]string, error) { return s.explain(sqlLeftSent) }

// Plans tells how the other searches are done.
func (s *Store) Plans() (map[string][]string, error) {
	plans := map[string][]string{}
	for name, c := range map[string]struct {
		query string
		args  []any
	}{
		"Due": {sqlDue, []any{0, "", 1}}, "UnresolvedServices": {sqlUnresolvedServices, nil}, "Similar": {sqlSimilar, []any{"", "", "", "", 0, "", "", 0, "", "", ""}},
		"LastReading": {sqlCard, []any{"", "", "", "", 1}}, "the card's holder": {sqlHolder, []any{"", ""}}, "Wake": {sqlAsleep, []any{"", 0}},
		"parts": {sqlParts, []any{""}}, "old keys": {sqlOldKeys, []any{0, 0, 1}}, "sealed cards": {sqlSealed, []any{"", 1}},
		"the desk": {sqlOnDesk, []any{""}}, "Drift": {sqlDrift, []any{""}}, "Earlier": {sqlByKey, []any{"", ""}},
		"Account": {sqlAccount, []any{"", ""}}, "what moved": {sqlMoved, []any{"", "", 0, "", "", 0}}, "what disturbs": {sqlDisturbed, []any{"", "", ""}},
		"what disturbs from the desk": {sqlDisturbed, []any{"", "", ""}},
	} {
		steps, err := s.explain(c.query, c.args...)
		if err != nil {
			return nil, err
		}
		plans[name] = steps
	}
	return plans, nil
}

// AskTogether reads a number with each query, all in one round trip if that can be.
func (s *Store) AskTogether(queries ...string) (numbers []int64, errs []error) {
	numbers = make([]int64, len(queries))
	batch := make([]*serverRead, len(queries))
	for i, query := range queries {
		batch[i] = &serverRead{ctx: context.Background(), query: query, into: reflect.ValueOf(&numbers[i]).Elem(), done: make(chan struct{})}
	}
	a := &asker{config: s.read.served.config}
	defer a.drop()
	a.answer(slices.Clone(batch), false)
	for _, r := range batch {
		errs = append(errs, r.err)
	}
	return numbers, errs
}

// ServerPlans tells how PostgreSQL does what an exchange waits for, as the connections that ask it plan.
func ServerPlans(ctx context.Context, dsn string) (plans map[string]string, err error) {
	config, err := serverConfig(dsn, byKeys)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	plans = map[string]string{}
	for _, query := range slices.Concat(slices.Collect(maps.Keys(awaited)), []string{
		sqlMember, sqlLockHead, sqlToFinish, sqlAllMoved, manyTransactions.query, manyOutcomes.query, manyExchanges.query, manyLinks.query,
		manyHeads.query, sqlInsertTransaction, sqlFinish, sqlInsertExchange, sqlMoved, sqlDisturbed, sqlHolder, sqlStateOf, sqlLinkHash,
	}) {
		said, err := conn.Prepare(ctx, "asked", rebind(query))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", query, err)
		}
		values := strings.TrimSuffix(strings.Repeat("NULL, ", len(said.ParamOIDs)), ", ")
		if values != "" {
			values = "(" + values + ")"
		}
		rows, err := conn.Query(ctx, "EXPLAIN EXECUTE asked"+values, pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			return nil, err
		}
		steps, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err := errors.Join(err, conn.Deallocate(ctx, "asked")); err != nil {
			return nil, fmt.Errorf("%s: %w", query, err)
		}
		plans[query] = strings.Join(steps, "\n")
	}
	return plans, nil
}

// ErasePlan tells how EraseCards searches.
func (s *Store) ErasePlan() ([]string, error) { return s.explain(sqlEraseCards, 0) }

func (s *Store) explain(query string, args ...any) (steps []string, err error) {
	rows, err := s.read.Queryx(`EXPLAIN QUERY PLAN `+query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		steps = append(steps, detail)
	}
	return steps, rows.Err()
}

// OlderCodesLink gives digest and hash of a chain's first row that tells of codes, as they were chained before they had
// versions.
func OlderCodesLink(service string, values ...any) (digest, hash []byte) {
	d := digestOf(values...)
	l := link{Seq: 1, Kind: chainCodes, Subject: service, Digest: d[:], Record: []byte{}}
	h := l.seal(nil)
	return d[:], h[:]
}

// Migrations is the folder of migrations.
func Migrations() (fs.FS, error) { return fs.Sub(migrations, sqliteSchema.folder) }

// ForgetFigures makes the store count from the beginning, as in a new process.
func (s *Store) ForgetFigures() {
	<-s.figures.turn
	s.figures = newFigures()
}

// IsOwnTable says whether a table belongs to one database alone.
func IsOwnTable(name string) bool { return slices.Contains(ownTables, name) }

// Beat is what this node does at each quarter of its lease.
func (s *Store) Beat(ctx context.Context) error { return s.node.beat(ctx) }

// TakeOver looks for what other nodes left.
func (s *Store) TakeOver(ctx context.Context) { s.takeOver(ctx) }

// Patience changes how long this node waits for the database's answer to a short question, and returns how long it did.
func (s *Store) Patience(d time.Duration) (before time.Duration) {
	before = s.node.limit
	s.node.limit, s.read.patience = d, d
	return before
}

// Starve lets this node's lease be over without its knowing, as if it had stood still. It is for the database alone.
func (s *Store) Starve(ctx context.Context) error {
	_, err := s.node.db.ExecContext(ctx, `UPDATE nodes SET until = 0 WHERE epoch = $1`, s.node.lease.Load().epoch)
	return err
}

// Expire lets this node's own view of its lease be over.
func (s *Store) Expire() { s.node.lease.Load().extend(1) }

// Naive gives the statements of a program that keeps the same records without a chain and without groups: one to begin a
// transaction and two to finish it, for PostgreSQL.
func Naive(begun, done *svcgate.Transaction, x *svcgate.Exchange) (insert, update, exchange Statement, err error) {
	first, err := newRow(begun)
	if err != nil {
		return insert, update, exchange, err
	}
	first.Sends, first.Began, first.Chained, first.Begun = 1, 1, 1, []byte{}
	last, err := newRow(done)
	if err != nil {
		return insert, update, exchange, err
	}
	w := &writer{connection: &serverConnection{}}
	return Statement{rebind(sqlInsertTransaction), (&beginning{row: first}).values(w)},
		Statement{rebind(sqlFinish), (&finishing{row: last}).values(w)},
		Statement{rebind(sqlInsertExchange), exchangeValues(done.ID, 1, x)}, nil
}

// Statement is one with its arguments.
type Statement struct {
	Query string
	Args  []any
}

// WithMigrations makes c open a database as a program that has other migrations.
func WithMigrations(c Config, all fs.FS) Config {
	c.files = all
	return c
}

// AllMigrations are those of this program, of both databases.
func AllMigrations() fs.FS { return migrations }

// ClockOff is by how much this node's estimate of the database's clock may be off.
func (s *Store) ClockOff() time.Duration { return s.clock.last.Load().off }
