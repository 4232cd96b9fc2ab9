package api_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/svcgate/svcgate/access"
)

// people is an api.PeopleKeeper in memory.
type people struct {
	mu     sync.Mutex
	broken error
	kept   map[string]access.Person
	done   []string // who did what
}

func (f *people) People(context.Context) ([]access.Person, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []access.Person
	for _, name := range slices.Sorted(maps.Keys(f.kept)) {
		all = append(all, f.kept[name])
	}
	return all, f.broken
}

func (f *people) Add(_ context.Context, by string, p access.Person) (access.Link, error) {
	if err := p.Validate(); err != nil {
		return access.Link{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, taken := f.kept[p.Name]; taken {
		return access.Link{}, access.ErrNameTaken
	}
	p.Created = at
	f.kept[p.Name] = p
	f.done = append(f.done, fmt.Sprintf("%s adds %s", by, p.Name))
	return access.Link{Kind: access.LinkInvite, Person: p.Name, Expires: at.Add(access.InviteTime), Text: "svl_" + p.Name}, f.broken
}

func (f *people) change(by, name, what string, edit func(*access.Person)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, known := f.kept[name]
	switch {
	case f.broken != nil:
		return f.broken
	case by == name:
		return access.ErrOneself
	case !known:
		return access.ErrNoPerson
	}
	edit(&p)
	if !slices.ContainsFunc(slices.Collect(maps.Values(f.kept)), func(other access.Person) bool {
		return other.Name != name && other.Has(access.RoleSecurityAdmin)
	}) && f.kept[name].Has(access.RoleSecurityAdmin) && !p.May(access.ManagePeople) {
		return access.ErrLastAdmin
	}
	f.kept[name] = p
	f.done = append(f.done, fmt.Sprintf("%s %s %s", by, what, name))
	return nil
}

func (f *people) SetRoles(_ context.Context, by, name string, roles []access.Role) error {
	if err := access.CheckRoles(roles); err != nil {
		return err
	}
	return f.change(by, name, "gives roles to", func(p *access.Person) { p.Roles = roles })
}

func (f *people) Disable(_ context.Context, by, name string) error {
	return f.change(by, name, "disables", func(p *access.Person) { p.Disabled = at })
}

func (f *people) Enable(_ context.Context, by, name string) error {
	return f.change(by, name, "enables", func(p *access.Person) { p.Disabled = p.LastSeen })
}

func (f *people) Reset(_ context.Context, by, name string) (l access.Link, err error) {
	disabled := false
	err = f.change(by, name, "resets", func(p *access.Person) {
		disabled = !p.Disabled.IsZero()
		l = access.Link{Kind: access.LinkReset, Person: name, Expires: at.Add(access.ResetTime), Text: "svl_" + name}
	})
	if disabled {
		return access.Link{}, access.ErrDisabled
	}
	return l, err
}

func (f *people) EndSessions(_ context.Context, by, name, _ string) (int, error) {
	return 1, f.change(by, name, "ends the sessions of", func(*access.Person) {})
}
