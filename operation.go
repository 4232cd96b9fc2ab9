package svcgate

import "fmt"

// Operation is one of the eight things an OMS can ask for. The zero value is none of them.
type Operation uint8

// The operations, in the order in which a card lives through them.
const (
	Generate Operation = iota + 1
	Activate
	Recharge
	Inquire
	Authorize
	Deposit
	Return
	Void
)

// Settling says how the outcome of an operation is found out when its answer was lost.
type Settling string

// The ways of settling. Nothing is ever settled by sending a money message again.
const (
	SettleByAsking  Settling = "ask again"   // the question changes nothing
	SettleByBalance Settling = "balance"     // compare an inquiry with the balance last seen
	SettleByPerson  Settling = "desk"        // the balance does not show it
	SettleByNothing Settling = "not settled" // at worst a number is wasted
)

// OperationInfo is a row of the table that routes, filters, help texts and settling are read from.
type OperationInfo struct {
	Operation          Operation
	Name               string   // ours: "authorize"
	Route              string   // last part of POST /v1/...: "authorizations"
	Summary            string   // one line of help
	MovesMoney         bool     // adds, holds, takes or frees money on the card
	NeedsCard          bool     // the request names a card
	NeedsAmount        bool     // the request names an amount above zero
	NeedsAuthorization bool     // the request names the earlier authorization (the provider's transaction id)
	NeedsKind          bool     // the request says whether the card is physical or virtual
	NeedsKey           bool     // an Idempotency-Key is required
	Settling           Settling // of an unknown outcome
}

var operations = [...]OperationInfo{
	{Generate, "generate", "generations", "assign a number to a virtual card", false, false, false, false, false, true, SettleByNothing},
	{Activate, "activate", "activations", "activate a card with its first amount", true, true, true, false, true, true, SettleByBalance},
	{Recharge, "recharge", "recharges", "add money to a card", true, true, true, false, false, true, SettleByBalance},
	{Inquire, "inquire", "inquiries", "ask for a card's balance and state", false, true, false, false, false, false, SettleByAsking},
	{Authorize, "authorize", "authorizations", "hold money on a card for an order", true, true, true, false, false, true, SettleByBalance},
	{Deposit, "deposit", "deposits", "take money that an authorization holds", true, true, true, true, false, true, SettleByPerson},
	{Return, "return", "returns", "put money back on a card", true, true, true, false, false, true, SettleByBalance},
	{Void, "void", "reversals", "free the money that an authorization holds", true, true, true, true, false, true, SettleByBalance},
}

// Operations returns the table, one row an operation.
func Operations() []OperationInfo { return append([]OperationInfo(nil), operations[:]...) }

// ParseOperation finds an operation by its name, such as "authorize".
func ParseOperation(name string) (Operation, error) {
	for _, row := range operations {
		if row.Name == name {
			return row.Operation, nil
		}
	}
	return 0, fmt.Errorf("unknown operation %q; the operations are generate, activate, recharge, inquire, authorize, deposit, return, void", name)
}

// Info returns the operation's row; ok is false for a value that is no operation.
func (o Operation) Info() (row OperationInfo, ok bool) {
	if o == 0 || int(o) > len(operations) {
		return OperationInfo{}, false
	}
	return operations[o-1], true
}

// String returns the name, or "operation(n)" for a value that is no operation.
func (o Operation) String() string {
	row, ok := o.Info()
	if !ok {
		return fmt.Sprintf("operation(%d)", uint8(o))
	}
	return row.Name
}
