package console

import (
	"errors"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// saveRule puts what was typed into the draft. When the draft is another than the one that was read, both are shown.
func (c *Console) saveRule(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	f := ruleForm(service, responsecodes.Rule{}, "", "")
	if err := v.read(f); err != nil {
		return nil, err
	}
	r, err := ruleOf(service, f)
	if err != nil {
		return nil, err
	}
	id := f.Get("id")
	if !f.OK() {
		return c.typedPage(v, service, id, f, nil)
	}
	d, err := c.Codes.EditDraft(v.Context(), v.person.Name, service, f.Get("etag"), putAs(id, r))
	if stale, is := errors.AsType[*responsecodes.StaleError](err); is {
		return c.clashPage(v, service, id, f, r, stale.Current)
	}
	if err := f.take(err); err != nil {
		return nil, err
	}
	if !f.OK() {
		return c.typedPage(v, service, id, f, nil)
	}
	if !d.Exists {
		v.tell(true, "That is what is in force already. There is nothing to publish.")
		return v.redirect(ruleAddress(service, "rule", r.ID()))
	}
	v.tell(true, "It is in the draft, and not in force yet. This is what it would do.")
	return v.redirect(codesPath(service, "draft"))
}

// typedPage shows what was typed again, on the page that it was typed on.
func (c *Console) typedPage(v *visit, service, id string, f *form, at *clash) (*answer, error) {
	if id == "" {
		return c.newRulePage(v, service, f, nil, at)
	}
	return c.rulePage(v, service, id, f, nil, at)
}

// clash is a change that somebody else was faster with: the rule as it is now and as it was typed.
type clash struct {
	Editors []string
	Updated time.Time
	Gone    bool // there is no such rule in the draft any more
	Fields  []fieldRow
	Theirs  string // where theirs is looked at
}

func (c *Console) clashPage(v *visit, service, id string, f *form, mine responsecodes.Rule, current *responsecodes.Draft) (*answer, error) {
	theirs := ruleByID(current.Rules, id)
	if theirs == nil {
		theirs = ruleByID(current.Rules, mine.ID())
	}
	at := &clash{Editors: current.Editors, Updated: current.Updated, Gone: theirs == nil, Fields: compareRules(theirs, &mine), Theirs: codesPath(service, "draft")}
	if theirs != nil {
		at.Theirs = ruleAddress(service, "rule", theirs.ID())
	}
	// What is saved from here on was decided on the draft as it is now.
	f.Field("etag").Value = current.ETag
	f.Field("id").Value = ""
	if theirs != nil {
		f.Field("id").Value = theirs.ID()
	}
	f.Problem = "The draft was changed since you opened this page, so nothing was saved. Choose below."
	ans, err := c.typedPage(v, service, f.Get("id"), f, at)
	if err == nil {
		ans.status = problems[svcgate.CodeConflict].status
	}
	return ans, err
}

// deleteRule removes a rule from the draft.
func (c *Console) deleteRule(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	f := deleteForm(service)
	if err := v.read(f); err != nil {
		return nil, err
	}
	id := f.Get("id")
	_, err = c.Codes.EditDraft(v.Context(), v.person.Name, service, f.Get("etag"), responsecodes.DeleteRule(id))
	if err := f.take(err); err != nil {
		return nil, err
	}
	if !f.OK() {
		return c.rulePage(v, service, id, nil, f, nil)
	}
	v.tell(true, "The rule is gone from the draft. What is in force stays until the draft is published.")
	return v.redirect(codesPath(service, "draft"))
}
