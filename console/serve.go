package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// visit is one request of a browser on its way through the console.
type visit struct {
	*http.Request // with the session in its context
	console       *Console
	w             http.ResponseWriter // for limits only; the wrapper writes
	route         route
	session       bool          // is in the context
	person        access.Person // zero while nobody is signed in
	header        http.Header   // of the answer, whatever it becomes
	id            string        // of the request, for the log and for whoever reports a failure
	err           error         // for the log
}

// variable returns a part of the path by its name in the route, decoded; "" for what does not decode, or is in no name of
// anything: a database may choke on it.
func (v *visit) variable(name string) string {
	text, err := url.PathUnescape(mux.Vars(v.Request)[name])
	if err != nil || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return ""
	}
	return text
}

// may reports whether the person of this visit has the permission.
func (v *visit) may(p access.Permission) bool {
	switch p {
	case anyone:
		return true
	case signedIn:
		return v.person.Name != ""
	}
	return v.person.Name != "" && v.person.May(p)
}

// from is the address that the request came from. A proxy of the settings is believed for who stands before it, and so
// is the next one; what others wrote into the header is not read.
func (v *visit) from() string {
	peer, err := netip.ParseAddrPort(v.RemoteAddr)
	if err != nil {
		return ""
	}
	at := plain(peer.Addr())
	told := strings.Split(strings.Join(v.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(told) - 1; i >= 0 && v.console.isProxy(at); i-- {
		before, err := netip.ParseAddr(strings.TrimSpace(told[i]))
		if err != nil {
			break
		}
		at = plain(before)
	}
	return at.String()
}

func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func (c *Console) isProxy(a netip.Addr) bool {
	return slices.ContainsFunc(c.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// answer is a whole answer, ready before its status is sent.
type answer struct {
	status      int
	contentType string
	body        []byte
}

func (a *answer) write(w http.ResponseWriter) error {
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, err := w.Write(a.body)
	return err
}

// serve wraps one route: find the session and the person, ask for the permission, handle, keep the session, write, log.
func (c *Console) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := c.Now()
		v := &visit{Request: r, console: c, w: w, route: rt, header: w.Header(), id: svcgate.NewRequestID()}
		c.secure(v.header)
		ans := c.respond(v)
		c.keepSession(v)
		failed := ans.write(w)
		c.log(v, ans.status, c.Now().Sub(started), failed)
	})
}

// respond returns the answer of the route or the problem that it met. A panic becomes a problem too; its value is
// never printed, because it may hold anything.
func (c *Console) respond(v *visit) (ans *answer) {
	defer func() {
		if p := recover(); p != nil {
			c.Log.Error("a page panicked", "request", v.id, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			ans = c.problem(v, &svcgate.Error{Code: svcgate.CodeInternal, Op: "panic"})
		}
	}()
	ans, err := c.handle(v)
	if err != nil {
		return c.problem(v, err)
	}
	return ans
}

// strangersForm is the largest form of whoever is not signed in, in bytes.
const strangersForm = 64 << 10

func (c *Console) handle(v *visit) (*answer, error) {
	if err := c.origins.Check(v.Request); err != nil {
		return nil, &svcgate.Error{Code: svcgate.CodeForbidden, Reason: "cross_site", Detail: "This request came from another site, so it was refused.", Err: err}
	}
	if err := v.readAhead(); err != nil {
		return nil, err
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	default:
		return nil, &svcgate.Error{Code: svcgate.CodeOverloaded, Detail: "Too many pages are asked for at once. Try again in a moment."}
	}
	if err := c.openSession(v); err != nil {
		return nil, err
	}
	if v.route.permission != anyone && v.person.Name == "" {
		return v.redirect(Root + "/sign-in" + next(v))
	}
	if !v.may(v.route.permission) {
		return nil, &svcgate.Error{Code: svcgate.CodeForbidden, Reason: "permission_missing",
			Detail: "This needs the permission " + string(v.route.permission) + ", which none of your roles has."}
	}
	if v.Method == http.MethodPost && v.route.permission != anyone {
		v.Body = http.MaxBytesReader(v.w, v.Body, c.MaxUpload)
		if v.route.prove {
			if ask, err := c.prove(v); ask != nil || err != nil {
				return ask, err
			}
		}
	}
	return v.route.handle(v)
}

// readAhead takes in the form of a page for everybody. It comes before the page's slot is taken: strangers who send
// slowly, or nothing, wait for themselves alone.
func (v *visit) readAhead() error {
	if v.route.method != http.MethodPost || v.route.permission != anyone {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(v.w, v.Body, strangersForm))
	if err != nil {
		return unreadable(err)
	}
	v.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// next remembers the page that a visitor without a session asked for.
func next(v *visit) string {
	if v.Method != http.MethodGet || v.URL.Path == Root {
		return ""
	}
	return "?" + url.Values{"next": {v.URL.RequestURI()}}.Encode()
}

// redirect sends the browser on to a page of the console.
func (v *visit) redirect(path string) (*answer, error) {
	v.header.Set("Location", path)
	return &answer{status: http.StatusSeeOther}, nil
}

// slow gives a page that reads much time beyond the server's limit for writing.
func (v *visit) slow(limit time.Duration) {
	_ = http.NewResponseController(v.w).SetWriteDeadline(v.console.Now().Add(limit)) // what cannot be set stays as it was
}

// problem makes the page of an error. It alone decides what of an error is shown.
func (c *Console) problem(v *visit, err error) *answer {
	v.err = err
	e, ok := errors.AsType[*svcgate.Error](err)
	if !ok {
		e = &svcgate.Error{Code: svcgate.CodeInternal}
	}
	row := problems[e.Code]
	data := struct{ Title, Detail, Request string }{row.title, e.Detail, ""}
	if e.Code == svcgate.CodeInternal || data.Detail == "" {
		data.Detail = row.detail
	}
	if row.status >= http.StatusInternalServerError {
		data.Request = v.id
	}
	if e.Reason == "method_not_allowed" {
		row.status = http.StatusMethodNotAllowed
	}
	ans, bad := v.page("problem", row.title, data)
	if bad != nil {
		c.Log.Error("the page of a problem cannot be written", "request", v.id, "err", bad)
		return &answer{status: http.StatusInternalServerError, contentType: "text/plain; charset=utf-8", body: []byte("Something failed on our side.\n")}
	}
	ans.status = row.status
	return ans
}

// problemPage is how a failure is told when it says nothing itself.
type problemPage struct {
	status        int
	title, detail string
}

// problems is the table from failures to pages; a test walks the codes.
var problems = map[svcgate.Code]problemPage{
	svcgate.CodeInvalid:         {http.StatusUnprocessableEntity, "That cannot be done", "The request is not one that this page sends."},
	svcgate.CodeUnauthenticated: {http.StatusForbidden, "Sign in first", "Sign in and try again."},
	svcgate.CodeForbidden:       {http.StatusForbidden, "Not with your roles", "Ask whoever keeps the people of this system."},
	svcgate.CodeNotFound:        {http.StatusNotFound, "Nothing here", "There is no such thing, or not any more."},
	svcgate.CodeConflict:        {http.StatusConflict, "Somebody was faster", "What you changed was changed by somebody else since. Look at it again."},
	svcgate.CodeKeyReused:       {http.StatusConflict, "Sent before", "This was sent before with other content."},
	svcgate.CodeOverloaded:      {http.StatusServiceUnavailable, "Not now", "Too much is under way. Nothing was changed. Try again in a moment."},
	svcgate.CodeUnavailable:     {http.StatusServiceUnavailable, "The provider cannot be reached", "Nothing was sent."},
	svcgate.CodeUnknown:         {http.StatusBadGateway, "No answer", "It may have been done or not; svcgate finds out."},
	svcgate.CodeInternal:        {http.StatusInternalServerError, "Something failed", "Something failed on our side. The log tells more under the request's id."},
}

// log writes the one event of a visit.
func (c *Console) log(v *visit, status int, took time.Duration, failed error) {
	level := c.Log.Info
	if status >= http.StatusInternalServerError {
		level = c.Log.Error
	}
	args := []any{"request", v.id, "method", v.Method, "route", v.route.path, "status", status, "ms", took.Milliseconds(), "person", v.person.Name}
	if v.err != nil && !slices.Contains([]svcgate.Code{svcgate.CodeInvalid, svcgate.CodeNotFound}, svcgate.CodeOf(v.err)) {
		args = append(args, "err", v.err)
	}
	if failed != nil {
		args = append(args, "cut", true)
	}
	level("console", args...)
}

// audited makes a change that the audit trail has an entry of. The entry comes first: what cannot be audited is not
// done. A change that fails after it gets a second entry that says so.
func (v *visit) audited(action, subject, detail string, change func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.Context()), changeLimit)
	defer cancel()
	c := v.console
	e := access.Entry{At: c.Now().UTC(), Actor: v.person.Name, Action: action, Subject: subject, Detail: detail}
	if err := c.Auditor.Audit(ctx, e); err != nil {
		return &svcgate.Error{Code: svcgate.CodeOverloaded, Reason: "audit_unavailable", Op: "audit",
			Detail: "The audit trail cannot be written, so nothing was changed. Try again.", Err: err}
	}
	err := change(ctx)
	if err == nil {
		return nil
	}
	e.At, e.Action, e.Detail = c.Now().UTC(), action+".failed", "nothing was changed: "+string(svcgate.CodeOf(err))
	if svcgate.CodeOf(err).MayHaveMoved() {
		e.Detail = "it may have been changed or not"
	}
	if bad := c.Auditor.Audit(context.WithoutCancel(ctx), e); bad != nil {
		c.Log.Error("audit entry says more than was done", "request", v.id, "action", action, "err", bad)
	}
	return err
}

// changeLimit bounds a change of ours once it was audited; the browser hanging up does not end it.
const changeLimit = 10 * time.Second
