package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// Auditor keeps who changed what. An entry that was taken is durable.
type Auditor interface {
	Audit(ctx context.Context, e access.Entry) error
}

// Trail reads what an Auditor keeps, newest first, at most limit entries a page (0: 50). The cursor is that of the
// page before, "" for the first; next is "" on the last. A cursor that is none is an *svcgate.Error with CodeInvalid.
type Trail interface {
	AuditTrail(ctx context.Context, f access.EntryFilter) (entries []access.Entry, next string, err error)
}

// changeLimit bounds a change of ours once it was audited; the caller hanging up does not end it.
const changeLimit = 10 * time.Second

// audited makes a change that the audit trail has an entry of. The entry comes first: what cannot be audited is not
// done. A change that fails after it gets a second entry that says so.
func (a *API) audited(c *call, action, subject, detail string, change func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), changeLimit)
	defer cancel()
	e := access.Entry{At: a.Now().UTC(), Actor: c.caller.Name, Action: action, Subject: sweep(subject), Detail: clip(sweep(detail))}
	if err := a.Auditor.Audit(ctx, e); err != nil {
		return &svcgate.Error{Code: svcgate.CodeOverloaded, Reason: "audit_unavailable", Op: "audit",
			Detail: "The audit trail cannot be written; nothing was changed. Try again.", Err: err}
	}
	err := change(ctx)
	if err == nil {
		return nil
	}
	e.At, e.Action, e.Detail = a.Now().UTC(), action+".failed", "nothing was changed: "+string(svcgate.CodeOf(err))
	if svcgate.CodeOf(err).MayHaveMoved() {
		e.Detail = "it may have been changed or not"
	}
	again, stop := context.WithTimeout(context.WithoutCancel(ctx), changeLimit) // the change may have used up its time
	defer stop()
	if bad := a.Auditor.Audit(again, e); bad != nil {
		a.Log.Error("audit entry says more than was done", "request", c.RequestID, "action", action, "err", sweep(bad.Error()))
	}
	return err
}

// readsExchange makes the entry that messages were read: those of a transaction, or what detail says of a service bureau.
// They are not shown without it.
func (a *API) readsExchange(c *call, subject, detail string) error {
	e := access.Entry{At: a.Now().UTC(), Actor: c.caller.Name, Action: "exchange.read", Subject: sweep(subject), Detail: detail}
	if err := a.Auditor.Audit(c.r.Context(), e); err != nil {
		return &svcgate.Error{Code: svcgate.CodeOverloaded, Reason: "audit_unavailable", Op: "audit",
			Detail: "The audit trail cannot be written, and messages are not shown without an entry. Try again.", Err: err}
	}
	return nil
}

// clip cuts a text to what an entry takes.
func clip(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), access.MaxDetail)], "")
}

type entryBody struct {
	At      string `json:"at"`
	Actor   string `json:"actor"`
	Action  string `json:"action"`
	Subject string `json:"subject"`
	Detail  string `json:"detail"`
}

// listAudit is GET /v1/audit, newest first.
func (a *API) listAudit(c *call) (*answer, error) {
	f, err := readFilter(c.query)
	if err != nil {
		return nil, err
	}
	chosen := access.EntryFilter{Actor: c.query["actor"], Action: c.query["action"], Subject: c.query["subject"], Limit: f.Limit, Cursor: f.Cursor}
	for name, value := range map[string]string{"actor": chosen.Actor, "action": chosen.Action, "subject": chosen.Subject} {
		if len(value) > access.MaxSubject || !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
			return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_parameter", Field: name,
				Detail: fmt.Sprintf("Give one line of at most %d bytes, as the entries have it.", access.MaxSubject)}
		}
	}
	entries, next, err := a.Trail.AuditTrail(c.r.Context(), chosen)
	if err != nil {
		return nil, err
	}
	body := struct {
		Entries []entryBody `json:"entries"`
		Next    *string     `json:"next"`
	}{Next: given(next)}
	for _, e := range entries {
		body.Entries = append(body.Entries, entryBody{e.At.UTC().Format(milliseconds), e.Actor, e.Action, e.Subject, e.Detail})
	}
	return write(http.StatusOK, body)
}
