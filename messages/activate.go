package messages

// ActivateInstrumentRequest activates a physical card with its first amount.
type ActivateInstrumentRequest struct {
	UserID         string // OMS
	Instrument     Instrument
	RTPTransaction RTPTransaction
	Comments       string // Kind.Comment
}

// Kind returns ActivateInstrument.
func (*ActivateInstrumentRequest) Kind() Kind { return ActivateInstrument }

const activateText = `<UserID>%</UserID>` + instrumentText + transactionText + `<Comments>%</Comments>`

func (q *ActivateInstrumentRequest) fill(w *writer) {
	w.fillID(q.UserID)
	q.Instrument.fill(w)
	q.RTPTransaction.fill(w)
	w.fillText(q.Comments)
}

func (q *ActivateInstrumentRequest) read(r *reader) {
	q.UserID = r.take(askUserID)
	q.Instrument.read(r)
	q.RTPTransaction.read(r)
	q.Comments = r.take(askComments)
}
