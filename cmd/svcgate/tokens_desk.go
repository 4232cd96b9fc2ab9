package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

// tokenDesk is the server's side of "svcgate tokens --server": it lists, adds and revokes tokens for those who may
// manage them. It stands in front of the API on the same address and answers in the same form.
//
//	GET    /v1/tokens         {"tokens":[{"name","role","created_at","revoked_at"}]}
//	PUT    /v1/tokens/{name}  {"role","hash"}, the SHA-256 of the token's text; 201, or 409 for a name ever used
//	DELETE /v1/tokens/{name}  204; the token is useless from now on
type tokenDesk struct {
	tokens interface {
		tokenKeeper
		api.TokenFinder
	}
	next http.Handler
}

const (
	tokenPath    = "/v1/tokens"
	maxTokenBody = 1 << 10
)

// ServeHTTP answers what lies below /v1/tokens and passes everything else on.
func (d *tokenDesk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, below := strings.CutPrefix(r.URL.Path, tokenPath+"/")
	if r.URL.Path != tokenPath && !below {
		d.next.ServeHTTP(w, r)
		return
	}
	status, body, err := d.answer(r, name, below)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if err != nil {
		status, body = tokenProblem(err)
		h.Set("Content-Type", "application/problem+json")
	}
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="svcgate"`)
	}
	if body == nil {
		w.WriteHeader(status)
		return
	}
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte("{}")
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the caller may have gone
}

func (d *tokenDesk) answer(r *http.Request, name string, one bool) (status int, body any, err error) {
	if err := d.authorize(r); err != nil {
		return 0, nil, err
	}
	switch {
	case !one && r.Method == http.MethodGet:
		tokens, err := d.tokens.Tokens(r.Context())
		if err != nil {
			return 0, nil, err
		}
		rows := make([]tokenRow, len(tokens))
		for i, t := range tokens {
			rows[i] = newTokenRow(t)
		}
		return http.StatusOK, map[string]any{"tokens": rows}, nil
	case one && r.Method == http.MethodPut:
		var in struct{ Role, Hash string }
		decoder := json.NewDecoder(io.LimitReader(r.Body, maxTokenBody))
		decoder.DisallowUnknownFields()
		if decoder.Decode(&in) != nil || decoder.More() {
			return 0, nil, tokenError(svcgate.CodeInvalid, "invalid_json", "Send one JSON object with role and hash.")
		}
		t := access.Token{Name: name, Role: access.Role(in.Role), Created: time.Now().UTC().Truncate(time.Millisecond)}
		if err := d.tokens.PutToken(r.Context(), t, in.Hash); err != nil {
			return 0, nil, err
		}
		return http.StatusCreated, newTokenRow(t), nil
	case one && r.Method == http.MethodDelete:
		return http.StatusNoContent, nil, d.tokens.RevokeToken(r.Context(), name)
	}
	return 0, nil, tokenError(svcgate.CodeInvalid, "method_not_allowed", "This address takes GET for the list, PUT and DELETE for a name.")
}

// authorize lets those in who may manage tokens.
func (d *tokenDesk) authorize(r *http.Request) error {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return tokenError(svcgate.CodeUnauthenticated, "token_required", "Send the header Authorization: Bearer followed by your token.")
	}
	t, err := d.tokens.TokenByHash(r.Context(), access.HashToken(text))
	switch {
	case svcgate.CodeOf(err) == svcgate.CodeNotFound || err == nil && !t.Good():
		return tokenError(svcgate.CodeUnauthenticated, "token_invalid", "This token is not known or was revoked.")
	case err != nil:
		return err
	case !t.Role.May(access.ManageTokens):
		return tokenError(svcgate.CodeForbidden, "permission_missing", "This needs the permission "+string(access.ManageTokens)+".")
	}
	return nil
}

func tokenError(code svcgate.Code, reason, detail string) error {
	return &svcgate.Error{Code: code, Reason: reason, Detail: detail}
}

// tokenProblem makes a problem document, with the status that the API's reference gives the error.
func tokenProblem(err error) (status int, body any) {
	e, ok := errors.AsType[*svcgate.Error](err)
	if !ok {
		e = &svcgate.Error{Code: svcgate.CodeInternal, Detail: "Something failed on our side; nothing was changed."}
	}
	var row api.ProblemCode
	for _, known := range api.ProblemCodes() {
		if known.Code == string(e.Code) && row.Code == "" || known.Code == e.Reason && known.Category == e.Code {
			row = known
		}
	}
	return row.Status, map[string]any{
		"type": "urn:svcgate:problem:" + row.Code, "title": row.Title, "status": row.Status, "detail": e.Detail,
		"code": row.Code, "category": e.Code, "field": e.Field, "request_id": "req_" + strings.ToLower(rand.Text()),
	}
}
