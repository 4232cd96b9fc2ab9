package console

import (
	"errors"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// roleTexts say what a role is for, where it is given.
var roleTexts = map[access.Role]string{
	access.RoleOMS:           "the order management system: sends operations",
	access.RoleTester:        "sends operations and reads messages, on test systems",
	access.RoleViewer:        "looks up what happened",
	access.RoleOperator:      "looks up what happened, asks for balances and settles what nobody knows",
	access.RoleCodeEditor:    "drafts changes of the response codes",
	access.RoleApprover:      "publishes what others drafted, and takes it back",
	access.RoleSecurityAdmin: "keeps people and tokens and reads the audit trail",
	access.RoleAdmin:         "a program that keeps everything and moves no money",
}

func roleOptions(roles []access.Role) []option {
	options := make([]option, len(roles))
	for i, r := range roles {
		options[i] = option{Value: string(r), Label: string(r), Hint: roleTexts[r]}
	}
	return options
}

func inviteForm() *form {
	return newForm("invite", Root+"/people", "Invite",
		&field{Name: "name", Label: "Name", Hint: "Small letters, digits, dots and dashes. It is theirs for ever.", Max: access.MaxTokenName},
		&field{Name: "full_name", Label: "Full name", Optional: true, Max: access.MaxFullName},
		&field{Name: "roles", Label: "Roles", Type: "checks", Options: roleOptions(access.PersonRoles())})
}

func (c *Console) showPeople(v *visit) (*answer, error) { return c.peoplePage(v, inviteForm()) }

func (c *Console) peoplePage(v *visit, f *form) (*answer, error) {
	people, err := c.Door.People(v.Context())
	if err != nil {
		return nil, err
	}
	return v.page("people", "People", struct {
		People []access.Person
		Form   *form
	}{people, f}, f)
}

func (c *Console) invitePerson(v *visit) (*answer, error) {
	f := inviteForm()
	if err := v.read(f); err != nil {
		return nil, err
	}
	if !f.OK() {
		return c.peoplePage(v, f)
	}
	p := access.Person{Name: f.Get("name"), FullName: f.Get("full_name"), Roles: roles(f.All("roles"))}
	l, err := c.Door.Add(v.Context(), v.person.Name, p)
	if err != nil {
		if err := f.refused(err); err != nil {
			return nil, err
		}
		f.sweep("name", "full_name")
		return c.peoplePage(v, f)
	}
	return c.linkPage(v, l)
}

func roles(texts []string) []access.Role {
	var all []access.Role
	for _, text := range texts {
		all = append(all, access.Role(text))
	}
	return all
}

// linkPage shows a one-time link, once.
func (c *Console) linkPage(v *visit, l access.Link) (*answer, error) {
	return v.page("link", "One-time link", struct {
		Link    access.Link
		Address string
	}{l, c.address(l.Path())})
}

// personForms are what can be done to somebody.
type personForms struct{ Roles, Reset, Disable, Enable, End *form }

func formsOf(p access.Person) personForms {
	at := Root + "/people/" + p.Name + "/"
	var given []string
	for _, r := range p.Roles {
		given = append(given, string(r))
	}
	f := personForms{
		Roles: newForm("roles", at+"roles", "Change the roles",
			&field{Name: "roles", Label: "Roles", Type: "checks", Values: given, Options: roleOptions(access.PersonRoles())}),
		Reset:   newForm("reset", at+"reset", "Reset"),
		Disable: newForm("disable", at+"disable", "Shut out"),
		Enable:  newForm("enable", at+"enable", "Let in again"),
		End:     newForm("end", at+"sessions/end", "End the sessions"),
	}
	f.Enable.Quiet, f.End.Quiet = true, true
	f.Reset.Confirm, f.Reset.Danger = "Take "+p.Name+"'s password and second factor away?", true
	f.Disable.Confirm, f.Disable.Danger = "Shut "+p.Name+" out?", true
	return f
}

func (c *Console) showPerson(v *visit) (*answer, error) {
	p, err := c.person(v)
	if err != nil {
		return nil, err
	}
	return c.personPage(v, p, formsOf(p))
}

// person finds the person that the path names.
func (c *Console) person(v *visit) (access.Person, error) {
	p, err := c.Door.Person(v.Context(), v.variable("name"))
	if errors.Is(err, access.ErrNoPerson) {
		return p, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: sentence(err), Err: err}
	}
	return p, err
}

func (c *Console) personPage(v *visit, p access.Person, f personForms) (*answer, error) {
	sessions, err := c.Keeper.Sessions(v.Context(), p.Name)
	if err != nil {
		return nil, err
	}
	return v.page("person", p.Name, struct {
		Person   access.Person
		Forms    personForms
		Sessions []access.Session
		Self     bool
	}{p, f, sessions, p.Name == v.person.Name}, f.Roles, f.Reset, f.Disable, f.Enable, f.End)
}

// changePerson reads one of a person's forms, makes the change and goes back to the person; what the door refuses is
// told at the form.
func (c *Console) changePerson(v *visit, choose func(personForms) *form, change func(access.Person, *form) error, done string) (*answer, error) {
	p, err := c.person(v)
	if err != nil {
		return nil, err
	}
	forms := formsOf(p)
	f := choose(forms)
	if err := v.read(f); err != nil {
		return nil, err
	}
	if f.OK() {
		if err := change(p, f); err != nil {
			if err := f.refused(err); err != nil {
				return nil, err
			}
		}
	}
	if !f.OK() {
		return c.personPage(v, p, forms)
	}
	v.tell(true, done, p.Name)
	return v.redirect(Root + "/people/" + p.Name)
}

func (c *Console) setRoles(v *visit) (*answer, error) {
	return c.changePerson(v, func(f personForms) *form { return f.Roles }, func(p access.Person, f *form) error {
		return c.Door.SetRoles(v.Context(), v.person.Name, p.Name, roles(f.All("roles")))
	}, "The roles of %s are changed. Their sessions have ended.")
}

func (c *Console) disablePerson(v *visit) (*answer, error) {
	return c.changePerson(v, func(f personForms) *form { return f.Disable }, func(p access.Person, _ *form) error {
		return c.Door.Disable(v.Context(), v.person.Name, p.Name)
	}, "%s is shut out. Their sessions and links have ended.")
}

func (c *Console) enablePerson(v *visit) (*answer, error) {
	return c.changePerson(v, func(f personForms) *form { return f.Enable }, func(p access.Person, _ *form) error {
		return c.Door.Enable(v.Context(), v.person.Name, p.Name)
	}, "%s may sign in again.")
}

func (c *Console) endSessions(v *visit) (*answer, error) {
	return c.changePerson(v, func(f personForms) *form { return f.End }, func(p access.Person, _ *form) error {
		_, err := c.endAll(v, p.Name)
		return err
	}, "The sessions of %s have ended.")
}

// resetPerson takes a password away and shows the link by which a new one is chosen.
func (c *Console) resetPerson(v *visit) (*answer, error) {
	var l access.Link
	ans, err := c.changePerson(v, func(f personForms) *form { return f.Reset }, func(p access.Person, _ *form) error {
		made, err := c.Door.Reset(v.Context(), v.person.Name, p.Name)
		if err == nil {
			l = made
		}
		return err
	}, "The password and second factor of %s are taken away.")
	if err != nil || l.Text == "" {
		return ans, err
	}
	v.header.Del("Location")
	return c.linkPage(v, l)
}
