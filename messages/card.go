package messages

import "github.com/svcgate/svcgate/internal/secret"

// Lengths of a card number ("OMS 15.1 help SO14_08, Card Number Length").
const (
	minCardDigits = 10
	maxCardDigits = 16
)

// How hidden values look: a number as the provider's own logs print it, a PIN without its length.
const (
	stars      = "************"
	maskedNone = stars + "****"
	maskedPIN  = "****"
	shownTail  = 4
)

// Instrument names a card in a request.
type Instrument struct {
	InstrumentID       secret.String // card serial number; empty in every sample; masked like a card number
	AuthenticationData secret.String // PIN; empty in every sample
	CardNumber         secret.String // 10 to 16 digits
	CardSwiped         bool          // True or False on the wire
}

const instrumentText = `<Instrument>` +
	`<InstrumentID>%</InstrumentID>` +
	`<AuthenticationData>%</AuthenticationData>` +
	`<CardNumber>%</CardNumber>` +
	`<CardSwiped>%</CardSwiped>` +
	`</Instrument>`

func (i *Instrument) fill(w *writer) {
	w.fillID(w.shownCard(i.InstrumentID))
	if w.masked && !i.AuthenticationData.IsZero() {
		w.fillID(maskedPIN)
	} else {
		w.fillID(i.AuthenticationData.Reveal())
	}
	w.fillID(w.shownCard(i.CardNumber))
	if i.CardSwiped {
		w.fillID(swiped)
	} else {
		w.fillID(notSwiped)
	}
}

// How CardSwiped is written, with a capital.
const (
	swiped    = "True"
	notSwiped = "False"
)

// maskedCard gives twelve stars and the last four of 10 to 16 digits, and sixteen stars for anything else. What is
// masked already stays as it is.
func maskedCard[T string | []byte](number T) string {
	if len(number) == len(maskedNone) && number[0] == '*' {
		if isMasked(number) {
			return string(number)
		}
		return maskedNone
	}
	if len(number) < minCardDigits || len(number) > maxCardDigits || !allDigits(number) {
		return maskedNone
	}
	return stars + string(number[len(number)-shownTail:])
}

func isMasked[T string | []byte](number T) bool {
	if len(number) != len(maskedNone) || string(number[:len(stars)]) != stars {
		return false
	}
	tail := number[len(stars):]
	return allDigits(tail) || string(tail) == maskedNone[len(stars):]
}

func allDigits[T string | []byte](text T) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return len(text) > 0
}

func (i *Instrument) read(r *reader) {
	i.InstrumentID = r.takeSecret(askSerial)
	i.AuthenticationData = r.takeSecret(askPIN)
	i.CardNumber = r.takeSecret(askCard)
	i.CardSwiped = r.take(askSwiped) == swiped
	r.taken(askInstrument)
	r.require(askCard, !i.CardNumber.IsZero() || !i.InstrumentID.IsZero())
}
