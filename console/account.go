package console

import (
	"context"
	"time"

	"github.com/svcgate/svcgate/access"
)

func passwordForm(p access.Person) *form {
	fields := []*field{
		{Name: "password", Label: "Current password", Type: "password", Autocomplete: "current-password", Max: maxPasswordBytes},
		{Name: "chosen", Label: "New password", Type: "password", Autocomplete: "new-password", Max: maxPasswordBytes, Hint: "At least 15 characters."},
		{Name: "again", Label: "New password once more", Type: "password", Autocomplete: "new-password", Max: maxPasswordBytes},
	}
	if p.HasTOTP {
		fields = append(fields, &field{Name: "code", Label: "Code", Hint: "Six digits from your app.", Autocomplete: "one-time-code", Numeric: true, Max: 16})
	}
	return newForm("password", Root+"/account/password", "Change the password", fields...)
}

func enrolForm() *form {
	return newForm("totp", Root+"/account/totp", "Set up a second factor")
}

func confirmForm() *form {
	return newForm("confirm", Root+"/account/totp/confirm", "Confirm",
		&field{Name: "code", Label: "The code that the app shows", Autocomplete: "one-time-code", Numeric: true, Max: 16})
}

func endOwnForm() *form {
	f := newForm("sessions", Root+"/account/sessions/end", "End the others")
	f.Quiet = true
	return f
}

func (c *Console) showAccount(v *visit) (*answer, error) {
	return c.accountPage(v, passwordForm(v.person))
}

func (c *Console) accountPage(v *visit, password *form) (*answer, error) {
	sessions, err := c.Keeper.Sessions(v.Context(), v.person.Name)
	if err != nil {
		return nil, err
	}
	return v.page("account", "Your account", struct {
		Password, Enrol, End *form
		Sessions             []access.Session
		Idle, Absolute       time.Duration
		MostSessions         int
	}{password, enrolForm(), endOwnForm(), sessions, IdleLimit, AbsoluteLimit, access.MaxSessions}, password)
}

// changePassword ends every session of the person and begins this one anew.
func (c *Console) changePassword(v *visit) (*answer, error) {
	f := passwordForm(v.person)
	if err := v.read(f); err != nil {
		return nil, err
	}
	again(f)
	if !f.OK() {
		return c.accountPage(v, f)
	}
	code := ""
	if v.person.HasTOTP {
		code = f.Get("code")
	}
	err := c.Door.SetPassword(v.Context(), v.person.Name, f.Get("password"), code, f.Get("chosen"), v.from())
	if err != nil {
		if err := f.refused(err); err != nil {
			return nil, err
		}
		return c.accountPage(v, f)
	}
	if err := c.beginSession(v, v.person); err != nil {
		return nil, err
	}
	v.tell(true, "The password is changed. Your other sessions have ended.")
	return v.redirect(Root + "/account")
}

func (c *Console) enrolTOTP(v *visit) (*answer, error) {
	if err := v.read(enrolForm()); err != nil {
		return nil, err
	}
	return c.enrolPage(v, confirmForm())
}

func (c *Console) enrolPage(v *visit, f *form) (*answer, error) {
	enrolment, err := c.Door.EnrolTOTP(v.Context(), v.person.Name)
	if err != nil {
		page := passwordForm(v.person)
		if err := page.refused(err); err != nil {
			return nil, err
		}
		return c.accountPage(v, page)
	}
	code, err := newQR(enrolment.URI)
	if err != nil {
		return nil, err
	}
	return v.page("totp", "Second factor", struct {
		Enrolment access.Enrolment
		QR        *qrCode
		Form      *form
	}{enrolment, code, f}, f)
}

// confirmTOTP ends every session of the person and goes on with this one under a new id.
func (c *Console) confirmTOTP(v *visit) (*answer, error) {
	f := confirmForm()
	if err := v.read(f); err != nil {
		return nil, err
	}
	if !f.OK() {
		return c.enrolPage(v, f)
	}
	if err := c.Door.ConfirmTOTP(v.Context(), v.person.Name, f.Get("code")); err != nil {
		if err := f.refused(err); err != nil {
			return nil, err
		}
		return c.enrolPage(v, f)
	}
	if err := c.renewSession(v); err != nil {
		return nil, err
	}
	v.tell(true, "The second factor is set up. Your other sessions have ended; from now on signing in asks for a code.")
	return v.redirect(Root + "/account")
}

// endOwnSessions ends all of the person's sessions and goes on with this one under a new id.
func (c *Console) endOwnSessions(v *visit) (*answer, error) {
	if err := v.read(endOwnForm()); err != nil {
		return nil, err
	}
	ended, err := c.endAll(v, v.person.Name)
	if err != nil {
		return nil, err
	}
	if err := c.renewSession(v); err != nil {
		return nil, err
	}
	v.tell(true, "%s ended.", sessionsText(max(ended-1, 0)))
	return v.redirect(Root + "/account")
}

// endAll ends a person's sessions.
func (c *Console) endAll(v *visit, person string) (int, error) {
	return c.Keeper.EndSessions(context.WithoutCancel(v.Context()), person, "",
		access.Entry{At: c.Now().UTC(), Actor: v.person.Name, Action: "person.sessions", Subject: person, Detail: "sessions ended"})
}

func sessionsText(n int) string {
	if n == 1 {
		return "1 session has"
	}
	return number(n) + " sessions have"
}
