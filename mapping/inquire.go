package mapping

import "github.com/svcgate/svcgate/messages"

// inquire asks for balance and state. The message names no order and no time.
func inquire(q question) (messages.Request, error) {
	return &messages.InquiryRequest{
		UserID:     q.bureau.UserID,
		Instrument: q.instrument(),
		Comments:   q.kind.Comment(),
	}, nil
}
