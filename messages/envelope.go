package messages

import "errors"

// Namespaces on the wire ("OMS 15.1 help SO14_08", samples).
const (
	NamespaceSOAP     = "http://schemas.xmlsoap.org/soap/envelope/"
	NamespaceIXRetail = "http://www.nrf-arts.org/IXRetail/namespace/"
	NamespaceFrame    = "http://xml.datavantagecorp.com/namespace/crm/DTVProcessXML.xsd"
	NamespaceHead     = "dv:xhead"
)

// The frame around a request, as documented: "OMS 15.1 help SO14_08", samples of Generate Card Request and Activate
// Instrument Request. The strict form differs in the two places where the samples break SOAP 1.1: a header block
// needs a namespace, and the encoding style ends in a slash.
const (
	openEnvelope = `<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">`
	closeEnvelope = `</SOAP-ENV:Envelope>`

	openHeader       = `<SOAP-ENV:Header SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding" xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><xhead xmlns:xhead="dv:xhead">`
	openHeaderStrict = `<SOAP-ENV:Header SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><xhead:xhead xmlns:xhead="dv:xhead">`

	head = `<xhead:msg_id>0001</xhead:msg_id>` +
		`<xhead:msg_type>CRM_MESSAGE</xhead:msg_type>` +
		`<xhead:source>REGISTER</xhead:source>` +
		`<xhead:destination>SERVER</xhead:destination>` +
		`<xhead:body_format>SOAPRPC</xhead:body_format>` +
		`<xhead:return_format>SOAPRPC</xhead:return_format>` +
		`<xhead:priority>3</xhead:priority>` +
		`<xhead:charset>850</xhead:charset>` +
		`<xhead:expect_response>true</xhead:expect_response>`

	closeHeader       = `</xhead></SOAP-ENV:Header>`
	closeHeaderStrict = `</xhead:xhead></SOAP-ENV:Header>`

	openBody  = `<SOAP-ENV:Body>`
	closeBody = `</SOAP-ENV:Body>`

	openFrame = `<dtv:ProcessXML xmlns:dtv="http://xml.datavantagecorp.com/namespace/crm/DTVProcessXML.xsd"` +
		` SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><dtv:ARTSAction>`
	openData   = `</dtv:ARTSAction><dtv:ARTSData>`
	closeFrame = `</dtv:ARTSData></dtv:ProcessXML>`

	beforeAction       = openEnvelope + openHeader + head + closeHeader + openBody + openFrame
	beforeActionStrict = openEnvelope + openHeaderStrict + head + closeHeaderStrict + openBody + openFrame
	afterPayload       = closeFrame + closeBody + closeEnvelope
)

// What an answer's root declares, as documented. The schema location holds one address where XML Schema wants pairs.
const (
	declareAnswer = ` xmlns="http://www.nrf-arts.org/IXRetail/namespace/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
	locateValue   = ` xsi:schemaLocation="http://xml.datavantagecorp.com/namespace/crm/DTVStoredValue.xsd"`
	locateSeries  = ` xsi:schemaLocation="http://xml.datavantagecorp.com/namespace/crm/DTVCardSeriesMaintenance.xsd"`
)

// ErrNoMessage is returned when there is nothing to write: no request, or an answer of no kind.
var ErrNoMessage = errors.New("messages: no message to write")

// AppendRequest appends r to dst: the same value and form give the same bytes, all of them ASCII. The only errors
// are ErrNoMessage and *ValueError; dst is returned unchanged then.
func AppendRequest(dst []byte, r Request, form Form) ([]byte, error) {
	if r == nil {
		return dst, ErrNoMessage
	}
	kind := r.Kind()
	w := writers.Get().(*writer)
	w.buf, w.masked = dst, form.Masked
	switch o := &outlines[kind]; {
	case form.Bare:
		w.pieces = o.bare
	case form.StrictSOAP:
		w.pieces = o.strict
	default:
		w.pieces = o.documented
	}
	r.fill(w)
	w.rest()
	return w.finish(dst, kind.RequestRoot())
}

// AppendAnswer appends a to dst, with the elements that have a value, in the documented order. A refused answer has
// ErrorCode and ResponseDescription after the root's start; of GenerateCard after the start of CardSeries, as
// documented. The only errors are ErrNoMessage and *ValueError; dst is returned unchanged then.
func AppendAnswer(dst []byte, a *Answer, form AnswerForm) ([]byte, error) {
	if a == nil || !a.Kind.Valid() {
		return dst, ErrNoMessage
	}
	w := writers.Get().(*writer)
	w.buf, w.masked = dst, form.Masked
	if form.Enveloped {
		w.raw(openEnvelope)
		w.raw(openBody)
	}
	a.appendPayload(w, form)
	if form.Enveloped {
		w.raw(closeBody)
		w.raw(closeEnvelope)
	}
	return w.finish(dst, a.Kind.AnswerRoot())
}

// finish gives the writer back and the bytes to the caller.
func (w *writer) finish(dst []byte, root string) ([]byte, error) {
	out, element, err := w.buf, w.element, w.err
	*w = writer{}
	writers.Put(w)
	if err != nil {
		return dst, &ValueError{Message: root, Element: element, Err: err}
	}
	return out, nil
}
