package orce

import (
	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
)

// approvedResponse is ResponseCode of an answer that gives a number ("OMS 15.1 help SO14_08, Generate Card Response").
const approvedResponse = "OK"

// Approval returns the code that a successful answer to the operation carries, and where it stands. Both are empty for
// an operation or a kind of card that no message carries.
func (p *Provider) Approval(op svcgate.Operation, kind svcgate.Kind) (svcgate.Source, string) {
	switch carries := mapping.KindOf(op, kind); {
	case carries == messages.GenerateCard:
		return svcgate.SourceResponseCode, approvedResponse
	case carries.Valid():
		return svcgate.SourceReasonCode, carries.Reason()
	}
	return "", ""
}
