package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
)

// stranger meets the sign-in page on the way to any other.
func (w *walk) stranger(context.Context) error {
	p, err := w.arrives("stranger")
	if err != nil {
		return err
	}
	if err := all(p.opens("/console/transactions?q=card%3A0017"), p.isAt("/console/sign-in"), p.reads("Nobody can sign in yet", "people bootstrap")); err != nil {
		return err
	}
	return w.look(p.tab, "")
}

// firstPerson comes in by the link of people bootstrap.
func (w *walk) firstPerson(context.Context) error {
	p, err := w.arrives("ada")
	if err != nil {
		return err
	}
	return all(p.opens(w.link), p.reads("You are the first person here"), w.looksAt(p.tab, "welcome"),
		p.fills("Your name", "ada"), p.fills("Password", "password123"), p.fills("Password once more", "password123"),
		p.meets(422), p.follows("Go on"), p.reads("Please set this right"), w.looksAt(p.tab, ""),
		p.meets(0),
		p.fills("Password", p.password), p.fills("Password once more", p.password), p.follows("Go on"),
		p.isAt("/console/account"), p.reads("You are signed in", "security-admin"),
		p.meets(404), p.opens(w.link), p.reads("Nothing here"), w.looksAt(p.tab, ""), p.meets(0))
}

// secondFactor sets an app up that shows codes, and signs in with it.
func (w *walk) secondFactor(context.Context) error {
	p := w.as("ada")
	if err := all(p.opens("/console/account"), w.looksAt(p.tab, "account"), p.follows("Set up a second factor"), w.looksAt(p.tab, "")); err != nil {
		return err
	}
	secret, err := p.content("#secret")
	if err != nil || secret == "" {
		return errors.Join(errors.New("the page shows no secret"), err)
	}
	p.secret = secret
	if err := all(func() error { return p.proof("The code that the app shows", 0) }, p.follows("Confirm"), p.reads("The second factor is set up"), p.follows("Sign out"), p.isAt("/console/sign-in")); err != nil {
		return err
	}
	if err := all(p.reads("No account?"), w.looksAt(p.tab, "sign-in"), p.fills("Name", "ada"), p.fills("Password", "The password of bob is long"),
		p.meets(422), p.follows("Sign in"), p.reads("Please set this right"), p.meets(0),
		w.looksAt(p.tab, "")); err != nil {
		return err
	}
	return w.signIn(p)
}

// signIn signs somebody in whose password is known, at the sign-in page.
func (w *walk) signIn(p *person) error {
	if err := all(p.fills("Name", p.name), p.fills("Password", p.password)); err != nil {
		return err
	}
	if p.secret != "" {
		if err := p.proof("Code", 1); err != nil {
			return err
		}
	}
	if err := all(p.follows("Sign in"), p.reads("Sign out")); err != nil {
		return err
	}
	return nil
}

// proof types the code that the app shows. A code is good once, so that a second one within the same half minute is that
// of the next, which is taken as well.
func (p *person) proof(label string, next int) error {
	code, err := totp.GenerateCode(p.secret, time.Now().Add(time.Duration(next)*30*time.Second))
	if err != nil {
		return fmt.Errorf("making a code: %w", err)
	}
	return p.fill(label, code)
}

// The people whom ada invites.
var invited = []struct{ name, full, role string }{
	{"erin", "Erin Editor", "code-editor"},
	{"paul", "Paul Approver", "approver"},
	{"olga", "Olga Operator", "operator"},
	{"vic", "Vic Viewer", "viewer"},
}

func (w *walk) invitations(context.Context) error {
	for i, who := range invited {
		ada := w.as("ada")
		if err := all(ada.opens("/console/people"), ada.fills("Name", who.name), ada.fills("Full name", who.full), ada.ticks(who.role),
			ada.follows("Invite"), ada.reads("Hand this link to "+who.name)); err != nil {
			return err
		}
		link, err := ada.content("#link")
		if err != nil || !strings.HasPrefix(link, w.url) {
			return errors.Join(fmt.Errorf("the link is %q", link), err)
		}
		if i == 0 {
			if err := w.look(ada.tab, "one-time-link"); err != nil {
				return err
			}
		}
		p, err := w.arrives(who.name)
		if err != nil {
			return err
		}
		if err := all(p.opens(link), p.reads("This link is for "+who.name), p.fills("Password", p.password), p.fills("Password once more", p.password),
			p.follows("Go on"), p.reads(who.full, who.role)); err != nil {
			return err
		}
	}
	ada := w.as("ada")
	return all(ada.opens("/console/people"), ada.reads("Erin Editor", "may sign in"), w.looksAt(ada.tab, "people"),
		ada.follows("paul"), ada.reads("Paul Approver", "Roles"), w.looksAt(ada.tab, "person"))
}

// tokens makes a token and revokes it.
func (w *walk) tokens(context.Context) error {
	p := w.as("ada")
	return all(p.opens("/console/tokens"), p.fills("Name", "till-2"), func() error { return p.choose("Role", "tester") }, p.follows("Make the token"), w.proves(p),
		p.reads("till-2", "svc_"), w.looksAt(p.tab, ""), p.follows("To the tokens"), p.reads("till-2"),
		func() error { return p.follow("Revoke", "till-2") }, p.reads("revoked"), w.looksAt(p.tab, "tokens"))
}

// proves gives the password once more where a page asks for it.
func (w *walk) proves(p *person) func() error {
	return func() error {
		asked, err := p.content("#proof")
		if err != nil || asked == "" {
			return err
		}
		if err := all(w.looksAt(p.tab, "prove"), p.fills("Your password", p.password)); err != nil {
			return err
		}
		if p.secret != "" {
			if err := p.proof("Code", 0); err != nil {
				return err
			}
		}
		return p.follow("Go on", "")
	}
}

// roles gives somebody a second role and somebody else none at all any more.
func (w *walk) roles(context.Context) error {
	ada, vic := w.as("ada"), w.people["vic"]
	if err := all(ada.opens("/console/people/vic"), ada.follows("End the sessions"), w.proves(ada), ada.reads("The sessions of vic have ended")); err != nil {
		return err
	}
	w.as("vic")
	if err := all(vic.follows("Desk"), vic.isAt("/console/sign-in"), func() error { return w.signIn(vic) }, vic.isAt("/console/desk"),
		vic.meets(403), vic.opens("/console/people"), vic.reads("Not with your roles"), w.looksAt(vic.tab, "refused"),
		vic.meets(404), vic.opens("/console/nowhere"), vic.reads("Nothing here"), w.looksAt(vic.tab, ""),
		vic.meets(0), vic.opens("/console/desk")); err != nil {
		return err
	}
	w.as("ada")
	if err := all(ada.opens("/console/people/vic"), ada.follows("Shut out"), w.proves(ada), ada.reads("vic is shut out"), ada.opens("/console/people"), ada.reads("shut out")); err != nil {
		return err
	}
	if asked := ada.asked(); len(asked) == 0 {
		return errors.New("vic was shut out without a question")
	}
	w.as("vic")
	if err := all(vic.follows("Overview"), vic.isAt("/console/sign-in")); err != nil {
		return err
	}
	w.as("ada")
	if err := all(ada.opens("/console/people/vic"), ada.follows("Let in again"), w.proves(ada), ada.reads("may sign in again")); err != nil {
		return err
	}
	w.as("vic")
	return w.signIn(vic)
}

// audit finds in the trail what was done.
func (w *walk) audit(context.Context) error {
	p := w.as("ada")
	if err := all(p.opens("/console/audit"), w.looksAt(p.tab, "audit"), p.reads("vic", "ada")); err != nil {
		return err
	}
	text, err := w.save(p.tab, "/console/audit.csv")
	if err != nil {
		return err
	}
	for _, event := range []string{"ada,person.add,erin", "codes.publish", "codes.rollback", "transaction.settle", "exchange.read"} {
		if !strings.Contains(text, event) {
			err = errors.Join(err, fmt.Errorf("the audit trail does not hold %q", event))
		}
	}
	return err
}

// save keeps a file of the table of routes.
func (w *walk) save(t *tab, path string) (string, error) {
	text, err := t.download(path)
	if err == nil {
		w.visited(path, t)
	}
	return text, err
}
