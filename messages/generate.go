package messages

// GenerateCardRequest asks for a new number of a card series (GenerateCard).
type GenerateCardRequest struct {
	UserName           string // OMS; the other messages call it UserID
	CardPrefix         string // presenter's ID of the service bureau; 5 digits, leading zeros kept
	CardSeriesSequence string // submitter's ID; 2 digits, leading zeros kept
}

// Kind returns GenerateCard.
func (*GenerateCardRequest) Kind() Kind { return GenerateCard }

const generateText = `<CardSeries Action="GenerateCard">` +
	`<UserName>%</UserName>` +
	`<CardPrefix>%</CardPrefix>` +
	`<CardSeriesSequence>%</CardSeriesSequence>` +
	`</CardSeries>`

func (q *GenerateCardRequest) fill(w *writer) {
	w.fillID(q.UserName)
	w.fillID(q.CardPrefix)
	w.fillID(q.CardSeriesSequence)
}

func (q *GenerateCardRequest) read(r *reader) {
	r.require(askSeriesAction, r.has(askSeriesAction))
	if r.take(askSeriesAction) != GenerateCard.Action() {
		r.refuseAt(CodeValue, askSeriesAction, "another action than GenerateCard")
	}
	q.UserName = r.take(askUserName)
	q.CardPrefix = r.take(askPrefix)
	q.CardSeriesSequence = r.take(askSequence)
	r.taken(askSeries)
	_ = r.require(askPrefix, q.CardPrefix != "") && r.require(askSequence, q.CardSeriesSequence != "")
}
