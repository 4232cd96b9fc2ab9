package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/svcgate/svcgate/access"
)

// noData is what an ended session holds.
var noData = []byte{}

// maxNameless is how many sessions there are at once in which nobody has signed in yet.
const maxNameless = 1000

const (
	sqlFindSession  = `SELECT data FROM sessions WHERE token = ? AND NOT ended AND expires > ?`
	sqlSessionEnded = `SELECT ended FROM sessions WHERE token = ?`
	sqlKeepSession  = `UPDATE sessions SET person = ?, origin = ?, expires = ?, data = ? WHERE token = ?`
	sqlAddSession   = `INSERT INTO sessions (token, person, origin, started, expires, ended, data) VALUES (?, ?, ?, ?, ?, FALSE, ?)`
	sqlEndSession   = `UPDATE sessions SET ended = TRUE, data = ? WHERE token = ?`
	sqlEndSessions  = `UPDATE sessions SET ended = TRUE, data = ? WHERE person = ? AND NOT ended`
	sqlEndOldest    = sqlEndSessions + ` AND token NOT IN (SELECT token FROM sessions WHERE person = ? AND NOT ended ORDER BY started DESC, rowid DESC LIMIT ?)`
	sqlOldSessions  = `DELETE FROM sessions WHERE expires <= ?`
	sqlMayComeIn    = `SELECT count(*) FROM people WHERE name = ? AND disabled IS NULL AND password <> ''`
	sqlSessions     = `SELECT token, origin, started, expires FROM sessions WHERE person = ? AND NOT ended AND expires > ? ORDER BY started DESC, rowid DESC`
)

// Sessions keeps the sessions of the console for package scs, which must hash tokens (HashTokenInStore). Whose a session
// is it reads from the value access.SessionPerson; nobody has more than access.MaxSessions at once.
type Sessions struct{ s *Store }

var _ scs.CtxStore = Sessions{}

// SessionStore returns the sessions.
func (s *Store) SessionStore() Sessions { return Sessions{s} }

// Find is FindCtx without end.
func (x Sessions) Find(token string) ([]byte, bool, error) {
	return x.FindCtx(context.Background(), token)
}

// FindCtx returns a session's data while it is good.
func (x Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = x.s.read.GetContext(ctx, &data, sqlFindSession, token, x.s.now().UnixMicro())
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading a session: %w", err)
	}
	return data, true, nil
}

// Commit is CommitCtx without end.
func (x Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return x.CommitCtx(context.Background(), token, data, expiry)
}

// CommitCtx keeps a session. One that was ended, and one of a person who may not come in, is left ended without an
// error: their next request finds nothing.
func (x Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return fmt.Errorf("keeping a session: reading what it holds: %w", err)
	}
	person, _ := values[access.SessionPerson].(string)
	origin, _ := values[access.SessionFrom].(string)
	err = x.s.change(ctx, &change{apply: func(w *writer) error {
		var ended bool
		switch err := w.get(&ended, sqlSessionEnded, token); {
		case err == nil && ended:
			return nil
		case err == nil:
			return w.exec(sqlKeepSession, person, origin, expiry.UnixMicro(), data, token)
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		return w.addSession(token, person, origin, expiry.UnixMicro(), data)
	}})
	if err != nil {
		return fmt.Errorf("keeping a session: %w", err)
	}
	return nil
}

func (w *writer) addSession(token, person, origin string, expires int64, data []byte) error {
	most := maxNameless
	if person != "" {
		most = access.MaxSessions
		var welcome int
		if err := w.get(&welcome, sqlMayComeIn, person); err != nil || welcome == 0 {
			return err
		}
	}
	now := w.now().UnixMicro()
	if err := w.exec(sqlOldSessions, now); err != nil {
		return err
	}
	if err := w.exec(sqlAddSession, token, person, origin, now, expires, data); err != nil {
		return err
	}
	return w.exec(sqlEndOldest, noData, person, person, most)
}

// Delete is DeleteCtx without end.
func (x Sessions) Delete(token string) error { return x.DeleteCtx(context.Background(), token) }

// DeleteCtx ends a session, if there is one.
func (x Sessions) DeleteCtx(ctx context.Context, token string) error {
	err := x.s.change(ctx, &change{apply: func(w *writer) error { return w.exec(sqlEndSession, noData, token) }})
	if err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

type sessionRow struct {
	Token   string `db:"token"`
	Origin  string `db:"origin"`
	Started int64  `db:"started"`
	Expires int64  `db:"expires"`
}

// id names a session to people: nothing can be opened with it.
func (r sessionRow) id() string { return access.HashToken("session " + r.Token)[:16] }

// Sessions returns a person's good sessions, the last begun first.
func (s *Store) Sessions(ctx context.Context, person string) ([]access.Session, error) {
	var rows []sessionRow
	if err := s.read.SelectContext(ctx, &rows, sqlSessions, person, s.now().UnixMicro()); err != nil {
		return nil, fmt.Errorf("reading sessions: %w", err)
	}
	sessions := make([]access.Session, len(rows))
	for i, r := range rows {
		sessions[i] = access.Session{ID: r.id(), Person: person, From: r.Origin, Started: instant(r.Started), Expires: instant(r.Expires)}
	}
	return sessions, nil
}

// EndSessions ends a person's session of the id, or all for "", and returns how many.
func (s *Store) EndSessions(ctx context.Context, person, id string, e access.Entry) (n int, err error) {
	err = s.change(ctx, &change{apply: func(w *writer) error {
		n = 0
		var rows []sessionRow
		if err := w.list(&rows, sqlSessions, person, w.now().UnixMicro()); err != nil {
			return err
		}
		for _, r := range rows {
			if id != "" && id != r.id() {
				continue
			}
			if err := w.exec(sqlEndSession, noData, r.Token); err != nil {
				return err
			}
			n++
		}
		if n == 0 {
			return nil
		}
		return w.auditNow(e)
	}})
	if err != nil {
		return 0, fmt.Errorf("ending sessions: %w", err)
	}
	return n, nil
}
