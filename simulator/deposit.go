package simulator

// deposit takes money that one preauthorization holds: never more than that one has left, whatever else the card has.
func deposit(t *turn) *refusal {
	h, no := t.findHold()
	if no != nil {
		return no
	}
	if no := h.closed(); no != nil {
		return no
	}
	switch {
	case h.captured > 0 && t.sim.cfg.Switches.SecondCaptureRefused:
		return refuse(CodeHoldCaptured)
	case t.amount > h.rest:
		return refuse(CodeAmountAboveHold)
	}
	h.take(t.amount)
	h.captured += t.amount
	t.card.account.usage++
	t.acted, t.hold, t.moved = t.amount, h, capture(t.amount)
	if t.sim.cfg.Switches.RestReleased && h.rest > 0 {
		t.moved.available += h.rest
		t.moved.frozen -= h.rest
		h.take(h.rest)
	}
	return nil
}

// findHold finds the preauthorization that the message names.
func (t *turn) findHold() (*hold, *refusal) {
	id, no := t.earlierID()
	if no != nil {
		return nil, no
	}
	h := t.holds[id]
	switch {
	case h == nil && t.byID[id] != nil:
		return nil, refuse(CodeNotAHold)
	case h == nil:
		return nil, refuse(CodeTransactionNotFound)
	case h.card != t.card:
		return nil, refuse(CodeTransactionOther)
	}
	return h, nil
}
