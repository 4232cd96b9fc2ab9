package simulator

import (
	"github.com/svcgate/svcgate/messages"
)

// needs is what must hold before a message takes effect.
type needs uint8

const (
	needsCard   needs = 1 << iota // a known card, with right serial number and PIN, swiped if the program says so
	needsActive                   // card and account active, card not expired
	needsFresh                    // card not expired
	needsAmount                   // more than zero, in the account's currency
)

// effects says what each message does to the account. A ninth message adds a row here and a case in ask.
var effects = []struct {
	kind  messages.Kind
	needs needs
	apply func(*turn) *refusal
}{
	{messages.GenerateCard, 0, generate},
	{messages.ActivateInstrument, needsCard | needsFresh, activate},
	{messages.Recharge, needsCard | needsFresh | needsAmount, recharge},
	{messages.Inquiry, needsCard, inquire},
	{messages.Preauthorization, needsCard | needsActive | needsAmount, authorize},
	{messages.Postauthorization, needsCard | needsActive | needsAmount, deposit},
	{messages.Return, needsCard | needsActive | needsAmount, giveBack},
	{messages.Void, needsCard | needsAmount, void},
}
