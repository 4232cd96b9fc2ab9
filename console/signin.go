package console

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// home sends a person to the first page that is theirs.
func (c *Console) home(v *visit) (*answer, error) {
	for _, g := range c.menu(v) {
		return v.redirect(g.Links[0].Path)
	}
	return v.redirect(Root + "/account")
}

func signInForm(next string) *form {
	return newForm("sign-in", Root+"/sign-in", "Sign in",
		&field{Name: "name", Label: "Name", Autocomplete: "username", Max: access.MaxTokenName},
		&field{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password", Max: maxPasswordBytes},
		&field{Name: "code", Label: "Code", Hint: "Six digits from your app, if you have set up a second factor.", Autocomplete: "one-time-code", Numeric: true, Optional: true, Max: 16},
		&field{Name: "next", Type: "hidden", Value: next, Optional: true, Max: 2000})
}

// maxPasswordBytes lets a password of any writing through to the door, which counts characters.
const maxPasswordBytes = 4 * access.MaxPassword

func (c *Console) showSignIn(v *visit) (*answer, error) {
	if v.person.Name != "" {
		return v.redirect(local(v.URL.Query().Get("next")))
	}
	return c.signInPage(v, signInForm(local(v.URL.Query().Get("next"))))
}

// signInPage tells who comes to a system without people how the first one gets in.
func (c *Console) signInPage(v *visit, f *form) (*answer, error) {
	people, err := c.Door.People(v.Context())
	if err != nil {
		return nil, err
	}
	return v.page("signin", "Sign in", struct {
		Form  *form
		Empty bool
	}{f, len(people) == 0}, f)
}

func (c *Console) signIn(v *visit) (*answer, error) {
	f := signInForm("")
	if err := v.read(f); err != nil {
		return nil, err
	}
	if !f.OK() {
		return c.signInPage(v, f)
	}
	person, err := c.Door.SignIn(v.Context(), f.Get("name"), f.Get("password"), f.Get("code"), v.from())
	if err != nil {
		if err := f.refused(err); err != nil {
			return nil, err
		}
		return c.signInPage(v, f)
	}
	if err := c.beginSession(v, person); err != nil {
		return nil, err
	}
	return v.redirect(local(f.Get("next")))
}

// signOut ends the session and has the browser forget what it kept of us.
func (c *Console) signOut(v *visit) (*answer, error) {
	if name := v.person.Name; name != "" {
		if err := c.Door.SignOut(context.WithoutCancel(v.Context()), name, v.from()); err != nil {
			return nil, err
		}
	}
	if err := c.sessions.Destroy(v.Context()); err != nil {
		return nil, &svcgate.Error{Code: svcgate.CodeOverloaded, Reason: "sessions_unavailable", Op: "ending the session",
			Detail: "Your session may not have ended. Try again.", Err: err}
	}
	v.header.Set("Clear-Site-Data", `"cache", "cookies", "storage"`)
	return v.redirect(Root + "/sign-in")
}

// refused puts what the door says at its field, and returns what is a failure of ours.
func (f *form) refused(err error) error {
	at := ""
	switch {
	case errors.Is(err, access.ErrPasswordLength), errors.Is(err, access.ErrPasswordWeak):
		at = "chosen"
	case errors.Is(err, access.ErrPersonName), errors.Is(err, access.ErrNameTaken):
		at = "name"
	case errors.Is(err, access.ErrFullName):
		at = "full_name"
	case errors.Is(err, access.ErrRoles):
		at = "roles"
	case errors.Is(err, access.ErrWrongCode):
		at = "code"
	case errors.Is(err, access.ErrWrong), errors.Is(err, access.ErrOneself), errors.Is(err, access.ErrLastAdmin), errors.Is(err, access.ErrLink),
		errors.Is(err, access.ErrNotFirst), errors.Is(err, access.ErrHasTOTP), errors.Is(err, access.ErrNoSealer), errors.Is(err, access.ErrDisabled):
	case errors.Is(err, access.ErrNoPerson):
		return &svcgate.Error{Code: svcgate.CodeNotFound, Detail: sentence(err), Err: err}
	default:
		if _, throttled := errors.AsType[*access.ThrottledError](err); !throttled {
			return err
		}
	}
	f.Wrong(at, sentence(err))
	return nil
}

// sentence makes a sentence of an error that says what to do.
func sentence(err error) string {
	text := err.Error()
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:] + "."
}

// welcomeForm is for choosing a password, and for the first person a name.
func welcomeForm(l access.Link) *form {
	fields := []*field{
		{Name: "chosen", Label: "Password", Type: "password", Autocomplete: "new-password", Max: maxPasswordBytes,
			Hint: "At least 15 characters. A sentence is easy to remember and hard to guess."},
		{Name: "again", Label: "Password once more", Type: "password", Autocomplete: "new-password", Max: maxPasswordBytes},
	}
	if l.Kind == access.LinkBootstrap {
		name := &field{Name: "name", Label: "Your name", Autocomplete: "username", Max: access.MaxTokenName,
			Hint: "Small letters, digits, dots and dashes. The audit trail names you by it, for ever."}
		fields = append([]*field{name}, fields...)
	}
	return newForm("welcome", l.Path(), "Go on", fields...)
}

func (c *Console) showWelcome(v *visit) (*answer, error) {
	l, err := c.openLink(v)
	if err != nil {
		return nil, err
	}
	return c.welcomePage(v, l, welcomeForm(l))
}

// openLink finds the link that the path holds. It is not taken up by looking: mail programs look too.
func (c *Console) openLink(v *visit) (access.Link, error) {
	text := v.variable("link")
	l, err := c.Door.Link(v.Context(), text)
	if errors.Is(err, access.ErrLink) {
		return l, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: sentence(err) + " Ask for a new one.", Err: err}
	}
	l.Text = text
	return l, err
}

func (c *Console) welcomePage(v *visit, l access.Link, f *form) (*answer, error) {
	return v.page("welcome", "Welcome", struct {
		Link  access.Link
		First bool
		Form  *form
	}{l, l.Kind == access.LinkBootstrap, f}, f)
}

// welcome takes up a one-time link and signs its person in.
func (c *Console) welcome(v *visit) (*answer, error) {
	l, err := c.openLink(v)
	if err != nil {
		return nil, err
	}
	f := welcomeForm(l)
	if err := v.read(f); err != nil {
		return nil, err
	}
	name := l.Person
	if l.Kind == access.LinkBootstrap {
		name = f.Get("name")
	}
	again(f)
	if !f.OK() {
		return c.welcomePage(v, l, f)
	}
	person, err := c.Door.Redeem(v.Context(), l.Text, name, f.Get("chosen"), v.from())
	if err != nil {
		if err := f.refused(err); err != nil {
			return nil, err
		}
		return c.welcomePage(v, l, f)
	}
	if err := c.beginSession(v, person); err != nil {
		return nil, err
	}
	v.tell(true, "You are signed in. Set up a second factor next: with it a password alone opens nothing.")
	return v.redirect(Root + "/account")
}

// again compares what was chosen with its repetition.
func again(f *form) {
	if f.OK() && f.Get("chosen") != f.Get("again") {
		f.Wrong("again", "This is not the same as above.")
	}
}

// Names of the fields by which a password is asked for again.
const (
	proofPassword = "proof_password"
	proofCode     = "proof_code"
)

// pair is a field of a form that waits for the proof.
type pair struct{ Name, Value string }

// prove asks for the password again before what matters most, unless it was given lately. The form that was sent waits
// on the page that asks and goes on with the proof.
func (c *Console) prove(v *visit) (*answer, error) {
	if err := v.parse(false); err != nil {
		return nil, err
	}
	password, given := v.PostForm[proofPassword]
	code := strings.TrimSpace(v.PostForm.Get(proofCode))
	v.PostForm.Del(proofPassword)
	v.PostForm.Del(proofCode)
	ctx := v.Context()
	if c.Now().Sub(c.instant(ctx, keyProved)) < ProofLimit {
		return nil, nil
	}
	f := newForm("proof", v.URL.RequestURI(), "Go on",
		&field{Name: proofPassword, Label: "Your password", Type: "password", Autocomplete: "current-password", Max: maxPasswordBytes})
	if v.person.HasTOTP {
		f = newForm("proof", f.Action, f.Submit, f.Fields[0],
			&field{Name: proofCode, Label: "Code", Hint: "Six digits from your app. Each is good once.", Autocomplete: "one-time-code", Numeric: true, Max: 16})
	}
	if given {
		err := c.Door.Confirm(ctx, v.person.Name, strings.Join(password, ""), code, v.from())
		if err == nil {
			return nil, c.proved(v)
		}
		if err := f.refused(err); err != nil {
			return nil, err
		}
	}
	var waiting []pair
	for name, values := range v.PostForm {
		for _, value := range values {
			waiting = append(waiting, pair{name, value})
		}
	}
	return v.page("prove", "Is it you?", struct {
		Form    *form
		Waiting []pair
	}{f, waiting}, f)
}

// proved gives the session a new id, as rights grew, and keeps its end. It is written before the route does anything.
func (c *Console) proved(v *visit) error {
	ctx := v.Context()
	if err := c.sessions.RenewToken(ctx); err != nil {
		return sessionsUnavailable(err)
	}
	c.sessions.SetDeadline(ctx, c.instant(ctx, keyBegun).Add(AbsoluteLimit))
	c.sessions.Put(ctx, keyProved, c.Now().Unix())
	return c.saveNew(v)
}

// address makes an absolute address of ours, for links that leave the page.
func (c *Console) address(path string) string {
	u, err := url.Parse(path)
	if err != nil {
		return c.URL.String()
	}
	return c.URL.ResolveReference(u).String()
}
