package console

import (
	"slices"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

// cameIn is a code without a rule, as it came.
type cameIn struct {
	responsecodes.Unmapped
	Answer   []piece // the sample's, masked; nil when it is not kept or not for this person
	New      string  // address of a form that is filled in with what is known; "" for whoever may not edit
	Drafted  string  // address of the draft's rule for it; "" for none
	Detail   string  // address of the sample; "" when there is no page of it
	Affected string  // address of all of them
}

// serviceInbox is what came in to one service bureau.
type serviceInbox struct {
	Service string
	Codes   []cameIn
	Beyond  int // that are not shown
}

// Limits of the inbox: codes of each service bureau, and of those the first with their answers.
const (
	maxInbox   = 100
	maxAnswers = 20
)

// showInbox lists the codes that no rule in force knows, of all service bureaus, the ones that came most often first.
func (c *Console) showInbox(v *visit) (*answer, error) {
	p := struct {
		Menu     codesMenu
		Days     days
		Services []serviceInbox
		Several  bool // service bureaus
		Total    int
		Edit     bool
	}{Days: c.lookBack(v), Several: len(c.Services) > 1, Edit: v.may(access.EditCodes)}
	if len(c.Services) > 0 {
		p.Menu = c.codesMenu(v, c.Services[0], "inbox")
	}
	for _, service := range c.Services {
		in, err := c.inbox(v, service, p.Days)
		if err != nil {
			return nil, err
		}
		p.Total += len(in.Codes) + in.Beyond
		p.Services = append(p.Services, in)
	}
	return v.page("codesinbox", "Codes without a rule", p)
}

func (c *Console) inbox(v *visit, service string, d days) (serviceInbox, error) {
	in := serviceInbox{Service: service}
	all, err := c.Explainer.Unmapped(v.Context(), service, d.since)
	if err != nil || len(all) == 0 {
		return in, err
	}
	draft, err := c.Codes.Draft(v.Context(), service)
	if err != nil {
		return in, err
	}
	in.Beyond = max(len(all)-maxInbox, 0)
	for _, u := range all[:len(all)-in.Beyond] {
		in.Codes = append(in.Codes, c.cameIn(v, service, u, draft, d))
	}
	return in, c.answers(v, service, in.Codes[:min(len(in.Codes), maxAnswers)])
}

// cameIn adds the addresses to a code.
func (c *Console) cameIn(v *visit, service string, u responsecodes.Unmapped, draft *responsecodes.Draft, d days) cameIn {
	one := cameIn{Unmapped: u}
	rule := u.Prefilled(service)
	anyway := rule
	anyway.Operation = ""
	for _, r := range []responsecodes.Rule{rule, anyway} {
		if id := r.ID(); one.Drafted == "" && draft.Exists && ruleByID(draft.Rules, id) != nil {
			one.Drafted = ruleAddress(service, "rule", id)
		}
	}
	if v.may(access.EditCodes) {
		one.New = ruleAddress(service, "rule/new", rule.ID())
	}
	if c.reaches(v, transactionsPath+"/{id}") {
		one.Detail = transactionsPath + "/" + u.Sample
	}
	if c.reaches(v, codesRoot+"/{service}/affected") {
		one.Affected = affectedAddress(service, responsecodes.Move{Operation: u.Operation, Source: u.Source, Code: u.Code, Accepted: u.Accepted}, "", d.Chosen)
	}
	return one
}

// answers adds the samples' answers for whoever may read them. Reading them has one entry in the audit trail.
func (c *Console) answers(v *visit, service string, codes []cameIn) error {
	if !v.may(access.ReadExchanges) || len(codes) == 0 {
		return nil
	}
	e := access.Entry{At: c.Now().UTC(), Actor: v.person.Name, Action: "exchange.read", Subject: service, Detail: number(len(codes)) + " sample answers of codes without a rule"}
	if err := c.Auditor.Audit(v.Context(), e); err != nil {
		return &svcgate.Error{Code: svcgate.CodeOverloaded, Reason: "audit_unavailable", Op: "audit",
			Detail: "The audit trail cannot be written, and messages are not shown without an entry. Try again.", Err: err}
	}
	for i := range codes {
		var err error
		if codes[i].Answer, err = c.sample(v.Context(), codes[i].Sample, codes[i].Code); err != nil {
			return err
		}
	}
	return nil
}

// showNewRule is the form of a new rule. For a code of the inbox all is filled in but what it means.
func (c *Console) showNewRule(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	id := v.URL.Query().Get("id")
	if id == "" {
		return c.newRulePage(v, service, nil, nil, nil)
	}
	named, err := responsecodes.ParseID(id)
	if err != nil || named.Service != service {
		return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "The address names no code of this service bureau.", Err: err}
	}
	d := c.lookBack(v)
	all, err := c.Explainer.Unmapped(v.Context(), service, d.since)
	if err != nil {
		return nil, err
	}
	r := named
	var came *cameIn
	if i := slices.IndexFunc(all, func(u responsecodes.Unmapped) bool { return u.Prefilled(service).ID() == id }); i >= 0 {
		draft, err := c.Codes.Draft(v.Context(), service)
		if err != nil {
			return nil, err
		}
		r = all[i].Prefilled(service)
		one := []cameIn{c.cameIn(v, service, all[i], draft, d)}
		if err := c.answers(v, service, one); err != nil {
			return nil, err
		}
		if came = &one[0]; came.Drafted != "" {
			v.tell(true, "The draft has a rule for this code already: this one.")
			return v.redirect(came.Drafted)
		}
	}
	d0, err := c.Codes.Draft(v.Context(), service)
	if err != nil {
		return nil, err
	}
	return c.newRulePage(v, service, ruleForm(service, r, "", d0.ETag), came, nil)
}

// newRulePage shows the form of a rule that is not there yet; nil is an empty one.
func (c *Console) newRulePage(v *visit, service string, f *form, came *cameIn, at *clash) (*answer, error) {
	d, err := c.Codes.Draft(v.Context(), service)
	if err != nil {
		return nil, err
	}
	if f == nil {
		f = ruleForm(service, responsecodes.Rule{}, "", d.ETag)
	}
	title := "A new rule"
	if came != nil {
		title = "What does " + shownCode(came.Code) + " mean?"
	}
	return v.page("coderule", title, &ruleView{Menu: c.codesMenu(v, service, ""), Service: service, Form: f, Vendors: vendors(d.Rules), Came: came, Clash: at}, f)
}
