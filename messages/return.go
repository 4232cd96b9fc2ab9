package messages

// ReturnRequest puts money back.
type ReturnRequest struct {
	UserID           string // OMS
	Instrument       Instrument
	RTPTransaction   RTPTransaction
	SVATransactionID string // the provider's transaction id: empty in the sample
	Comments         string // Kind.Comment
}

// Kind returns Return.
func (*ReturnRequest) Kind() Kind { return Return }

const returnText = `<UserID>%</UserID>` + instrumentText + transactionText + referredText + `<Comments>%</Comments>`

func (q *ReturnRequest) fill(w *writer) {
	w.fillID(q.UserID)
	q.Instrument.fill(w)
	q.RTPTransaction.fill(w)
	w.fillID(q.SVATransactionID)
	w.fillText(q.Comments)
}

func (q *ReturnRequest) read(r *reader) {
	q.UserID = r.take(askUserID)
	q.Instrument.read(r)
	q.RTPTransaction.read(r)
	q.SVATransactionID = readReferred(r)
	q.Comments = r.take(askComments)
}
