package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"

	"github.com/hooklift/gowsdl/soap"

	"github.com/svcgate/svcgate/soap/peer"
)

// gowsdlCaller calls the provider as a program without svcgate would: with the client that gowsdl generates.
type gowsdlCaller struct{ service peer.StoredValue }

// newGowsdl makes the client as it is shipped, or with connections that are kept, which gowsdl does not do by itself.
func newGowsdl(url, certificate string, kept bool) (peer.StoredValue, error) {
	trust := &tls.Config{RootCAs: x509.NewCertPool()}
	pem, err := os.ReadFile(certificate)
	if err != nil {
		return nil, fmt.Errorf("reading the provider's certificate: %w", err)
	}
	if !trust.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", certificate)
	}
	option := soap.WithTLS(trust)
	if kept {
		option = soap.WithHTTPClient(keepAlive{&http.Client{Transport: &http.Transport{MaxIdleConns: keptConns, MaxIdleConnsPerHost: keptConns, TLSClientConfig: trust}}})
	}
	client := soap.NewClient(url, option)
	client.AddHeader(&peer.Xhead{
		Msg_id: head("0001"), Msg_type: head("CRM_MESSAGE"), Source: head("REGISTER"), Destination: head("SERVER"), Body_format: head("SOAPRPC"),
		Return_format: head("SOAPRPC"), Priority: head("3"), Charset: head("850"), Expect_response: head("true"),
	})
	return peer.NewStoredValue(client), nil
}

func head(s string) *peer.HeadText { return new(peer.HeadText(s)) }

// keepAlive takes back gowsdl's wish to close the connection after each call.
type keepAlive struct{ *http.Client }

func (k keepAlive) Do(r *http.Request) (*http.Response, error) {
	r.Close = false
	return k.Client.Do(r)
}

func (c gowsdlCaller) call(number uint64) error {
	var text [digits]byte
	putNumber(text[:], number)
	answer, err := c.service.PreauthorizationRequest(preauthorization(string(text[:]), cardPrefix+string(text[:]), "10.00"))
	if err != nil {
		return err
	}
	return approvedBy(answer)
}

func (gowsdlCaller) close() {}

func approvedBy(answer *peer.PreauthorizationResponse) error {
	a := answer.StoredValueAnswer
	if a == nil || a.SVATransaction == nil || a.SVATransaction.Reason == nil || a.SVATransaction.Reason.Code == nil || *a.SVATransaction.Reason.Code != "24" {
		return errNotApproved
	}
	return nil
}

// preauthorization is the documented message in the generated types.
func preauthorization(order, card, amount string) *peer.ProcessXML {
	text := func(s string) *peer.RequestText { return new(peer.RequestText(s)) }
	return &peer.ProcessXML{
		ARTSAction: new(peer.ActionNamePreauthorizationRequest),
		ARTSData: &peer.RequestData{PreauthorizationRequest: &peer.AmountRequest{
			UserID:     text("OMS"),
			Instrument: &peer.RequestedInstrument{InstrumentID: text(""), AuthenticationData: text(""), CardNumber: text(card), CardSwiped: new(peer.SwipedFlagFalse)},
			RTPTransaction: &peer.RequestedTransaction{
				RTPTransactionID: text(order), OperatorID: text("OMS"), LocationID: text(""),
				TransactionDateTime: new(peer.RequestDateTime("2026-03-04T21:30:09")), BusinessDate: new(peer.RequestDate("2026-03-04")),
				RTPAmount: &peer.RequestedAmount{CurrencyID: text("USD"), Amount: new(peer.RequestAmount(amount))},
			},
			Comments: text("Preauthorization Request"),
		}},
	}
}
