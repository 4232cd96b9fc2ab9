package mapping

import "github.com/svcgate/svcgate/messages"

// activate loads a physical card with its first amount.
func activate(q question) (messages.Request, error) {
	return &messages.ActivateInstrumentRequest{
		UserID:         q.bureau.UserID,
		Instrument:     q.instrument(),
		RTPTransaction: q.rtp(),
		Comments:       q.kind.Comment(),
	}, nil
}
