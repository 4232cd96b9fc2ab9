package simulator

import (
	"fmt"

	"github.com/svcgate/svcgate/messages"
)

// question is what a request asks, whatever its kind.
type question struct {
	kind       messages.Kind
	instrument messages.Instrument
	lastFour   string // of the card number; "" for what is none
	rtp        messages.RTPTransaction
	earlier    string    // SVATransactionID referred to
	from       seriesKey // GenerateCard
}

func ask(request messages.Request) (question, error) {
	q := question{kind: request.Kind()}
	switch r := request.(type) {
	case *messages.GenerateCardRequest:
		q.from = seriesKey{r.CardPrefix, r.CardSeriesSequence}
	case *messages.ActivateInstrumentRequest:
		q.instrument, q.rtp = r.Instrument, r.RTPTransaction
	case *messages.RechargeRequest:
		q.instrument, q.rtp = r.Instrument, r.RTPTransaction
	case *messages.InquiryRequest:
		q.instrument = r.Instrument
	case *messages.PreauthorizationRequest:
		q.instrument, q.rtp = r.Instrument, r.RTPTransaction
	case *messages.PostauthorizationRequest:
		q.instrument, q.rtp, q.earlier = r.Instrument, r.RTPTransaction, r.SVATransactionID
	case *messages.ReturnRequest:
		q.instrument, q.rtp, q.earlier = r.Instrument, r.RTPTransaction, r.SVATransactionID
	case *messages.VoidRequest:
		q.instrument, q.rtp, q.earlier = r.Instrument, r.RTPTransaction, r.SVATransactionID
	default:
		return question{}, fmt.Errorf("simulator: no effect for a request of type %T", request)
	}
	q.lastFour = lastFour(q.instrument.CardNumber)
	return q, nil
}
