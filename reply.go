package svcgate

import (
	"context"
	"time"
)

// Source says where in an answer the code stood that the vendor response is looked up by.
type Source string

// The sources ("OMS 15.1 help SO14_08": the error code if one is returned, otherwise the reason code).
const (
	SourceErrorCode    Source = "error_code"    // ErrorCode of a refusal
	SourceReasonCode   Source = "reason_code"   // SVATransaction/Reason/Code: which answer this is
	SourceResponseCode Source = "response_code" // CardSeries/@ResponseCode of GenerateCard, or any answer without another code
	SourceTransport    Source = "transport"     // made by us: SU, the provider could not be reached
)

// CodeSU is the code for a provider that could not be reached ("OMS 15.1 help SO14_08, Communication failure").
const CodeSU = "SU"

// Sources lists them all.
func Sources() []Source {
	return []Source{SourceErrorCode, SourceReasonCode, SourceResponseCode, SourceTransport}
}

// Status is the state of a card or account as the provider names it, in small letters.
type Status string

// The states that the provider documents. An answer without one has "".
const (
	StatusActive   Status = "active"
	StatusInactive Status = "inactive"
)

// Account is the stored value account behind a card.
type Account struct {
	ID     string `json:"id"`
	Status Status `json:"status"`
	Type   string `json:"type"` // "SVC"
}

// Reply is what a provider answered, in our words. Accepted is false for every refusal.
type Reply struct {
	Accepted      bool      // the provider says it acted
	Source        Source    // of Code
	Code          string    // the provider's code as it stood there
	Description   string    // the provider's text, cleaned and at most 256 bytes
	Amount        Money     // acted on: held, taken, added, freed
	Balance       Money     // available after the message; zero value when not told
	HoldRest      Money     // of a deposit: what its authorization still holds; zero value when not told
	CardStatus    Status    // "" when not told
	Account       Account   // zero when not told
	TransactionID string    // the provider's id; what a deposit or void names
	AuthNumber    string    // for people; not what a deposit or void names
	Time          time.Time // the provider's clock, never compared with ours
	Card          Card      // the new card of a generation
}

// Class says how far an exchange got. It is decided by what was written and read, never by an error's text.
type Class string

// The classes. Only ClassNotSent promises that the provider saw nothing of the message or refused it unread.
const (
	ClassNotSent    Class = "not_sent"
	ClassNoReply    Class = "sent_no_reply"
	ClassUnreadable Class = "reply_unreadable"
	ClassFault      Class = "fault"
	ClassMismatch   Class = "mismatch" // an answer, but not to this question
	ClassAnswered   Class = "answered"
)

// Classes lists them all.
func Classes() []Class {
	return []Class{ClassNotSent, ClassNoReply, ClassUnreadable, ClassFault, ClassMismatch, ClassAnswered}
}

// Exchange is the record of one message and what came back, with card numbers masked and PINs removed.
type Exchange struct {
	Class    Class
	Sent     []byte        // the message, masked
	Received []byte        // the answer as it came, masked; nil when there was none
	Failure  string        // why there is no usable answer, safe to show; "" when answered
	Started  time.Time     // our clock, when sending began
	Took     time.Duration // until the answer was read or given up
	Status   int           // HTTP status of the answer, 0 for none
}

// Provider carries requests to the cards' issuer. One Provider serves one service bureau.
type Provider interface {
	// Prepare builds the message for a request, stamped with at, and sends nothing. Its errors are *Error with
	// CodeInvalid, for a request that this service bureau cannot put into a message.
	Prepare(r *Request, at time.Time) (Message, error)
	// Approval returns the code, and where it stands, by which the provider's answer to an operation says that it
	// was carried out.
	Approval(op Operation, kind Kind) (Source, string)
}

// Message is one prepared message. Send delivers it at most once: a second call is an *Error with CodeInternal that
// sends nothing. When err is nil the Reply belongs to the question; otherwise err is an *Error with CodeUnavailable
// (certainly not sent) or CodeUnknown. The Exchange is filled in every case.
type Message interface {
	Send(ctx context.Context) (Reply, Exchange, error)
}
