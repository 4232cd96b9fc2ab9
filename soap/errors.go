package soap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// The steps of a call, as TransportError.Op names them.
const (
	OpDial  = "dial"  // name lookup and TCP connection
	OpProxy = "proxy" // the proxy's tunnel
	OpTLS   = "tls"   // the TLS handshake
	OpFence = "fence" // asking whether this process may still send
	OpSend  = "send"  // writing the request
	OpRead  = "read"  // waiting for the answer and reading it
)

// What can be wrong besides the network; found in the chain of a TransportError.
var (
	ErrTooLarge = errors.New("the answer is larger than the limit")
	ErrEncoding = errors.New("the answer has a content encoding that was not asked for")
	ErrNotHTTP  = errors.New("the answer is not valid HTTP")
	ErrProxy    = errors.New("the proxy does not connect to the provider")
)

// TransportError means that no complete answer was read.
//
// MaybeSent is false only if no connection was obtained or it failed before one byte of the request was written to
// it; then the provider cannot have acted. Everything else is MaybeSent, whatever the error says: a reset before and
// a reset after the provider acted look the same from here.
type TransportError struct {
	Op        string // OpDial, OpProxy, OpTLS, OpFence, OpSend or OpRead
	MaybeSent bool
	Begun     bool // a byte of an answer was read
	Timeout   bool // a limit of ours or the caller's deadline ended the call
	Err       error
}

// Error names the step, the cause and whether the message may have been sent. It quotes nothing that was sent or
// received.
func (e *TransportError) Error() string {
	sent := "not sent"
	if e.MaybeSent {
		sent = "may have been sent"
	}
	return fmt.Sprintf("soap: %s (%s): %v", e.Op, sent, e.Err)
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// StatusError is a complete HTTP answer that is neither a 200 with XML nor a SOAP fault: an error page (HTML with
// status 200 too), a refusal, a redirect, a body in a media type that is not spoken here.
type StatusError struct {
	Status      int
	ContentType string        // as received
	Body        []byte        // cut at 64 KiB; for the masked journal only
	RetryAfter  time.Duration // what the provider asks to wait, at most a day; 0 if it does not say
}

// Error gives the status and the media type, never the body.
func (e *StatusError) Error() string {
	s := fmt.Sprintf("soap: HTTP status %d", e.Status)
	if media := mediaType(e.ContentType); media != "" {
		s += ", content type " + word(media)
	}
	if len(e.Body) == 0 {
		s += ", no body"
	}
	return s
}

// Fault is a SOAP fault, answered with any HTTP status. It says nothing certain about whether the provider acted.
type Fault struct {
	Code   string // such as "SOAP-ENV:Client"
	String string // the provider's sentence; may hold anything
	Actor  string
	Detail string // inner XML of the detail
	Status int    // of the HTTP answer
	Body   []byte // for the masked journal only
}

// Error gives the code and the HTTP status. String, Actor, Detail and Body are never quoted: servers like to repeat
// what they could not read.
func (e *Fault) Error() string {
	return fmt.Sprintf("soap: fault %s, HTTP status %d", word(e.Code), e.Status)
}

// word lets a foreign word into an error text only if it cannot carry anything but a name: letters and punctuation,
// no digits.
func word(s string) string {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(":.+-_/", r)
	}
	if s == "" || len(s) > 64 || strings.ContainsFunc(s, odd) {
		return "(unprintable)"
	}
	return s
}

// transportError describes a failed step. Once ctx has ended, that is the cause, whatever the connection said.
func transportError(ctx context.Context, op string, maybeSent bool, err error) *TransportError {
	if cause := ctx.Err(); cause != nil {
		err = cause
	} else if errors.Is(err, os.ErrDeadlineExceeded) { // the connection's, which is the call's
		err = context.DeadlineExceeded
	}
	if op == OpRead {
		err = quotable(err)
	}
	netErr, ok := errors.AsType[net.Error](err)
	timeout := errors.Is(err, context.DeadlineExceeded) || ok && netErr.Timeout()
	return &TransportError{Op: op, MaybeSent: maybeSent, Timeout: timeout, Err: err}
}

// quotable lets through the errors of reading whose text is known to hold no received bytes. Everything else comes
// from parsing a malformed answer, and net/http quotes the line that it cannot parse.
func quotable(err error) error {
	if _, ok := errors.AsType[*net.OpError](err); ok { // TLS alerts too
		return err
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, ErrTooLarge, ErrEncoding} {
		if errors.Is(err, known) {
			return known
		}
	}
	return ErrNotHTTP
}
