package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/svcgate/svcgate/access"
)

// remoteTokens keeps tokens at a running server. The server gets a token's hash and never its text.
type remoteTokens struct{ server *client }

func (r remoteTokens) Tokens(ctx context.Context) ([]access.Token, error) {
	answer, err := r.server.do(ctx, http.MethodGet, "/v1/tokens", "", "", nil)
	if err != nil {
		return nil, err
	}
	var body struct {
		Tokens []tokenRow `json:"tokens"`
	}
	if err := json.Unmarshal(answer.body, &body); err != nil {
		return nil, fmt.Errorf("reading the server's answer: %w", err)
	}
	tokens := make([]access.Token, len(body.Tokens))
	for i, row := range body.Tokens {
		tokens[i] = access.Token{Name: row.Name, Role: access.Role(row.Role), Created: row.Created}
		if row.Revoked != nil {
			tokens[i].Revoked = *row.Revoked
		}
	}
	return tokens, nil
}

func (r remoteTokens) PutToken(ctx context.Context, t access.Token, hash string) error {
	body, err := json.Marshal(map[string]string{"name": t.Name, "role": string(t.Role), "hash": hash})
	if err != nil {
		return err
	}
	_, err = r.server.do(ctx, http.MethodPost, "/v1/tokens", "application/json", "", body)
	return err
}

func (r remoteTokens) RevokeToken(ctx context.Context, name string) error {
	_, err := r.server.do(ctx, http.MethodDelete, "/v1/tokens/"+url.PathEscape(name), "", "", nil)
	return err
}
