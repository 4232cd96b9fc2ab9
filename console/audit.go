package console

import (
	"context"
	"net/url"
	"time"

	"github.com/svcgate/svcgate/access"
)

const (
	auditPath = "/console/audit"
	auditPage = 100
)

// auditView is the page of the trail, or of what is chosen of it.
type auditView struct {
	Form    *form
	Chosen  bool
	File    string
	Entries []access.Entry
	Pager   pager
}

func (c *Console) showAudit(v *visit) (*answer, error) {
	p, f, err := v.chosenEntries()
	if err != nil {
		return nil, err
	}
	if p.Form.OK() {
		f.Limit, f.Cursor = auditPage, v.URL.Query().Get("cursor")
		var next string
		if p.Entries, next, err = c.Trail.AuditTrail(v.Context(), f); err != nil {
			return nil, err
		}
		p.Pager = v.pager(next)
	}
	return v.page("audit", "Audit", p, p.Form)
}

// chosenEntries reads which entries are asked for. A card number is in none, and would stay in the page.
func (v *visit) chosenEntries() (auditView, access.EntryFilter, error) {
	p := auditView{Form: newForm("filter", auditPath, "Show",
		&field{Name: "actor", Label: "Who", Optional: true, Max: access.MaxTokenName},
		&field{Name: "action", Label: "Did", Optional: true, Max: access.MaxAction, Hint: "codes.publish, or codes for all of them"},
		&field{Name: "subject", Label: "To", Optional: true, Max: access.MaxSubject})}
	words, err := v.ask(p.Form)
	chosen := url.Values{}
	for _, w := range words {
		if digitRun.MatchString(w.Value) {
			p.Form.Wrong(w.Name, "The trail holds no numbers of ten digits and more.")
			p.Form.Field(w.Name).Value = sweep(w.Value)
			continue
		}
		chosen.Set(w.Name, w.Value)
	}
	p.Chosen = len(words) > 0
	p.File = (&url.URL{Path: auditPath + ".csv", RawQuery: chosen.Encode()}).String()
	return p, access.EntryFilter{Actor: chosen.Get("actor"), Action: chosen.Get("action"), Subject: chosen.Get("subject")}, err
}

// Limits of an export: it is read in pages while the trail grows, and held as a whole before its first byte is sent.
const (
	exportPage  = 500
	exportRows  = 50_000
	exportLimit = 2 * time.Minute
)

// exportAudit is the latest of what is chosen of the trail as CSV. That it was taken out stands in the trail, and so in
// the file of the whole.
func (c *Console) exportAudit(v *visit) (*answer, error) {
	p, f, err := v.chosenEntries()
	if err != nil {
		return nil, err
	}
	if !p.Form.OK() {
		return v.page("audit", "Audit", p, p.Form)
	}
	v.slow(exportLimit)
	f.Limit = exportPage
	var rows [][]string
	err = v.audited("audit.export", "", "from "+v.from(), func(context.Context) error {
		for len(rows) < exportRows {
			entries, next, err := c.Trail.AuditTrail(v.Context(), f)
			if err != nil {
				return err
			}
			for _, e := range entries {
				rows = append(rows, []string{e.At.UTC().Format(time.RFC3339Nano), e.Actor, e.Action, e.Subject, e.Detail})
			}
			if f.Cursor = next; next == "" {
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
