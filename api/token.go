package api

import (
	"context"
	"net/http"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// TokenKeeper keeps the tokens. PutToken refuses a name that was ever given with CodeConflict, RevokeToken one that
// never was with CodeNotFound.
type TokenKeeper interface {
	Tokens(ctx context.Context) ([]access.Token, error)
	PutToken(ctx context.Context, t access.Token, hash string) error
	RevokeToken(ctx context.Context, name string) error
}

type tokenBody struct {
	Name      string      `json:"name"`
	Role      access.Role `json:"role"`
	CreatedAt string      `json:"created_at"`
	RevokedAt *string     `json:"revoked_at"`
	Token     string      `json:"token,omitzero"` // only of one that was made just now, once
}

func newToken(t access.Token) tokenBody {
	b := tokenBody{Name: t.Name, Role: t.Role, CreatedAt: t.Created.UTC().Format(milliseconds)}
	if !t.Good() {
		b.RevokedAt = given(t.Revoked.UTC().Format(milliseconds))
	}
	return b
}

// listTokens is GET /v1/tokens, the revoked too.
func (a *API) listTokens(c *call) (*answer, error) {
	tokens, err := a.TokenKeeper.Tokens(c.r.Context())
	if err != nil {
		return nil, err
	}
	var body struct {
		Tokens []tokenBody `json:"tokens"`
	}
	for _, t := range tokens {
		body.Tokens = append(body.Tokens, newToken(t))
	}
	return write(http.StatusOK, body)
}

// addToken is POST /v1/tokens. Whoever made a token's text sends its hash; else the text is made here and told once.
func (a *API) addToken(c *call) (*answer, error) {
	var name, role, hash, made string
	const advice = "Give it as text, in double quotes."
	body, err := c.readBody(typeJSON, maxBody)
	if err != nil {
		return nil, err
	}
	if err := decode(body, []member{
		{name: "name", kind: '"', reason: "invalid_token", advice: advice, take: text(&name)},
		{name: "role", kind: '"', reason: "invalid_token", advice: advice, take: text(&role)},
		{name: "hash", kind: '"', reason: "invalid_token", advice: advice, take: text(&hash)},
	}); err != nil {
		return nil, err
	}
	t := access.Token{Name: name, Role: access.Role(role), Created: a.Now().UTC().Truncate(time.Millisecond)}
	if hash == "" {
		made, hash = access.NewToken()
	}
	if err := checkToken(t, hash); err != nil {
		return nil, err
	}
	put := func(ctx context.Context) error { return a.TokenKeeper.PutToken(ctx, t, hash) }
	if err := a.audited(c, "token.add", t.Name, "role "+string(t.Role), put); err != nil {
		return nil, err
	}
	b := newToken(t)
	b.Token = made
	return write(http.StatusCreated, b)
}

func checkToken(t access.Token, hash string) error {
	field, wrong := "name", access.Token{Name: t.Name, Role: access.RoleOMS}.ValidateNew()
	if wrong == nil {
		_, wrong = access.ParseTokenRole(string(t.Role))
		field = "role"
	}
	if wrong == nil {
		wrong = access.CheckHash(hash)
		field = "hash"
	}
	if wrong == nil {
		return nil
	}
	detail := map[string]string{
		"name": "A token's name is a letter and then letters, digits, dots, underscores or dashes, at most 64 in all, without a run of ten digits.",
		"role": "The roles of tokens are oms, tester, viewer, operator, code-editor, approver and admin.",
		"hash": "Give the SHA-256 of the token's text as 64 small hexadecimal digits, or leave it out to have a token made.",
	}[field]
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_token", Field: field, Detail: detail}
}

// revokeToken is DELETE /v1/tokens/{name}. It is useless from now on; its name is not given again.
func (a *API) revokeToken(c *call) (*answer, error) {
	name := c.variable("name")
	if err := (access.Token{Name: name, Role: access.RoleOMS}).Validate(); err != nil || holdsDigits(name) {
		return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Reason: "token_not_found", Detail: "There is no token of this name."}
	}
	revoke := func(ctx context.Context) error { return a.TokenKeeper.RevokeToken(ctx, name) }
	if err := a.audited(c, "token.revoke", name, "", revoke); err != nil {
		return nil, err
	}
	return &answer{status: http.StatusNoContent}, nil
}
