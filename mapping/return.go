package mapping

import "github.com/svcgate/svcgate/messages"

// giveBack puts money back on a card. The earlier transaction is an empty element unless the caller named one
// ("OMS 15.1 help SO14_08, Return Request": the sample sends it empty).
func giveBack(q question) (messages.Request, error) {
	return &messages.ReturnRequest{
		UserID:           q.bureau.UserID,
		Instrument:       q.instrument(),
		RTPTransaction:   q.rtp(),
		SVATransactionID: q.Authorization(),
		Comments:         q.kind.Comment(),
	}, nil
}
