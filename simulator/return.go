package simulator

// giveBack adds money. No earlier sale is needed, and an id that is sent is not looked at.
func giveBack(t *turn) *refusal {
	if no := t.fits(t.amount); no != nil {
		return no
	}
	t.acted, t.moved = t.amount, credit(t.amount)
	return nil
}
