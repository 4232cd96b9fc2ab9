package console

import (
	"cmp"
	"slices"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

// ruleView is what the page of a rule is filled with.
type ruleView struct {
	Menu      codesMenu
	Service   string
	ID        string
	Rule      responsecodes.Rule
	Published *responsecodes.Rule
	Version   int    // in force
	Change    string // in the draft
	Fields    []fieldRow
	Form      *form // nil for whoever may not edit
	Delete    *form
	Vendors   []option // vendor codes of the table, to choose from
	Chart     *chart
	Total     int
	Found     string // address of what the code answered
	Clash     *clash
	Came      *cameIn // of a new rule
	Draft     bool
}

// fieldRow is one member of a rule, in words, as one or two rules have it.
type fieldRow struct {
	Label, Before, After string
	Differs              bool
}

var fieldLabels = map[string]string{
	"operation": "Operation", "source": "Where it stands", "code": "Provider's code", "vendor": "Vendor code", "description": "Description",
	"outcome": "Outcome", "attempts": "Attempts", "hold_reason": "Hold reason", "hold_days": "Days on hold", "days_between": "Days between attempts",
	"cancel": "Cancel the order", "message_1": "Message 1", "message_2": "Message 2", "message_3": "Message 3", "message_4": "Message 4",
}

// compareRules lists what either rule says, side by side. A nil rule says nothing.
func compareRules(before, after *responsecodes.Rule) []fieldRow {
	values := func(r *responsecodes.Rule) map[string]string {
		all := map[string]string{}
		if r != nil {
			for _, f := range (responsecodes.Change{After: r}).Fields() {
				all[f.Name] = inPlainWords(f.Name, f.After)
			}
		}
		return all
	}
	var rows []fieldRow
	b, a := values(before), values(after)
	for _, name := range responsecodes.Columns() {
		if label := fieldLabels[name]; label != "" && (b[name] != "" || a[name] != "") {
			rows = append(rows, fieldRow{label, b[name], a[name], b[name] != a[name]})
		}
	}
	return rows
}

// inPlainWords writes a member of a CSV file as people say it.
func inPlainWords(name, value string) string {
	switch name {
	case "source":
		return sourceTexts[svcgate.Source(value)]
	case "cancel":
		return map[string]string{"true": "yes", "false": "no"}[value]
	}
	return value
}

func ruleByID(rules []responsecodes.Rule, id string) *responsecodes.Rule {
	if i := slices.IndexFunc(rules, func(r responsecodes.Rule) bool { return r.ID() == id }); i >= 0 {
		return &rules[i]
	}
	return nil
}

var noRule = &svcgate.Error{Code: svcgate.CodeNotFound, Reason: "rule_not_found", Detail: "There is no rule for this code, neither in force nor in the draft."}

func (c *Console) showRule(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	return c.rulePage(v, service, v.URL.Query().Get("id"), nil, nil, nil)
}

// rulePage shows a rule: its form as it was typed, or as the draft has it. gone is the form by which it was to be
// deleted.
func (c *Console) rulePage(v *visit, service, id string, typed, gone *form, at *clash) (*answer, error) {
	d, err := c.Codes.Draft(v.Context(), service)
	if err != nil {
		return nil, err
	}
	now := c.published(service)
	p := &ruleView{Menu: c.codesMenu(v, service, ""), Service: service, ID: id, Version: now.Number, Published: ruleByID(now.Rules, id), Form: typed, Delete: gone, Clash: at, Draft: d.Exists}
	draft := ruleByID(d.Rules, id)
	switch {
	case draft == nil && p.Published == nil:
		return nil, noRule
	case draft == nil:
		p.Rule, p.Change = *p.Published, "removed"
	default:
		p.Rule = *draft
		for _, change := range responsecodes.Diff(one(p.Published), one(draft)) {
			p.Change = changeText(change)
		}
	}
	p.Fields = compareRules(p.Published, draft)
	if v.may(access.EditCodes) {
		c.editors(p, draft, d)
	}
	if err := c.used(v, p); err != nil {
		return nil, err
	}
	return v.page("coderule", ruleTitle(p.Rule), p, p.Form, p.Delete)
}

func one(r *responsecodes.Rule) []responsecodes.Rule {
	if r == nil {
		return nil
	}
	return []responsecodes.Rule{*r}
}

func ruleTitle(r responsecodes.Rule) string {
	if r.Operation == "" {
		return "Code " + shownCode(r.Code) + " of any operation"
	}
	return "Code " + shownCode(r.Code) + " of " + r.Operation
}

// shownCode writes a code so that its digits are not taken for a card number.
func shownCode(code string) string {
	text := ""
	for _, p := range groups(code) {
		if text += p.Text; p.Class != "" {
			text += " "
		}
	}
	return text
}

// editors fills the forms of somebody who may edit.
func (c *Console) editors(p *ruleView, draft *responsecodes.Rule, d *responsecodes.Draft) {
	p.Vendors = vendors(d.Rules)
	switch {
	case p.Form != nil:
	case draft == nil:
		p.Form = ruleForm(p.Service, p.Rule, "", d.ETag)
		p.Form.Submit = "Put it back into the draft"
	default:
		p.Form = ruleForm(p.Service, *draft, p.ID, d.ETag)
	}
	if p.Delete == nil && draft != nil {
		p.Delete = deleteForm(p.Service)
	}
	if p.Delete != nil {
		p.Delete.Field("etag").Value, p.Delete.Field("id").Value = d.ETag, p.ID
	}
}

func deleteForm(service string) *form {
	f := newForm("delete", codesPath(service, "rule/delete"), "Delete the rule",
		&field{Name: "etag", Type: "hidden", Optional: true}, &field{Name: "id", Type: "hidden", Optional: true})
	f.Danger, f.Confirm = true, "Delete the rule from the draft? What is in force stays until the draft is published."
	return f
}

// vendors are the vendor codes of a table with what they say, the most usual description of each.
func vendors(rules []responsecodes.Rule) []option {
	times, best := map[[2]string]int{}, map[string]string{}
	for _, r := range rules {
		times[[2]string{r.Vendor, r.Description}]++
	}
	var all []option
	for _, r := range rules {
		text, seen := best[r.Vendor]
		if !seen {
			all = append(all, option{Value: r.Vendor})
		}
		if !seen || times[[2]string{r.Vendor, r.Description}] > times[[2]string{r.Vendor, text}] {
			best[r.Vendor] = r.Description
		}
	}
	for i := range all {
		all[i].Label = best[all[i].Value]
	}
	slices.SortFunc(all, func(a, b option) int { return cmp.Compare(a.Value, b.Value) })
	return all[:min(len(all), 200)]
}

// used tells how often the published rule decided.
func (c *Console) used(v *visit, p *ruleView) error {
	if p.Published == nil {
		return nil
	}
	since := c.Now().Add(-hitSpan)
	hits, err := c.Evidence.RuleHits(v.Context(), p.Service, since, hitSpans)
	if err != nil {
		return err
	}
	counts := hits[p.ID]
	if len(counts) != hitSpans {
		counts = make([]int, hitSpans)
	}
	var labels []string
	for i, n := range counts {
		labels = append(labels, since.Add(hitSpan/hitSpans*time.Duration(i)).UTC().Format("2 Jan"))
		p.Total += n
	}
	outcome := string(p.Published.Outcome)
	p.Chart = newChart("How often it decided in 30 days", labels, []series{{outcome, outcome, counts}})
	if c.reaches(v, transactionsPath) {
		words := []word{{"code", p.Rule.Code}, {"source", string(p.Rule.Source)}}
		if p.Rule.Operation != "" {
			words = append(words, word{"op", p.Rule.Operation})
		}
		p.Found = searchAddress(words)
	}
	return nil
}

// rulePath is the page of a rule, "" when there is none for this person.
func (c *Console) rulePath(v *visit, r *responsecodes.Rule) string {
	if !c.reaches(v, codesRoot+"/{service}/rule") {
		return ""
	}
	return ruleAddress(r.Service, "rule", r.ID())
}
