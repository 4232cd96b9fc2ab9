package simulator

// recharge adds money.
func recharge(t *turn) *refusal {
	a := t.card.account
	on := !a.used && t.sim.cfg.Switches.RechargeActivates
	switch {
	case !t.card.active && !on:
		return refuse(CodeCardInactive)
	case !a.active && !on:
		return refuse(CodeAccountInactive)
	}
	if no := t.fits(t.amount); no != nil {
		return no
	}
	t.acted, t.moved = t.amount, credit(t.amount)
	if on {
		t.switchOn(t.amount)
	}
	return nil
}
