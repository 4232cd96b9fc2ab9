package console

import (
	"context"
	"time"

	"github.com/svcgate/svcgate/access"
)

const auditPage = 100

func (c *Console) showAudit(v *visit) (*answer, error) {
	entries, next, err := c.Trail.AuditTrail(v.Context(), auditPage, v.URL.Query().Get("cursor"))
	if err != nil {
		return nil, err
	}
	return v.page("audit", "Audit", struct {
		Entries []access.Entry
		Pager   pager
	}{entries, v.pager(next)})
}

// Limits of an export: it is read in pages while the trail grows, and held as a whole before its first byte is sent.
const (
	exportPage  = 500
	exportRows  = 50_000
	exportLimit = 2 * time.Minute
)

// exportAudit is the latest of the trail as CSV. That it was taken out stands in the trail, and so in the file.
func (c *Console) exportAudit(v *visit) (*answer, error) {
	v.slow(exportLimit)
	var rows [][]string
	err := v.audited("audit.export", "", "from "+v.from(), func(context.Context) error {
		for cursor := ""; len(rows) < exportRows; {
			entries, next, err := c.Trail.AuditTrail(v.Context(), exportPage, cursor)
			if err != nil {
				return err
			}
			for _, e := range entries {
				rows = append(rows, []string{e.At.UTC().Format(time.RFC3339Nano), e.Actor, e.Action, e.Subject, e.Detail})
			}
			if cursor = next; cursor == "" {
				break
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return v.csv("svcgate-audit.csv", []string{"at", "actor", "action", "subject", "detail"}, rows)
}
