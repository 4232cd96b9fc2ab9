// Package store keeps the journal, the vendor response table, the tokens and the audit trail in SQLite or PostgreSQL.
//
// Statements are written once, for SQLite; connection.go says what the two do differently.
//
// All that is kept is chained: each change adds a row with the digest of what it changed, sealed with the row before
// (chain.go), so that Verify can prove that nothing was changed by another way.
//
// Every change goes through one writer that groups what is waiting into one commit and answers only after the disk
// has it; readers have connections of their own that cannot write. On PostgreSQL several processes may do so: whoever
// writes locks the end of the chain first. The package never sees a card number in the
// clear: it is given sealed bytes, the last four digits and a fingerprint.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// Defaults of Config.
const (
	DefaultBatch   = 256 // changes grouped into one commit at most
	DefaultReaders = 4   // connections that read at the same time
)

// Config says how to open a store. Either Path or DSN must be set.
type Config struct {
	Path    string           // of the SQLite file, in a directory that exists
	DSN     string           // postgres://user@host/database; what it leaves out comes from PGPASSWORD and its like
	Now     func() time.Time // stamps the chain and revocations; nil: time.Now
	Log     *slog.Logger     // nil: discard
	Batch   int              // 0: DefaultBatch
	Readers int              // 0: DefaultReaders
	Node    Node             // on PostgreSQL, this process among others

	files fs.FS // of migrations; nil: this program's
}

// Errors of a Store.
var (
	ErrClosed   = errors.New("the store is closed")
	ErrFinished = svcgate.ErrFinished
	// ErrSuspect: the disk failed while writing. Nothing was written of what the error answers, and nothing is until a
	// trial write succeeds; each change and each Check makes one.
	ErrSuspect = errors.New("the store's disk failed and does not yet take writes again")
	// ErrUnsure: the disk failed during a commit and it cannot be told yet whether the change will be there.
	ErrUnsure = svcgate.ErrUnsure
)

// Store is an open database. It is safe for concurrent use.
//
// Every method that changes something returns nil only after the change is on disk. Its context is heeded while the
// change waits for the writer: a change whose context ends there is withdrawn, and the error says that nothing was
// written. Once the writer took it, the method waits for the truth, whatever becomes of the context.
type Store struct {
	path      string // of the file, or the database's URL without secrets
	now       func() time.Time
	log       *slog.Logger
	lock      *fileLock
	file      os.FileInfo // of the database as it was opened; nil on PostgreSQL
	read      *readers
	writer    *writer
	figures   *figures
	node      *node // nil on SQLite
	clock     *clock
	published chan struct{}
	drafts    drafts
	tokens    goodTokens
	recovered int

	mu     sync.RWMutex // guards closed and the closing of queue
	closed bool
	queue  chan *change
	done   chan struct{} // closed when the writer has drained the queue
}

var (
	_ svcgate.Journal     = (*Store)(nil)
	_ svcgate.History     = (*Store)(nil)
	_ svcgate.Unsettled   = (*Store)(nil)
	_ svcgate.Decisions   = (*Store)(nil)
	_ responsecodes.Store = (*Store)(nil)
)

// Open opens the database, makes the file when there is none, brings its schema up to date and moves what an earlier process
// left sent to unresolved and unknown, to be looked into at once. It refuses, with a sentence: a directory that does not
// exist, a file that others may read, a network filesystem, a file that another process has open, the database of
// another program, a schema newer than this program's, a damaged file, a chain whose last 1,000 rows are not whole, and
// a SQLite library older than 3.51.3. A file above 64 MiB is not read whole for damage, so that a start stays short
// however long the journal; Verify goes through all of it. Of PostgreSQL it refuses one earlier than 14, a standby, and a
// database of another program or encoding.
func Open(ctx context.Context, c Config) (*Store, error) { return open(ctx, c, host()) }

func open(ctx context.Context, c Config, env environment) (_ *Store, err error) {
	clock := new(clock)
	if c.Now == nil {
		c.Now = time.Now
		if c.DSN != "" {
			c.Now = clock.now
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Batch <= 0 {
		c.Batch = DefaultBatch
	}
	if c.Readers <= 0 {
		c.Readers = DefaultReaders
	}
	s := &Store{now: c.Now, log: c.Log, clock: clock, published: make(chan struct{}, 1), figures: newFigures(), queue: make(chan *change, c.Batch), done: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("opening store %s: %w", cmp.Or(c.Path, s.path), err), s.release())
		}
	}()
	switch {
	case c.DSN != "" && c.Path != "":
		err = errors.New("a path and the address of a server were given; give one of them")
	case c.DSN != "":
		err = s.openServer(ctx, c)
	default:
		err = s.openFile(ctx, c, env)
	}
	if err != nil {
		return nil, err
	}
	if err := verifyTail(ctx, s.read); err != nil {
		return nil, fmt.Errorf("checking the end of the chain: %w", err)
	}
	if s.recovered, err = s.writer.recover(); err != nil {
		return nil, err
	}
	if s.recovered > 0 {
		s.log.Warn("attempts of an earlier process have no outcome", "count", s.recovered)
	}
	go func() {
		defer close(s.done)
		s.writer.run(s.queue)
	}()
	if s.node != nil {
		s.startNode()
	}
	return s, nil
}

func (s *Store) openFile(ctx context.Context, c Config, env environment) (err error) {
	if err := env.checkLibrary(); err != nil {
		return err
	}
	if s.path, err = prepareFile(c.Path, env); err != nil {
		return err
	}
	if s.lock, err = lockFile(s.path + lockSuffix); err != nil {
		return err
	}
	if s.file, err = createFile(s.path); err != nil {
		return err
	}
	if s.writer, err = newWriter(ctx, s.path, c, env); err != nil {
		return err
	}
	if err := s.writer.adopt(); err != nil {
		return err
	}
	s.read, err = openReaders(ctx, s.path, c.Readers)
	return err
}

func (s *Store) openServer(ctx context.Context, c Config) (err error) {
	connected := make(chan error, 1)
	go func() { // while the writer looks at the schema
		read, err := openServerReaders(ctx, c)
		s.read = read
		connected <- err
	}()
	defer func() {
		if failed := <-connected; err == nil {
			err = failed
		}
	}()
	if s.writer, s.path, err = newServerWriter(ctx, c); err != nil {
		return err
	}
	return s.join(ctx, c)
}

// Path returns the database file's path, absolute and without symbolic links, or the URL of the database without what
// is secret.
func (s *Store) Path() string { return s.path }

// Recovered returns how many attempts Open found sent and without an outcome.
func (s *Store) Recovered() int { return s.recovered }

// Close refuses new changes, waits until those waiting are on disk and closes the database.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.closed = true
	close(s.queue)
	s.mu.Unlock()
	<-s.done
	if err := s.release(); err != nil {
		return fmt.Errorf("closing store %s: %w", s.path, err)
	}
	return nil
}

// release closes what is open: readers first, so that the writer is the last connection and empties the log file.
func (s *Store) release() error {
	var errs []error
	if s.node != nil {
		errs = append(errs, s.node.leave())
	}
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}

// Check reports whether the store can be worked with: it is open, the database file is still the one that was opened,
// it can be read, and the last write did not leave a doubt. After a disk failure it makes a trial write.
func (s *Store) Check(ctx context.Context) error {
	if s.file != nil {
		file, err := os.Stat(s.path)
		if err != nil {
			return fmt.Errorf("checking the database file: %w", err)
		}
		if !os.SameFile(file, s.file) {
			return errors.New("the database file was replaced while it was open")
		}
	}
	if err := s.Permit()(); err != nil {
		return fmt.Errorf("checking the store: %w", err)
	}
	if s.writer.trouble.Load() != nil {
		if err := s.change(ctx, &change{apply: func(*writer) error { return nil }}); err != nil {
			return fmt.Errorf("checking the store: %w", err)
		}
	}
	if err := s.sameHistory(ctx); err != nil {
		return fmt.Errorf("checking the store: %w", err)
	}
	var one int
	if err := s.read.GetContext(ctx, &one, `SELECT count FROM fence WHERE id = 1`); err != nil {
		return fmt.Errorf("reading the store: %w", err)
	}
	return nil
}

// Stats counts what the writer did since Open.
type Stats struct {
	Commits  uint64 // transactions that were committed
	Changes  uint64 // changes kept by them; Changes/Commits is what grouping saves
	Largest  uint64 // most changes in one commit
	Failures uint64 // changes answered with an error
	Waiting  int    // changes in the queue now
	WALBytes int64  // size of the write-ahead log file now; 0 on PostgreSQL
	Suspect  bool   // a disk failure is not settled

	Epoch  int64         // this process's number among the nodes; 0 on SQLite
	Lease  time.Duration // what is left of its lease; 0 on SQLite
	Fenced uint64        // times that it lost its lease to another node
	Taken  uint64        // attempts of other nodes that it made unresolved since Open
}

// Stats returns the counters. It reads no table.
func (s *Store) Stats() Stats {
	w := s.writer
	st := Stats{
		Commits: w.commits.Load(), Changes: w.changes.Load(), Largest: w.largest.Load(), Failures: w.failures.Load(),
		Waiting: len(s.queue), Suspect: w.trouble.Load() != nil,
	}
	if s.file != nil {
		if wal, err := os.Stat(s.path + "-wal"); err == nil {
			st.WALBytes = wal.Size()
		}
	}
	if n := s.node; n != nil {
		l := n.lease.Load()
		st.Epoch, st.Lease, st.Fenced, st.Taken = l.epoch, l.left(), n.fenced.Load(), n.taken.Load()
	}
	return st
}
