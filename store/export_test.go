package store

import (
	"context"
	"io/fs"

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

// Writer is the writer in the hands of a test.
type Writer struct{ w *writer }

// Commits replaces how transactions are ended by f, which is given the real way.
func (w *Writer) Commits(f func(real func() error) error) {
	real := func() error { return w.w.exec(sqlCommit) }
	w.w.commit = func() error { return f(real) }
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
		"Due": {sqlDue, []any{0, 1}}, "Similar": {sqlSimilar, []any{"", "", "", "", 0, "", "", 0, "", "", ""}},
		"LastReading": {sqlCard, []any{"", "", 1}}, "the card's holder": {sqlHolder, []any{"", ""}}, "Wake": {sqlAsleep, []any{"", 0}},
		"parts": {sqlParts, []any{""}}, "old keys": {sqlOldKeys, []any{0, 0, 1}}, "sealed cards": {sqlSealed, []any{"", 1}},
		"the desk": {sqlOnDesk, []any{""}}, "Drift": {sqlDrift, []any{""}}, "Earlier": {sqlByKey, []any{"", ""}},
		"Account": {sqlAccount, []any{"", ""}},
	} {
		steps, err := s.explain(c.query, c.args...)
		if err != nil {
			return nil, err
		}
		plans[name] = steps
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
func Migrations() (fs.FS, error) { return fs.Sub(migrations, migrationFolder) }

// ForgetFigures makes the store count from the beginning, as in a new process.
func (s *Store) ForgetFigures() {
	<-s.figures.turn
	s.figures = newFigures()
}
