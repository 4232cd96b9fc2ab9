package simulator

// inquire shows the account and changes nothing. An inactive card is shown as Inactive, not refused.
func inquire(t *turn) *refusal {
	if !t.card.active && t.sim.cfg.Switches.InactiveInquiryRefused {
		return refuse(CodeCardInactive)
	}
	return nil
}
