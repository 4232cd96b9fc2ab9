package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// How long a session lasts.
const (
	IdleLimit     = 15 * time.Minute // without a request
	AbsoluteLimit = 12 * time.Hour   // in all
	ProofLimit    = 5 * time.Minute  // in which a password is not asked for again
)

// CookieName is the name of the session's cookie. The browser keeps it only as __Host- cookies may be: sent over a
// connection that cannot be read, to this host alone.
const CookieName = "__Host-svcgate"

// What a session holds. Instants are Unix seconds.
const (
	keyPerson = access.SessionPerson
	keyBegun  = "begun"  // signed in
	keySeen   = "seen"   // last request
	keyProved = "proved" // password given last
	keyFlash  = "flash"  // what to tell on the next page
)

// newSessions does without scs.New, which starts a goroutine for a store that is not used here.
func newSessions(store scs.Store) *scs.SessionManager {
	return &scs.SessionManager{
		Store: store, Codec: scs.GobCodec{}, HashTokenInStore: true, IdleTimeout: IdleLimit, Lifetime: AbsoluteLimit,
		Cookie: scs.SessionCookie{Name: CookieName, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode},
	}
}

// openSession finds the session and whose it is. One that is over, and one of a person who may not come in any more,
// ends.
func (c *Console) openSession(v *visit) error {
	token := ""
	if cookie, err := v.Cookie(CookieName); err == nil {
		token = cookie.Value
	}
	ctx, err := c.sessions.Load(v.Context(), token)
	if err != nil {
		return sessionsUnavailable(err)
	}
	v.Request, v.session = v.WithContext(ctx), true
	name := c.sessions.GetString(ctx, keyPerson)
	if name == "" {
		return nil
	}
	now := c.Now()
	if now.Sub(c.instant(ctx, keyBegun)) >= AbsoluteLimit || now.Sub(c.instant(ctx, keySeen)) >= IdleLimit {
		return c.endSession(ctx)
	}
	person, err := c.Door.Person(ctx, name)
	switch {
	case errors.Is(err, access.ErrNoPerson), err == nil && !person.Good():
		return c.endSession(ctx)
	case err != nil:
		return sessionsUnavailable(err)
	}
	v.person = person
	c.sessions.Put(ctx, keySeen, now.Unix())
	return nil
}

// sessionsUnavailable is for what fails before the route is handled.
func sessionsUnavailable(err error) error {
	return &svcgate.Error{Code: svcgate.CodeOverloaded, Reason: "sessions_unavailable", Op: "finding the session",
		Detail: "Your session could not be looked up; nothing was done. Try again.", Err: err}
}

// sessionNotKept is for a new id that cannot be written. What was asked for beside it may have been done, so it says
// nothing of that.
func sessionNotKept(err error) error {
	return &svcgate.Error{Code: svcgate.CodeOverloaded, Reason: "sessions_unavailable", Op: "keeping the session",
		Detail: "Your session could not be kept. Sign in again.", Err: err}
}

func (c *Console) instant(ctx context.Context, key string) time.Time {
	return time.Unix(c.sessions.GetInt64(ctx, key), 0)
}

func (c *Console) endSession(ctx context.Context) error {
	if err := c.sessions.Destroy(ctx); err != nil {
		return sessionsUnavailable(err)
	}
	return nil
}

// beginSession signs a person in, who has just given the password, under a new id: whoever knew the old one has nothing.
func (c *Console) beginSession(v *visit, person access.Person) error {
	if err := c.replaceSession(v, person, c.Now(), c.Now()); err != nil {
		return err
	}
	v.person = person
	return c.saveNew(v)
}

// renewSession goes on under a new id once all of the person's sessions have ended. No password was given, so the
// session ends when it would have, and the password counts as given when it was.
func (c *Console) renewSession(v *visit) error {
	ctx := v.Context()
	begun, proved := c.instant(ctx, keyBegun), c.instant(ctx, keyProved)
	if err := c.replaceSession(v, v.person, begun, proved); err != nil {
		return err
	}
	c.sessions.SetDeadline(ctx, begun.Add(AbsoluteLimit))
	return c.saveNew(v)
}

func (c *Console) replaceSession(v *visit, person access.Person, begun, proved time.Time) error {
	ctx := v.Context()
	if err := c.sessions.Destroy(ctx); err != nil {
		return sessionNotKept(err)
	}
	c.sessions.Put(ctx, keyPerson, person.Name)
	c.sessions.Put(ctx, access.SessionFrom, v.from())
	for key, at := range map[string]time.Time{keyBegun: begun, keySeen: c.Now(), keyProved: proved} {
		c.sessions.Put(ctx, key, at.Unix())
	}
	return nil
}

// saveNew writes a session under its new id at once, so that keepSession has nothing left that an answer depends on.
func (c *Console) saveNew(v *visit) error {
	if err := c.saveSession(v); err != nil {
		return sessionNotKept(err)
	}
	return nil
}

// saveSession writes the session and its cookie.
func (c *Console) saveSession(v *visit) error {
	ctx := v.Context()
	token, expiry, err := c.sessions.Commit(ctx)
	if err != nil {
		return err
	}
	v.header.Del("Set-Cookie") // of an earlier write in this visit
	c.sessions.WriteSessionCookie(ctx, v.w, token, expiry)
	return nil
}

// keepSession writes the session before the answer is written. All that is lost when it cannot is when the person was
// last seen and what the next page would tell; the answer is true all the same, and stays.
func (c *Console) keepSession(v *visit) {
	if !v.session {
		return
	}
	ctx := v.Context()
	switch c.sessions.Status(ctx) {
	case scs.Modified:
		if err := c.saveSession(v); err != nil {
			c.Log.Warn("a session was not kept as it is now", "request", v.id, "err", err)
		}
	case scs.Destroyed:
		c.sessions.WriteSessionCookie(ctx, v.w, "", time.Time{})
	case scs.Unmodified:
	}
	v.header.Set("Cache-Control", "no-store") // the library adds a weaker one
}

// local returns a page of ours to go on to, for what a form or an address named; the start for anything else.
func local(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, Root+"/") || strings.ContainsAny(text, "\\\r\n") {
		return Root
	}
	return u.RequestURI()
}
