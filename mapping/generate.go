package mapping

import (
	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/messages"
)

// generate asks for the next number of the bureau's card series.
func generate(q question) (messages.Request, error) {
	if q.bureau.PresentersID == "" {
		return nil, unsuitable("service", "presenters_id_missing",
			"This service bureau cannot generate cards: set its presenters_id to the card prefix that the provider gave to virtual cards.")
	}
	if q.bureau.SubmittersID == "" {
		return nil, unsuitable("service", "submitters_id_missing",
			"This service bureau cannot generate cards: set its submitters_id to the card series that the provider gave to virtual cards.")
	}
	return &messages.GenerateCardRequest{
		UserName:           q.bureau.UserID,
		CardPrefix:         q.bureau.PresentersID,
		CardSeriesSequence: q.bureau.SubmittersID,
	}, nil
}

// sameSeries wants the prefix and series that were asked for, where the answer names them; a refusal names none.
func sameSeries(q question, a *messages.Answer) error {
	if a.CardPrefix != "" && a.CardPrefix != q.bureau.PresentersID ||
		a.CardSeriesSequence != "" && a.CardSeriesSequence != q.bureau.SubmittersID {
		return &MismatchError{OtherSeries}
	}
	return nil
}

// newCard reads the number that was assigned. The serial number beside it is not the card's number and is not kept.
func newCard(_ question, a *messages.Answer, reply *svcgate.Reply) error {
	if a.CardNumber.IsZero() {
		return &MismatchError{NoCardNumber}
	}
	card, err := svcgate.ParseCard(a.CardNumber)
	if err != nil {
		return &MismatchError{BadCardNumber}
	}
	reply.Card = card
	return nil
}
