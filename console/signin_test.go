package console_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/console"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	wantPage(t, s.browser().get("/console/sign-in"), http.StatusOK, "Nobody can sign in yet", "svcgate people bootstrap")
	s.person("ann", access.RoleViewer)
	b := s.browser()
	wantRedirect(t, b.get("/console/bureaus?x=1"), "/console/sign-in?next=%2Fconsole%2Fbureaus%3Fx%3D1")
	if b.cookie != nil {
		t.Error("somebody who is not signed in has a cookie")
	}
	wantPage(t, b.get("/console/sign-in?next=%2Fconsole%2Fbureaus%3Fx%3D1"), http.StatusOK, `name="next" value="/console/bureaus?x=1"`)
	w := b.post("/console/sign-in", "name", " Ann ", "password", password, "next", "/console/bureaus?x=1")
	wantRedirect(t, w, "/console/bureaus?x=1")
	c := b.cookie
	if c == nil || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 || c.Name != "__Host-svcgate" {
		t.Errorf("cookie %+v", c)
	}
	wantRedirect(t, b.get("/console"), "/console/overview")
	wantRedirect(t, b.get("/console/sign-in?next=/console/bureaus"), "/console/bureaus")
}

// What is wrong is told in one way, whatever it was, and nothing of it is shown again.
func TestSignInRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("ann", access.RoleViewer)
	s.person("gone", access.RoleViewer)
	if err := s.door.Disable(t.Context(), "test", "gone"); err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]string{
		"wrong password": {"ann", "wrong password of ann"},
		"unknown name":   {"bob", password},
		"shut out":       {"gone", password},
		"markup":         {"<script>alert(1)</script>", password},
	} {
		b := s.browser()
		w := b.post("/console/sign-in", "name", pair[0], "password", pair[1])
		wantPage(t, w, http.StatusUnprocessableEntity, "Name, password or code is wrong.")
		if strings.Contains(w.Body.String(), pair[1]) || strings.Contains(w.Body.String(), "<script>a") || b.cookie != nil {
			t.Errorf("%s: what was given is shown, or a session began\n%s", name, w.Body)
		}
	}
	b := s.browser()
	wantPage(t, b.post("/console/sign-in", "name", "ann"), http.StatusUnprocessableEntity, `<a href="#sign-in-password">Password: Fill this in.</a>`)
	wantPage(t, b.post("/console/sign-in", "name", "ann", "password", password, "admin", "1"), http.StatusUnprocessableEntity, "a field that this page does not have")
	wantPage(t, b.post("/console/sign-in", "name", "ann", "name", "bob", "password", password), http.StatusUnprocessableEntity, "came twice")
	wantPage(t, b.post("/console/sign-in", "name", "ann", "password", "\xff"), http.StatusUnprocessableEntity)
	wantPage(t, b.post("/console/sign-in", "name", "ann", "password", strings.Repeat("x", 65<<10)), http.StatusUnprocessableEntity, "at most 64 KiB")
	for range 5 {
		b.post("/console/sign-in", "name", "ann", "password", "wrong password of ann")
	}
	wantPage(t, b.post("/console/sign-in", "name", "ann", "password", password), http.StatusUnprocessableEntity, "Too many tries")
}

func TestNextStaysHere(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"/console/audit?x=1": "/console/audit?x=1", "/console/people/ann": "/console/people/ann",
		"": "/console", "https://evil.example/console/": "/console", "//evil.example/console/": "/console", "/\\evil.example/console/": "/console",
		"/console/\\evil": "/console", "javascript:alert(1)": "/console", "/v1/tokens": "/console", "/console": "/console",
		"//ann@evil.example/console/x": "/console", "/console/x\r\nSet-Cookie: a=b": "/console", "%": "/console",
	} {
		if got := console.Local(given); got != want {
			t.Errorf("%q leads to %q, want %q", given, got, want)
		}
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleViewer)
	stolen := *b
	w := b.post("/console/sign-out")
	wantRedirect(t, w, "/console/sign-in")
	if got := w.Header().Get("Clear-Site-Data"); got != `"cache", "cookies", "storage"` || b.cookie != nil {
		t.Errorf("Clear-Site-Data %q, cookie %v", got, b.cookie)
	}
	wantRedirect(t, stolen.get("/console/account"), "/console/sign-in?next=%2Fconsole%2Faccount")
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.signedIn(access.RoleViewer)
		time.Sleep(console.IdleLimit - time.Second)
		wantPage(t, b.get("/console/account"), http.StatusOK)
		time.Sleep(console.IdleLimit)
		wantRedirect(t, b.get("/console/account"), "/console/sign-in?next=%2Fconsole%2Faccount")

		b.signIn("ann")
		for range 12*6 - 1 { // busy all day
			time.Sleep(10 * time.Minute)
			wantPage(t, b.get("/console/account"), http.StatusOK)
		}
		time.Sleep(10 * time.Minute)
		wantRedirect(t, b.get("/console/account"), "/console/sign-in?next=%2Fconsole%2Faccount")

		b.signIn("ann")
		if err := s.door.Disable(t.Context(), "test", "ann"); err != nil {
			t.Fatal(err)
		}
		wantRedirect(t, b.get("/console/account"), "/console/sign-in?next=%2Fconsole%2Faccount")
	})
}

// Signing in and proving it again give the session a new id.
func TestSessionIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.browser()
		b.cookie = &http.Cookie{Name: console.CookieName, Value: "chosen-by-somebody-else"}
		s.person("ann", access.RoleSecurityAdmin)
		s.person("bob", access.RoleViewer)
		b.signIn("ann")
		first := b.cookie.Value
		if first == "chosen-by-somebody-else" || len(first) < 43 {
			t.Errorf("the session's id is %q", first)
		}
		old := *b
		time.Sleep(console.ProofLimit)
		wantPage(t, b.post("/console/people/bob/disable"), http.StatusOK, "Is it you?", `action="/console/people/bob/disable"`)
		wantPage(t, b.post("/console/people/bob/disable", "proof_password", "not the one she has"), http.StatusUnprocessableEntity, "Name, password or code is wrong.")
		if p, _ := s.door.Person(t.Context(), "bob"); !p.Disabled.IsZero() {
			t.Fatal("bob is shut out without proof")
		}
		wantRedirect(t, b.post("/console/people/bob/disable", "proof_password", password), "/console/people/bob")
		if p, _ := s.door.Person(t.Context(), "bob"); p.Disabled.IsZero() {
			t.Error("bob is not shut out")
		}
		if b.cookie.Value == first {
			t.Error("the id stayed")
		}
		wantRedirect(t, old.get("/console/account"), "/console/sign-in?next=%2Fconsole%2Faccount")
		wantRedirect(t, b.post("/console/people/bob/enable"), "/console/people/bob") // within five minutes
		for range 12*6 - 1 {                                                         // the end stays where it was
			time.Sleep(10 * time.Minute)
			b.get("/console/account")
		}
		time.Sleep(5 * time.Minute)
		wantRedirect(t, b.get("/console/account"), "/console/sign-in?next=%2Fconsole%2Faccount")
	})
}

// What gives a session a new id without a password gives it neither a proof nor a longer day.
func TestRenewedSessionIsNoProof(t *testing.T) {
	t.Parallel()
	for name, renew := range map[string]func(t *testing.T, b *browser){
		"ends the others": func(t *testing.T, b *browser) {
			wantRedirect(t, b.post("/console/account/sessions/end"), "/console/account")
		},
		"confirms a second factor": func(t *testing.T, b *browser) {
			enrolment, err := b.door.EnrolTOTP(t.Context(), "ann")
			if err != nil {
				t.Fatal(err)
			}
			wantRedirect(t, b.post("/console/account/totp/confirm", "code", access.CodeAt(enrolment.Secret, time.Now())), "/console/account")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t)
				b := s.signedIn(access.RoleSecurityAdmin)
				for range 12*6 - 2 {
					time.Sleep(10 * time.Minute)
					wantPage(t, b.get("/console/account"), http.StatusOK)
				}
				time.Sleep(10 * time.Minute)
				first := b.cookie.Value
				renew(t, b)
				if b.cookie.Value == first {
					t.Error("the id stayed")
				}
				wantPage(t, b.post("/console/tokens", "name", "till", "role", "oms"), http.StatusOK, "Is it you?")
				if len(s.tokens) != 0 {
					t.Errorf("made without a proof: %v", s.tokens)
				}
				time.Sleep(10 * time.Minute)
				wantRedirect(t, b.get("/console/account"), "/console/sign-in?next=%2Fconsole%2Faccount")
			})
		})
	}
}

// What was typed into a form waits on the page that asks for the password.
func TestProofKeepsTheForm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.signedIn(access.RoleSecurityAdmin)
		time.Sleep(console.ProofLimit)
		w := b.post("/console/people", "name", "carl", "full_name", `"><b>`, "roles", "viewer", "roles", "approver")
		wantPage(t, w, http.StatusOK, `name="name" value="carl"`, `name="roles" value="viewer"`, `name="roles" value="approver"`, `value="&#34;&gt;&lt;b&gt;"`)
		w = b.post("/console/people", "name", "carl", "full_name", "Carl", "roles", "viewer", "roles", "approver", "proof_password", password)
		wantPage(t, w, http.StatusOK, "http://127.0.0.1:8080/console/welcome/svl_")
		if p, err := s.door.Person(t.Context(), "carl"); err != nil || len(p.Roles) != 2 {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

var linkText = regexp.MustCompile(`/console/welcome/svl_[a-z]+`)

func TestWelcome(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	l, err := s.door.Bootstrap(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	wantPage(t, b.get(l.Path()), http.StatusOK, "You are the first person", `name="name"`)
	wantPage(t, b.post(l.Path(), "name", "Ann B", "chosen", password, "again", password), http.StatusUnprocessableEntity, `href="#welcome-name"`, "small letter")
	wantPage(t, b.post(l.Path(), "name", "ann", "chosen", password, "again", password+"x"), http.StatusUnprocessableEntity, "not the same")
	wantPage(t, b.post(l.Path(), "name", "ann", "chosen", "short", "again", "short"), http.StatusUnprocessableEntity, `href="#welcome-chosen"`, "15 to 128 characters")
	wantPage(t, b.post(l.Path(), "name", "ann", "chosen", "passwordpassword1", "again", "passwordpassword1"), http.StatusUnprocessableEntity, "easily guessed")
	wantRedirect(t, b.post(l.Path(), "name", "ann", "chosen", password, "again", password), "/console/account")
	wantPage(t, b.get("/console/account"), http.StatusOK, "You are signed in.", "security-admin")
	wantPage(t, b.get(l.Path()), http.StatusNotFound, "This link is not good")

	w := b.post("/console/people", "name", "bob", "roles", "viewer")
	link := linkText.FindString(w.Body.String())
	other := s.browser()
	wantPage(t, other.get(link), http.StatusOK, "<strong>bob</strong>")
	wantPage(t, other.post(link, "name", "ann", "chosen", password, "again", password), http.StatusUnprocessableEntity, "a field that this page does not have")
	wantRedirect(t, other.post(link, "chosen", password, "again", password), "/console/account")
	wantPage(t, other.post(link, "chosen", password, "again", password), http.StatusNotFound)
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.signedIn(access.RoleViewer)
		w := b.post("/console/account/totp")
		wantPage(t, w, http.StatusOK, `class="qr"`, "QR code of the text below")
		secret := regexp.MustCompile(`<code id="secret">([A-Z2-7]+)</code>`).FindStringSubmatch(w.Body.String())[1]
		w = b.post("/console/account/totp/confirm", "code", "000000")
		wantPage(t, w, http.StatusUnprocessableEntity, "This code is not right", secret)
		before := b.cookie.Value
		wantRedirect(t, b.post("/console/account/totp/confirm", "code", access.CodeAt(secret, time.Now())), "/console/account")
		if b.cookie.Value == before {
			t.Error("the session's id stayed")
		}
		wantPage(t, b.get("/console/account"), http.StatusOK, "The second factor is set up")
		wantPage(t, b.post("/console/account/totp"), http.StatusUnprocessableEntity, "set up already")

		other := s.browser()
		wantPage(t, other.post("/console/sign-in", "name", "ann", "password", password), http.StatusUnprocessableEntity, "Name, password or code is wrong.")
		time.Sleep(time.Minute)
		code := access.CodeAt(secret, time.Now())
		wantRedirect(t, other.post("/console/sign-in", "name", "ann", "password", password, "code", code[:3]+" "+code[3:]), "/console")
		wantPage(t, s.browser().post("/console/sign-in", "name", "ann", "password", password, "code", code), http.StatusUnprocessableEntity) // once only
	})
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleViewer)
	const better = "seven grey geese at the gate"
	wantPage(t, b.post("/console/account/password", "password", "not the one she has", "chosen", better, "again", better), http.StatusUnprocessableEntity)
	wantPage(t, b.post("/console/account/password", "password", password, "chosen", better, "again", better+"!"), http.StatusUnprocessableEntity, "not the same")
	wantPage(t, b.post("/console/account/password", "password", password, "chosen", "ann ann ann ann", "again", "ann ann ann ann"), http.StatusUnprocessableEntity, "#password-chosen")
	wantRedirect(t, b.post("/console/account/password", "password", password, "chosen", better, "again", better), "/console/account")
	wantPage(t, b.get("/console/account"), http.StatusOK, "The password is changed")
	wantPage(t, s.browser().post("/console/sign-in", "name", "ann", "password", password), http.StatusUnprocessableEntity)
	wantRedirect(t, s.browser().post("/console/sign-in", "name", "ann", "password", better), "/console")
	wantRedirect(t, b.post("/console/account/sessions/end"), "/console/account")
	wantPage(t, b.get("/console/account"), http.StatusOK, "1 session has ended.")
}

// Sessions that cannot be looked up let nobody in, and say nothing of why.
func TestBrokenStore(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *console.Config) { c.Sessions = brokenSessions{c.Sessions.(*fakes)} })
	b := s.browser()
	b.cookie = &http.Cookie{Name: console.CookieName, Value: "x"}
	w := b.get("/console/account")
	wantPage(t, w, http.StatusServiceUnavailable, "could not be looked up")
	if strings.Contains(w.Body.String(), "disk") || !strings.Contains(s.log.String(), "disk") {
		t.Errorf("the cause is shown, or not logged\n%s\n%s", w.Body, &s.log)
	}
}

// An answer is told as it is when only the session cannot be written: what was done stays done, and reads go on.
func TestSessionNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var full bool
		s := newSite(t, func(c *console.Config) { c.Sessions = fullSessions{c.Sessions.(*fakes), &full} })
		s.person("bob", access.RoleViewer)
		b := s.signedIn(access.RoleSecurityAdmin)
		full = true
		wantPage(t, b.get("/console/account"), http.StatusOK, "Your account")
		w := b.post("/console/tokens", "name", "till", "role", "oms")
		wantPage(t, w, http.StatusOK, "A new token", "svc_")
		wantRedirect(t, b.post("/console/people/bob/disable"), "/console/people/bob")
		wantPage(t, b.get("/console/people/bob"), http.StatusOK)
		if !strings.Contains(s.log.String(), "the disk is full") {
			t.Errorf("the cause is not logged\n%s", &s.log)
		}

		before := len(s.tokens)
		for name, ask := range map[string]func() (int, string){
			"sign-in": func() (int, string) {
				w := s.browser().post("/console/sign-in", "name", "ann", "password", password)
				return w.Code, w.Body.String()
			},
			"proof": func() (int, string) {
				time.Sleep(console.ProofLimit)
				w := b.post("/console/tokens", "name", "other", "role", "oms", "proof_password", password)
				return w.Code, w.Body.String()
			},
		} {
			full = false
			b.signIn("ann")
			full = true
			code, text := ask()
			if code != http.StatusServiceUnavailable || !strings.Contains(text, "Your session could not be kept. Sign in again.") || strings.Contains(text, "othing was") {
				t.Errorf("%s: %d\n%s", name, code, text)
			}
		}
		if len(s.tokens) != before {
			t.Error("a token was made under a session that was not kept")
		}
	})
}

// fullSessions refuse every write of a session while full.
type fullSessions struct {
	*fakes
	full *bool
}

func (f fullSessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	if *f.full {
		return errors.New("the disk is full")
	}
	return f.fakes.CommitCtx(ctx, token, data, expiry)
}

type brokenSessions struct{ *fakes }

func (brokenSessions) FindCtx(context.Context, string) ([]byte, bool, error) {
	return nil, false, errors.New("the disk is on fire")
}
