package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

type tokenRow struct {
	Name    string          `db:"name"`
	Hash    string          `db:"hash"`
	Role    string          `db:"role"`
	Created int64           `db:"created"`
	Revoked sql.Null[int64] `db:"revoked"`
}

// values are the values of tokens' columns.
func (r *tokenRow) values() []any {
	return []any{r.Name, r.Hash, r.Role, r.Created, nullable(r.Revoked)}
}

const (
	sqlPutToken    = `INSERT INTO tokens (name, hash, role, created, revoked) VALUES (?, ?, ?, ?, ?)`
	sqlTokenByHash = `SELECT name, role, created, revoked FROM tokens WHERE hash = ?`
	sqlTokens      = `SELECT name, hash, role, created, revoked FROM tokens ORDER BY name`
	sqlRevokeToken = `UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE name = ?`
)

var errPersonsName = errors.New("a person has it")

// PutToken keeps a new token. A name that was ever used, also by a person or a token revoked since, is an
// *svcgate.Error with CodeConflict; a name, role or hash that is not one is CodeInvalid.
func (s *Store) PutToken(ctx context.Context, t access.Token, hash string) error {
	if err := errors.Join(t.Validate(), access.CheckHash(hash)); err != nil {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_token", Op: "put token",
			Detail: "Give a name of letters and digits and one of the roles.", Err: err}
	}
	err := s.change(ctx, &change{apply: func(w *writer) error {
		var people int
		if err := w.get(&people, sqlPersonNamed, t.Name); err != nil {
			return err
		}
		if people > 0 {
			return errPersonsName
		}
		if err := w.exec(sqlPutToken, t.Name, hash, string(t.Role), t.Created.UnixMicro(), optional(t.Revoked)); err != nil {
			return err
		}
		return w.linkTokens()
	}})
	if isUnique(err) || errors.Is(err, errPersonsName) {
		return &svcgate.Error{Code: svcgate.CodeConflict, Reason: "token_exists", Op: "put token", Field: "name",
			Detail: "This name was given to a token or a person before; names are never given twice.", Err: err}
	}
	if err != nil {
		return fmt.Errorf("writing a token: %w", err)
	}
	return nil
}

// TokenByHash returns the good token whose text has the hash. One that is not there and one that was revoked are both
// an *svcgate.Error with CodeNotFound; the latter has Reason "token_revoked".
func (s *Store) TokenByHash(ctx context.Context, hash string) (access.Token, error) {
	known, turn, ok := s.tokens.find(hash)
	if ok {
		return known, nil
	}
	var row tokenRow
	err := s.read.GetContext(ctx, &row, sqlTokenByHash, hash)
	if errors.Is(err, sql.ErrNoRows) {
		return access.Token{}, notFound("token")
	}
	if err != nil {
		return access.Token{}, fmt.Errorf("reading a token: %w", err)
	}
	t, err := row.token()
	if err == nil && !t.Good() {
		revoked := notFound("token")
		revoked.Reason = "token_revoked"
		return access.Token{}, revoked
	}
	if err == nil && !s.read.server {
		s.tokens.keep(hash, t, turn)
	}
	return t, err
}

// goodTokens are the tokens in use that are good, by hash, for every request asks for one. They are only kept on SQLite,
// where nobody else revokes tokens, and forgotten with each change before its method returns. A token that was read
// before such a change is not kept after it.
type goodTokens struct {
	mu    sync.RWMutex
	turn  uint64 // how often they were forgotten
	known map[string]access.Token
}

func (g *goodTokens) find(hash string) (t access.Token, turn uint64, ok bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	t, ok = g.known[hash]
	return t, g.turn, ok
}

func (g *goodTokens) keep(hash string, t access.Token, turn uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.turn != turn {
		return
	}
	if g.known == nil {
		g.known = map[string]access.Token{}
	}
	g.known[hash] = t
}

func (g *goodTokens) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn++
	clear(g.known)
}

// Tokens returns all tokens, the revoked too, ordered by name.
func (s *Store) Tokens(ctx context.Context) ([]access.Token, error) {
	var rows []tokenRow
	if err := s.read.SelectContext(ctx, &rows, sqlTokens); err != nil {
		return nil, fmt.Errorf("reading tokens: %w", err)
	}
	tokens := make([]access.Token, len(rows))
	for i := range rows {
		var err error
		if tokens[i], err = rows[i].token(); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// RevokeToken makes the token useless from now on. Revoking twice keeps the first instant; a name that is not there is
// an *svcgate.Error with CodeNotFound.
func (s *Store) RevokeToken(ctx context.Context, name string) error {
	defer s.tokens.forget()
	now := s.now().UnixMicro()
	err := s.change(ctx, &change{apply: func(w *writer) error {
		n, err := w.affect(sqlRevokeToken, now, name)
		if err == nil && n == 0 {
			return notFound("token")
		}
		if err != nil {
			return err
		}
		return w.linkTokens()
	}})
	if err != nil {
		return fmt.Errorf("revoking a token: %w", err)
	}
	return nil
}

func (r *tokenRow) token() (access.Token, error) {
	role, err := access.ParseRole(r.Role)
	if err != nil {
		return access.Token{}, fmt.Errorf("token %s as stored: %w", r.Name, err)
	}
	t := access.Token{Name: r.Name, Role: role, Created: instant(r.Created)}
	if r.Revoked.Valid {
		t.Revoked = instant(r.Revoked.V)
	}
	return t, nil
}
