package simulator

import "github.com/svcgate/svcgate/messages"

// void frees what a preauthorization has left.
func void(t *turn) *refusal {
	id, no := t.earlierID()
	if no != nil {
		return no
	}
	if _, held := t.holds[id]; !held {
		return voidOther(t, t.byID[id])
	}
	h, no := t.findHold()
	if no != nil {
		return no
	}
	if no := h.closed(); no != nil {
		return no
	}
	switch {
	case h.captured > 0 && t.sim.cfg.Switches.VoidCapturedRefused:
		return refuse(CodeHoldCaptured)
	case t.amount != h.rest && t.sim.cfg.Switches.VoidAmountChecked:
		return refuse(CodeVoidAmount)
	}
	t.acted, t.hold, t.moved = h.rest, h, release(h.rest)
	h.take(h.rest)
	h.voided = true
	return nil
}

// voidOther undoes what is not a preauthorization, if the switch says that this provider does.
func voidOther(t *turn, e *Entry) *refusal {
	switch {
	case e == nil:
		return refuse(CodeTransactionNotFound)
	case e.card != t.card:
		return refuse(CodeTransactionOther)
	case !t.sim.cfg.Switches.VoidOthers, !e.Booked:
		return refuse(CodeNotVoidable)
	case e.voided:
		return refuse(CodeVoidedAlready)
	}
	var back move
	switch e.Kind {
	case messages.ActivateInstrument, messages.Recharge, messages.Return:
		back = debit(e.Amount)
	case messages.Postauthorization:
		back = credit(e.Amount)
	default: // inquiries, voids and whatever a later row adds move nothing that could be put back
		return refuse(CodeNotVoidable)
	}
	if t.card.account.available()+back.available < 0 {
		return refuse(CodeInsufficientFunds)
	}
	if back.available > 0 {
		if no := t.fits(back.available); no != nil {
			return no
		}
	}
	e.voided = true
	t.acted, t.moved = e.Amount, back
	return nil
}
