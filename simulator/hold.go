package simulator

// hold is money that a preauthorization set aside. Once nothing is left it is kept as long as its entry in the
// ledger, so that a second void or capture can be told from one of an unknown id.
type hold struct {
	id       int64 // SVATransactionID of the preauthorization
	card     *card
	amount   int64 // at first
	rest     int64 // still held
	captured int64
	voided   bool
}

// take lowers what is left and keeps the account's proof in step.
func (h *hold) take(n int64) {
	h.rest -= n
	h.card.account.held -= n
}

// closed says why nothing is left to take, or nil.
func (h *hold) closed() *refusal {
	switch {
	case h.voided:
		return refuse(CodeHoldVoided)
	case h.rest == 0:
		return refuse(CodeHoldCaptured)
	}
	return nil
}
