package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/svcgate/svcgate/soap/peer"
)

var errEmpty = errors.New("an empty answer")

// askByPeer is the client that gowsdl generates, in this program.
func askByPeer(ctx context.Context, url string, tasks []task) map[string]told {
	c := peer.New(url, nil)
	all := map[string]told{}
	for _, t := range tasks {
		facts, err := peerFacts(ctx, c, t)
		if err != nil {
			facts = told{failure: fmt.Sprintf("%T: %v", err, err)}
		}
		all[t.verb] = facts
	}
	return all
}

func peerFacts(ctx context.Context, c peer.StoredValue, t task) (told, error) {
	request := &peer.ProcessXML{ARTSAction: new(peer.ActionName(t.action)), ARTSData: peerData(t)}
	var value *peer.StoredValueAnswer
	var err error
	switch peer.ActionName(t.action) {
	case peer.ActionNameGenerateCard:
		a, err := c.GenerateCardContext(ctx, request)
		if err != nil {
			return told{}, err
		}
		if a.CardSeries == nil || a.CardSeries.Instrument == nil {
			return told{}, errEmpty
		}
		return told{code: string(*a.CardSeries.ResponseCode), id: string(*a.CardSeries.Instrument.CardNumber)}, nil
	case peer.ActionNameActivateInstrumentRequest:
		var a *peer.ActivateInstrumentResponse
		if a, err = c.ActivateInstrumentRequestContext(ctx, request); err == nil {
			value = a.StoredValueAnswer
		}
	case peer.ActionNameRechargeRequest:
		var a *peer.RechargeResponse
		if a, err = c.RechargeRequestContext(ctx, request); err == nil {
			value = a.StoredValueAnswer
		}
	case peer.ActionNameInquiryRequest:
		var a *peer.InquiryResponse
		if a, err = c.InquiryRequestContext(ctx, request); err == nil {
			value = a.StoredValueAnswer
		}
	case peer.ActionNamePreauthorizationRequest:
		var a *peer.PreauthorizationResponse
		if a, err = c.PreauthorizationRequestContext(ctx, request); err == nil {
			value = a.StoredValueAnswer
		}
	case peer.ActionNamePostauthorizationRequest:
		var a *peer.PostauthorizationResponse
		if a, err = c.PostauthorizationRequestContext(ctx, request); err == nil {
			value = a.StoredValueAnswer
		}
	case peer.ActionNameReturnRequest:
		var a *peer.ReturnResponse
		if a, err = c.ReturnRequestContext(ctx, request); err == nil {
			value = a.StoredValueAnswer
		}
	case peer.ActionNameVoidRequest:
		var a *peer.VoidResponse
		if a, err = c.VoidRequestContext(ctx, request); err == nil {
			value = a.StoredValueAnswer
		}
	default:
		return told{}, fmt.Errorf("no operation for %s", t.action)
	}
	if err != nil {
		return told{}, err
	}
	if value == nil || value.SVATransaction == nil || value.AccountState == nil {
		return told{}, errEmpty
	}
	facts := told{
		code: string(*value.SVATransaction.Reason.Code), amount: string(*value.SVATransaction.SVAAmount.Amount),
		balance: string(*value.AccountState.Balance.Amount), id: string(*value.SVATransaction.SVATransactionID),
	}
	if rest := value.SVATransaction.PreAuthSVAAmount; rest != nil {
		facts.rest = string(*rest.PreAuthAmount)
	}
	return facts, nil
}

func peerData(t task) *peer.RequestData {
	text := func(s string) *peer.RequestText { return new(peer.RequestText(s)) }
	instrument := &peer.RequestedInstrument{InstrumentID: text(""), AuthenticationData: text(""), CardNumber: text(t.card), CardSwiped: new(peer.SwipedFlagFalse)}
	transaction := &peer.RequestedTransaction{
		RTPTransactionID: text(t.order), OperatorID: text("OMS"), LocationID: text(""),
		TransactionDateTime: new(peer.RequestDateTime("2031-04-05T06:07:08")), BusinessDate: new(peer.RequestDate("2031-04-05")),
		RTPAmount: &peer.RequestedAmount{CurrencyID: text(currency), Amount: new(peer.RequestAmount(t.amount))},
	}
	amount := &peer.AmountRequest{UserID: text("OMS"), Instrument: instrument, RTPTransaction: transaction, Comments: text("interop")}
	earlier := t.earlier
	if earlier == nothing {
		earlier = ""
	}
	referring := &peer.ReferringRequest{UserID: text("OMS"), Instrument: instrument, RTPTransaction: transaction,
		SVATransaction: &peer.EarlierTransaction{SVATransactionID: text(earlier)}, Comments: text("interop")}
	switch peer.ActionName(t.action) {
	case peer.ActionNameGenerateCard:
		return &peer.RequestData{CardSeriesMaintenance: &peer.GenerateCardRequest{CardSeries: &peer.RequestedSeries{
			UserName: text("OMS"), CardPrefix: text(t.card), CardSeriesSequence: text(t.amount), Action: new(peer.SeriesActionGenerateCard)}}}
	case peer.ActionNameInquiryRequest:
		return &peer.RequestData{InquiryRequest: &peer.CardRequest{UserID: text("OMS"), Instrument: instrument, Comments: text("interop")}}
	case peer.ActionNameActivateInstrumentRequest:
		return &peer.RequestData{ActivateInstrumentRequest: amount}
	case peer.ActionNameRechargeRequest:
		return &peer.RequestData{RechargeRequest: amount}
	case peer.ActionNamePreauthorizationRequest:
		return &peer.RequestData{PreauthorizationRequest: amount}
	case peer.ActionNamePostauthorizationRequest:
		return &peer.RequestData{PostauthorizationRequest: referring}
	case peer.ActionNameReturnRequest:
		return &peer.RequestData{ReturnRequest: referring}
	case peer.ActionNameVoidRequest:
		return &peer.RequestData{VoidRequest: referring}
	}
	return &peer.RequestData{}
}
