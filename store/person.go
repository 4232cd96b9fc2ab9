package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

var _ access.PeopleStore = (*Store)(nil)

type personRow struct {
	Name        string          `db:"name"`
	FullName    string          `db:"full_name"`
	Roles       string          `db:"roles"`
	Created     int64           `db:"created"`
	Disabled    sql.Null[int64] `db:"disabled"`
	Password    string          `db:"password"`
	PasswordSet sql.Null[int64] `db:"password_set"`
	TOTP        []byte          `db:"totp"`
	Pending     []byte          `db:"totp_pending"`
	Used        int64           `db:"totp_used"`
	LastSeen    sql.Null[int64] `db:"last_seen"`
}

// chained are the values of the columns that the chain covers: a sign-in does not change them.
func (r *personRow) chained() []any {
	return []any{r.Name, r.FullName, r.Roles, r.Created, nullable(r.Disabled), r.Password, nullable(r.PasswordSet), r.TOTP}
}

// values are the values of personColumns.
func (r *personRow) values() []any {
	return append(r.chained(), r.Pending, r.Used, nullable(r.LastSeen))
}

const (
	personColumns = `name, full_name, roles, created, disabled, password, password_set, totp, totp_pending, totp_used, last_seen`
	sqlPerson     = `SELECT ` + personColumns + ` FROM people WHERE name = ?`
	sqlPeople     = `SELECT ` + personColumns + ` FROM people ORDER BY name`
	sqlAddPerson  = `INSERT INTO people (` + personColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	sqlChangePerson = `UPDATE people SET name = ?, full_name = ?, roles = ?, created = ?, disabled = ?, password = ?, password_set = ?,
		totp = ?, totp_pending = ?, totp_used = ?, last_seen = ? WHERE name = ?`

	sqlTokenNamed  = `SELECT count(*) FROM tokens WHERE lower(name) = ?`
	sqlPersonNamed = `SELECT count(*) FROM people WHERE name = lower(?)`
	sqlAnybody     = `SELECT count(*) FROM people`
	sqlOtherAdmins = `SELECT count(*) FROM people WHERE CAST(roles AS text) LIKE '%"security-admin"%'
		AND name <> ? AND disabled IS NULL AND password <> ''`
)

// refusals are how the errors about people are told to callers.
var refusals = []struct {
	err    error
	code   svcgate.Code
	reason string
}{
	{access.ErrNoPerson, svcgate.CodeNotFound, "person_not_found"},
	{access.ErrNameTaken, svcgate.CodeConflict, "person_exists"},
	{access.ErrLastAdmin, svcgate.CodeConflict, "last_security_admin"},
	{access.ErrDisabled, svcgate.CodeConflict, "person_disabled"},
	{access.ErrLink, svcgate.CodeNotFound, "link_not_found"},
	{access.ErrNotFirst, svcgate.CodeConflict, "not_first"},
}

// refused gives an error about people its code; of others it says what was being done.
func refused(op string, err error) error {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return &svcgate.Error{Code: r.code, Reason: r.reason, Op: op, Err: err}
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// PersonAccount returns what is kept of a person. One that is not there is an *svcgate.Error with CodeNotFound and
// access.ErrNoPerson, as all errors about people are both.
func (s *Store) PersonAccount(ctx context.Context, name string) (access.Account, error) {
	var row personRow
	err := s.read.GetContext(ctx, &row, sqlPerson, name)
	if errors.Is(err, sql.ErrNoRows) {
		err = access.ErrNoPerson
	}
	if err != nil {
		return access.Account{}, refused("reading a person", err)
	}
	return row.account()
}

// People returns all people, the disabled too, ordered by name.
func (s *Store) People(ctx context.Context) ([]access.Person, error) {
	var rows []personRow
	if err := s.read.SelectContext(ctx, &rows, sqlPeople); err != nil {
		return nil, fmt.Errorf("reading people: %w", err)
	}
	people := make([]access.Person, len(rows))
	for i := range rows {
		a, err := rows[i].account()
		if err != nil {
			return nil, err
		}
		people[i] = a.Person
	}
	return people, nil
}

// AddPerson keeps a new person and their first link.
func (s *Store) AddPerson(ctx context.Context, p access.Person, hash string, l access.Link, e access.Entry) error {
	return refused("adding a person", s.change(ctx, &change{apply: func(w *writer) error {
		if err := w.addPerson(access.Account{Person: p}); err != nil {
			return err
		}
		if err := w.putLink(hash, l); err != nil {
			return err
		}
		return w.auditNow(e)
	}}))
}

// ChangePerson edits what is kept of a person.
func (s *Store) ChangePerson(ctx context.Context, name string, edit func(*access.Account) (access.Entry, error)) error {
	return refused("changing a person", s.change(ctx, &change{apply: func(w *writer) error { return w.changePerson(name, edit) }}))
}

func (w *writer) addPerson(a access.Account) error {
	if err := a.Validate(); err != nil {
		return err
	}
	var taken int
	if err := w.get(&taken, sqlTokenNamed, a.Name); err != nil {
		return err
	}
	row, err := newPersonRow(a)
	if err != nil {
		return err
	}
	if err := w.exec(sqlAddPerson, row.values()...); isUnique(err) || taken > 0 {
		return access.ErrNameTaken
	} else if err != nil {
		return err
	}
	return w.linkPeople()
}

func (w *writer) changePerson(name string, edit func(*access.Account) (access.Entry, error)) error {
	var before personRow
	err := w.get(&before, sqlPerson, name)
	if errors.Is(err, sql.ErrNoRows) {
		return access.ErrNoPerson
	}
	if err != nil {
		return err
	}
	a, err := before.account()
	if err != nil {
		return err
	}
	was := a.Person
	was.Roles = slices.Clone(a.Roles)
	e, err := edit(&a)
	if err != nil {
		return err
	}
	a.Name, a.Created = was.Name, was.Created
	after, err := newPersonRow(a)
	if err != nil {
		return err
	}
	if err := w.guardLastAdmin(was, a.Person); err != nil {
		return err
	}
	if err := w.exec(sqlChangePerson, append(after.values(), name)...); err != nil {
		return err
	}
	if digestOf(before.chained()...) != digestOf(after.chained()...) {
		if err := w.exec(sqlEndSessions, noData, name); err != nil {
			return err
		}
		if !a.Disabled.IsZero() {
			if err := w.exec(sqlDropLinks, name); err != nil {
				return err
			}
		}
		if err := w.linkPeople(); err != nil {
			return err
		}
	}
	return w.auditNow(e)
}

func (w *writer) guardLastAdmin(was, is access.Person) error {
	admin := func(p access.Person) bool { return p.Disabled.IsZero() && p.Has(access.RoleSecurityAdmin) }
	if !admin(was) || admin(is) {
		return nil
	}
	var others int
	if err := w.get(&others, sqlOtherAdmins, was.Name); err != nil {
		return err
	}
	if others == 0 {
		return access.ErrLastAdmin
	}
	return nil
}

func newPersonRow(a access.Account) (*personRow, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	roles, err := json.Marshal(a.Roles)
	if err != nil {
		return nil, err
	}
	return &personRow{a.Name, a.FullName, string(roles), a.Created.UnixMicro(), optional(a.Disabled), a.Hash,
		optional(a.PasswordSet), a.Secret, a.Pending, a.Used, optional(a.LastSeen)}, nil
}

func (r *personRow) account() (access.Account, error) {
	a := access.Account{Hash: r.Password, Secret: r.TOTP, Pending: r.Pending, Used: r.Used}
	a.Name, a.FullName, a.Created, a.HasTOTP = r.Name, r.FullName, instant(r.Created), r.TOTP != nil
	for _, at := range []struct {
		from sql.Null[int64]
		to   *time.Time
	}{{r.Disabled, &a.Disabled}, {r.PasswordSet, &a.PasswordSet}, {r.LastSeen, &a.LastSeen}} {
		if at.from.Valid {
			*at.to = instant(at.from.V)
		}
	}
	err := json.Unmarshal([]byte(r.Roles), &a.Roles)
	if err == nil {
		err = a.Validate()
	}
	if err != nil {
		return access.Account{}, fmt.Errorf("person %s as stored: %w", r.Name, err)
	}
	return a, nil
}

// ResealPeople seals the secrets of second factors anew, in one change, and returns how many there are. seal gets the row
// that a secret is sealed for (access.SealedRow). Nobody is signed out by it.
func (s *Store) ResealPeople(ctx context.Context, seal func(row string, sealed []byte) ([]byte, error)) (n int, err error) {
	err = s.change(ctx, &change{apply: func(w *writer) error {
		n = 0
		var rows []personRow
		if err := w.list(&rows, sqlPeople); err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			for _, secret := range []*[]byte{&r.TOTP, &r.Pending} {
				if *secret == nil {
					continue
				}
				var err error
				if *secret, err = seal(access.SealedRow(r.Name), *secret); err != nil {
					return fmt.Errorf("person %s: %w", r.Name, err)
				}
				n++
			}
			if err := w.exec(sqlChangePerson, append(r.values(), r.Name)...); err != nil {
				return err
			}
		}
		if n == 0 {
			return nil
		}
		return w.linkPeople()
	}})
	if err != nil {
		return 0, fmt.Errorf("sealing second factors anew: %w", err)
	}
	return n, nil
}
