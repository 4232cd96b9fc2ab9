package mapping

import (
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/messages"
)

// rule is one line of the table of messages.
type rule struct {
	operation svcgate.Operation
	card      svcgate.Kind  // the kind of card that is activated; "" for other operations
	kind      messages.Kind // the message that carries it
	// terse is for an answer that need not tell id and amount: "OMS 15.1 help SO14_08, Void Response" describes
	// neither, though its sample has both.
	terse bool
	// adds is for a message that adds money. A card may hold too little to take all from, but none is full: an answer that
	// names less is taken for another message's, and the balance tells what was added. To believe it would have the rest
	// added once more.
	adds bool

	// build makes the message.
	build func(q question) (messages.Request, error)
	// belongs says whether an answer refers to what was asked, beyond what all answers have; nil: nothing more to ask.
	belongs func(q question, a *messages.Answer) error
	// take reads what only this answer tells, once it was accepted; nil: nothing more.
	take func(q question, a *messages.Answer, reply *svcgate.Reply) error
}

// rules is the whole table ("OMS 15.1 help SO14_08": a virtual card is activated with a Recharge message).
var rules = [...]rule{
	{operation: svcgate.Generate, kind: messages.GenerateCard, build: generate, belongs: sameSeries, take: newCard},
	{operation: svcgate.Activate, card: svcgate.Physical, kind: messages.ActivateInstrument, build: activate, adds: true},
	{operation: svcgate.Activate, card: svcgate.Virtual, kind: messages.Recharge, build: recharge, adds: true},
	{operation: svcgate.Recharge, kind: messages.Recharge, build: recharge, adds: true},
	{operation: svcgate.Inquire, kind: messages.Inquiry, build: inquire},
	{operation: svcgate.Authorize, kind: messages.Preauthorization, build: authorize},
	{operation: svcgate.Deposit, kind: messages.Postauthorization, build: deposit, belongs: sameHold, take: holdRest},
	{operation: svcgate.Return, kind: messages.Return, build: giveBack, adds: true},
	{operation: svcgate.Void, kind: messages.Void, build: void, terse: true},
}

// question is a request with all that its message is made from.
type question struct {
	*svcgate.Request
	rule
	bureau Bureau
	at     time.Time // zero when an answer is read
}

func ruleFor(r *svcgate.Request) (rule, bool) { return ruleOf(r.Operation(), r.Kind()) }

func ruleOf(op svcgate.Operation, card svcgate.Kind) (rule, bool) {
	for _, row := range rules {
		if row.operation == op && row.card == card {
			return row, true
		}
	}
	return rule{}, false
}

// KindFor returns the kind of message that carries a request, and no kind for a request that none carries.
func KindFor(r *svcgate.Request) messages.Kind { return KindOf(r.Operation(), r.Kind()) }

// KindOf is KindFor where there is no request any more, only the operation and the kind of card that was activated.
func KindOf(op svcgate.Operation, card svcgate.Kind) messages.Kind {
	row, _ := ruleOf(op, card)
	return row.kind
}

// ToMessage builds the message for a request, stamped with at on the bureau's wall clock. Its error is an
// *svcgate.Error with CodeInvalid for a request that this service bureau cannot put into a message.
func ToMessage(r *svcgate.Request, b Bureau, at time.Time) (messages.Request, error) {
	row, ok := ruleFor(r)
	if !ok {
		return nil, unsuitable("operation", "unsupported_operation",
			fmt.Sprintf("The provider has no message for %s.", r.Operation()))
	}
	b = b.filled()
	return row.build(question{r, row, b, at.In(b.Location)})
}
