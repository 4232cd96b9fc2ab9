package responsecodes

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/svcgate/svcgate"
)

// Store keeps the rules. Each method is one transaction.
type Store interface {
	// Rules returns all rules of all service bureaus, in any order.
	Rules(ctx context.Context) ([]Rule, error)
	// PutRules writes the rules, each in place of the one with its id.
	PutRules(ctx context.Context, rules []Rule) error
	// DeleteRule removes a rule. An id that is not there is an *svcgate.Error with CodeNotFound.
	DeleteRule(ctx context.Context, id string) error
	// ReplaceRules makes the rules of a service bureau exactly these.
	ReplaceRules(ctx context.Context, service string, rules []Rule) error
}

// Book answers lookups from an immutable table in memory. A change is written to the Store and then takes effect at
// once in this process; another process sees it after Reload. It is safe for concurrent use.
type Book struct {
	Now func() time.Time // stamps changes; time.Now unless set before the first change

	store Store
	write sync.Mutex // serialises changes; Lookup never takes it
	table atomic.Pointer[table]
}

type lookupKey struct {
	service string
	op      svcgate.Operation // 0: any
	source  svcgate.Source
	code    string
}

// table is never changed once it is in a Book.
type table struct {
	rules     map[string]Rule // by id
	responses map[lookupKey]svcgate.VendorResponse
}

var _ svcgate.CodeBook = (*Book)(nil)

// NewBook reads the rules from the store. A stored rule that is not valid is an error that names it.
func NewBook(ctx context.Context, s Store) (*Book, error) {
	b := &Book{Now: time.Now, store: s}
	if err := b.Reload(ctx); err != nil {
		return nil, err
	}
	return b, nil
}

// Reload reads the rules again. On an error the table stays as it was.
func (b *Book) Reload(ctx context.Context) error {
	b.write.Lock()
	defer b.write.Unlock()
	rules, err := b.store.Rules(ctx)
	if err != nil {
		return fmt.Errorf("reading the vendor response table: %w", err)
	}
	byID := make(map[string]Rule, len(rules))
	for _, r := range rules {
		if err := r.Validate(); err != nil {
			return fmt.Errorf("stored rule %s: %w", r.ID(), err)
		}
		byID[r.ID()] = r.copy()
	}
	b.table.Store(newTable(byID))
	return nil
}

func newTable(rules map[string]Rule) *table {
	t := &table{rules: rules, responses: make(map[lookupKey]svcgate.VendorResponse, len(rules))}
	for _, r := range rules {
		op, _ := r.operation()
		t.responses[lookupKey{r.Service, op, r.Source, r.Code}] = r.response()
	}
	return t
}

// Lookup finds the rule of the operation, else the rule of any operation. Codes match exactly, letter case and all.
// What it returns is shared by all callers: clone Messages before changing them.
func (b *Book) Lookup(service string, op svcgate.Operation, source svcgate.Source, code string) (svcgate.VendorResponse, bool) {
	responses := b.table.Load().responses
	if v, ok := responses[lookupKey{service, op, source, code}]; ok {
		return v, true
	}
	v, ok := responses[lookupKey{service, 0, source, code}]
	return v, ok
}

// Rules returns the rules of a service bureau, of all when service is "", ordered by id.
func (b *Book) Rules(service string) []Rule {
	var out []Rule
	for _, r := range b.table.Load().rules {
		if service == "" || r.Service == service {
			out = append(out, r.copy())
		}
	}
	slices.SortFunc(out, func(a, b Rule) int { return strings.Compare(a.ID(), b.ID()) })
	return out
}

// Rule returns the rule with the id.
func (b *Book) Rule(id string) (Rule, bool) {
	r, ok := b.table.Load().rules[id]
	return r.copy(), ok
}

// Put adds the rule or replaces the one with its id. An invalid rule is refused as Validate says.
func (b *Book) Put(ctx context.Context, r Rule) error {
	if err := r.Validate(); err != nil {
		return err
	}
	b.write.Lock()
	defer b.write.Unlock()
	r = b.stamped(r)
	if err := b.store.PutRules(ctx, []Rule{r}); err != nil {
		return fmt.Errorf("writing rule %s: %w", r.ID(), err)
	}
	rules := maps.Clone(b.table.Load().rules)
	rules[r.ID()] = r
	b.table.Store(newTable(rules))
	return nil
}

// Delete removes the rule with the id. An id that is not there is an *svcgate.Error with CodeNotFound.
func (b *Book) Delete(ctx context.Context, id string) error {
	b.write.Lock()
	defer b.write.Unlock()
	if err := b.store.DeleteRule(ctx, id); err != nil {
		return fmt.Errorf("deleting a rule: %w", err)
	}
	rules := maps.Clone(b.table.Load().rules)
	delete(rules, id)
	b.table.Store(newTable(rules))
	return nil
}

func (b *Book) stamped(r Rule) Rule {
	r = r.copy()
	r.Updated = b.Now().UTC().Truncate(time.Millisecond)
	return r
}
