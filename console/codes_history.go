package console

import (
	"context"
	"strconv"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

// versionRow is a version as the history shows it.
type versionRow struct {
	responsecodes.Version
	Current bool
	Path    string
}

func (c *Console) versions(v *visit, service string) ([]versionRow, error) {
	all, err := c.Codes.Versions(v.Context(), service, responsecodes.MaxVersions)
	if err != nil {
		return nil, err
	}
	rows := make([]versionRow, len(all))
	for i, one := range all {
		rows[i] = versionRow{one, one.Number == c.published(service).Number, codesPath(service, "history/"+strconv.Itoa(one.Number))}
	}
	return rows, nil
}

// showHistory lists the versions, the newest first.
func (c *Console) showHistory(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	p := struct {
		Menu   codesMenu
		Rows   []versionRow
		Turner turner
		Rules  int // in force
	}{Menu: c.codesMenu(v, service, "history"), Rules: len(c.published(service).Rules)}
	all, err := c.versions(v, service)
	if err != nil {
		return nil, err
	}
	p.Turner, p.Rows = turn(v, all)
	return v.page("codeshistory", "History of "+service+"’s codes", p)
}

// rollBackForm takes an earlier version into force again; the version in force is named, so that nobody rolls back
// from another than the one that they saw.
func rollBackForm(service string, number, now int) *form {
	f := newForm("back", codesPath(service, "history/"+strconv.Itoa(number)+"/roll-back"), "Roll back to version "+strconv.Itoa(number),
		&field{Name: "now", Type: "hidden", Value: strconv.Itoa(now), Optional: true},
		&field{Name: "reason", Label: "Why", Max: 4 * responsecodes.MaxReason, Hint: "It stays in the history beside your name; at most 200 characters, and no card numbers."})
	f.Danger = true
	return f
}

// version returns the version that the path names.
func (c *Console) version(v *visit) (*responsecodes.Version, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(v.variable("number"))
	if err != nil || n < 1 {
		return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Reason: "version_not_found", Detail: "Versions are numbered from 1."}
	}
	return c.Codes.Version(v.Context(), service, n)
}

func (c *Console) exportVersion(v *visit) (*answer, error) {
	one, err := c.version(v)
	if err != nil {
		return nil, err
	}
	return v.rules(one.Service+"-v"+strconv.Itoa(one.Number), one.Rules)
}

func (c *Console) showVersion(v *visit) (*answer, error) {
	one, err := c.version(v)
	if err != nil {
		return nil, err
	}
	return c.versionPage(v, one, nil)
}

// against is the version that one is compared with: the one that is asked for, or the one before. 0 is no rules.
func (c *Console) against(v *visit, one *responsecodes.Version, all []versionRow) (*responsecodes.Version, *form, error) {
	field := &field{Name: "against", Label: "Compare with", Type: "select", Optional: true, Value: strconv.Itoa(one.Number - 1)}
	for _, row := range all {
		if row.Number == one.Number {
			continue
		}
		text := "version " + strconv.Itoa(row.Number)
		if row.Current {
			text += ", in force"
		}
		field.Options = append(field.Options, option{Value: strconv.Itoa(row.Number), Label: text})
	}
	field.Options = append(field.Options, option{Value: "0", Label: "no rules"})
	f := newForm("compare", "", "Compare", field)
	if text := v.URL.Query().Get("against"); text != "" {
		if err := field.read([]string{text}, nil); err != nil {
			return nil, nil, err
		}
	}
	n, err := strconv.Atoi(field.Value)
	if err != nil || n <= 0 || !f.OK() {
		return &responsecodes.Version{Service: one.Service}, f, nil
	}
	other, err := c.Codes.Version(v.Context(), one.Service, n)
	return other, f, err
}

func (c *Console) versionPage(v *visit, one *responsecodes.Version, typed *form) (*answer, error) {
	all, err := c.versions(v, one.Service)
	if err != nil {
		return nil, err
	}
	other, compare, err := c.against(v, one, all)
	if err != nil {
		return nil, err
	}
	now := c.published(one.Service)
	p := struct {
		Menu     codesMenu
		V        *responsecodes.Version
		Rules    int
		Current  bool
		Now      int
		Other    int
		Changes  changesView
		Compare  *form
		Back     changesView // what rolling back would change
		RollBack *form
		File     string
	}{Menu: c.codesMenu(v, one.Service, "history"), V: one, Rules: len(one.Rules), Current: one.Number == now.Number, Now: now.Number, Other: other.Number,
		Changes: newChangesView(other.Rules, one.Rules, one.Service, true), Compare: compare, RollBack: typed,
		File: codesPath(one.Service, "history/"+strconv.Itoa(one.Number)+"/rules.csv")}
	if !p.Current {
		p.Back = newChangesView(now.Rules, one.Rules, one.Service, true)
		if v.may(access.PublishCodes) && p.Back.Total > 0 && p.RollBack == nil {
			p.RollBack = rollBackForm(one.Service, one.Number, now.Number)
		}
	}
	return v.page("codesversion", "Version "+strconv.Itoa(one.Number)+" of "+one.Service+"’s codes", p, compare, p.RollBack)
}

// rollBack puts the rules of an earlier version in force again, as a new version.
func (c *Console) rollBack(v *visit) (*answer, error) {
	one, err := c.version(v)
	if err != nil {
		return nil, err
	}
	now := c.published(one.Service).Number
	f := rollBackForm(one.Service, one.Number, now)
	if err := v.read(f); err != nil {
		return nil, err
	}
	seen, _ := strconv.Atoi(f.Get("now"))
	if seen < 1 {
		seen = -1 // a form without it was not made by this page
	}
	if f.OK() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(v.Context()), changeLimit)
		defer cancel()
		made, err := c.Codes.Rollback(ctx, v.person.Name, one.Service, seen, one.Number, f.Get("reason"))
		if err == nil {
			v.tell(true, "Version %d is in force: it says again what version %d said.", made.Number, one.Number)
			return v.redirect(codesPath(one.Service, "history"))
		}
		if err := f.take(err); err != nil {
			return nil, err
		}
		f.Field("now").Value = strconv.Itoa(c.published(one.Service).Number)
	}
	return c.versionPage(v, one, f)
}
