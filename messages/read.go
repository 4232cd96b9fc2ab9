package messages

import "github.com/svcgate/svcgate/internal/secret"

// responseOK is the response code of a message that was carried out.
const responseOK = "OK"

// Refused reports whether the provider refused: the answer has an error code, or a response code other than OK.
func (a *Answer) Refused() bool {
	return a.ErrorCode != "" || a.ResponseCode != "" && a.ResponseCode != responseOK
}

// ReadAnswer reads the one answer in body into a, bare or enveloped, in the IXRetail namespace or in none. An answer
// that is not refused has what its kind needs: a reason code, then id and amount where money was moved, the balance
// where it was asked for, the card number where one was generated. On error, always a *SyntaxError, a is zero.
func ReadAnswer(body []byte, a *Answer) error {
	*a = Answer{}
	r := read(body, answerTree)
	if r.failure.code == "" {
		r.answer(a)
	}
	if err := r.release(); err != nil {
		*a = Answer{}
		return err
	}
	return nil
}

func (r *reader) answer(a *Answer) {
	a.Kind = r.kind
	a.ResponseCode = r.string(atResponseCode)
	a.ErrorCode = r.string(atErrorCode)
	a.ResponseDescription = r.string(atDescription)
	a.FaultDetail = r.string(atFaultDetail)
	if r.kind == GenerateCard {
		r.series(a)
	} else {
		r.storedValue(a)
	}
}

func (r *reader) series(a *Answer) {
	a.DateTime = r.time(atDateTime)
	a.CardPrefix = r.string(atPrefix)
	a.CardSeriesSequence = r.string(atSequence)
	a.InstrumentID = r.secret(atSerial)
	a.CardNumber = r.secret(atCard)
	a.BatchNumber = r.string(atBatch)
	if !a.Refused() && r.require(atResponseCode, a.ResponseCode != "") {
		r.require(atCard, !a.CardNumber.IsZero())
	}
}

func (r *reader) storedValue(a *Answer) {
	a.InstrumentStatus = r.string(atStatus)
	a.AccountID = r.string(atAccountID)
	a.AccountStatus = r.string(atAccountStatus)
	a.Balance = r.decimal(atBalance)
	a.BalanceCurrency = r.string(atBalanceCurrency)
	a.EffectiveDate = r.time(atEffectiveDate)
	a.AccountType = r.string(atAccountType)
	a.SVATransactionID = r.string(atTransactionID)
	a.PreAuthSVATransactionID = r.string(atPreAuthID)
	a.PreAuthCurrencyID = r.string(atPreAuthCurrency)
	a.PreAuthAmount = r.decimal(atPreAuthAmount)
	a.ReasonDescription = r.string(atReasonDescription)
	a.ReasonCode = r.string(atReasonCode)
	a.CurrencyID = r.string(atCurrency)
	a.Amount = r.decimal(atAmount)
	a.TransactionDateTime = r.time(atTransactionTime)
	a.AuthNumber = r.string(atAuthNumber)
	if a.Refused() || !r.require(atReasonCode, a.ReasonCode != "") {
		return
	}
	switch r.kind {
	case Inquiry:
		r.require(atBalance, a.Balance.IsSet())
	case Void: // its description lists neither id nor amount, though the sample has both
	default:
		_ = r.require(atTransactionID, a.SVATransactionID != "") && r.require(atAmount, a.Amount.IsSet())
	}
}

// ReadRequest reads the one request in body, bare or enveloped: what a provider does. The action of the envelope must
// be that of the payload. A request names a card, by number or serial number, and an amount where its kind has one.
// Errors are *SyntaxError.
func ReadRequest(body []byte) (Request, error) {
	r := read(body, requestTree)
	var request Request
	if r.failure.code == "" {
		request = r.request()
	}
	if err := r.release(); err != nil {
		return nil, err
	}
	return request, nil
}

func (r *reader) request() Request {
	if r.has(askAction) && r.take(askAction) != r.kind.Action() {
		r.refuseAt(CodeValue, askAction, "another action than that of the message")
		return nil
	}
	request := r.kind.pair().make()
	request.read(r)
	for p := askAction + 1; p <= askSeriesAction; p++ {
		if r.has(p) {
			r.refuseAt(CodeUnexpectedElement, p, "an element that this message does not carry")
			return nil
		}
	}
	return request
}

// refuseAt refuses the message for the element at p.
func (r *reader) refuseAt(code string, p place, detail string) {
	r.fail(code, r.starts[p], detail)
	r.failure.element = r.tree.elements[p].name
}

// take returns a text and marks it as read; what a kind does not take it does not carry.
func (r *reader) take(p place) string {
	text := r.string(p)
	r.taken(p)
	return text
}

func (r *reader) taken(places ...place) {
	for _, p := range places {
		r.seen &^= 1 << p
	}
}

func (r *reader) takeSecret(p place) secret.String {
	s := r.secret(p)
	r.taken(p)
	return s
}
