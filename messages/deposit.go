package messages

// PostauthorizationRequest takes money that a preauthorization holds.
type PostauthorizationRequest struct {
	UserID           string // OMS
	Instrument       Instrument
	RTPTransaction   RTPTransaction
	SVATransactionID string // the provider's transaction id: the preauthorization
	Comments         string // Kind.Comment
}

// Kind returns Postauthorization.
func (*PostauthorizationRequest) Kind() Kind { return Postauthorization }

const depositText = `<UserID>%</UserID>` + instrumentText + transactionText + referredText + `<Comments>%</Comments>`

func (q *PostauthorizationRequest) fill(w *writer) {
	w.fillID(q.UserID)
	q.Instrument.fill(w)
	q.RTPTransaction.fill(w)
	w.fillID(q.SVATransactionID)
	w.fillText(q.Comments)
}

func (q *PostauthorizationRequest) read(r *reader) {
	q.UserID = r.take(askUserID)
	q.Instrument.read(r)
	q.RTPTransaction.read(r)
	q.SVATransactionID = readReferred(r)
	q.Comments = r.take(askComments)
}
