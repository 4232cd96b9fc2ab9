package messages

// RTPTransaction says who asks for how much, where and when.
type RTPTransaction struct {
	RTPTransactionID    string  // order number
	OperatorID          string  // OMS
	LocationID          string  // the service bureau's signon; may be empty
	TransactionDateTime string  // YYYY-MM-DDTHH:MM:SS, without offset
	BusinessDate        string  // YYYY-MM-DD
	CurrencyID          string  // ISO 4217 or empty
	Amount              Decimal // never below zero
}

const transactionText = `<RTPTransaction>` +
	`<RTPTransactionID>%</RTPTransactionID>` +
	`<OperatorID>%</OperatorID>` +
	`<LocationID>%</LocationID>` +
	`<TransactionDateTime>%</TransactionDateTime>` +
	`<BusinessDate>%</BusinessDate>` +
	`<RTPAmount>` +
	`<CurrencyID>%</CurrencyID>` +
	`<Amount>%</Amount>` +
	`</RTPAmount>` +
	`</RTPTransaction>`

// referredText names the earlier transaction of the provider that a request refers to.
const referredText = `<SVATransaction><SVATransactionID>%</SVATransactionID></SVATransaction>`

func (t *RTPTransaction) fill(w *writer) {
	w.fillID(t.RTPTransactionID)
	w.fillID(t.OperatorID)
	w.fillID(t.LocationID)
	w.fillID(t.TransactionDateTime)
	w.fillID(t.BusinessDate)
	w.fillID(t.CurrencyID)
	w.fillAmount(t.Amount)
}

func (t *RTPTransaction) read(r *reader) {
	t.RTPTransactionID = r.take(askOrder)
	t.OperatorID = r.take(askOperator)
	t.LocationID = r.take(askLocation)
	t.TransactionDateTime = r.time(askTime).String()
	t.BusinessDate = r.take(askDate)
	t.CurrencyID = r.take(askCurrency)
	t.Amount = r.decimal(askAmount)
	r.require(askAmount, t.Amount.IsSet())
	r.taken(askTransaction, askTime, askMoney, askAmount)
}

func readReferred(r *reader) string {
	r.taken(askReferred)
	return r.take(askReferredID)
}
