package simulator

import (
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// generate gives away the next card of a generated series: active and worth nothing, unless the switch says otherwise.
// A serial number that a card added by hand has already is passed over.
func generate(t *turn) *refusal {
	sr := t.state.series[t.from]
	if sr == nil {
		return refuse(CodeSeriesNotFound)
	}
	standing := StandingActive
	if t.sim.cfg.Switches.GeneratedInactive {
		standing = StandingNew
	}
	for sr.issued < sr.Cards {
		serial, batch := sr.next()
		c, err := t.sim.issue(t.state, CardSpec{
			Number: t.sim.number(t.state, sr), Serial: secret.New(serial), Currency: sr.Currency, Card: standing, Label: "generated",
		})
		if err != nil {
			continue // ErrCardTwice is the only one there can be
		}
		t.issued = c
		t.answer = &messages.Answer{
			Kind: t.kind, ResponseCode: responseOK, DateTime: messages.NewLocalTimestamp(t.now),
			CardPrefix: sr.Prefix, CardSeriesSequence: sr.Sequence,
			InstrumentID: c.serial, CardNumber: c.number, BatchNumber: batch,
		}
		return nil
	}
	return refuse(CodeAllCardsGenerated)
}
