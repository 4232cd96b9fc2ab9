// Package mapping translates between the language of the business and ORCE's messages: a request becomes a message,
// an answer becomes a reply, or proves not to belong to the question. It does no input or output and reads no clock.
package mapping

import (
	"time"

	"github.com/svcgate/svcgate"
)

// DefaultUserID stands in every message as the point-of-sale user ("OMS 15.1 help SO14_08": OMS defaults).
const DefaultUserID = "OMS"

// Bureau is what the set-up of one service bureau puts into messages ("OMS 15.1 help SO14_08, Service Bureau Setup").
type Bureau struct {
	Service         string         // service code, "RLT"
	PresentersID    string         // becomes CardPrefix; a text, its leading zeros count
	SubmittersID    string         // becomes CardSeriesSequence; a text, its leading zeros count
	Signon          string         // becomes LocationID; may be empty
	UserID          string         // becomes UserID, UserName and OperatorID; "": DefaultUserID
	SendCurrency    bool           // fill CurrencyID; OMS documents it and leaves it empty in every sample
	DefaultCurrency string         // of amounts in answers that name none to questions that name none; "": none
	Location        *time.Location // where the bureau's wall clock hangs; nil: UTC
}

// filled returns b with its defaults in place.
func (b Bureau) filled() Bureau {
	if b.UserID == "" {
		b.UserID = DefaultUserID
	}
	if b.Location == nil {
		b.Location = time.UTC
	}
	return b
}

// unsuitable is the refusal of a request that this service bureau cannot put into a message.
func unsuitable(field, reason, detail string) *svcgate.Error {
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: reason, Op: "mapping", Field: field, Detail: detail}
}
