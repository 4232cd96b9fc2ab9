package orce

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/soap"
)

// failure is one way in which a message is left without a usable answer.
type failure uint8

const (
	notReached     failure = iota + 1 // not one byte of the message left
	silence                           // it may have left; nothing came back
	cutAnswer                         // the answer was begun and did not end
	brokenAnswer                      // an answer that is too large, wrongly packed or not HTTP
	refusedUnread                     // 401, 403: turned away at the door
	refusedPerhaps                    // 401, 403 of a provider that is not trusted to mean it
	wrongDoor                         // 404, 405, 413, 415: nobody there takes such a message
	busy                              // 429
	redirected                        // 3xx; never followed
	strangeStatus                     // any other status
	strangePage                       // 200 without XML
	fault                             // a SOAP fault
	unreadable                        // XML that is no answer
	mismatch                          // an answer to another question
	sentBefore                        // a second Send
	strangeError                      // an error of no known type
	panicked                          // a defect here, after the message may have left
)

// verdict is what a failure means. Only the classes and codes here decide whether money may have moved.
type verdict struct {
	reason   string // stable
	class    svcgate.Class
	code     svcgate.Code
	sentence string // safe to show
}

var verdicts = [...]verdict{
	notReached:     {"not_reached", svcgate.ClassNotSent, svcgate.CodeUnavailable, "The provider could not be reached."},
	silence:        {"no_answer", svcgate.ClassNoReply, svcgate.CodeUnknown, "The message may have been sent, and no answer came."},
	cutAnswer:      {"answer_cut", svcgate.ClassUnreadable, svcgate.CodeUnknown, "The provider's answer was begun and did not come to its end."},
	brokenAnswer:   {"answer_broken", svcgate.ClassUnreadable, svcgate.CodeUnknown, "The provider's answer is too large or not proper HTTP."},
	refusedUnread:  {"credentials_refused", svcgate.ClassNotSent, svcgate.CodeUnavailable, "The provider refused the credentials of the service bureau."},
	refusedPerhaps: {"credentials_refused_perhaps", svcgate.ClassUnreadable, svcgate.CodeUnknown, "The provider refused the credentials, which is not trusted to mean that it did nothing."},
	wrongDoor:      {"address_refused", svcgate.ClassNotSent, svcgate.CodeUnavailable, "The provider does not take messages at the configured address."},
	busy:           {"provider_busy", svcgate.ClassNotSent, svcgate.CodeUnavailable, "The provider takes no more messages for now."},
	redirected:     {"redirected", svcgate.ClassFault, svcgate.CodeUnknown, "The provider pointed to another address, which is never followed."},
	strangeStatus:  {"unexpected_status", svcgate.ClassUnreadable, svcgate.CodeUnknown, "The provider's answer is an error of its web server."},
	strangePage:    {"unexpected_page", svcgate.ClassUnreadable, svcgate.CodeUnknown, "The provider's answer is not XML."},
	fault:          {"soap_fault", svcgate.ClassFault, svcgate.CodeUnknown, "The provider answered with a SOAP fault."},
	unreadable:     {"answer_unreadable", svcgate.ClassUnreadable, svcgate.CodeUnknown, "The provider's answer cannot be read."},
	mismatch:       {"answer_mismatch", svcgate.ClassMismatch, svcgate.CodeUnknown, "The provider's answer does not belong to the message."},
	sentBefore:     {"sent_before", svcgate.ClassNotSent, svcgate.CodeInternal, "The message was sent before and is not sent again."},
	panicked:       {"panicked", svcgate.ClassUnreadable, svcgate.CodeUnknown, "svcgate broke down over the message, which may have been sent, or its answer."},
	strangeError:   {"unexpected_error", svcgate.ClassNoReply, svcgate.CodeUnknown, "The call failed in a way that does not say whether the message was sent."},
}

// classify names the failure that an error stands for, by its type and never by its text.
func classify(err error) failure {
	if errors.Is(err, errSentBefore) {
		return sentBefore
	}
	if e, ok := errors.AsType[*soap.TransportError](err); ok {
		return classifyTransport(e)
	}
	if e, ok := errors.AsType[*soap.StatusError](err); ok {
		return classifyStatus(e.Status)
	}
	if _, ok := errors.AsType[*soap.Fault](err); ok {
		return fault
	}
	if e, ok := errors.AsType[*messages.SyntaxError](err); ok {
		if e.Code == "xml_fault" {
			return fault
		}
		return unreadable
	}
	if _, ok := errors.AsType[*mapping.MismatchError](err); ok {
		return mismatch
	}
	return strangeError
}

// classifyTransport believes soap alone on whether the message can have left. The rest only says how the answer broke.
func classifyTransport(e *soap.TransportError) failure {
	if !e.MaybeSent {
		return notReached
	}
	for _, broken := range []error{soap.ErrTooLarge, soap.ErrEncoding, soap.ErrNotHTTP} {
		if errors.Is(e, broken) {
			return brokenAnswer
		}
	}
	if e.Begun {
		return cutAnswer
	}
	return silence
}

// classifyStatus takes only those statuses for a refusal unread that a server gives before it hands a message on.
func classifyStatus(status int) failure {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return refusedUnread
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return wrongDoor
	case http.StatusTooManyRequests:
		return busy
	case http.StatusOK:
		return strangePage
	}
	if status >= 300 && status < 400 {
		return redirected
	}
	return strangeStatus
}

// steps says which step of making a connection failed.
var steps = map[string]string{
	soap.OpDial:  " No connection was made.",
	soap.OpProxy: " The proxy opened no way.",
	soap.OpTLS:   " The TLS handshake failed.",
	soap.OpFence: " This node lost its lease before the message left.",
}

// detail adds to a sentence what is safe to tell of the cause: never a text of the provider's.
func detail(err error) string {
	if e, ok := errors.AsType[*soap.TransportError](err); ok {
		s := ""
		if !e.MaybeSent {
			s = steps[e.Op]
		}
		if e.Timeout {
			s += " A time limit ended the call."
		}
		return s
	}
	if status, _ := answered(err); status != 0 {
		return fmt.Sprintf(" HTTP status %d.", status)
	}
	if e, ok := errors.AsType[*messages.SyntaxError](err); ok {
		return fmt.Sprintf(" %s at line %d, column %d.", e.Code, e.Line, e.Column)
	}
	if e, ok := errors.AsType[*mapping.MismatchError](err); ok {
		return " " + e.Reason.Sentence()
	}
	return ""
}
