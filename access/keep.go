package access

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const linkPrefix = "svl_"

// People returns all people, ordered by name.
func (d *Door) People(ctx context.Context) ([]Person, error) { return d.store.People(ctx) }

// Person returns one; ErrNoPerson when there is none of the name. Ask it for every request: rights end at once.
func (d *Door) Person(ctx context.Context, name string) (Person, error) {
	a, err := d.account(ctx, name)
	return a.Person, err
}

// Bootstrap makes the link by which the first person comes in, a security-admin. It is good for BootstrapTime and takes
// the place of an earlier one; ErrNotFirst as soon as there is a person.
func (d *Door) Bootstrap(ctx context.Context, by string) (Link, error) {
	l, hash := d.newLink(LinkBootstrap, "", by)
	return l, d.store.PutLink(ctx, hash, l, func(*Account) (Entry, error) {
		return Entry{Actor: by, Action: "person.bootstrap", Detail: "a link for the first person"}, nil
	})
}

// Add invites a person: Name, FullName and Roles are taken of p. The link is for them to choose a password. by is who
// does it, as in all that follows; nobody changes themselves (ErrOneself).
func (d *Door) Add(ctx context.Context, by string, p Person) (Link, error) {
	p = Person{Name: p.Name, FullName: p.FullName, Roles: p.Roles, Created: d.now().UTC()}
	if err := p.ValidateNew(); err != nil {
		return Link{}, err
	}
	p.Roles = sortRoles(p.Roles)
	l, hash := d.newLink(LinkInvite, p.Name, by)
	return l, d.store.AddPerson(ctx, p, hash, l, Entry{Actor: by, Action: "person.add", Subject: p.Name, Detail: "roles " + list(p.Roles)})
}

// SetRoles gives a person other roles. Their sessions end.
func (d *Door) SetRoles(ctx context.Context, by, name string, roles []Role) error {
	if err := CheckRoles(roles); err != nil {
		return err
	}
	return d.keep(ctx, by, name, func(a *Account) (Entry, error) {
		before := a.Roles
		if a.Roles = sortRoles(roles); slices.Equal(a.Roles, before) {
			return Entry{}, nil
		}
		return Entry{Action: "person.roles", Detail: fmt.Sprintf("roles %s; before %s", list(a.Roles), list(before))}, nil
	})
}

// Disable shuts a person out. Their sessions and links end; the name stays theirs.
func (d *Door) Disable(ctx context.Context, by, name string) error {
	return d.keep(ctx, by, name, func(a *Account) (Entry, error) {
		if !a.Disabled.IsZero() {
			return Entry{}, nil
		}
		a.Disabled = d.now().UTC()
		return Entry{Action: "person.disable"}, nil
	})
}

// Enable lets a disabled person in again, with the password and second factor they had.
func (d *Door) Enable(ctx context.Context, by, name string) error {
	return d.keep(ctx, by, name, func(a *Account) (Entry, error) {
		if a.Disabled.IsZero() {
			return Entry{}, nil
		}
		a.Disabled = time.Time{}
		return Entry{Action: "person.enable"}, nil
	})
}

// Reset takes a person's password and second factor away, ends their sessions and makes a link by which they choose a
// new password.
func (d *Door) Reset(ctx context.Context, by, name string) (Link, error) {
	if by == name {
		return Link{}, ErrOneself
	}
	kind := LinkReset
	if a, err := d.account(ctx, name); err != nil {
		return Link{}, err
	} else if a.PasswordSet.IsZero() && a.LastSeen.IsZero() {
		kind = LinkInvite
	}
	l, hash := d.newLink(kind, name, by)
	return l, d.store.PutLink(ctx, hash, l, func(a *Account) (Entry, error) {
		if !a.Disabled.IsZero() {
			return Entry{}, ErrDisabled
		}
		a.Hash, a.PasswordSet, a.Secret, a.Pending, a.HasTOTP = "", time.Time{}, nil, nil, false
		return Entry{Actor: by, Action: "person.reset", Subject: name, Detail: "password and second factor taken away"}, nil
	})
}

// Sessions returns a person's sessions, the last begun first.
func (d *Door) Sessions(ctx context.Context, name string) ([]Session, error) {
	return d.store.Sessions(ctx, name)
}

// EndSessions ends a person's session of the id, or all for "", and returns how many; one's own too. ErrNoPerson when
// there is none of the name.
func (d *Door) EndSessions(ctx context.Context, by, name, id string) (int, error) {
	if _, err := d.account(ctx, name); err != nil {
		return 0, err
	}
	return d.store.EndSessions(ctx, name, id, Entry{Actor: by, Action: "person.sessions_end", Subject: name})
}

// Link tells what a link's text is good for, without taking it up; ErrLink when for nothing.
func (d *Door) Link(ctx context.Context, text string) (Link, error) {
	return d.store.Link(ctx, HashToken(text))
}

// Redeem takes up a link: its person has the password from now on. The first person chooses a name; of others it is
// the link's and name is not looked at. Errors are ErrLink, those of CheckPassword and, for the first person,
// ErrPersonName, ErrNameTaken and ErrNotFirst; the link stays good but for ErrLink.
func (d *Door) Redeem(ctx context.Context, text, name, password, from string) (Person, error) {
	l, err := d.Link(ctx, text)
	if err != nil {
		return Person{}, err
	}
	first := Person{Name: clean(name), Roles: []Role{RoleSecurityAdmin}, Created: d.now().UTC()}
	if l.Kind == LinkBootstrap {
		if err := first.ValidateNew(); err != nil {
			return Person{}, err
		}
		l.Person = first.Name
	}
	if err := CheckPassword(l.Person, password); err != nil {
		return Person{}, err
	}
	hash, err := d.hash(ctx, password)
	if err != nil {
		return Person{}, err
	}
	shown, _ := source(from)
	var p Person
	err = d.store.TakeLink(ctx, HashToken(text), func(a *Account) (Entry, error) {
		if l.Kind == LinkBootstrap {
			a.Person = first
		}
		a.Hash, a.PasswordSet = hash, d.now().UTC()
		p = a.Person
		return Entry{Actor: a.Name, Action: "person.redeem", Subject: a.Name, Detail: fmt.Sprintf("%s link of %s, from %s", l.Kind, l.By, shown)}, nil
	})
	if err != nil {
		return Person{}, err
	}
	return p, d.forgive(ctx, p.Name)
}

// keep changes somebody else.
func (d *Door) keep(ctx context.Context, by, name string, edit func(*Account) (Entry, error)) error {
	if by == name {
		return ErrOneself
	}
	if !personName.MatchString(name) {
		return ErrNoPerson
	}
	return d.store.ChangePerson(ctx, name, func(a *Account) (Entry, error) {
		e, err := edit(a)
		if e.Action != "" {
			e.Actor, e.Subject = by, name
		}
		return e, err
	})
}

func (d *Door) newLink(kind LinkKind, person, by string) (Link, string) {
	valid := InviteTime
	switch kind {
	case LinkBootstrap:
		valid = BootstrapTime
	case LinkReset:
		valid = ResetTime
	case LinkInvite:
	}
	text, hash := newText(linkPrefix)
	return Link{Kind: kind, Person: person, By: by, Expires: d.now().UTC().Add(valid), Text: text}, hash
}
