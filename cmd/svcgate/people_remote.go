package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/svcgate/svcgate/access"
)

// personRow is how a person is told.
type personRow struct {
	Name         string        `json:"name"`
	FullName     string        `json:"full_name"`
	Roles        []access.Role `json:"roles"`
	SecondFactor bool          `json:"second_factor"`
	Created      time.Time     `json:"created_at"`
	Disabled     *time.Time    `json:"disabled_at"`
	PasswordSet  *time.Time    `json:"password_at"`
	LastSeen     *time.Time    `json:"last_seen_at"`
}

func newPersonRow(p access.Person) personRow {
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return new(t.UTC())
	}
	return personRow{p.Name, p.FullName, p.Roles, p.HasTOTP, p.Created.UTC(), at(p.Disabled), at(p.PasswordSet), at(p.LastSeen)}
}

func (r personRow) person() access.Person {
	at := func(t *time.Time) time.Time {
		if t == nil {
			return time.Time{}
		}
		return *t
	}
	return access.Person{Name: r.Name, FullName: r.FullName, Roles: r.Roles, HasTOTP: r.SecondFactor, Created: r.Created,
		Disabled: at(r.Disabled), PasswordSet: at(r.PasswordSet), LastSeen: at(r.LastSeen)}
}

// remotePeople keeps people at a running server, which knows by the token who does it.
type remotePeople struct{ server *client }

func (r remotePeople) People(ctx context.Context) ([]access.Person, error) {
	var body struct {
		People []personRow `json:"people"`
	}
	if err := r.ask(ctx, http.MethodGet, "", nil, &body); err != nil {
		return nil, err
	}
	people := make([]access.Person, len(body.People))
	for i, row := range body.People {
		people[i] = row.person()
	}
	return people, nil
}

func (r remotePeople) Add(ctx context.Context, _ string, p access.Person) (access.Link, error) {
	return r.link(ctx, "", map[string]any{"name": p.Name, "full_name": p.FullName, "roles": p.Roles})
}

func (r remotePeople) SetRoles(ctx context.Context, _, name string, roles []access.Role) error {
	return r.ask(ctx, http.MethodPut, "/"+url.PathEscape(name)+"/roles", map[string]any{"roles": roles}, nil)
}

func (r remotePeople) Disable(ctx context.Context, _, name string) error {
	return r.ask(ctx, http.MethodPost, "/"+url.PathEscape(name)+"/disable", nil, nil)
}

func (r remotePeople) Enable(ctx context.Context, _, name string) error {
	return r.ask(ctx, http.MethodPost, "/"+url.PathEscape(name)+"/enable", nil, nil)
}

func (r remotePeople) Reset(ctx context.Context, _, name string) (access.Link, error) {
	return r.link(ctx, "/"+url.PathEscape(name)+"/reset", nil)
}

func (r remotePeople) link(ctx context.Context, path string, body any) (access.Link, error) {
	var answer struct {
		Name    string          `json:"name"`
		Kind    access.LinkKind `json:"kind"`
		Link    string          `json:"link"`
		Expires time.Time       `json:"expires_at"`
	}
	if err := r.ask(ctx, http.MethodPost, path, body, &answer); err != nil {
		return access.Link{}, err
	}
	text, ours := strings.CutPrefix(answer.Link, access.LinkPath)
	if !ours {
		return access.Link{}, fmt.Errorf("reading the server's answer: its link leads elsewhere than below %s", access.LinkPath)
	}
	return access.Link{Kind: answer.Kind, Person: answer.Name, Expires: answer.Expires, Text: text}, nil
}

// ask sends a JSON body, if there is one, and reads the answer into v unless that is nil.
func (r remotePeople) ask(ctx context.Context, method, path string, body, v any) error {
	var text []byte
	contentType := ""
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
		contentType = "application/json"
	}
	answer, err := r.server.do(ctx, method, "/v1/people"+path, contentType, "", text)
	if err != nil || v == nil {
		return err
	}
	if err := json.Unmarshal(answer.body, v); err != nil {
		return fmt.Errorf("reading the server's answer: %w", err)
	}
	return nil
}
