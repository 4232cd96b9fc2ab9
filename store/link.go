package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/svcgate/svcgate/access"
)

type linkRow struct {
	Kind    string `db:"kind"`
	Person  string `db:"person"`
	By      string `db:"made_by"`
	Expires int64  `db:"expires"`
}

func (r linkRow) link() access.Link {
	return access.Link{Kind: access.LinkKind(r.Kind), Person: r.Person, By: r.By, Expires: instant(r.Expires)}
}

const (
	sqlPutLink   = `INSERT INTO links (hash, kind, person, made_by, expires) VALUES (?, ?, ?, ?, ?)`
	sqlGoodLink  = `SELECT kind, person, made_by, expires FROM links WHERE hash = ? AND expires > ?`
	sqlDropLinks = `DELETE FROM links WHERE person = ?`
	sqlOldLinks  = `DELETE FROM links WHERE expires <= ?`

	sqlFailures    = `SELECT count, last, until FROM sign_in_failures WHERE key = ?`
	sqlPutFailures = `INSERT INTO sign_in_failures (key, count, last, until) VALUES (?, ?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET count = excluded.count, last = excluded.last, until = excluded.until`
	sqlDropFailures = `DELETE FROM sign_in_failures WHERE key = ?`
	sqlOldFailures  = `DELETE FROM sign_in_failures WHERE last <= ?`
)

// PutLink keeps a one-time link in place of the earlier ones of the same person.
func (s *Store) PutLink(ctx context.Context, hash string, l access.Link, edit func(*access.Account) (access.Entry, error)) error {
	return refused("keeping a link", s.change(ctx, &change{apply: func(w *writer) error {
		if l.Kind != access.LinkBootstrap {
			if err := w.changePerson(l.Person, edit); err != nil {
				return err
			}
			return w.putLink(hash, l)
		}
		if err := w.nobodyYet(); err != nil {
			return err
		}
		e, err := edit(&access.Account{})
		if err == nil {
			err = w.auditNow(e)
		}
		if err != nil {
			return err
		}
		return w.putLink(hash, l)
	}}))
}

// Link returns the good link whose text has the hash.
func (s *Store) Link(ctx context.Context, hash string) (access.Link, error) {
	var row linkRow
	err := s.read.GetContext(ctx, &row, sqlGoodLink, hash, s.now().UnixMicro())
	if errors.Is(err, sql.ErrNoRows) {
		err = access.ErrLink
	}
	return row.link(), refused("reading a link", err)
}

// TakeLink takes up a good link, once.
func (s *Store) TakeLink(ctx context.Context, hash string, edit func(*access.Account) (access.Entry, error)) error {
	return refused("taking up a link", s.change(ctx, &change{apply: func(w *writer) error {
		var row linkRow
		err := w.get(&row, sqlGoodLink, hash, s.now().UnixMicro())
		if errors.Is(err, sql.ErrNoRows) {
			return access.ErrLink
		}
		if err == nil {
			err = w.exec(sqlDropLinks, row.Person)
		}
		if err != nil {
			return err
		}
		if row.link().Kind != access.LinkBootstrap {
			return w.changePerson(row.Person, edit)
		}
		if err := w.nobodyYet(); err != nil {
			return err
		}
		var a access.Account
		e, err := edit(&a)
		if err == nil {
			err = w.addPerson(a)
		}
		if err != nil {
			return err
		}
		return w.auditNow(e)
	}}))
}

func (w *writer) putLink(hash string, l access.Link) error {
	if err := access.CheckHash(hash); err != nil {
		return err
	}
	if err := errors.Join(w.exec(sqlOldLinks, w.now().UnixMicro()), w.exec(sqlDropLinks, l.Person)); err != nil {
		return err
	}
	return w.exec(sqlPutLink, hash, string(l.Kind), l.Person, l.By, l.Expires.UnixMicro())
}

func (w *writer) nobodyYet() error {
	var people int
	if err := w.get(&people, sqlAnybody); err != nil {
		return err
	}
	if people > 0 {
		return access.ErrNotFirst
	}
	return nil
}

// ChangeFailures edits the failed sign-ins of a key. Those older than access.ForgetAfter are forgotten on the way.
func (s *Store) ChangeFailures(ctx context.Context, key string, edit func(*access.Failures) error) error {
	return refused("counting failed sign-ins", s.change(ctx, &change{apply: func(w *writer) error {
		var row struct {
			Count int             `db:"count"`
			Last  int64           `db:"last"`
			Until sql.Null[int64] `db:"until"`
		}
		var f access.Failures
		switch err := w.get(&row, sqlFailures, key); {
		case err == nil:
			f = access.Failures{Count: row.Count, Last: instant(row.Last)}
			if row.Until.Valid {
				f.Until = instant(row.Until.V)
			}
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		if err := edit(&f); err != nil {
			return err
		}
		if f.Count == 0 {
			return w.exec(sqlDropFailures, key)
		}
		if err := w.exec(sqlOldFailures, f.Last.Add(-access.ForgetAfter).UnixMicro()); err != nil {
			return err
		}
		return w.exec(sqlPutFailures, key, f.Count, f.Last.UnixMicro(), optional(f.Until))
	}}))
}
