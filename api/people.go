package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// PeopleKeeper keeps the people who sign in at the console, with an audit entry of each change; *access.Door is one. by
// is who changes: nobody changes themselves.
type PeopleKeeper interface {
	People(ctx context.Context) ([]access.Person, error)
	Add(ctx context.Context, by string, p access.Person) (access.Link, error)
	SetRoles(ctx context.Context, by, name string, roles []access.Role) error
	Disable(ctx context.Context, by, name string) error
	Enable(ctx context.Context, by, name string) error
	Reset(ctx context.Context, by, name string) (access.Link, error)
	EndSessions(ctx context.Context, by, name, id string) (int, error)
}

type personBody struct {
	Name         string        `json:"name"`
	FullName     string        `json:"full_name"`
	Roles        []access.Role `json:"roles"`
	SecondFactor bool          `json:"second_factor"`
	CreatedAt    string        `json:"created_at"`
	DisabledAt   *string       `json:"disabled_at"`
	PasswordAt   *string       `json:"password_at"`
	LastSeenAt   *string       `json:"last_seen_at"`
}

func newPerson(p access.Person) personBody {
	at := func(t time.Time) *string {
		if t.IsZero() {
			return nil
		}
		return given(t.UTC().Format(milliseconds))
	}
	return personBody{p.Name, p.FullName, p.Roles, p.HasTOTP, p.Created.UTC().Format(milliseconds), at(p.Disabled), at(p.PasswordSet), at(p.LastSeen)}
}

// linkBody is a one-time link, told once.
type linkBody struct {
	Name      string          `json:"name"`
	Kind      access.LinkKind `json:"kind"`
	Link      string          `json:"link"` // below the address of the console
	ExpiresAt string          `json:"expires_at"`
}

func newLink(l access.Link) linkBody {
	return linkBody{l.Person, l.Kind, l.Path(), l.Expires.UTC().Format(milliseconds)}
}

// listPeople is GET /v1/people, the disabled too.
func (a *API) listPeople(c *call) (*answer, error) {
	people, err := a.People.People(c.r.Context())
	if err != nil {
		return nil, err
	}
	body := struct {
		People []personBody `json:"people"`
	}{[]personBody{}}
	for _, p := range people {
		body.People = append(body.People, newPerson(p))
	}
	return write(http.StatusOK, body)
}

// addPerson is POST /v1/people. The answer holds the link by which the person chooses a password.
func (a *API) addPerson(c *call) (*answer, error) {
	var p access.Person
	const advice = "Give it as text, in double quotes."
	body, err := c.readBody(typeJSON, maxBody)
	if err != nil {
		return nil, err
	}
	if err := decode(body, []member{
		{name: "name", kind: '"', reason: "invalid_person", advice: advice, take: text(&p.Name)},
		{name: "full_name", kind: '"', reason: "invalid_person", advice: advice, take: text(&p.FullName)},
		rolesMember(&p.Roles),
	}); err != nil {
		return nil, err
	}
	switch {
	case holdsDigits(p.Name):
		return nil, refusedPerson(access.ErrPersonName)
	case holdsDigits(p.FullName):
		return nil, refusedPerson(access.ErrFullName)
	}
	return a.link(c, http.StatusCreated, func(ctx context.Context) (access.Link, error) { return a.People.Add(ctx, c.Caller, p) })
}

func rolesMember(to *[]access.Role) member {
	return member{name: "roles", kind: '[', reason: "invalid_person", advice: "Give the roles as an array of texts.",
		take: func(t jsontext.Token) bool {
			*to = append(*to, access.Role(t.String()))
			return true
		}}
}

// setRoles is PUT /v1/people/{name}/roles.
func (a *API) setRoles(c *call) (*answer, error) {
	var roles []access.Role
	body, err := c.readBody(typeJSON, maxBody)
	if err != nil {
		return nil, err
	}
	if err := decode(body, []member{rolesMember(&roles)}); err != nil {
		return nil, err
	}
	return a.changePerson(c, func(ctx context.Context, by, name string) error { return a.People.SetRoles(ctx, by, name, roles) })
}

// disablePerson is POST /v1/people/{name}/disable.
func (a *API) disablePerson(c *call) (*answer, error) { return a.changePerson(c, a.People.Disable) }

// enablePerson is POST /v1/people/{name}/enable.
func (a *API) enablePerson(c *call) (*answer, error) { return a.changePerson(c, a.People.Enable) }

// endSessions is DELETE /v1/people/{name}/sessions.
func (a *API) endSessions(c *call) (*answer, error) {
	return a.changePerson(c, func(ctx context.Context, by, name string) error {
		_, err := a.People.EndSessions(ctx, by, name, "")
		return err
	})
}

// resetPerson is POST /v1/people/{name}/reset. The answer holds the link by which the person chooses a new password.
func (a *API) resetPerson(c *call) (*answer, error) {
	return a.link(c, http.StatusOK, func(ctx context.Context) (access.Link, error) {
		return a.People.Reset(ctx, c.Caller, c.variable("name"))
	})
}

func (a *API) changePerson(c *call, change func(ctx context.Context, by, name string) error) (*answer, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), changeLimit)
	defer cancel()
	if err := change(ctx, c.Caller, c.variable("name")); err != nil {
		return nil, refusedPerson(err)
	}
	return &answer{status: http.StatusNoContent}, nil
}

func (a *API) link(c *call, status int, make func(context.Context) (access.Link, error)) (*answer, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), changeLimit)
	defer cancel()
	l, err := make(ctx)
	if err != nil {
		return nil, refusedPerson(err)
	}
	return write(status, newLink(l))
}

// personRefusals are how the errors about people are told.
var personRefusals = []struct {
	err           error
	code          svcgate.Code
	reason, field string
}{
	{access.ErrPersonName, svcgate.CodeInvalid, "invalid_person", "name"},
	{access.ErrFullName, svcgate.CodeInvalid, "invalid_person", "full_name"},
	{access.ErrRoles, svcgate.CodeInvalid, "invalid_person", "roles"},
	{access.ErrNoPerson, svcgate.CodeNotFound, "person_not_found", ""},
	{access.ErrNameTaken, svcgate.CodeConflict, "person_exists", "name"},
	{access.ErrLastAdmin, svcgate.CodeConflict, "last_security_admin", ""},
	{access.ErrDisabled, svcgate.CodeConflict, "person_disabled", ""},
	{access.ErrOneself, svcgate.CodeForbidden, "not_oneself", ""},
}

func refusedPerson(err error) error {
	for _, r := range personRefusals {
		if errors.Is(err, r.err) {
			text := r.err.Error()
			return &svcgate.Error{Code: r.code, Reason: r.reason, Field: r.field, Detail: strings.ToUpper(text[:1]) + text[1:] + ".", Err: err}
		}
	}
	return err
}
