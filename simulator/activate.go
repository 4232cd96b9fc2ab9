package simulator

// activate switches card and account on ("ORCE 22.1 guide ch. 9, Activate Instrument"). A card that was activated
// before gets the amount on top: nothing tells a repeated message from a second one.
func activate(t *turn) *refusal {
	c, a := t.card, t.card.account
	if c.active && a.active && t.sim.cfg.Switches.RepeatedActivationRefused {
		return refuse(CodeActiveAlready)
	}
	amount := max(t.amount, 0)
	if amount == 0 && !a.used && t.sim.cfg.Switches.ZeroActivatesInitial {
		amount = a.initial
	}
	if no := t.fits(amount); no != nil {
		return no
	}
	t.acted, t.moved = amount, credit(amount)
	t.switchOn(amount)
	return nil
}

// switchOn makes card and account active and, the first time, dates them. The money itself is posted by settle.
func (t *turn) switchOn(amount int64) {
	c, a := t.card, t.card.account
	if !a.used {
		a.start(0, t.now)
		a.initialBalance = amount
		if months := t.sim.cfg.Switches.ExpiryMonths; months > 0 {
			c.expires = t.now.AddDate(0, months, 0)
		}
	}
	a.activationAmount = amount
	c.active, a.active = true, true
}
