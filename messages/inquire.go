package messages

// InquiryRequest asks for balance and state.
type InquiryRequest struct {
	UserID     string // OMS
	Instrument Instrument
	Comments   string // Kind.Comment
}

// Kind returns Inquiry.
func (*InquiryRequest) Kind() Kind { return Inquiry }

const inquireText = `<UserID>%</UserID>` + instrumentText + `<Comments>%</Comments>`

func (q *InquiryRequest) fill(w *writer) {
	w.fillID(q.UserID)
	q.Instrument.fill(w)
	w.fillText(q.Comments)
}

func (q *InquiryRequest) read(r *reader) {
	q.UserID = r.take(askUserID)
	q.Instrument.read(r)
	q.Comments = r.take(askComments)
}
