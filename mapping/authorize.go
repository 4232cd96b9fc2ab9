package mapping

import "github.com/svcgate/svcgate/messages"

// authorize holds an amount for an order.
func authorize(q question) (messages.Request, error) {
	return &messages.PreauthorizationRequest{
		UserID:         q.bureau.UserID,
		Instrument:     q.instrument(),
		RTPTransaction: q.rtp(),
		Comments:       q.kind.Comment(),
	}, nil
}
