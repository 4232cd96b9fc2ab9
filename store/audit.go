package store

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

type auditRow struct {
	Seq     int64  `db:"seq"`
	At      int64  `db:"at"`
	Actor   string `db:"actor"`
	Action  string `db:"action"`
	Subject string `db:"subject"`
	Detail  string `db:"detail"`
}

const (
	auditColumns   = `seq, at, actor, action, subject, detail`
	sqlInsertAudit = `INSERT INTO audit (` + auditColumns + `) VALUES (?, ?, ?, ?, ?, ?)`
	sqlAudit       = `SELECT ` + auditColumns + ` FROM audit WHERE seq < ?
		AND (? = '' OR actor = ?) AND (? = '' OR action = ? OR substr(action, 1, length(?)) = ?) AND (? = '' OR subject = ?)
		ORDER BY seq DESC LIMIT ?`
)

// values are the values of auditColumns.
func (r *auditRow) values() []any {
	return []any{r.Seq, r.At, r.Actor, r.Action, r.Subject, r.Detail}
}

// Audit adds an entry to the audit trail, from where nothing takes it away. A zero instant is now; an entry that is not
// one is an *svcgate.Error with CodeInvalid.
func (s *Store) Audit(ctx context.Context, e access.Entry) error {
	if e.At.IsZero() {
		e.At = s.now()
	}
	if err := e.Validate(); err != nil {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_entry", Op: "audit",
			Detail: "An audit entry names who did what, in short lines of text.", Err: err}
	}
	if err := s.change(ctx, &change{apply: func(w *writer) error { return w.audit(e) }}); err != nil {
		return fmt.Errorf("adding to the audit trail: %w", err)
	}
	return nil
}

// audit adds an entry beside the change that it tells of.
func (w *writer) audit(e access.Entry) error {
	if err := e.Validate(); err != nil {
		return err
	}
	row := auditRow{w.nextSeq(), e.At.UnixMicro(), e.Actor, e.Action, e.Subject, e.Detail}
	if err := w.exec(sqlInsertAudit, row.values()...); err != nil {
		return err
	}
	w.link(chainAudit, "", 0, digestOf(row.values()...), nil)
	return nil
}

// auditNow is audit for an entry without an instant; one without an action is none.
func (w *writer) auditNow(e access.Entry) error {
	if e.Action == "" {
		return nil
	}
	if e.At.IsZero() {
		e.At = w.now()
	}
	return w.audit(e)
}

// AuditTrail returns a page of what the filter chooses of the audit trail, what was added last first, and the cursor of
// the next page, "" on the last. A limit (0: DefaultPage) or cursor that is not one is an *svcgate.Error with CodeInvalid.
func (s *Store) AuditTrail(ctx context.Context, f access.EntryFilter) (entries []access.Entry, next string, err error) {
	limit := cmp.Or(f.Limit, DefaultPage)
	if limit < 0 || limit > MaxPage {
		return nil, "", invalid("limit", "invalid_limit", fmt.Sprintf("A page has 1 to %d entries.", MaxPage))
	}
	before := int64(1<<63 - 1)
	if f.Cursor != "" {
		if before, err = strconv.ParseInt(f.Cursor, 10, 64); err != nil || before < 1 {
			return nil, "", invalid("cursor", "invalid_cursor", "Give the cursor as it came with the page before.")
		}
	}
	var rows []auditRow
	if err := s.read.search(ctx, &rows, sqlAudit, before, f.Actor, f.Actor,
		f.Action, f.Action, f.Action+".", f.Action+".", f.Subject, f.Subject, limit+1); err != nil {
		return nil, "", fmt.Errorf("reading the audit trail: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = strconv.FormatInt(rows[limit-1].Seq, 10)
	}
	for _, r := range rows {
		entries = append(entries, access.Entry{At: instant(r.At), Actor: r.Actor, Action: r.Action, Subject: r.Subject, Detail: r.Detail})
	}
	return entries, next, nil
}
