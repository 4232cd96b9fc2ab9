package messages

import (
	"github.com/svcgate/svcgate/internal/secret"
)

// Request is one of the eight request messages. Only this package implements it.
type Request interface {
	Kind() Kind
	// fill writes the values into the outline of the kind, in its order.
	fill(w *writer)
	// read takes what stands in the payload.
	read(r *reader)
}

// Form says how a request is written.
type Form struct {
	Bare       bool // only the payload, without the envelope
	StrictSOAP bool // correct the two places where the documented envelope breaks SOAP 1.1
	Masked     bool // card number and serial number as stars and last four, PIN as stars: for the journal and people
}

// AnswerForm says how an answer is written; the provider is known to vary.
type AnswerForm struct {
	Enveloped   bool // inside a SOAP envelope
	NoNamespace bool // without the IXRetail namespace
	Masked      bool // card number and serial number masked
}

// Answer is any of the eight answers. Members that did not stand in the answer are zero; which members an answer
// carries is listed in the file of its kind.
type Answer struct {
	Kind Kind

	ResponseCode        string // attribute, "OK" or "Rejected"; GenerateCard always has one
	ErrorCode           string // refused, and why
	ResponseDescription string
	FaultDetail         string

	InstrumentStatus string // Active or Inactive
	AccountID        string
	AccountStatus    string
	Balance          Decimal // available after the message
	BalanceCurrency  string
	EffectiveDate    Timestamp // of the account, not of the transaction
	AccountType      string

	SVATransactionID        string
	PreAuthSVATransactionID string // Postauthorization only
	PreAuthCurrencyID       string
	PreAuthAmount           Decimal // what is left of the hold
	ReasonDescription       string
	ReasonCode              string
	CurrencyID              string
	Amount                  Decimal // acted on
	TransactionDateTime     Timestamp
	AuthNumber              string

	DateTime           Timestamp // GenerateCard only, without offset, as are the members below
	CardPrefix         string
	CardSeriesSequence string
	InstrumentID       secret.String
	CardNumber         secret.String
	BatchNumber        string
}
