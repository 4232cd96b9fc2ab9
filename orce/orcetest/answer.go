package orcetest

import (
	"regexp"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// Numbers that answers carry.
const (
	NewNumber     = "7007491234560017" // of a generated card
	NewSerial     = "0091203001000042" // of a generated card
	TransactionID = "70022"
)

// Approval returns the answer of a provider that did exactly what a message asks for.
func Approval(r messages.Request) *messages.Answer {
	kind := r.Kind()
	acted := time.Date(2026, 3, 4, 21, 30, 9, 0, time.FixedZone("", -5*60*60))
	a := &messages.Answer{
		Kind: kind, InstrumentStatus: "Active", AccountID: "5301", AccountStatus: "Active", AccountType: "SVC",
		Balance: messages.NewDecimal(154_80, 2), BalanceCurrency: "USD", EffectiveDate: messages.NewTimestamp(acted),
		SVATransactionID: TransactionID, ReasonDescription: kind.AnswerRoot(), ReasonCode: kind.Reason(), CurrencyID: "USD",
		Amount: messages.NewDecimal(0, 2), TransactionDateTime: messages.NewTimestamp(acted), AuthNumber: "0000070022000417",
	}
	switch r := r.(type) {
	case *messages.GenerateCardRequest:
		return &messages.Answer{
			Kind: kind, ResponseCode: "OK", DateTime: messages.NewLocalTimestamp(acted), CardPrefix: r.CardPrefix,
			CardSeriesSequence: r.CardSeriesSequence, InstrumentID: secret.New(NewSerial), CardNumber: secret.New(NewNumber),
			BatchNumber: "001",
		}
	case *messages.PostauthorizationRequest:
		a.PreAuthSVATransactionID, a.PreAuthCurrencyID, a.PreAuthAmount = r.SVATransactionID, "USD", messages.NewDecimal(0, 2)
		a.Amount = r.RTPTransaction.Amount
	case *messages.ActivateInstrumentRequest:
		a.Amount = r.RTPTransaction.Amount
	case *messages.RechargeRequest:
		a.Amount = r.RTPTransaction.Amount
	case *messages.PreauthorizationRequest:
		a.Amount = r.RTPTransaction.Amount
	case *messages.ReturnRequest:
		a.Amount = r.RTPTransaction.Amount
	case *messages.VoidRequest:
		a.Amount = r.RTPTransaction.Amount
	case *messages.InquiryRequest:
	}
	return a
}

// Refusal returns the answer of a provider that did nothing.
func Refusal(kind messages.Kind, code string) *messages.Answer {
	return &messages.Answer{Kind: kind, ResponseCode: "Rejected", ErrorCode: code, ResponseDescription: "Not today."}
}

var cardNumber = regexp.MustCompile(`<CardNumber>([0-9]+)</CardNumber>`)

// numberIn finds the number of the card that a message names, or the one that is generated.
func numberIn(body []byte) string {
	if found := cardNumber.FindSubmatch(body); found != nil {
		return string(found[1])
	}
	return NewNumber
}
