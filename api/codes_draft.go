package api

import (
	"bytes"
	"net/http"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// draftHead says which draft it is.
type draftHead struct {
	Exists    bool     `json:"exists"`
	ETag      string   `json:"etag"`
	Base      int      `json:"base"`      // version that it began from
	Published int      `json:"published"` // version in force
	Editors   []string `json:"editors"`
	Updated   *string  `json:"updated_at"`
}

func (a *API) newDraftHead(d *responsecodes.Draft) draftHead {
	head := draftHead{Exists: d.Exists, ETag: etag(d.ETag), Base: d.Base, Published: a.published(d.Service).Number, Editors: d.Editors}
	if !d.Updated.IsZero() {
		head.Updated = given(d.Updated.UTC().Format(milliseconds))
	}
	return head
}

// getDraft is GET /v1/services/{service}/codes/draft, as JSON or CSV. Without a draft it shows what is published.
func (a *API) getDraft(c *call) (*answer, error) {
	d, err := a.draft(c)
	if err != nil {
		return nil, err
	}
	return c.writeRules(d.Rules, struct {
		draftHead
		Codes []ruleBody `json:"codes"`
	}{a.newDraftHead(d), newRules(d.Rules)})
}

// draft returns the draft of the service bureau that the path names, and tells its entity tag.
func (a *API) draft(c *call) (*responsecodes.Draft, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	d, err := a.Codes.Draft(c.r.Context(), service)
	if err != nil {
		return nil, err
	}
	c.header.Set("ETag", etag(d.ETag))
	return d, nil
}

// getDraftRule is GET /v1/services/{service}/codes/draft/rules/{source}/{code}.
func (a *API) getDraftRule(c *call) (*answer, error) {
	named, err := a.rule(c)
	if err != nil {
		return nil, err
	}
	d, err := a.draft(c)
	if err != nil {
		return nil, err
	}
	r, ok := ruleIn(d, named.ID())
	if !ok {
		return nil, noRule
	}
	return write(http.StatusOK, r)
}

func ruleIn(d *responsecodes.Draft, id string) (ruleBody, bool) {
	for _, r := range d.Rules {
		if r.ID() == id {
			return ruleBody{id, r}, true
		}
	}
	return ruleBody{}, false
}

// putDraftRule is PUT on the same address. What the rule is found by stands in the address, what it says in the body.
func (a *API) putDraftRule(c *call) (*answer, error) {
	r, err := a.rule(c)
	if err != nil {
		return nil, err
	}
	body, err := c.readBody(typeJSON, maxBody)
	if err != nil {
		return nil, err
	}
	if err := decode(body, ruleMembers(&r)); err != nil {
		return nil, err
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	status := http.StatusCreated
	d, err := a.edit(c, r.Service, func(rules []responsecodes.Rule) ([]responsecodes.Rule, error) {
		for _, old := range rules {
			if old.ID() == r.ID() {
				status = http.StatusOK
			}
		}
		return responsecodes.PutRule(r)(rules)
	})
	if err != nil {
		return nil, err
	}
	b, _ := ruleIn(d, r.ID())
	return write(status, b)
}

// deleteDraftRule is DELETE on the same address.
func (a *API) deleteDraftRule(c *call) (*answer, error) {
	r, err := a.rule(c)
	if err != nil {
		return nil, err
	}
	if _, err := a.edit(c, r.Service, responsecodes.DeleteRule(r.ID())); err != nil {
		return nil, err
	}
	return &answer{status: http.StatusNoContent}, nil
}

// edit changes the draft that If-Match names, and tells the entity tag of what it became.
func (a *API) edit(c *call, service string, edit responsecodes.Edit) (*responsecodes.Draft, error) {
	tag, err := c.ifMatch()
	if err != nil {
		return nil, err
	}
	d, err := a.Codes.EditDraft(c.r.Context(), c.caller.Name, service, tag, edit)
	if err != nil {
		return nil, err
	}
	c.header.Set("ETag", etag(d.ETag))
	return d, nil
}

// importBody tells what an import did to the draft, or would do, by rule ids.
type importBody struct {
	DryRun bool `json:"dry_run"`
	responsecodes.Changes
}

// importDraft is POST /v1/services/{service}/codes/draft/import: the whole draft as CSV, all or nothing.
func (a *API) importDraft(c *call) (*answer, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	body := importBody{}
	switch c.query["dry_run"] {
	case "", "false":
	case "true":
		body.DryRun = true
	default:
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_parameter", Field: "dry_run",
			Detail: "Say true to see what would change, or false."}
	}
	csv, err := c.readBody("text/csv", maxUpload)
	if err != nil {
		return nil, err
	}
	rules, err := responsecodes.ReadCSV(bytes.NewReader(csv), service)
	if err != nil {
		return nil, err
	}
	edit := responsecodes.ImportRules(rules)
	var changes []responsecodes.Change
	if body.DryRun {
		d, err := a.draft(c)
		if err != nil {
			return nil, err
		}
		if changes, err = d.Preview(edit); err != nil {
			return nil, err
		}
	} else if _, err := a.edit(c, service, func(before []responsecodes.Rule) ([]responsecodes.Rule, error) {
		after, err := edit(before)
		changes = responsecodes.Diff(before, after)
		return after, err
	}); err != nil {
		return nil, err
	}
	body.Changes = responsecodes.Summary(changes)
	return write(http.StatusOK, body)
}

// discardDraft is DELETE /v1/services/{service}/codes/draft.
func (a *API) discardDraft(c *call) (*answer, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	tag, err := c.ifMatch()
	if err != nil {
		return nil, err
	}
	if err := a.Codes.DiscardDraft(c.r.Context(), c.caller.Name, service, tag); err != nil {
		return nil, err
	}
	return &answer{status: http.StatusNoContent}, nil
}

// rebaseDraft is POST /v1/services/{service}/codes/draft/rebase.
func (a *API) rebaseDraft(c *call) (*answer, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	tag, err := c.ifMatch()
	if err != nil {
		return nil, err
	}
	d, err := a.Codes.RebaseDraft(c.r.Context(), c.caller.Name, service, tag)
	if err != nil {
		return nil, err
	}
	c.header.Set("ETag", etag(d.ETag))
	return write(http.StatusOK, a.newDraftHead(d))
}

// diffBody is what publishing the draft would change.
type diffBody struct {
	draftHead
	Changes  []changeBody            `json:"changes"`
	Widened  []string                `json:"widened"` // rules that approve what was not approved
	Warnings []responsecodes.Warning `json:"warnings"`
}

// diffDraft is GET /v1/services/{service}/codes/draft/diff.
func (a *API) diffDraft(c *call) (*answer, error) {
	d, err := a.draft(c)
	if err != nil {
		return nil, err
	}
	before := a.published(d.Service).Rules
	body := diffBody{draftHead: a.newDraftHead(d), Changes: newChanges(responsecodes.Diff(before, d.Rules)), Widened: []string{}, Warnings: responsecodes.Check(d.Rules)}
	for _, change := range responsecodes.Widened(before, d.Rules) {
		body.Widened = append(body.Widened, change.ID)
	}
	return write(http.StatusOK, body)
}

// staleBody is what a write that names another draft is answered with beside the problem: what the draft changes now,
// and what the write wanted of it.
type staleBody struct {
	Draft  draftHead    `json:"draft"`
	Theirs []changeBody `json:"theirs"`
	Yours  []changeBody `json:"yours"`
}

func (a *API) newStale(e *responsecodes.StaleError) *staleBody {
	return &staleBody{a.newDraftHead(e.Current), some(responsecodes.Diff(a.published(e.Current.Service).Rules, e.Current.Rules)), some(e.Yours)}
}

// some cuts a list of changes to what a problem shows.
func some(changes []responsecodes.Change) []changeBody {
	return newChanges(changes[:min(len(changes), maxFaults)])
}

// changeBody is what becomes of one rule.
type changeBody struct {
	ID     string    `json:"id"`
	Before *ruleBody `json:"before"`
	After  *ruleBody `json:"after"`
}

func newChanges(changes []responsecodes.Change) []changeBody {
	all := make([]changeBody, len(changes))
	for i, c := range changes {
		all[i].ID = c.ID
		if c.Before != nil {
			all[i].Before = &ruleBody{c.ID, *c.Before}
		}
		if c.After != nil {
			all[i].After = &ruleBody{c.ID, *c.After}
		}
	}
	return all
}
