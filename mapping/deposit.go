package mapping

import (
	"strings"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/messages"
)

// deposit takes money that the named authorization holds. What is named is the provider's transaction id, whatever
// the bullet list calls it ("OMS 15.1 help SO14_08, PostAuthorization Request", sample).
func deposit(q question) (messages.Request, error) {
	return &messages.PostauthorizationRequest{
		UserID:           q.bureau.UserID,
		Instrument:       q.instrument(),
		RTPTransaction:   q.rtp(),
		SVATransactionID: q.Authorization(),
		Comments:         q.kind.Comment(),
	}, nil
}

// sameHold wants the authorization that was named, if the answer names one. The ids are integers: zeros in front do
// not make another one.
func sameHold(q question, a *messages.Answer) error {
	if named := a.PreAuthSVATransactionID; named != "" && strings.TrimLeft(named, "0") != strings.TrimLeft(q.Authorization(), "0") {
		return &MismatchError{OtherAuthorization}
	}
	return nil
}

// holdRest reads what the authorization still holds. A rest that is no amount is left out and never becomes zero.
func holdRest(q question, a *messages.Answer, reply *svcgate.Reply) error {
	if err := q.asked(a.PreAuthCurrencyID); err != nil {
		return err
	}
	reply.HoldRest, _ = money(a.PreAuthAmount, q.Amount().Currency())
	return nil
}
