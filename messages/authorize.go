package messages

// PreauthorizationRequest holds an amount.
type PreauthorizationRequest struct {
	UserID         string // OMS
	Instrument     Instrument
	RTPTransaction RTPTransaction
	Comments       string // Kind.Comment
}

// Kind returns Preauthorization.
func (*PreauthorizationRequest) Kind() Kind { return Preauthorization }

const authorizeText = `<UserID>%</UserID>` + instrumentText + transactionText + `<Comments>%</Comments>`

func (q *PreauthorizationRequest) fill(w *writer) {
	w.fillID(q.UserID)
	q.Instrument.fill(w)
	q.RTPTransaction.fill(w)
	w.fillText(q.Comments)
}

func (q *PreauthorizationRequest) read(r *reader) {
	q.UserID = r.take(askUserID)
	q.Instrument.read(r)
	q.RTPTransaction.read(r)
	q.Comments = r.take(askComments)
}
