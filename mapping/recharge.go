package mapping

import "github.com/svcgate/svcgate/messages"

// recharge adds money to a card; it also activates a virtual one.
func recharge(q question) (messages.Request, error) {
	return &messages.RechargeRequest{
		UserID:         q.bureau.UserID,
		Instrument:     q.instrument(),
		RTPTransaction: q.rtp(),
		Comments:       q.kind.Comment(),
	}, nil
}
