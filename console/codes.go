package console

import (
	"bytes"
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

const codesRoot = Root + "/codes"

// codesPath is the address of a page of a service bureau's response codes.
func codesPath(service, page string) string {
	return codesRoot + "/" + url.PathEscape(service) + "/" + page
}

// ruleAddress is the address of a page about the rule with the id.
func ruleAddress(service, page, id string) string {
	return codesPath(service, page) + "?" + url.Values{"id": {id}}.Encode()
}

// sourceTexts say where in an answer a code stands.
var sourceTexts = map[svcgate.Source]string{
	svcgate.SourceErrorCode:    "error code",
	svcgate.SourceReasonCode:   "reason code",
	svcgate.SourceResponseCode: "response code",
	svcgate.SourceTransport:    "no answer",
}

// codesMenu links the pages of a service bureau's codes.
type codesMenu struct {
	Service  string
	Services []menuItem // more than one
	Items    []menuItem
}

type menuItem struct {
	Label, Path string
	Here        bool
}

// codesMenu leaves out what the person may not open. here is the page below the service bureau.
func (c *Console) codesMenu(v *visit, service, here string) codesMenu {
	m := codesMenu{Service: service}
	for _, one := range []struct{ label, page string }{{"Rules", "rules"}, {"Draft", "draft"}, {"Dry run", "dry-run"}, {"History", "history"}, {"Import", "import"}} {
		if c.reaches(v, codesRoot+"/{service}/"+one.page) {
			m.Items = append(m.Items, menuItem{one.label, codesPath(service, one.page), one.page == here})
		}
	}
	m.Items = append(m.Items, menuItem{"Inbox", codesRoot + "/inbox", here == "inbox"})
	if len(c.Services) > 1 && here != "inbox" {
		for _, s := range c.Services {
			m.Services = append(m.Services, menuItem{s, codesPath(s, cmp.Or(here, "rules")), s == service})
		}
	}
	return m
}

// service returns the service bureau that the path names.
func (c *Console) service(v *visit) (string, error) {
	if s := v.variable("service"); slices.Contains(c.Services, s) {
		return s, nil
	}
	return "", &svcgate.Error{Code: svcgate.CodeNotFound, Reason: "service_not_found", Detail: "There is no service bureau of this code."}
}

// published returns the version in force, an empty version 0 for none.
func (c *Console) published(service string) *responsecodes.Version {
	if v := c.Codes.Published(service); v != nil {
		return v
	}
	return &responsecodes.Version{Service: service}
}

func (c *Console) showAnyCodes(v *visit) (*answer, error) {
	if len(c.Services) == 0 {
		return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "No service bureau is set up."}
	}
	return v.redirect(codesPath(c.Services[0], "rules"))
}

// How far back hits are counted, and in how many spans.
const (
	hitSpan  = 30 * 24 * time.Hour
	hitSpans = 30
)

// ruleRow is a rule as the list shows it. Rules are shared and not changed.
type ruleRow struct {
	*responsecodes.Rule
	id     string
	Change string // in the draft: new, changed, removed; "" for none
	Hits   int
	Path   string
	Spark  *spark
}

// ruleRows joins what is published with what the draft makes of it, in order of ids.
func ruleRows(published []responsecodes.Rule, changes []responsecodes.Change, hits map[string][]int) []ruleRow {
	changed := make(map[string]string, len(changes))
	rows := make([]ruleRow, 0, len(published)+len(changes))
	for _, ch := range changes {
		changed[ch.ID] = changeText(ch)
		if ch.Before == nil {
			rows = append(rows, ruleRow{Rule: ch.After, id: ch.ID, Change: changeText(ch)})
		}
	}
	for i := range published {
		id := published[i].ID()
		row := ruleRow{Rule: &published[i], id: id, Change: changed[id]}
		for _, n := range hits[id] {
			row.Hits += n
		}
		rows = append(rows, row)
	}
	return rows
}

func changeText(c responsecodes.Change) string {
	switch {
	case c.Before == nil:
		return "new"
	case c.After == nil:
		return "removed"
	}
	return "changed"
}

// Choices of the list.
var (
	ruleShows  = []option{{Value: "", Label: "all rules"}, {Value: "changed", Label: "changed in the draft"}, {Value: "unused", Label: "not used in 30 days"}}
	ruleOrders = []option{{Value: "", Label: "code"}, {Value: "hits", Label: "most used"}, {Value: "updated", Label: "last changed"}}
)

func rulesFilter() *form {
	return newForm("filter", "", "Show",
		&field{Name: "q", Label: "Find", Type: "search", Optional: true, Max: 100},
		&field{Name: "show", Label: "Show", Type: "select", Optional: true, Options: slices.Clone(ruleShows)},
		&field{Name: "outcome", Label: "Outcome", Type: "select", Optional: true, Options: choices("any", svcgate.Outcomes())},
		&field{Name: "order", Label: "In order of", Type: "select", Optional: true, Options: slices.Clone(ruleOrders)})
}

// chooseRules keeps the rows that the filter lets through, in its order. Words are looked for in what the list shows of a
// rule, and in its messages.
func chooseRules(rows []ruleRow, f *form) []ruleRow {
	words := strings.Fields(strings.ToLower(f.Get("q")))
	rows = slices.DeleteFunc(rows, func(r ruleRow) bool {
		switch show := f.Get("show"); {
		case show == "unused" && (r.Hits > 0 || r.Change == "new"), show == "changed" && r.Change == "":
			return true
		}
		if o := f.Get("outcome"); o != "" && string(r.Outcome) != o {
			return true
		}
		if len(words) == 0 {
			return false
		}
		text := strings.ToLower(r.id + "\n" + sourceTexts[r.Source] + "\n" + r.Vendor + "\n" + r.Description + "\n" + r.HoldReason + "\n" + strings.Join(r.Messages, "\n"))
		return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
	})
	byCode := func(a, b ruleRow) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Operation, b.Operation))
	}
	slices.SortFunc(rows, func(a, b ruleRow) int {
		switch f.Get("order") {
		case "hits":
			return cmp.Or(cmp.Compare(b.Hits, a.Hits), byCode(a, b))
		case "updated":
			return cmp.Or(b.Updated.Compare(a.Updated), byCode(a, b))
		}
		return byCode(a, b)
	})
	return rows
}

// draftNote is what a list says of the draft.
type draftNote struct {
	Changes int
	Editors []string
	Updated time.Time
	Path    string
}

// showCodes is the list of a service bureau's rules: what is in force, and what the draft makes of it.
func (c *Console) showCodes(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	ctx, now := v.Context(), c.published(service)
	p := struct {
		Menu      codesMenu
		Version   *responsecodes.Version
		Form      *form
		Filtered  bool
		Rows      []ruleRow
		Total     int // in force
		Found     int
		Turner    turner
		Draft     *draftNote
		Unmapped  int
		New, File string
	}{Menu: c.codesMenu(v, service, "rules"), Version: now, Form: rulesFilter(), Total: len(now.Rules), File: codesPath(service, "rules.csv")}
	if v.may(access.EditCodes) {
		p.New = codesPath(service, "rule/new")
	}
	asked, err := v.ask(p.Form)
	if err != nil {
		return nil, err
	}
	if p.Filtered = len(asked) > 0; !p.Form.OK() {
		return v.page("codes", "Response codes of "+service, p, p.Form)
	}
	d, err := c.Codes.Draft(ctx, service)
	if err != nil {
		return nil, err
	}
	var changes []responsecodes.Change
	if d.Exists {
		changes = responsecodes.Diff(now.Rules, d.Rules)
		p.Draft = &draftNote{len(changes), d.Editors, d.Updated, codesPath(service, "draft")}
	}
	hits, err := c.Evidence.RuleHits(ctx, service, c.Now().Add(-hitSpan), hitSpans)
	if err != nil {
		return nil, err
	}
	if p.Unmapped, err = c.Unmapped(ctx, c.Now().Add(-hitSpan)); err != nil {
		return nil, err
	}
	rows := chooseRules(ruleRows(now.Rules, changes, hits), p.Form)
	p.Found = len(rows)
	p.Turner, p.Rows = turn(v, rows)
	for i := range p.Rows {
		r := &p.Rows[i]
		r.Path = ruleAddress(service, "rule", r.id)
		r.Spark = newSpark(hits[r.id])
	}
	return v.page("codes", "Response codes of "+service, p)
}

// turner links the pages of a list that is known as a whole.
type turner struct {
	Page, Pages                 int
	First, Previous, Next, Last string
}

// turn cuts the page that the query asks for out of a list.
func turn[T any](v *visit, all []T) (turner, []T) {
	t := turner{Pages: max((len(all)+pageRows-1)/pageRows, 1)}
	t.Page, _ = strconv.Atoi(v.URL.Query().Get("page")) // what is no number is the first page
	t.Page = min(max(t.Page, 1), t.Pages)
	to := func(page int) string {
		q := v.URL.Query()
		q.Set("page", strconv.Itoa(page))
		return (&url.URL{Path: v.URL.EscapedPath(), RawQuery: q.Encode()}).String()
	}
	if t.Page > 1 {
		t.First, t.Previous = to(1), to(t.Page-1)
	}
	if t.Page < t.Pages {
		t.Next, t.Last = to(t.Page+1), to(t.Pages)
	}
	from := (t.Page - 1) * pageRows
	return t, all[from:min(from+pageRows, len(all))]
}

// exportCodes is the published table as CSV, or the draft.
func (c *Console) exportCodes(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	if v.URL.Query().Get("of") == "draft" {
		d, err := c.Codes.Draft(v.Context(), service)
		if err != nil {
			return nil, err
		}
		return v.rules(service+"-draft", d.Rules)
	}
	now := c.published(service)
	return v.rules(service+"-v"+strconv.Itoa(now.Number), now.Rules)
}

func (v *visit) rules(name string, rules []responsecodes.Rule) (*answer, error) {
	var out bytes.Buffer
	if err := responsecodes.WriteCSV(&out, rules); err != nil {
		return nil, err
	}
	return v.download("codes-"+name+".csv", "text/csv; charset=utf-8", out.Bytes())
}

// lookBack reads how many days a page looks back, one of those that it offers.
func (c *Console) lookBack(v *visit) days {
	d := days{Chosen: 30, Choices: []int{1, 7, 30, 90}}
	if n, err := strconv.Atoi(v.URL.Query().Get("days")); err == nil && slices.Contains(d.Choices, n) {
		d.Chosen = n
	}
	d.since = c.Now().Add(-time.Duration(d.Chosen) * 24 * time.Hour)
	return d
}

type days struct {
	Chosen  int
	Choices []int
	since   time.Time
}

// sample is a stored answer as it may be shown; nil when it is not kept or not for this person. Reading it is audited
// by the caller.
func (c *Console) sample(ctx context.Context, id, code string) ([]piece, error) {
	x, err := c.Evidence.Exchange(ctx, id)
	if svcgate.CodeOf(err) == svcgate.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	body := x.Received
	if len(body) > maxSample {
		body = body[:maxSample]
	}
	pieces := pretty(body)
	for i := range pieces {
		if p := &pieces[i]; p.Class == "v" && strings.Trim(p.Text, `"'`) == code {
			p.Class = "v hit"
		}
	}
	return pieces, nil
}

// maxSample is how much of an answer is shown as a sample, in bytes.
const maxSample = 16 << 10
