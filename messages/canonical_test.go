package messages_test

import (
	"testing"

	"github.com/beevik/etree"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// etreeFrame builds the documented frame by hand and returns where the payload goes.
func etreeFrame(action string, strict bool) (*etree.Document, *etree.Element) {
	doc := etree.NewDocument()
	envelope := doc.CreateElement("SOAP-ENV:Envelope")
	envelope.CreateAttr("xmlns:SOAP-ENV", messages.NamespaceSOAP)
	envelope.CreateAttr("xmlns:xsi", xsi)
	envelope.CreateAttr("xmlns:xsd", xsd)
	header := envelope.CreateElement("SOAP-ENV:Header")
	style, name := soapStyle, "xhead"
	if strict {
		style, name = soapStyle+"/", "xhead:xhead"
	}
	header.CreateAttr("SOAP-ENV:encodingStyle", style)
	header.CreateAttr("xmlns:SOAP-ENV", messages.NamespaceSOAP)
	head := header.CreateElement(name)
	head.CreateAttr("xmlns:xhead", messages.NamespaceHead)
	for _, field := range [][2]string{
		{"msg_id", "0001"}, {"msg_type", "CRM_MESSAGE"}, {"source", "REGISTER"}, {"destination", "SERVER"},
		{"body_format", "SOAPRPC"}, {"return_format", "SOAPRPC"}, {"priority", "3"}, {"charset", "850"}, {"expect_response", "true"},
	} {
		head.CreateElement("xhead:" + field[0]).SetText(field[1])
	}
	process := envelope.CreateElement("SOAP-ENV:Body").CreateElement("dtv:ProcessXML")
	process.CreateAttr("xmlns:dtv", messages.NamespaceFrame)
	process.CreateAttr("SOAP-ENV:encodingStyle", soapStyle+"/")
	process.CreateElement("dtv:ARTSAction").SetText(action)
	return doc, process.CreateElement("dtv:ARTSData")
}

// etreeRequest builds a payload by hand, in the documented order.
func etreeRequest(parent *etree.Element, r messages.Request) {
	root := parent.CreateElement(r.Kind().RequestRoot())
	put := func(e *etree.Element, name, text string) { e.CreateElement(name).SetText(text) }
	card := func(i messages.Instrument) {
		e := root.CreateElement("Instrument")
		put(e, "InstrumentID", i.InstrumentID.Reveal())
		put(e, "AuthenticationData", i.AuthenticationData.Reveal())
		put(e, "CardNumber", i.CardNumber.Reveal())
		put(e, "CardSwiped", map[bool]string{true: "True", false: "False"}[i.CardSwiped])
	}
	money := func(t messages.RTPTransaction) {
		e := root.CreateElement("RTPTransaction")
		put(e, "RTPTransactionID", t.RTPTransactionID)
		put(e, "OperatorID", t.OperatorID)
		put(e, "LocationID", t.LocationID)
		put(e, "TransactionDateTime", t.TransactionDateTime)
		put(e, "BusinessDate", t.BusinessDate)
		sum := e.CreateElement("RTPAmount")
		put(sum, "CurrencyID", t.CurrencyID)
		put(sum, "Amount", t.Amount.String())
	}
	earlier := func(id string) { put(root.CreateElement("SVATransaction"), "SVATransactionID", id) }
	switch q := r.(type) {
	case *messages.GenerateCardRequest:
		series := root.CreateElement("CardSeries")
		series.CreateAttr("Action", "GenerateCard")
		put(series, "UserName", q.UserName)
		put(series, "CardPrefix", q.CardPrefix)
		put(series, "CardSeriesSequence", q.CardSeriesSequence)
	case *messages.ActivateInstrumentRequest:
		put(root, "UserID", q.UserID)
		card(q.Instrument)
		money(q.RTPTransaction)
		put(root, "Comments", q.Comments)
	case *messages.RechargeRequest:
		put(root, "UserID", q.UserID)
		card(q.Instrument)
		money(q.RTPTransaction)
		put(root, "Comments", q.Comments)
	case *messages.InquiryRequest:
		put(root, "UserID", q.UserID)
		card(q.Instrument)
		put(root, "Comments", q.Comments)
	case *messages.PreauthorizationRequest:
		put(root, "UserID", q.UserID)
		card(q.Instrument)
		money(q.RTPTransaction)
		put(root, "Comments", q.Comments)
	case *messages.PostauthorizationRequest:
		put(root, "UserID", q.UserID)
		card(q.Instrument)
		money(q.RTPTransaction)
		earlier(q.SVATransactionID)
		put(root, "Comments", q.Comments)
	case *messages.ReturnRequest:
		put(root, "UserID", q.UserID)
		card(q.Instrument)
		money(q.RTPTransaction)
		earlier(q.SVATransactionID)
		put(root, "Comments", q.Comments)
	case *messages.VoidRequest:
		put(root, "UserID", q.UserID)
		card(q.Instrument)
		money(q.RTPTransaction)
		earlier(q.SVATransactionID)
		put(root, "Comments", q.Comments)
	}
}

// canonical writes a document in one way whatever way it came in: attributes sorted, no empty-element tags, no
// references that need not be.
func canonical(tb testing.TB, doc *etree.Document) string {
	tb.Helper()
	var visit func(*etree.Element)
	visit = func(e *etree.Element) {
		e.SortAttrs()
		for _, child := range e.ChildElements() {
			visit(child)
		}
	}
	visit(doc.Root())
	doc.WriteSettings.CanonicalEndTags = true
	doc.WriteSettings.CanonicalText = true
	doc.WriteSettings.CanonicalAttrVal = true
	text, err := doc.WriteToString()
	if err != nil {
		tb.Fatalf("writing the tree: %v", err)
	}
	return text
}

func parsed(tb testing.TB, body []byte) *etree.Document {
	tb.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(body); err != nil {
		tb.Fatalf("etree does not read what was written: %v\n%s", err, body)
	}
	return doc
}

func TestRequestsEqualHandMadeDocuments(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		for _, special := range []bool{false, true} {
			r := s.request
			if special {
				r = withOddValues(r)
			}
			for _, strict := range []bool{false, true} {
				want, data := etreeFrame(r.Kind().Action(), strict)
				etreeRequest(data, r)
				got := parsed(t, encoded(t, r, messages.Form{StrictSOAP: strict}))
				if g, w := canonical(t, got), canonical(t, want); g != w {
					t.Errorf("%v, strict %v:\n got %s\nwant %s", r.Kind(), strict, g, w)
				}
			}
		}
	}
}

// withOddValues gives a request with values that XML has to escape, and every member of the instrument.
func withOddValues(r messages.Request) messages.Request {
	const odd = "a<b>&\"c'\u00e9\u20ac]]>\U0001F600"
	i := messages.Instrument{
		InstrumentID: secret.New(serialNumber), AuthenticationData: secret.New(pin), CardNumber: secret.New(cardNumber), CardSwiped: true,
	}
	switch q := r.(type) {
	case *messages.GenerateCardRequest:
		return &messages.GenerateCardRequest{UserName: odd, CardPrefix: "00001", CardSeriesSequence: "01"}
	case *messages.InquiryRequest:
		return &messages.InquiryRequest{UserID: odd, Instrument: i, Comments: odd}
	case *messages.VoidRequest:
		copied := *q
		copied.Instrument, copied.RTPTransaction.LocationID, copied.SVATransactionID = i, odd, odd
		return &copied
	}
	return r
}
