package messages

// appendPayload writes the answer's own element.
func (a *Answer) appendPayload(w *writer, form AnswerForm) {
	root, schema := a.Kind.AnswerRoot(), locateValue
	if a.Kind == GenerateCard {
		schema = locateSeries
	}
	w.raw("<")
	w.raw(root)
	if !form.NoNamespace {
		w.raw(declareAnswer)
		w.raw(schema)
	}
	if a.Kind == GenerateCard {
		w.raw(">")
		a.appendSeries(w)
	} else {
		a.appendResponseCode(w)
		w.raw(">")
		a.appendRefusal(w)
		a.appendState(w)
		a.appendTransaction(w)
	}
	w.raw("</")
	w.raw(root)
	w.raw(">")
}

func (a *Answer) appendResponseCode(w *writer) {
	if a.ResponseCode == "" {
		return
	}
	w.raw(` ResponseCode="`)
	w.value("ResponseCode", a.ResponseCode, maxID)
	w.raw(`"`)
}

// appendRefusal writes why the provider refused.
func (a *Answer) appendRefusal(w *writer) {
	w.text("ErrorCode", a.ErrorCode)
	w.text("ResponseDescription", a.ResponseDescription)
	w.text("FaultDetail", a.FaultDetail)
}

func (a *Answer) appendState(w *writer) {
	start := w.start("InstrumentState")
	w.id("Status", a.InstrumentStatus)
	w.end("InstrumentState", start)
	start = w.start("AccountState")
	w.id("AccountID", a.AccountID)
	w.id("AccountStatus", a.AccountStatus)
	balance := w.start("Balance")
	w.balance("Amount", a.Balance)
	w.id("Currency", a.BalanceCurrency)
	w.end("Balance", balance)
	w.timestamp("EffectiveDate", a.EffectiveDate)
	w.id("AccountType", a.AccountType)
	w.end("AccountState", start)
}

func (a *Answer) appendTransaction(w *writer) {
	start := w.start("SVATransaction")
	w.id("SVATransactionID", a.SVATransactionID)
	w.id("PreAuthSVATransactionID", a.PreAuthSVATransactionID)
	rest := w.start("PreAuthSVAAmount")
	w.id("PreAuthCurrencyID", a.PreAuthCurrencyID)
	w.amount("PreAuthAmount", a.PreAuthAmount)
	w.end("PreAuthSVAAmount", rest)
	reason := w.start("Reason")
	w.text("Description", a.ReasonDescription)
	w.id("Code", a.ReasonCode)
	w.end("Reason", reason)
	amount := w.start("SVAAmount")
	w.id("CurrencyID", a.CurrencyID)
	w.amount("Amount", a.Amount)
	w.end("SVAAmount", amount)
	w.timestamp("TransactionDateTime", a.TransactionDateTime)
	w.id("AuthNumber", a.AuthNumber)
	w.end("SVATransaction", start)
}

func (a *Answer) appendSeries(w *writer) {
	w.timestamp("DateTime", a.DateTime)
	w.raw("<CardSeries")
	a.appendResponseCode(w)
	w.raw(">")
	a.appendRefusal(w)
	w.id("CardPrefix", a.CardPrefix)
	w.id("CardSeriesSequence", a.CardSeriesSequence)
	start := w.start("Instrument")
	w.id("InstrumentID", w.shownCard(a.InstrumentID))
	w.id("CardNumber", w.shownCard(a.CardNumber))
	w.id("BatchNumber", a.BatchNumber)
	w.end("Instrument", start)
	w.raw("</CardSeries>")
}
