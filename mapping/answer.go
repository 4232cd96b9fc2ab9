package mapping

import (
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// FromAnswer reads what the answer to a sent message says about the request. The error is a *MismatchError when the
// answer does not belong to the question or does not say what a message of its kind must say; what became of the
// message is then unknown.
//
// What the answer tells beside its point is left out where it makes no sense: a balance or a rest of a hold that is
// negative or no amount of its currency is not told, and never told as zero.
func FromAnswer(r *svcgate.Request, sent messages.Request, a *messages.Answer, b Bureau) (svcgate.Reply, error) {
	row, ok := ruleFor(r)
	if !ok || sent.Kind() != row.kind {
		return svcgate.Reply{}, fmt.Errorf("mapping: a %s request was not sent as %s", r.Operation(), sent.Kind())
	}
	q := question{Request: r, rule: row, bureau: b.filled()}
	if err := q.answeredBy(a); err != nil {
		return svcgate.Reply{}, err
	}
	reply, err := verdict(a)
	if err != nil {
		return svcgate.Reply{}, err
	}
	reply.Code, reply.Description = q.withoutPIN(reply.Code), q.withoutPIN(reply.Description)
	if err := q.about(a, &reply); err != nil {
		return svcgate.Reply{}, err
	}
	if !reply.Accepted {
		return reply, nil
	}
	if info, _ := r.Operation().Info(); info.MovesMoney {
		if reply.Amount, err = q.actedOn(a); err != nil {
			return svcgate.Reply{}, err
		}
		if reply.TransactionID == "" && !q.terse {
			return svcgate.Reply{}, &MismatchError{NoTransactionID}
		}
	}
	if q.take != nil {
		if err := q.take(q, a, &reply); err != nil {
			return svcgate.Reply{}, err
		}
	}
	return reply, nil
}

// answeredBy looks for any sign that the answer is to another question. A refusal has to pass too: another message's
// refusal says nothing about ours.
func (q question) answeredBy(a *messages.Answer) error {
	if a.Kind != q.kind {
		return &MismatchError{OtherMessage}
	}
	if kind, known := messages.KindOfReason(a.ReasonCode); known && kind != q.kind {
		return &MismatchError{OtherReason}
	}
	if card := q.Card(); !card.IsZero() && !a.CardNumber.IsZero() &&
		!a.CardNumber.Equal(card.Number()) && !a.CardNumber.Equal(secret.New(card.Masked())) {
		return &MismatchError{OtherCard}
	}
	if q.belongs != nil {
		return q.belongs(q, a)
	}
	return nil
}

// verdict finds the code that decides and where it stood. An error code wins over everything; a reason code says
// which message was carried out, and one that belongs to no message is passed on for the table of codes to judge.
func verdict(a *messages.Answer) (svcgate.Reply, error) {
	switch {
	case a.ErrorCode != "":
		return svcgate.Reply{Source: svcgate.SourceErrorCode, Code: code(a.ErrorCode),
			Description: firstOf(a.ResponseDescription, a.FaultDetail)}, nil
	case a.Refused():
		return svcgate.Reply{Source: svcgate.SourceResponseCode, Code: code(a.ResponseCode),
			Description: firstOf(a.ResponseDescription, a.FaultDetail)}, nil
	case a.ReasonCode != "":
		return svcgate.Reply{Accepted: true, Source: svcgate.SourceReasonCode, Code: code(a.ReasonCode),
			Description: firstOf(a.ResponseDescription, a.ReasonDescription)}, nil
	case a.ResponseCode != "":
		return svcgate.Reply{Accepted: true, Source: svcgate.SourceResponseCode, Code: a.ResponseCode,
			Description: a.ResponseDescription}, nil
	}
	return svcgate.Reply{}, &MismatchError{NoCode}
}

// about reads what an answer says about the card, the account and itself, accepted or not.
func (q question) about(a *messages.Answer, reply *svcgate.Reply) error {
	card := q.Card()
	if card.IsZero() {
		card, _ = svcgate.ParseCard(a.CardNumber) // that was generated
	}
	for _, id := range [...]string{a.SVATransactionID, a.AccountID, a.AuthNumber} {
		if card.In(id) {
			return &MismatchError{CardNumberInAnswer}
		}
	}
	if a.SVATransactionID != "" && !isTransactionID(a.SVATransactionID) {
		return &MismatchError{BadTransactionID}
	}
	reply.TransactionID = a.SVATransactionID
	reply.AuthNumber = q.id(a.AuthNumber)
	reply.CardStatus = status(a.InstrumentStatus)
	reply.Account = svcgate.Account{ID: q.id(a.AccountID), Status: status(a.AccountStatus), Type: name(a.AccountType)}
	reply.Time = q.time(a)
	var err error
	reply.Balance, err = q.balance(a)
	return err
}

// time returns when the provider acted, by its own clock: in the answer's own offset, else on the bureau's wall clock.
// EffectiveDate is a date of the account and is not used.
func (q question) time(a *messages.Answer) time.Time {
	t := a.TransactionDateTime
	if t.IsZero() {
		t = a.DateTime
	}
	for _, form := range []string{dateTimeForm + "Z0700", dateTimeForm + "Z07:00"} {
		if own, err := time.Parse(form, t.String()); err == nil {
			_, east := own.Zone()
			return own.In(time.FixedZone("", east))
		}
	}
	return t.In(q.bureau.Location)
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
