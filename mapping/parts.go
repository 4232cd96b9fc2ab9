package mapping

import "github.com/svcgate/svcgate/messages"

// Forms of the two times in a request ("OMS 15.1 help SO14_08": YYYY-MM-DDTHH:MM:SS and YYYY-MM-DD, without offset).
const (
	dateTimeForm = "2006-01-02T15:04:05"
	dateForm     = "2006-01-02"
)

// instrument names the card. The serial number stays empty, as in every sample.
func (q question) instrument() messages.Instrument {
	return messages.Instrument{
		AuthenticationData: q.PIN(),
		CardNumber:         q.Card().Number(),
		CardSwiped:         q.Swiped(),
	}
}

// rtp says who asks for how much, where and when. The currency stays empty unless the bureau is set to send it.
func (q question) rtp() messages.RTPTransaction {
	t := messages.RTPTransaction{
		RTPTransactionID:    q.Order(),
		OperatorID:          q.bureau.UserID,
		LocationID:          q.bureau.Signon,
		TransactionDateTime: q.at.Format(dateTimeForm),
		BusinessDate:        q.at.Format(dateForm),
		Amount:              messages.NewDecimal(q.Amount().Minor(), q.Amount().Digits()),
	}
	if q.bureau.SendCurrency {
		t.CurrencyID = q.Amount().Currency()
	}
	return t
}
