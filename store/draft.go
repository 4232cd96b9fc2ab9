package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

type draftRow struct {
	Service string `db:"service"`
	Base    int64  `db:"base"`
	ETag    string `db:"etag"`
	Editors string `db:"editors"`
	Updated int64  `db:"updated"`
	Rules   string `db:"rules"`
}

// values are the values of draftColumns.
func (r *draftRow) values() []any {
	return []any{r.Service, r.Base, r.ETag, r.Editors, r.Updated, r.Rules}
}

const (
	draftColumns = `service, base, etag, editors, updated, rules`

	sqlPutDraft = `INSERT INTO code_drafts (` + draftColumns + `) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (service) DO UPDATE
		SET base = excluded.base, etag = excluded.etag, editors = excluded.editors, updated = excluded.updated, rules = excluded.rules`
	sqlDraft     = `SELECT ` + draftColumns + ` FROM code_drafts WHERE service = ?`
	sqlDrafts    = `SELECT ` + draftColumns + ` FROM code_drafts ORDER BY service`
	sqlDraftETag = `SELECT coalesce(max(etag), '') FROM code_drafts WHERE service = ?`
	sqlDropDraft = `DELETE FROM code_drafts WHERE service = ? AND etag = ?`
)

// drafts keeps the drafts that were read last: each page that shows a large one would decode it again.
type drafts struct {
	mu   sync.Mutex
	read map[string]*responsecodes.Draft // by service
}

func (d *drafts) find(service, etag string) *responsecodes.Draft {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := d.read[service]
	if kept == nil || kept.ETag != etag {
		return nil
	}
	return new(*kept)
}

func (d *drafts) keep(draft responsecodes.Draft) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.read == nil {
		d.read = map[string]*responsecodes.Draft{}
	}
	d.read[draft.Service] = &draft
}

// CodeDraft returns the draft of a service bureau's vendor response table, nil when there is none. Its slices are
// shared by all who read this draft.
func (s *Store) CodeDraft(ctx context.Context, service string) (*responsecodes.Draft, error) {
	var etag string
	if err := s.read.GetContext(ctx, &etag, sqlDraftETag, service); err != nil {
		return nil, fmt.Errorf("reading a draft of codes: %w", err)
	}
	if d := s.drafts.find(service, etag); d != nil {
		return d, nil
	}
	var row draftRow
	err := s.read.GetContext(ctx, &row, sqlDraft, service)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a draft of codes: %w", err)
	}
	d := &responsecodes.Draft{Service: row.Service, Base: int(row.Base), ETag: row.ETag, Updated: instant(row.Updated), Exists: true}
	if err := json.Unmarshal([]byte(row.Editors), &d.Editors); err != nil {
		return nil, fmt.Errorf("editors of %s as stored: %w", service, err)
	}
	if d.Rules, err = rulesOf(service, row.Rules); err != nil {
		return nil, err
	}
	s.drafts.keep(*d)
	return d, nil
}

// SaveCodeDraft writes a draft in place of the one with the ETag was, "" for none, with its entry in the audit trail.
// When the draft is another, the error is responsecodes.ErrChanged.
func (s *Store) SaveCodeDraft(ctx context.Context, d *responsecodes.Draft, was, by, what string) error {
	rules, err := rulesToText(d.Rules)
	if err != nil {
		return err
	}
	editors, err := json.Marshal(append([]string{}, d.Editors...))
	if err != nil {
		return fmt.Errorf("encoding editors: %w", err)
	}
	row := draftRow{d.Service, int64(d.Base), d.ETag, string(editors), d.Updated.UnixMicro(), rules}
	return s.changeDraft(ctx, "writing a draft of codes", access.Entry{Actor: by, Action: "codes.draft", Subject: d.Service, Detail: what}, func(w *writer) error {
		var etag string
		if err := w.get(&etag, sqlDraftETag, d.Service); err != nil {
			return err
		}
		if etag != was {
			return responsecodes.ErrChanged
		}
		return w.exec(sqlPutDraft, row.values()...)
	})
}

// DropCodeDraft removes the draft with the ETag was, with its entry in the audit trail. When the draft is another, or
// none, the error is responsecodes.ErrChanged.
func (s *Store) DropCodeDraft(ctx context.Context, service, was, by string) error {
	return s.changeDraft(ctx, "discarding a draft of codes", access.Entry{Actor: by, Action: "codes.discard", Subject: service}, func(w *writer) error {
		return w.dropDraft(service, was)
	})
}

func (s *Store) changeDraft(ctx context.Context, doing string, entry access.Entry, apply func(*writer) error) error {
	entry.At = s.now()
	err := s.change(ctx, &change{apply: func(w *writer) error {
		if err := apply(w); err != nil {
			return err
		}
		if err := w.audit(entry); err != nil {
			return err
		}
		return w.linkCodes(entry.Subject, nil)
	}})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

func (w *writer) dropDraft(service, etag string) error {
	n, err := w.affect(sqlDropDraft, service, etag)
	if err == nil && n == 0 {
		return responsecodes.ErrChanged
	}
	return err
}
