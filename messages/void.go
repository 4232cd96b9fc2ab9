package messages

// VoidRequest frees what a preauthorization holds.
type VoidRequest struct {
	UserID           string // OMS
	Instrument       Instrument
	RTPTransaction   RTPTransaction
	SVATransactionID string // the provider's transaction id: the transaction to void
	Comments         string // Kind.Comment
}

// Kind returns Void.
func (*VoidRequest) Kind() Kind { return Void }

const voidText = `<UserID>%</UserID>` + instrumentText + transactionText + referredText + `<Comments>%</Comments>`

func (q *VoidRequest) fill(w *writer) {
	w.fillID(q.UserID)
	q.Instrument.fill(w)
	q.RTPTransaction.fill(w)
	w.fillID(q.SVATransactionID)
	w.fillText(q.Comments)
}

func (q *VoidRequest) read(r *reader) {
	q.UserID = r.take(askUserID)
	q.Instrument.read(r)
	q.RTPTransaction.read(r)
	q.SVATransactionID = readReferred(r)
	q.Comments = r.take(askComments)
}
