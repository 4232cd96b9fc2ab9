package mapping

import "github.com/svcgate/svcgate/messages"

// void frees what the named authorization holds.
func void(q question) (messages.Request, error) {
	return &messages.VoidRequest{
		UserID:           q.bureau.UserID,
		Instrument:       q.instrument(),
		RTPTransaction:   q.rtp(),
		SVATransactionID: q.Authorization(),
		Comments:         q.kind.Comment(),
	}, nil
}
