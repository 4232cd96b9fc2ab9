package console_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/console"
)

// fakes keep everything that a console works with, in memory.
type fakes struct {
	*memstore.MemStore // sessions
	mu                 sync.Mutex
	accounts           map[string]access.Account
	links              map[string]access.Link
	failures           map[string]access.Failures
	entries            []access.Entry
	tokens             []access.Token
	transactions       []*svcgate.Transaction
	watched
	coded
	bureaus []console.Bureau
	steps   []console.ProbeStep
	broken  error // of the audit trail
	now     func() time.Time
}

func newFakes() *fakes {
	return &fakes{MemStore: memstore.NewWithCleanupInterval(0), accounts: map[string]access.Account{}, links: map[string]access.Link{},
		failures: map[string]access.Failures{}, now: time.Now, coded: newCoded()}
}

func (f *fakes) lock() func() { f.mu.Lock(); return f.mu.Unlock }

func (f *fakes) DeleteCtx(_ context.Context, token string) error { return f.Delete(token) }
func (f *fakes) FindCtx(_ context.Context, token string) ([]byte, bool, error) {
	return f.Find(token)
}
func (f *fakes) CommitCtx(_ context.Context, token string, data []byte, expiry time.Time) error {
	return f.Commit(token, data, expiry)
}

func (f *fakes) PersonAccount(_ context.Context, name string) (access.Account, error) {
	defer f.lock()()
	a, ok := f.accounts[name]
	if !ok {
		return a, access.ErrNoPerson
	}
	return a, nil
}

func (f *fakes) People(context.Context) ([]access.Person, error) {
	defer f.lock()()
	var people []access.Person
	for _, name := range slices.Sorted(maps.Keys(f.accounts)) {
		people = append(people, f.accounts[name].Person)
	}
	return people, nil
}

func (f *fakes) AddPerson(_ context.Context, p access.Person, hash string, l access.Link, e access.Entry) error {
	defer f.lock()()
	if _, taken := f.accounts[p.Name]; taken {
		return access.ErrNameTaken
	}
	f.accounts[p.Name], f.links[hash] = access.Account{Person: p}, l
	f.entries = append(f.entries, e)
	return nil
}

func (f *fakes) ChangePerson(_ context.Context, name string, edit func(*access.Account) (access.Entry, error)) error {
	defer f.lock()()
	a, ok := f.accounts[name]
	if !ok {
		return access.ErrNoPerson
	}
	e, err := edit(&a)
	if err != nil {
		return err
	}
	f.accounts[name] = a
	if e.Action != "" {
		f.entries = append(f.entries, e)
	}
	return nil
}

func (f *fakes) PutLink(ctx context.Context, hash string, l access.Link, edit func(*access.Account) (access.Entry, error)) error {
	if l.Person != "" {
		if err := f.ChangePerson(ctx, l.Person, edit); err != nil {
			return err
		}
	}
	defer f.lock()()
	f.links[hash] = l
	return nil
}

func (f *fakes) Link(_ context.Context, hash string) (access.Link, error) {
	defer f.lock()()
	l, ok := f.links[hash]
	if !ok || !f.now().Before(l.Expires) {
		return access.Link{}, access.ErrLink
	}
	return l, nil
}

func (f *fakes) TakeLink(ctx context.Context, hash string, edit func(*access.Account) (access.Entry, error)) error {
	l, err := f.Link(ctx, hash)
	if err != nil {
		return err
	}
	defer f.lock()()
	a := f.accounts[l.Person]
	if _, err := edit(&a); err != nil {
		return err
	}
	f.accounts[a.Name] = a
	delete(f.links, hash)
	return nil
}

func (f *fakes) ChangeFailures(_ context.Context, key string, edit func(*access.Failures) error) error {
	defer f.lock()()
	x := f.failures[key]
	err := edit(&x)
	if err == nil {
		f.failures[key] = x
	}
	return err
}

func (f *fakes) Audit(_ context.Context, e access.Entry) error {
	defer f.lock()()
	if f.broken != nil {
		return f.broken
	}
	f.entries = append(f.entries, e)
	return nil
}

func (f *fakes) AuditTrail(_ context.Context, q access.EntryFilter) ([]access.Entry, string, error) {
	defer f.lock()()
	limit, cursor := q.Limit, q.Cursor
	if cursor != "" && cursor != "more" {
		return nil, "", &svcgate.Error{Code: svcgate.CodeInvalid, Detail: "Give the cursor as it came with the page before."}
	}
	all := slices.DeleteFunc(slices.Clone(f.entries), func(e access.Entry) bool {
		return q.Actor != "" && q.Actor != e.Actor || q.Action != "" && q.Action != e.Action || q.Subject != "" && q.Subject != e.Subject
	})
	slices.Reverse(all)
	if cursor == "" && len(all) > limit {
		return all[:limit], "more", nil
	}
	return all[min(len(all), len(cursor)/4*limit):], "", nil
}

func (f *fakes) Sessions(_ context.Context, person string) ([]access.Session, error) {
	return []access.Session{{ID: "a", Person: person, From: "192.0.2.7", Started: f.now(), Expires: f.now().Add(time.Hour)}}, nil
}

func (f *fakes) EndSessions(ctx context.Context, _, _ string, e access.Entry) (int, error) {
	return 2, f.Audit(ctx, e)
}

func (f *fakes) Tokens(context.Context) ([]access.Token, error) {
	defer f.lock()()
	return slices.Clone(f.tokens), nil
}

func (f *fakes) PutToken(_ context.Context, t access.Token, _ string) error {
	defer f.lock()()
	if slices.ContainsFunc(f.tokens, func(o access.Token) bool { return o.Name == t.Name }) {
		return &svcgate.Error{Code: svcgate.CodeConflict, Reason: "token_exists", Field: "name", Detail: "This name was given to a token before; names are never given twice."}
	}
	f.tokens = append(f.tokens, t)
	return nil
}

func (f *fakes) RevokeToken(_ context.Context, name string) error {
	defer f.lock()()
	i := slices.IndexFunc(f.tokens, func(o access.Token) bool { return o.Name == name })
	if i < 0 {
		return &svcgate.Error{Code: svcgate.CodeNotFound}
	}
	f.tokens[i].Revoked = f.now()
	return nil
}

func (f *fakes) Bureaus() []console.Bureau { return f.bureaus }

func (f *fakes) Probe(_ context.Context, service string) ([]console.ProbeStep, error) {
	if service != "RLT" {
		return nil, &svcgate.Error{Code: svcgate.CodeNotFound}
	}
	return f.steps, nil
}

// plainSealer keeps secrets as they are, for its row only.
type plainSealer struct{}

func (plainSealer) Seal(row, text string) []byte { return []byte(row + "|" + text) }

func (plainSealer) Open(row string, sealed []byte) (string, error) {
	if text, ok := strings.CutPrefix(string(sealed), row+"|"); ok {
		return text, nil
	}
	return "", errors.New("sealed for another row")
}
