package svcgate

import (
	"context"
	"strings"
)

// checkHold refuses, before the provider sees it, a deposit larger than the one hold it names and a deposit or void
// that names a hold of another card ("OMS 15.1 help SO14_08": ORCE rejects a deposit greater than any single
// authorization). A hold that the journal does not know is the provider's to judge. What another node is taking from the
// hold may be declined: such a deposit is not refused but waits.
func (g *Gateway) checkHold(ctx context.Context, r *Request, t *Transaction) error {
	if r.operation != Deposit && r.operation != Void {
		return nil
	}
	holds, err := g.Journal.Holds(ctx, r.service, r.order, r.authorization)
	if err != nil {
		return unreadable("holds", err)
	}
	for _, h := range holds {
		if h.Authorization != r.authorization {
			continue
		}
		if h.CardPrint != t.CardPrint {
			return invalid("authorization", "authorization_of_other_card", "This authorization holds money on another card.")
		}
		if r.operation == Void {
			return nil
		}
		if h.Amount.Currency() != r.amount.Currency() {
			return invalid("currency", "authorization_in_other_currency", "This authorization is in %s.", h.Amount.Currency())
		}
		if h.Remaining.Less(r.amount) {
			if held := h.UnderWay; held.TransactionID != "" {
				return cardBusy("holds", &held)
			}
			return exceeds(h, r.amount, holds)
		}
	}
	return nil
}

// exceeds refuses a deposit and shows how the order's open holds could give the amount.
func exceeds(named Hold, asked Money, holds []Hold) error {
	return invalid("amount", "exceeds_authorization",
		"Authorization %s can still give %s. Deposit no more than one authorization holds; open authorizations of the order: %s. %s",
		named.Authorization, named.Remaining, listHolds(holds, named.Order, named.CardPrint), planInWords(holds, named.Order, named.CardPrint, asked))
}

func listHolds(holds []Hold, order, card string) string {
	var open []string
	for _, h := range openHolds(holds, order, card) {
		open = append(open, h.Authorization+" ("+h.Remaining.String()+")")
	}
	if len(open) == 0 {
		return "none"
	}
	return strings.Join(open, ", ")
}

// takenFrom returns what is under way on one of the order's holds; nil for nothing.
func takenFrom(holds []Hold, order, card string) *CardHeldError {
	for _, h := range holds {
		if h.Order == order && h.CardPrint == card && h.UnderWay.TransactionID != "" {
			return &h.UnderWay
		}
	}
	return nil
}

func openHolds(holds []Hold, order, card string) []Hold {
	var open []Hold
	for _, h := range holds {
		if h.Order == order && h.CardPrint == card && h.Remaining.Minor() > 0 {
			open = append(open, h)
		}
	}
	return open
}

// planInWords is the plan that split "auto" would follow.
func planInWords(holds []Hold, order, card string, asked Money) string {
	plan, err := planDeposit(openHolds(holds, order, card), asked)
	if err != nil {
		return "Together they do not hold " + asked.String() + "."
	}
	parts := make([]string, len(plan))
	for i, p := range plan {
		parts[i] = p.Amount.String() + " of " + p.Authorization
	}
	return "With \"split\":\"auto\" instead of an authorization it is taken as " + strings.Join(parts, " and ") + "."
}

// planDeposit takes the amount from the holds, the oldest first. ErrRange says that they do not hold as much.
func planDeposit(open []Hold, amount Money) ([]Part, error) {
	var plan []Part
	rest := amount
	for _, h := range open {
		if rest.Minor() == 0 {
			break
		}
		if h.Remaining.Currency() != amount.Currency() {
			continue
		}
		take := h.Remaining
		if rest.Less(take) {
			take = rest
		}
		plan = append(plan, Part{Authorization: h.Authorization, Amount: take})
		var err error
		if rest, err = rest.Minus(take); err != nil {
			return nil, err
		}
	}
	if rest.Minor() != 0 {
		return nil, ErrRange
	}
	return plan, nil
}
