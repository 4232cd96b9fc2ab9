package api

import (
	"errors"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// problemBody is a problem document (RFC 9457). Code names what went wrong for good; Category is the svcgate.Code that
// it belongs to and tells whether money may have moved.
type problemBody struct {
	Type        string         `json:"type"`
	Title       string         `json:"title"`
	Status      int            `json:"status"`
	Detail      string         `json:"detail"`
	Code        string         `json:"code"`
	Category    svcgate.Code   `json:"category"`
	Field       string         `json:"field,omitzero"`
	RequestID   string         `json:"request_id,omitzero"` // left out beside a transaction, whose bytes are always the same
	TraceID     string         `json:"trace_id,omitzero"`   // likewise; and when there is a trace
	Errors      []fault        `json:"errors,omitzero"`     // when several things are wrong at once
	Transaction jsontext.Value `json:"transaction,omitzero"`
	Stale       *staleBody     `json:"stale,omitzero"` // of a write that names another draft of the codes
	retryAfter  int
}

// fault is one of several things that are wrong.
type fault struct {
	Code   string `json:"code"`
	Field  string `json:"field,omitzero"`
	Detail string `json:"detail"`
}

const (
	problemType = "urn:svcgate:problem:"
	maxFaults   = 50
)

// What is told of a failure of ours, which says nothing itself.
const (
	detailMoney  = "Something failed on our side and money may have moved. Do not send the request again under another Idempotency-Key; look for it with GET /v1/transactions?key= first."
	detailBegun  = "Something failed on our side after the operation was begun. Look for it with GET /v1/transactions before you send it again."
	detailBroken = "Something failed on our side. By this request nothing was sent to the provider."
)

// problem makes the answer of an error. It alone decides what of an error is shown.
func (a *API) problem(c *call, err error) *answer {
	c.Err = err
	e, ok := errors.AsType[*svcgate.Error](err)
	if !ok {
		e = &svcgate.Error{Code: svcgate.CodeInternal}
	}
	b := newProblem(e)
	b.RequestID, b.TraceID = c.RequestID, c.traceID()
	if stale, ok := errors.AsType[*responsecodes.StaleError](err); ok {
		b.Stale = a.newStale(stale)
		c.header.Set("ETag", b.Stale.Draft.ETag)
	}
	if faults := faultsOf(err); len(faults) > 1 {
		b.Errors = faults
		b.Detail += " More is wrong: see errors."
	}
	if b.Category == svcgate.CodeInternal {
		b.Field, b.Errors, b.Detail = "", nil, c.begun
		if c.begun == "" {
			b.Detail = detailBroken
		}
	}
	return c.writeProblem(b)
}

// outcomeProblem makes the answer of a transaction that is unavailable or unknown. The same transaction gives the same
// bytes: the request's id stands in a header only.
func (a *API) outcomeProblem(c *call, err error, t *svcgate.Transaction, shown *answer) *answer {
	defer giveBody(shown.room)
	c.Err = err
	e, ok := errors.AsType[*svcgate.Error](err)
	if !ok {
		e = &svcgate.Error{Code: svcgate.CodeInternal}
	}
	b := newProblem(e)
	if b.Category == svcgate.CodeInternal {
		b.Detail = c.begun
	}
	b.Transaction = shown.body
	c.header.Set("Location", "/v1/transactions/"+t.ID)
	return c.writeProblem(b)
}

func newProblem(e *svcgate.Error) problemBody {
	row := describe(e)
	return problemBody{Type: problemType + row.Code, Title: row.Title, Status: row.Status, Detail: e.Detail,
		Code: row.Code, Category: row.Category, Field: e.Field, retryAfter: row.RetryAfter}
}

func (c *call) writeProblem(b problemBody) *answer {
	c.Code = b.Code
	if b.retryAfter > 0 && c.header.Get("Retry-After") == "" { // else somebody knows better than the table
		c.header.Set("Retry-After", strconv.Itoa(b.retryAfter))
	}
	ans, err := write(b.Status, b)
	if err != nil { // the body is made of plain texts and a value that was encoded before
		panic("api: a problem does not encode")
	}
	ans.contentType = typeProblem
	return ans
}

// faultsOf collects the errors that were joined, at most maxFaults.
func faultsOf(err error) []fault {
	var out []fault
	var walk func(error)
	walk = func(err error) {
		switch e := err.(type) {
		case nil:
		case *svcgate.Error:
			if len(out) < maxFaults {
				out = append(out, fault{describe(e).Code, e.Field, e.Detail})
			}
		case interface{ Unwrap() []error }:
			for _, part := range e.Unwrap() {
				walk(part)
			}
		case interface{ Unwrap() error }:
			walk(e.Unwrap())
		}
	}
	walk(err)
	return out
}
