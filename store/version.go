package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

type versionRow struct {
	Service      string `db:"service"`
	Number       int64  `db:"number"`
	Published    int64  `db:"published"`
	Actor        string `db:"actor"`
	Reason       string `db:"reason"`
	Base         int64  `db:"base"`
	RolledBackTo int64  `db:"rolled_back_to"`
	Chained      int64  `db:"chained"`
	Rules        string `db:"rules"`
}

// values are the values of versionColumns and the rules.
func (r *versionRow) values() []any {
	return []any{r.Service, r.Number, r.Published, r.Actor, r.Reason, r.Base, r.RolledBackTo, r.Chained, r.Rules}
}

const (
	versionColumns = `service, number, published, actor, reason, base, rolled_back_to, chained`

	sqlInsertVersion = `INSERT INTO code_versions (` + versionColumns + `, rules) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	sqlVersion       = `SELECT ` + versionColumns + `, rules FROM code_versions WHERE service = ? AND number = ?`
	sqlVersions      = `SELECT ` + versionColumns + ` FROM code_versions WHERE service = ? ORDER BY number DESC LIMIT ?`
	sqlLastVersion   = `SELECT coalesce(max(number), 0) FROM code_versions WHERE service = ?`
	sqlPublished     = `SELECT ` + versionColumns + `, rules FROM code_versions v
		WHERE number = (SELECT max(number) FROM code_versions l WHERE l.service = v.service) ORDER BY service`
	sqlRevision = `SELECT count(*) FROM code_versions`

	sqlUnchainedVersions = `SELECT ` + versionColumns + `, rules FROM code_versions WHERE chained = 0 ORDER BY service, number`
	sqlChainVersion      = `UPDATE code_versions SET chained = ? WHERE service = ? AND number = ?`
)

func (r *versionRow) version() (*responsecodes.Version, error) {
	v := &responsecodes.Version{Service: r.Service, Number: int(r.Number), Published: instant(r.Published), By: r.Actor,
		Reason: r.Reason, Base: int(r.Base), RolledBackTo: int(r.RolledBackTo)}
	if r.Rules == "" {
		return v, nil
	}
	var err error
	v.Rules, err = rulesOf(r.Service, r.Rules)
	return v, err
}

// PublishedCodes returns the last version of the vendor response table of every service bureau that has one.
func (s *Store) PublishedCodes(ctx context.Context) ([]responsecodes.Version, error) {
	return s.versions(ctx, sqlPublished)
}

// CodeVersions returns up to limit versions without their rules, the newest first.
func (s *Store) CodeVersions(ctx context.Context, service string, limit int) ([]responsecodes.Version, error) {
	return s.versions(ctx, sqlVersions, service, limit)
}

func (s *Store) versions(ctx context.Context, query string, args ...any) ([]responsecodes.Version, error) {
	var rows []versionRow
	if err := s.read.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading versions of codes: %w", err)
	}
	all := make([]responsecodes.Version, len(rows))
	for i := range rows {
		v, err := rows[i].version()
		if err != nil {
			return nil, err
		}
		all[i] = *v
	}
	return all, nil
}

// CodeVersion returns one version, or an *svcgate.Error with CodeNotFound.
func (s *Store) CodeVersion(ctx context.Context, service string, number int) (*responsecodes.Version, error) {
	var row versionRow
	err := s.read.GetContext(ctx, &row, sqlVersion, service, number)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("version of the codes")
	}
	if err != nil {
		return nil, fmt.Errorf("reading a version of codes: %w", err)
	}
	return row.version()
}

// CodesRevision counts the versions of all service bureaus: they are only ever added.
func (s *Store) CodesRevision(ctx context.Context) (n int64, err error) {
	if err := s.read.GetContext(ctx, &n, sqlRevision); err != nil {
		return 0, fmt.Errorf("counting versions of codes: %w", err)
	}
	return n, nil
}

// PublishCodes adds the version that follows the last one, with its entry in the audit trail, and removes the draft
// with the ETag draft, "" for leaving any draft. When v's number does not follow, or the draft is another, the error is
// responsecodes.ErrChanged.
func (s *Store) PublishCodes(ctx context.Context, v *responsecodes.Version, draft string) error {
	rules, err := rulesToText(v.Rules)
	if err != nil {
		return err
	}
	row := versionRow{Service: v.Service, Number: int64(v.Number), Published: v.Published.UnixMicro(), Actor: v.By, Reason: v.Reason,
		Base: int64(v.Base), RolledBackTo: int64(v.RolledBackTo), Rules: rules}
	entry := access.Entry{At: v.Published, Actor: v.By, Action: "codes.publish", Subject: v.Service,
		Detail: fmt.Sprintf("version %d, made from version %d, because: %s", v.Number, v.Base, v.Reason)}
	if v.RolledBackTo > 0 {
		entry.Action = "codes.rollback"
		entry.Detail = fmt.Sprintf("version %d, with the rules of version %d, because: %s", v.Number, v.RolledBackTo, v.Reason)
	}
	err = s.change(ctx, &change{apply: func(w *writer) error {
		var last int64
		if err := w.get(&last, sqlLastVersion, v.Service); err != nil {
			return err
		}
		if row.Number != last+1 {
			return responsecodes.ErrChanged
		}
		if draft != "" {
			if err := w.dropDraft(v.Service, draft); err != nil {
				return err
			}
		}
		if err := w.audit(entry); err != nil {
			return err
		}
		row.Chained = w.nextSeq()
		if err := w.exec(sqlInsertVersion, row.values()...); err != nil {
			return err
		}
		if err := w.linkCodes(v.Service, &row); err != nil {
			return err
		}
		return w.announce()
	}})
	if err != nil {
		return fmt.Errorf("publishing codes: %w", err)
	}
	return nil
}

// adoptVersions gives the versions that a migration made their rows in the chain.
func (w *writer) adoptVersions() error {
	var rows []versionRow
	if err := w.list(&rows, sqlUnchainedVersions); err != nil || len(rows) == 0 {
		return err
	}
	return w.once(func(w *writer) error {
		for _, r := range rows {
			r.Chained = w.nextSeq()
			if err := w.exec(sqlChainVersion, r.Chained, r.Service, r.Number); err != nil {
				return err
			}
			if err := w.linkCodes(r.Service, &r); err != nil {
				return err
			}
		}
		return nil
	})
}
