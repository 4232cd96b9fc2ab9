package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// call is one request on its way through the API, with the event that is logged at its end.
type call struct {
	r      *http.Request
	w      http.ResponseWriter // only for limiting the body; the wrapper writes
	route  route
	caller access.Token
	query  map[string]string
	header http.Header // of the answer, whatever it becomes
	span   Span        // nil: not traced
	begun  string      // what to say of a failure of ours, once the gateway has the operation; "" before

	retrace bool // the caller's trace was not taken as it came
	event
}

// variable returns a part of the path by the name it has in the route, decoded; "" for what does not decode, or is in no
// name of anything: a database may choke on it.
func (c *call) variable(name string) string {
	text, err := url.PathUnescape(mux.Vars(c.r)[name])
	if err != nil || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return ""
	}
	return text
}

// answer is a whole answer, ready before its status is sent.
type answer struct {
	status      int
	contentType string
	body        []byte
	room        *bytes.Buffer // that the body stands in, to be given back; nil for none
}

// countedLength is up to which length net/http itself counts a body. Most answers have eight headers then, as many as a
// small map holds.
const countedLength = 2 << 10

// write sends the answer to a request of a method. An error says that the caller did not get all of it.
func (a *answer) write(w http.ResponseWriter, method string) error {
	if a.room != nil {
		defer giveBody(a.room)
	}
	if a.status == http.StatusNoContent {
		w.WriteHeader(a.status)
		return nil
	}
	w.Header().Set("Content-Type", a.contentType)
	if len(a.body) > countedLength || method == http.MethodHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, err := w.Write(a.body)
	return err
}

const (
	typeJSON    = "application/json"
	typeProblem = "application/problem+json"
	typeCSV     = "text/csv; charset=utf-8"
)

// serve wraps one route: identify, authenticate, decode the query, handle, write, count and log.
func (a *API) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{r: r, w: w, route: rt, header: w.Header(), event: event{Started: a.Now()}}
		a.metrics.inFlight.Inc()
		defer a.metrics.inFlight.Dec()
		c.RequestID = requestID(r.Header)
		secure(r, c.header)
		c.header.Set("X-Request-Id", c.RequestID)
		a.trace(c)
		ans := a.respond(c)
		gone := c.gone(ans.status)
		c.Status, c.Bytes, c.Cut = ans.status, len(ans.body), ans.write(w, r.Method) != nil
		if gone {
			c.Status, c.Code = statusGone, codeGone
		}
		a.finish(c)
	})
}

// What a request is counted and logged as whose caller hung up before it was answered; nobody is sent it.
const (
	statusGone = 499
	codeGone   = "caller_gone"
)

// gone reports whether a request failed because its caller hung up, which is no defect of ours. Of what changes something
// the error has to say so itself; and an operation that was begun is told as what it came to.
func (c *call) gone(status int) bool {
	if status < http.StatusInternalServerError || c.Err == nil || c.begun != "" || c.Panic != "" || !errors.Is(c.r.Context().Err(), context.Canceled) {
		return false
	}
	_, ours := errors.AsType[*svcgate.Error](c.Err)
	reads := c.r.Method == http.MethodGet || c.r.Method == http.MethodHead
	return reads && !ours || errors.Is(c.Err, context.Canceled)
}

// respond returns the answer of the route or the problem that it met. A panic becomes a problem too; its value is
// never printed, because it may hold anything.
func (a *API) respond(c *call) (ans *answer) {
	defer func() {
		if v := recover(); v != nil {
			c.Panic, c.Stack = fmt.Sprintf("%T", v), string(debug.Stack())
			ans = a.problem(c, &svcgate.Error{Code: svcgate.CodeInternal, Op: "panic"})
		}
	}()
	ans, err := a.handle(c)
	if err != nil {
		return a.problem(c, err)
	}
	return ans
}

func (a *API) handle(c *call) (*answer, error) {
	if err := a.authenticate(c); err != nil {
		return nil, err
	}
	if err := a.admit(c); err != nil {
		return nil, err
	}
	if c.route.method != "" { // else there is no such route, whatever the query says
		if err := c.readQuery(); err != nil {
			return nil, err
		}
	}
	return c.route.handle(c)
}

// security are headers with their names as net/http spells them. Setting a header replaces its values and adding one
// copies them, so all answers share these.
var security = [...]struct {
	name  string
	value []string
}{
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"Cache-Control", []string{"no-store"}},
	{"Referrer-Policy", []string{"no-referrer"}},
	{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}},
	{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
	{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
}

// secure sets the headers that every answer carries.
func secure(r *http.Request, h http.Header) {
	for _, fixed := range security {
		h[fixed.name] = fixed.value
	}
	if len(r.TransferEncoding) > 0 {
		// net/http has dropped a Content-Length that stood beside the chunks, so a front may have taken the rest for
		// another request: nothing after this one is read (RFC 9112, section 6.1).
		h.Set("Connection", "close")
	}
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(r, w.Header())
		next.ServeHTTP(w, r)
	})
}

var requestIDText = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$`)

// requestID takes the caller's X-Request-Id when it is short, plain and cannot hold a card number, and else makes one.
func requestID(h http.Header) string {
	if given := h.Values("X-Request-Id"); len(given) == 1 && requestIDText.MatchString(given[0]) && !holdsDigits(given[0]) {
		return given[0]
	}
	return svcgate.NewRequestID()
}

// NewServer returns a server for one of the faces, with limits on how slowly and how much may be sent. callLimit is how
// long an operation may take (svcgate.GatewayConfig.CallLimit).
func NewServer(h http.Handler, callLimit time.Duration) *http.Server {
	return &http.Server{
		Handler:                      h,
		ReadHeaderTimeout:            5 * time.Second,
		ReadTimeout:                  10 * time.Second,
		WriteTimeout:                 callLimit + 5*time.Second,
		IdleTimeout:                  60 * time.Second,
		MaxHeaderBytes:               16 << 10,
		DisableGeneralOptionsHandler: true,
	}
}
