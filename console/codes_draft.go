package console

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

// changeRow is what becomes of one rule, in words.
type changeRow struct {
	ID     string
	Rule   responsecodes.Rule // after, or before when it is removed
	Kind   string             // new, changed, removed
	Widens bool               // approves what was not approved
	Fields []fieldRow
	Path   string // of the rule; "" for none
}

// maxChanges is how many changes a page shows in full.
const maxChanges = 100

// changeRows writes changes, those that approve something first.
func changeRows(changes, widened []responsecodes.Change, service string, link bool) []changeRow {
	wide := map[string]bool{}
	for _, w := range widened {
		wide[w.ID] = true
	}
	rows := make([]changeRow, len(changes))
	for i, ch := range changes {
		row := changeRow{ID: ch.ID, Kind: changeText(ch), Widens: wide[ch.ID]}
		if ch.After != nil {
			row.Rule = *ch.After
		} else {
			row.Rule = *ch.Before
		}
		rows[i] = row
	}
	slices.SortStableFunc(rows, func(a, b changeRow) int {
		return map[bool]int{true: -1}[a.Widens] - map[bool]int{true: -1}[b.Widens]
	})
	by := map[string]responsecodes.Change{}
	for _, ch := range changes {
		by[ch.ID] = ch
	}
	for i := range rows[:min(len(rows), maxChanges)] {
		row := &rows[i]
		for _, f := range compareRules(by[row.ID].Before, by[row.ID].After) {
			switch named := f.Label == fieldLabels["code"] || f.Label == fieldLabels["source"] || f.Label == fieldLabels["operation"]; {
			case !f.Differs, row.Kind != "changed" && (named || f.Label == fieldLabels["cancel"] && f.Before+f.After == "no"):
			default:
				row.Fields = append(row.Fields, f)
			}
		}
		if link {
			row.Path = ruleAddress(service, "rule", row.ID)
		}
	}
	return rows
}

// changesView is a difference of two tables as a page shows it.
type changesView struct {
	Rows    []changeRow
	Total   int
	Beyond  int // that are not shown
	Summary string
}

func newChangesView(before, after []responsecodes.Rule, service string, link bool) changesView {
	changes := responsecodes.Diff(before, after)
	rows := changeRows(changes, responsecodes.Widened(before, after), service, link)
	s := responsecodes.Summary(changes)
	p := changesView{Total: len(rows), Beyond: max(len(rows)-maxChanges, 0)}
	p.Rows = rows[:len(rows)-p.Beyond]
	var parts []string
	for _, part := range []struct {
		n    int
		text string
	}{{len(s.Added), "added"}, {len(s.Changed), "changed"}, {len(s.Removed), "removed"}} {
		if part.n > 0 {
			parts = append(parts, number(part.n)+" "+part.text)
		}
	}
	p.Summary = strings.Join(parts, ", ")
	return p
}

// widens are the rows that approve what was not approved before.
func (p changesView) Widens() []changeRow {
	return slices.DeleteFunc(slices.Clone(p.Rows), func(r changeRow) bool { return !r.Widens })
}

// second says who publishes a draft, before anybody tries.
type second struct {
	Needed  bool     // the draft approves what was not approved, so that no editor of it may publish it
	You     bool     // are an editor of it
	May     bool     // you may publish
	Editors []string // of the draft
	Others  []string // who may publish it
}

// draftPage is what the page of a draft is filled with.
type draftPage struct {
	Menu            codesMenu
	Service         string
	Draft           *responsecodes.Draft
	Version         int // in force
	Outdated        bool
	Changes         changesView
	Errors          []responsecodes.Warning
	Warnings        []responsecodes.Warning // of what changes
	Others          []responsecodes.Warning // of the rest
	Run             *comparison
	Second          second
	Publish         *form // nil when it cannot be published
	Rebase, Discard *form
	Edit            bool
	Blocked         string // why it cannot be published by anybody; "" for nothing
}

// draftForms are what can be done to a draft; fields with its etag.
type draftForms struct{ Publish, Rebase, Discard *form }

func formsOfDraft(service, etag string) draftForms {
	tag := func() *field { return &field{Name: "etag", Type: "hidden", Value: etag, Optional: true} }
	f := draftForms{
		Publish: newForm("publish", codesPath(service, "publish"), "Publish", tag(),
			&field{Name: "reason", Label: "Why", Max: 4 * responsecodes.MaxReason, Hint: "It stays in the history beside your name; at most 200 characters, and no card numbers."}),
		Rebase:  newForm("rebase", codesPath(service, "draft/rebase"), "Make the edits again on what is in force", tag()),
		Discard: newForm("discard", codesPath(service, "draft/discard"), "Discard the draft", tag()),
	}
	f.Discard.Danger, f.Discard.Confirm = true, "Throw the whole draft away?"
	return f
}

func (c *Console) showDraft(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	return c.draftPage(v, service, draftForms{})
}

// draftPage shows the draft as it is now. A form that was refused stands where it stood, with what was typed.
func (c *Console) draftPage(v *visit, service string, typed draftForms) (*answer, error) {
	ctx := v.Context()
	d, err := c.Codes.Draft(ctx, service)
	if err != nil {
		return nil, err
	}
	now := c.published(service)
	p := draftPage{Menu: c.codesMenu(v, service, "draft"), Service: service, Draft: d, Version: now.Number, Edit: v.may(access.EditCodes)}
	if !d.Exists {
		return v.page("codesdraft", "Draft for "+service, p, typed.Publish, typed.Rebase, typed.Discard)
	}
	p.Outdated = d.Base != now.Number
	p.Changes = newChangesView(now.Rules, d.Rules, service, true)
	p.judge(now.Rules)
	if p.Run, err = c.dryRun(v, service, c.lookBack(v), 5); err != nil {
		return nil, err
	}
	if err := c.second(v, &p, now.Rules); err != nil {
		return nil, err
	}
	forms := formsOfDraft(service, d.ETag)
	if p.Edit {
		p.Discard = forms.Discard
		if p.Outdated {
			p.Rebase = forms.Rebase
		}
	}
	if p.Second.May && p.Blocked == "" && !(p.Second.Needed && p.Second.You) {
		p.Publish = forms.Publish
	}
	for _, f := range []struct{ to, typed **form }{{&p.Publish, &typed.Publish}, {&p.Rebase, &typed.Rebase}, {&p.Discard, &typed.Discard}} {
		if *f.typed != nil {
			(*f.typed).Field("etag").Value = d.ETag
			*f.to = *f.typed
		}
	}
	return v.page("codesdraft", "Draft for "+service, p, p.Publish, p.Rebase, p.Discard)
}

// judge sorts what Check finds by what it has to do with the changes, and says what is in the way of publishing.
func (p *draftPage) judge(before []responsecodes.Rule) {
	ours := map[string]bool{}
	for _, ch := range responsecodes.Diff(before, p.Draft.Rules) {
		ours[ch.ID] = true
	}
	for _, w := range responsecodes.Check(p.Draft.Rules) {
		switch {
		case w.Severity == responsecodes.SeverityError:
			p.Errors = append(p.Errors, w)
		case ours[w.Rule]:
			p.Warnings = append(p.Warnings, w)
		default:
			p.Others = append(p.Others, w)
		}
	}
	switch {
	case p.Outdated:
		p.Blocked = "It began from version " + strconv.Itoa(p.Draft.Base) + ", and version " + strconv.Itoa(p.Version) + " is in force by now. Make its edits again on that, or discard it."
	case p.Changes.Total == 0:
		p.Blocked = "It says what is in force already. Discard it."
	case len(p.Errors) > 0:
		p.Blocked = "The errors must be mended first."
	}
}

// second finds out who may publish the draft.
func (c *Console) second(v *visit, p *draftPage, before []responsecodes.Rule) error {
	s := &p.Second
	s.Needed = len(responsecodes.Widened(before, p.Draft.Rules)) > 0
	s.Editors = p.Draft.Editors
	s.You, s.May = slices.Contains(s.Editors, v.person.Name), v.may(access.PublishCodes)
	people, err := c.Door.People(v.Context())
	if err != nil {
		return err
	}
	for _, one := range people {
		if one.Good() && one.May(access.PublishCodes) && one.Name != v.person.Name && !(s.Needed && slices.Contains(s.Editors, one.Name)) {
			name := one.Name
			if one.FullName != "" {
				name = one.FullName + " (" + one.Name + ")"
			}
			s.Others = append(s.Others, name)
		}
	}
	return nil
}

// changeDraft reads one of the forms of a draft and makes the change; what is refused is told at the form, on the draft
// as it is now.
func (c *Console) changeDraft(v *visit, choose func(*draftForms) **form, change func(ctx context.Context, service string, f *form) (to string, err error)) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	all, typed := formsOfDraft(service, ""), draftForms{}
	f := *choose(&all)
	if err := v.read(f); err != nil {
		return nil, err
	}
	to := ""
	if f.OK() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(v.Context()), changeLimit)
		defer cancel()
		to, err = change(ctx, service, f)
		if err := f.take(err); err != nil {
			return nil, err
		}
	}
	if f.OK() {
		return v.redirect(to)
	}
	*choose(&typed) = f
	return c.draftPage(v, service, typed)
}

func (c *Console) discardDraft(v *visit) (*answer, error) {
	return c.changeDraft(v, func(f *draftForms) **form { return &f.Discard }, func(ctx context.Context, service string, f *form) (string, error) {
		err := c.Codes.DiscardDraft(ctx, v.person.Name, service, f.Get("etag"))
		if err == nil {
			v.tell(true, "The draft is gone. What is in force stayed as it was.")
		}
		return codesPath(service, "rules"), err
	})
}

func (c *Console) rebaseDraft(v *visit) (*answer, error) {
	return c.changeDraft(v, func(f *draftForms) **form { return &f.Rebase }, func(ctx context.Context, service string, f *form) (string, error) {
		d, err := c.Codes.RebaseDraft(ctx, v.person.Name, service, f.Get("etag"))
		if err == nil {
			v.tell(true, "The edits are made again on version %d. Where both changed a rule, the draft has the last word: look at it again.", d.Base)
		}
		return codesPath(service, "draft"), err
	})
}

// publish puts the draft in force.
func (c *Console) publish(v *visit) (*answer, error) {
	return c.changeDraft(v, func(f *draftForms) **form { return &f.Publish }, func(ctx context.Context, service string, f *form) (string, error) {
		made, err := c.Codes.Publish(ctx, v.person.Name, service, f.Get("etag"), f.Get("reason"))
		if err != nil {
			return "", err
		}
		v.tell(true, "Version %d is in force for %s: the next answers are told by it.", made.Number, service)
		return codesPath(service, "reevaluation"), nil
	})
}
