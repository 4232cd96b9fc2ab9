package messages_test

import (
	"bytes"
	"encoding/xml"

	"github.com/beevik/etree"
	"github.com/hooklift/gowsdl/soap"

	"github.com/svcgate/svcgate/messages"
)

// The same messages in the hands of three libraries, for benchmarks and as a second opinion. They are written the way
// their documentation suggests.

type stdEnvelope struct {
	XMLName xml.Name  `xml:"SOAP-ENV:Envelope"`
	SOAP    string    `xml:"xmlns:SOAP-ENV,attr"`
	XSI     string    `xml:"xmlns:xsi,attr"`
	XSD     string    `xml:"xmlns:xsd,attr"`
	Header  stdHeader `xml:"SOAP-ENV:Header"`
	Process stdFrame  `xml:"SOAP-ENV:Body>dtv:ProcessXML"`
}

type stdHeader struct {
	Style string  `xml:"SOAP-ENV:encodingStyle,attr"`
	SOAP  string  `xml:"xmlns:SOAP-ENV,attr"`
	Head  stdHead `xml:"xhead"`
}

type stdHead struct {
	NS             string `xml:"xmlns:xhead,attr"`
	MsgID          string `xml:"xhead:msg_id"`
	MsgType        string `xml:"xhead:msg_type"`
	Source         string `xml:"xhead:source"`
	Destination    string `xml:"xhead:destination"`
	BodyFormat     string `xml:"xhead:body_format"`
	ReturnFormat   string `xml:"xhead:return_format"`
	Priority       string `xml:"xhead:priority"`
	Charset        string `xml:"xhead:charset"`
	ExpectResponse string `xml:"xhead:expect_response"`
}

type stdFrame struct {
	XMLName xml.Name `xml:"dtv:ProcessXML"`
	DTV     string   `xml:"xmlns:dtv,attr"`
	Style   string   `xml:"SOAP-ENV:encodingStyle,attr,omitempty"`
	Action  string   `xml:"dtv:ARTSAction"`
	Data    stdData  `xml:"dtv:ARTSData"`
}

type stdData struct {
	Request stdRequest `xml:"PreauthorizationRequest"`
}

type stdRequest struct {
	UserID     string
	Instrument struct {
		InstrumentID, AuthenticationData, CardNumber, CardSwiped string
	}
	RTPTransaction struct {
		RTPTransactionID, OperatorID, LocationID, TransactionDateTime, BusinessDate string
		RTPAmount                                                                   struct{ CurrencyID, Amount string }
	}
	Comments string
}

type stdAnswer struct {
	XMLName         xml.Name `xml:"http://www.nrf-arts.org/IXRetail/namespace/ PreauthorizationResponse"`
	ResponseCode    string   `xml:",attr"`
	ErrorCode       string
	InstrumentState struct{ Status string }
	AccountState    struct {
		AccountID, AccountStatus string
		Balance                  struct{ Amount, Currency string }
		EffectiveDate            string
		AccountType              string
	}
	SVATransaction struct {
		SVATransactionID    string
		Reason              struct{ Description, Code string }
		SVAAmount           struct{ CurrencyID, Amount string }
		TransactionDateTime string
		AuthNumber          string
	}
}

type stdAnswerEnvelope struct {
	XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Body    struct {
		Answer stdAnswer
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
}

const (
	xsi       = "http://www.w3.org/2001/XMLSchema-instance"
	xsd       = "http://www.w3.org/2001/XMLSchema"
	soapStyle = "http://schemas.xmlsoap.org/soap/encoding"
)

func stdHeadValue() stdHead {
	return stdHead{
		NS: messages.NamespaceHead, MsgID: "0001", MsgType: "CRM_MESSAGE", Source: "REGISTER", Destination: "SERVER",
		BodyFormat: "SOAPRPC", ReturnFormat: "SOAPRPC", Priority: "3", Charset: "850", ExpectResponse: "true",
	}
}

func stdFrameValue(r *messages.PreauthorizationRequest) stdFrame {
	f := stdFrame{DTV: messages.NamespaceFrame, Action: r.Kind().Action()}
	q := &f.Data.Request
	q.UserID, q.Comments = r.UserID, r.Comments
	q.Instrument.CardNumber, q.Instrument.CardSwiped = r.Instrument.CardNumber.Reveal(), "False"
	t := &r.RTPTransaction
	q.RTPTransaction.RTPTransactionID, q.RTPTransaction.OperatorID = t.RTPTransactionID, t.OperatorID
	q.RTPTransaction.LocationID, q.RTPTransaction.TransactionDateTime = t.LocationID, t.TransactionDateTime
	q.RTPTransaction.BusinessDate = t.BusinessDate
	q.RTPTransaction.RTPAmount.CurrencyID, q.RTPTransaction.RTPAmount.Amount = t.CurrencyID, t.Amount.String()
	return f
}

func stdEncode(r *messages.PreauthorizationRequest) ([]byte, error) {
	e := stdEnvelope{
		SOAP: messages.NamespaceSOAP, XSI: xsi, XSD: xsd,
		Header:  stdHeader{Style: soapStyle, SOAP: messages.NamespaceSOAP, Head: stdHeadValue()},
		Process: stdFrameValue(r),
	}
	e.Process.Style = soapStyle + "/"
	return xml.Marshal(&e)
}

func gowsdlEncode(r *messages.PreauthorizationRequest) ([]byte, error) {
	head, process := stdHeadValue(), stdFrameValue(r)
	e := soap.SOAPEnvelope{XmlNS: soap.XmlNsSoapEnv, Header: &soap.SOAPHeader{Headers: []any{&head}}}
	e.Body.Content = &process
	var out bytes.Buffer
	encoder := xml.NewEncoder(&out)
	if err := encoder.Encode(&e); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Flush()
}

func etreeEncode(r *messages.PreauthorizationRequest) ([]byte, error) {
	doc, data := etreeFrame(r.Kind().Action(), false)
	etreeRequest(data, r)
	return doc.WriteToBytes()
}

func stdDecode(body []byte) (*stdAnswer, error) {
	var a stdAnswer
	err := xml.Unmarshal(body, &a)
	return &a, err
}

func stdDecodeEnveloped(body []byte) (*stdAnswer, error) {
	var e stdAnswerEnvelope
	err := xml.Unmarshal(body, &e)
	return &e.Body.Answer, err
}

func gowsdlDecode(body []byte) (*stdAnswer, error) {
	var a stdAnswer
	e := soap.SOAPEnvelopeResponse{Body: soap.SOAPBodyResponse{Content: &a, Fault: &soap.SOAPFault{}}}
	if err := xml.NewDecoder(bytes.NewReader(body)).Decode(&e); err != nil {
		return nil, err
	}
	return &a, e.Body.ErrorFromFault()
}

func etreeDecode(body []byte) (*stdAnswer, error) {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(body); err != nil {
		return nil, err
	}
	e := doc.FindElement("//PreauthorizationResponse")
	text := func(path ...string) string {
		at := e
		for _, name := range path {
			if at = at.SelectElement(name); at == nil {
				return ""
			}
		}
		return at.Text()
	}
	var a stdAnswer
	a.InstrumentState.Status = text("InstrumentState", "Status")
	a.AccountState.AccountID = text("AccountState", "AccountID")
	a.AccountState.AccountStatus = text("AccountState", "AccountStatus")
	a.AccountState.Balance.Amount = text("AccountState", "Balance", "Amount")
	a.AccountState.Balance.Currency = text("AccountState", "Balance", "Currency")
	a.AccountState.EffectiveDate = text("AccountState", "EffectiveDate")
	a.AccountState.AccountType = text("AccountState", "AccountType")
	a.SVATransaction.SVATransactionID = text("SVATransaction", "SVATransactionID")
	a.SVATransaction.Reason.Description = text("SVATransaction", "Reason", "Description")
	a.SVATransaction.Reason.Code = text("SVATransaction", "Reason", "Code")
	a.SVATransaction.SVAAmount.CurrencyID = text("SVATransaction", "SVAAmount", "CurrencyID")
	a.SVATransaction.SVAAmount.Amount = text("SVATransaction", "SVAAmount", "Amount")
	a.SVATransaction.TransactionDateTime = text("SVATransaction", "TransactionDateTime")
	a.SVATransaction.AuthNumber = text("SVATransaction", "AuthNumber")
	a.ErrorCode = text("ErrorCode")
	return &a, nil
}
