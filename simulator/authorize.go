package simulator

// authorize holds the amount, or what there is when that is less.
func authorize(t *turn) *refusal {
	amount := min(t.amount, t.card.account.available())
	if t.partial && amount == t.amount {
		amount /= 2
	}
	switch {
	case amount < t.amount && t.sim.cfg.Switches.PartialRefused:
		return refuse(CodeInsufficientFunds)
	case amount == 0 && !t.sim.cfg.Switches.EmptyCardAuthorizes:
		return refuse(CodeInsufficientFunds)
	}
	t.hold = &hold{id: t.id, card: t.card, amount: amount, rest: amount}
	t.holds[t.id] = t.hold
	t.card.account.held += amount
	t.acted, t.moved = amount, freeze(amount)
	return nil
}
