package console

import (
	"context"
	"slices"
	"time"

	"github.com/svcgate/svcgate/access"
)

func tokenForm() *form {
	return newForm("token", Root+"/tokens", "Make the token",
		&field{Name: "name", Label: "Name", Hint: "Letters, digits, dots and dashes. The journal names the caller by it, for ever.", Max: access.MaxTokenName},
		&field{Name: "role", Label: "Role", Type: "select", Value: string(access.RoleOMS), Options: roleOptions(access.TokenRoles())})
}

// listedToken is a token with what can be done to it.
type listedToken struct {
	access.Token
	Revoke *form // nil once revoked
}

func (c *Console) showTokens(v *visit) (*answer, error) { return c.tokensPage(v, tokenForm()) }

func (c *Console) tokensPage(v *visit, f *form) (*answer, error) {
	tokens, err := c.Tokens.Tokens(v.Context())
	if err != nil {
		return nil, err
	}
	var listed []listedToken
	for _, t := range tokens {
		one := listedToken{Token: t}
		if t.Good() {
			one.Revoke = newForm("revoke-"+t.Name, Root+"/tokens/"+t.Name+"/revoke", "Revoke")
			one.Revoke.Confirm, one.Revoke.Danger = "Revoke the token "+t.Name+"? Whoever uses it is turned away at once.", true
		}
		listed = append(listed, one)
	}
	slices.SortStableFunc(listed, func(a, b listedToken) int { // the good ones first
		return a.Revoked.Compare(b.Revoked)
	})
	return v.page("tokens", "Tokens", struct {
		Tokens []listedToken
		Form   *form
	}{listed, f}, f)
}

// addToken makes a token and shows its text, once.
func (c *Console) addToken(v *visit) (*answer, error) {
	f := tokenForm()
	if err := v.read(f); err != nil {
		return nil, err
	}
	if !f.OK() {
		return c.tokensPage(v, f)
	}
	t := access.Token{Name: f.Get("name"), Role: access.Role(f.Get("role")), Created: c.Now().UTC().Truncate(time.Millisecond)}
	if err := t.ValidateNew(); err != nil {
		f.Wrong("name", sentence(err))
		f.sweep("name")
		return c.tokensPage(v, f)
	}
	text, hash := access.NewToken()
	err := v.audited("token.add", t.Name, "role "+string(t.Role), func(ctx context.Context) error { return c.Tokens.PutToken(ctx, t, hash) })
	if err != nil {
		if err := f.take(err); err != nil {
			return nil, err
		}
		return c.tokensPage(v, f)
	}
	return v.page("token", "A new token", struct {
		Token access.Token
		Text  string
	}{t, text})
}

func (c *Console) revokeToken(v *visit) (*answer, error) {
	name := v.variable("name")
	if err := v.read(newForm("revoke", "", "")); err != nil {
		return nil, err
	}
	err := v.audited("token.revoke", name, "", func(ctx context.Context) error { return c.Tokens.RevokeToken(ctx, name) })
	if err != nil {
		return nil, err
	}
	v.tell(true, "The token %s is revoked.", name)
	return v.redirect(Root + "/tokens")
}
