package responsecodes

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/svcgate/svcgate"
)

// Book answers lookups from the published versions, which it holds in memory, and makes new ones: a change is made in
// the draft of a service bureau, and a draft that is published takes effect as a whole. Each lookup is answered from
// one version. In this process a version is in force once it is written; another process has it after Reload or Watch.
// It is safe for concurrent use.
type Book struct {
	Now func() time.Time // stamps changes; time.Now unless set before the first change
	Log *slog.Logger     // told of what Watch could not read; discards unless set before Watch
	// Word comes when another process may have published; Watch looks then too. nil for none, unless set before Watch.
	Word <-chan struct{}

	store    Store
	write    sync.Mutex // serialises changes; Lookup never takes it
	revision int64      // of the store, when it was last read
	table    atomic.Pointer[table]
}

// table holds what is in force, by service bureau. It is never changed once it is in a Book.
type table map[string]*served

// served is one version, made ready for looking up.
type served struct {
	version   *Version
	responses map[lookupKey]svcgate.VendorResponse
}

type lookupKey struct {
	op     svcgate.Operation // 0: any
	source svcgate.Source
	code   string
}

var _ svcgate.CodeBook = (*Book)(nil)

// NewBook reads the published versions from the store. A stored rule that is not valid is an error that names it.
func NewBook(ctx context.Context, s Store) (*Book, error) {
	b := &Book{Now: time.Now, Log: slog.New(slog.DiscardHandler), store: s}
	b.table.Store(&table{})
	if err := b.Reload(ctx); err != nil {
		return nil, err
	}
	return b, nil
}

// Reload reads the published versions again. On an error the table stays as it was.
func (b *Book) Reload(ctx context.Context) error {
	b.write.Lock()
	defer b.write.Unlock()
	return b.reload(ctx)
}

func (b *Book) reload(ctx context.Context) error {
	revision, err := b.store.CodesRevision(ctx) // before the versions: what comes in between is read again
	if err != nil {
		return fmt.Errorf("reading the vendor response table: %w", err)
	}
	versions, err := b.store.PublishedCodes(ctx)
	if err != nil {
		return fmt.Errorf("reading the vendor response table: %w", err)
	}
	next := maps.Clone(*b.table.Load())
	for _, v := range versions {
		if now := next[v.Service]; now != nil && now.version.Number == v.Number {
			continue
		}
		for _, r := range v.Rules {
			if err := r.Validate(); err != nil {
				return fmt.Errorf("stored rule %s: %w", r.ID(), err)
			}
		}
		next[v.Service] = serve(v)
	}
	b.table.Store(&next)
	b.revision = revision
	return nil
}

// Watch looks every so often, and at each Word, whether another process has published, and reloads then. It returns when
// ctx ends.
func (b *Book) Watch(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-b.Word:
		}
		if err := b.refresh(ctx); err != nil && ctx.Err() == nil {
			b.Log.Error("published vendor responses not read", "err", err)
		}
	}
}

func (b *Book) refresh(ctx context.Context) error {
	revision, err := b.store.CodesRevision(ctx)
	if err != nil {
		return err
	}
	b.write.Lock()
	known := b.revision
	b.write.Unlock()
	if revision == known {
		return nil
	}
	return b.Reload(ctx)
}

func serve(v Version) *served {
	v.Rules = sorted(v.Rules)
	s := &served{&v, make(map[lookupKey]svcgate.VendorResponse, len(v.Rules))}
	for _, r := range v.Rules {
		op, _ := r.operation()
		s.responses[lookupKey{op, r.Source, r.Code}] = r.response(v.Number)
	}
	return s
}

// install puts a version in force.
func (b *Book) install(v Version) *Version {
	next := maps.Clone(*b.table.Load())
	s := serve(v)
	next[v.Service] = s
	b.table.Store(&next)
	return s.version
}

// Lookup finds the rule of the operation, else the rule of any operation. Codes match exactly, letter case and all.
// What it returns is shared by all callers: clone Messages before changing them.
func (b *Book) Lookup(service string, op svcgate.Operation, source svcgate.Source, code string) (svcgate.VendorResponse, bool) {
	s := (*b.table.Load())[service]
	if s == nil {
		return svcgate.VendorResponse{}, false
	}
	if v, ok := s.responses[lookupKey{op, source, code}]; ok {
		return v, true
	}
	if v, ok := s.responses[lookupKey{0, source, code}]; ok {
		return v, true
	}
	return svcgate.VendorResponse{Version: s.version.Number}, false
}

// Published returns the version in force, nil for a service bureau that has none. It is shared: do not change it.
func (b *Book) Published(service string) *Version {
	if s := (*b.table.Load())[service]; s != nil {
		return s.version
	}
	return nil
}

// published is Published with an empty version 0 for none.
func (b *Book) published(service string) *Version {
	if v := b.Published(service); v != nil {
		return v
	}
	return &Version{Service: service}
}

// Rules returns the published rules of a service bureau, of all when service is "", ordered by id.
func (b *Book) Rules(service string) []Rule {
	if service != "" {
		return sorted(b.published(service).Rules)
	}
	var all []Rule
	for _, s := range *b.table.Load() {
		all = append(all, s.version.Rules...)
	}
	return sorted(all)
}

// Rule returns the published rule with the id.
func (b *Book) Rule(id string) (Rule, bool) {
	named, err := ParseID(id)
	if err != nil {
		return Rule{}, false
	}
	return b.published(named.Service).Rule(id)
}

// Services lists the service bureaus that have a published version, in order.
func (b *Book) Services() []string { return slices.Sorted(maps.Keys(*b.table.Load())) }

// Limits of Versions.
const (
	DefaultVersions = 50
	MaxVersions     = 1000
)

// Versions returns the versions of a service bureau without their rules, the newest first. A limit of 0 is
// DefaultVersions; at most MaxVersions come.
func (b *Book) Versions(ctx context.Context, service string, limit int) ([]Version, error) {
	if limit <= 0 {
		limit = DefaultVersions
	}
	versions, err := b.store.CodeVersions(ctx, service, min(limit, MaxVersions))
	if err != nil {
		return nil, fmt.Errorf("reading the versions of a vendor response table: %w", err)
	}
	return versions, nil
}

// Version returns one version with its rules. One that is not there is an *svcgate.Error with CodeNotFound and reason
// version_not_found.
func (b *Book) Version(ctx context.Context, service string, number int) (*Version, error) {
	if now := b.published(service); now.Number == number && number > 0 {
		return now, nil
	}
	v, err := b.store.CodeVersion(ctx, service, number)
	if svcgate.CodeOf(err) == svcgate.CodeNotFound {
		return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Reason: "version_not_found", Op: "codes",
			Detail: "The service bureau's vendor response table has no such version.", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("reading a version of a vendor response table: %w", err)
	}
	v.Rules = sorted(v.Rules)
	return v, nil
}
