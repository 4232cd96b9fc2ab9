package svcgate

import (
	"context"
	"strings"
	"time"
)

// Settlement is how an unknown outcome was decided.
type Settlement struct {
	Finding
	TransactionID string    `json:"provider_transaction_id"` // named by a person; "" when not known
	By            string    `json:"by"`                      // CallerSettling, or the name of the person's token
	Reason        string    `json:"reason"`                  // a person's; "" for svcgate
	At            time.Time `json:"at"`
	Evidence      []Reading `json:"evidence"` // the looks that decided, oldest first
}

// MaxReason is the longest reason of a settlement, in bytes.
const MaxReason = 500

// Decision is what a person says about an unknown outcome.
type Decision struct {
	Verdict       Verdict
	Amount        string // acted on, decimal text; "": the amount asked for
	TransactionID string // the provider's id, for Applied; a settled authorization needs it
	Reason        string // why, for the audit trail
	By            string // name of the person's token
}

// SettleByHand makes an unresolved transaction, or one on the desk, final as a person decided. The error is an *Error:
// CodeInvalid for a decision that is incomplete, CodeConflict for a transaction that is not open.
func (g *Gateway) SettleByHand(ctx context.Context, id string, d Decision) (*Transaction, error) {
	t, err := g.Unsettled.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	if t.State != StateUnresolved && t.State != StateDesk {
		return nil, &Error{Code: CodeConflict, Reason: "not_open", Op: "settle",
			Detail: "This transaction is " + string(t.State) + "; only an unresolved one, or one on the desk, can be settled."}
	}
	if len(t.Plan) > 0 {
		return nil, &Error{Code: CodeConflict, Reason: "settle_its_parts", Op: "settle",
			Detail: "A split deposit is settled by settling its parts."}
	}
	s, err := d.check(t)
	if err != nil {
		return nil, err
	}
	s.Evidence = t.Readings
	return t, g.settle(ctx, t, s)
}

func (d Decision) check(t *Transaction) (Settlement, error) {
	reason := strings.TrimSpace(d.Reason)
	if reason == "" || len(reason) > MaxReason {
		return Settlement{}, invalid("reason", "invalid_reason", "Say why, in 1 to %d bytes; it is kept.", MaxReason)
	}
	s := Settlement{By: d.By, Reason: reason, TransactionID: d.TransactionID, Finding: Finding{Verdict: d.Verdict, Why: "decided by a person"}}
	switch d.Verdict {
	case Applied:
	case NotApplied, Released:
		if d.TransactionID != "" || d.Amount != "" {
			return Settlement{}, invalid("verdict", "not_applicable", "Leave the provider's transaction id and the amount out: nothing is left of it.")
		}
		return s, nil
	case CannotTell:
		return Settlement{}, invalid("verdict", "invalid_verdict", "Say applied, not_applied or released.")
	default:
		return Settlement{}, invalid("verdict", "invalid_verdict", "Say applied, not_applied or released.")
	}
	if d.TransactionID == "" && t.Operation == Authorize {
		return Settlement{}, invalid("provider_transaction_id", "transaction_id_required",
			"Give the provider's transaction id of the hold: without it the hold can be neither deposited nor voided. If it was freed at the provider, say released.")
	}
	if d.TransactionID != "" && (len(d.TransactionID) > maxAuthorization || !digitsText.MatchString(d.TransactionID)) {
		return Settlement{}, invalid("provider_transaction_id", "invalid_transaction_id", "A provider's transaction id is 1 to %d digits.", maxAuthorization)
	}
	s.Amount = t.Requested
	if d.Amount != "" {
		amount, err := ParseMoney(d.Amount, t.Requested.Currency())
		if err != nil || t.Requested.Less(amount) || amount.Minor() == 0 {
			return Settlement{}, invalid("amount", "invalid_amount", "Give the amount that was acted on: above zero and at most %s.", t.Requested)
		}
		s.Amount = amount
	}
	return s, nil
}
