package messages_test

import (
	"testing"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// Numbers and values of these tests; none is of a real card.
const (
	cardNumber   = "6006491234560017"
	serialNumber = "4410107003000017"
	pin          = "7395"
)

var plusTwo = time.FixedZone("", 2*60*60)

func instrument() messages.Instrument {
	return messages.Instrument{CardNumber: secret.New(cardNumber)}
}

func transaction(minor int64) messages.RTPTransaction {
	return messages.RTPTransaction{
		RTPTransactionID:    "70012",
		OperatorID:          "OMS",
		LocationID:          "017",
		TransactionDateTime: "2024-03-09T14:05:06",
		BusinessDate:        "2024-03-09",
		CurrencyID:          "EUR",
		Amount:              messages.NewDecimal(minor, 2),
	}
}

// sample is one kind of message with a request and an answer, all members set.
type sample struct {
	noun    string
	request messages.Request
	answer  messages.Answer
}

func samples() []sample {
	return []sample{
		{"generate", &messages.GenerateCardRequest{UserName: "OMS", CardPrefix: "44101", CardSeriesSequence: "07"}, messages.Answer{
			Kind:               messages.GenerateCard,
			ResponseCode:       "OK",
			DateTime:           messages.NewLocalTimestamp(time.Date(2024, 3, 9, 14, 5, 6, 0, plusTwo)),
			CardPrefix:         "44101",
			CardSeriesSequence: "07",
			InstrumentID:       secret.New(serialNumber),
			CardNumber:         secret.New(cardNumber),
			BatchNumber:        "003",
		}},
		{"activate", &messages.ActivateInstrumentRequest{
			UserID: "OMS", Instrument: instrument(), RTPTransaction: transaction(5000), Comments: messages.ActivateInstrument.Comment(),
		}, answer(messages.ActivateInstrument, 5000, 5000)},
		{"recharge", &messages.RechargeRequest{
			UserID: "OMS", Instrument: instrument(), RTPTransaction: transaction(2500), Comments: messages.Recharge.Comment(),
		}, answer(messages.Recharge, 7500, 2500)},
		{"inquire", &messages.InquiryRequest{
			UserID: "OMS", Instrument: instrument(), Comments: messages.Inquiry.Comment(),
		}, answer(messages.Inquiry, 7500, 0)},
		{"authorize", &messages.PreauthorizationRequest{
			UserID: "OMS", Instrument: instrument(), RTPTransaction: transaction(1999), Comments: messages.Preauthorization.Comment(),
		}, answer(messages.Preauthorization, 5501, 1999)},
		{"deposit", &messages.PostauthorizationRequest{
			UserID: "OMS", Instrument: instrument(), RTPTransaction: transaction(1500), SVATransactionID: "20017", Comments: messages.Postauthorization.Comment(),
		}, taken()},
		{"return", &messages.ReturnRequest{
			UserID: "OMS", Instrument: instrument(), RTPTransaction: transaction(310), SVATransactionID: "20018", Comments: messages.Return.Comment(),
		}, answer(messages.Return, 5811, 310)},
		{"void", &messages.VoidRequest{
			UserID: "OMS", Instrument: instrument(), RTPTransaction: transaction(499), SVATransactionID: "20017", Comments: messages.Void.Comment(),
		}, answer(messages.Void, 6310, 499)},
	}
}

// answer gives an answer of a stored value message, as the provider writes one.
func answer(kind messages.Kind, balance, amount int64) messages.Answer {
	return messages.Answer{
		Kind:                kind,
		InstrumentStatus:    "Active",
		AccountID:           "9120",
		AccountStatus:       "Active",
		Balance:             messages.NewDecimal(balance, 2),
		BalanceCurrency:     "EUR",
		EffectiveDate:       messages.NewTimestamp(time.Date(2024, 3, 1, 8, 0, 0, 0, plusTwo)),
		AccountType:         "SVC",
		SVATransactionID:    "20018",
		ReasonDescription:   kind.AnswerRoot(),
		ReasonCode:          kind.Reason(),
		CurrencyID:          "EUR",
		Amount:              messages.NewDecimal(amount, 2),
		TransactionDateTime: messages.NewTimestamp(time.Date(2024, 3, 9, 14, 4, 58, 0, plusTwo)),
		AuthNumber:          "0000020018000417",
	}
}

func taken() messages.Answer {
	a := answer(messages.Postauthorization, 5501, 1500)
	a.PreAuthSVATransactionID = "20017"
	a.PreAuthCurrencyID = "EUR"
	a.PreAuthAmount = messages.NewDecimal(499, 2)
	return a
}

// refused gives a refused answer, in the form that is documented for GenerateCard and ours for the others.
func refused(kind messages.Kind) messages.Answer {
	a := messages.Answer{
		Kind: kind, ResponseCode: "Rejected", ErrorCode: "CARD_IS_ASLEEP", ResponseDescription: "Wake it & try again.",
	}
	if kind == messages.GenerateCard {
		a.DateTime = messages.NewLocalTimestamp(time.Date(2024, 3, 9, 14, 5, 6, 0, plusTwo))
	}
	return a
}

func encoded(tb testing.TB, r messages.Request, form messages.Form) []byte {
	tb.Helper()
	body, err := messages.AppendRequest(nil, r, form)
	if err != nil {
		tb.Fatalf("AppendRequest(%v): %v", r.Kind(), err)
	}
	return body
}

func encodedAnswer(tb testing.TB, a messages.Answer, form messages.AnswerForm) []byte {
	tb.Helper()
	body, err := messages.AppendAnswer(nil, &a, form)
	if err != nil {
		tb.Fatalf("AppendAnswer(%v): %v", a.Kind, err)
	}
	return body
}
