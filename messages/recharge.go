package messages

// RechargeRequest adds money to a card; OMS sends it to activate a virtual card.
type RechargeRequest struct {
	UserID         string // OMS
	Instrument     Instrument
	RTPTransaction RTPTransaction
	Comments       string // Kind.Comment
}

// Kind returns Recharge.
func (*RechargeRequest) Kind() Kind { return Recharge }

const rechargeText = `<UserID>%</UserID>` + instrumentText + transactionText + `<Comments>%</Comments>`

func (q *RechargeRequest) fill(w *writer) {
	w.fillID(q.UserID)
	q.Instrument.fill(w)
	q.RTPTransaction.fill(w)
	w.fillText(q.Comments)
}

func (q *RechargeRequest) read(r *reader) {
	q.UserID = r.take(askUserID)
	q.Instrument.read(r)
	q.RTPTransaction.read(r)
	q.Comments = r.take(askComments)
}
