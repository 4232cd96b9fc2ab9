// Package peer is a client of the provider that shares no code with the rest of svcgate: gowsdl generates it from
// soap/wsdl. Tests drive the simulator with it, so that the simulator and svcgate's own codec cannot agree on the same
// mistake, and it stands for what a program without svcgate would use. It carries no money.
//
// service.go is generated; this file adds what gowsdl v0.5.0 needs around it.
package peer

//go:generate go tool gowsdl -d .. -p peer -o service.go ../wsdl/service.wsdl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/beevik/etree"
	"github.com/hooklift/gowsdl/soap"
)

const (
	nsEnvelope = "http://schemas.xmlsoap.org/soap/envelope/"
	nsFrame    = "http://xml.datavantagecorp.com/namespace/crm/DTVProcessXML.xsd"
	nsAnswer   = "http://www.nrf-arts.org/IXRetail/namespace/"

	maxAnswer = 1 << 20
)

// What is wrong with an answer that the generated client must not see.
var (
	ErrTooLarge = errors.New("peer: the answer is larger than 1 MiB")
	ErrNotXML   = errors.New("peer: the answer is not XML")
)

// StatusError is an HTTP answer that is neither a 200 nor a SOAP fault. The client of gowsdl would quote its body.
type StatusError struct{ Status int }

// Error gives the status.
func (e *StatusError) Error() string { return fmt.Sprintf("peer: HTTP status %d", e.Status) }

// New returns the generated client for the service at url. Every request carries the documented header block. Next
// does the HTTP, credentials included; nil is http.DefaultTransport. A SOAP fault is returned as a *soap.SOAPFault of
// gowsdl, whose text may hold anything.
func New(url string, next http.RoundTripper) StoredValue {
	if next == nil {
		next = http.DefaultTransport
	}
	client := soap.NewClient(url, soap.WithHTTPClient(&http.Client{Transport: layer{next}}))
	client.AddHeader(&Xhead{
		Msg_id: new(HeadText("0001")), Msg_type: new(HeadText("CRM_MESSAGE")), Source: new(HeadText("REGISTER")),
		Destination: new(HeadText("SERVER")), Body_format: new(HeadText("SOAPRPC")), Return_format: new(HeadText("SOAPRPC")),
		Priority: new(HeadText("3")), Charset: new(HeadText("850")), Expect_response: new(HeadText("true")),
	})
	return NewStoredValue(client)
}

// layer stands between the generated client and HTTP.
type layer struct{ next http.RoundTripper }

// RoundTrip mends the request and the answer.
func (l layer) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("peer: read the request: %w", err)
	}
	if body, err = mendRequest(body); err != nil {
		return nil, fmt.Errorf("peer: mend the request: %w", err)
	}
	sent := req.Clone(req.Context())
	sent.Body, sent.GetBody, sent.ContentLength = io.NopCloser(bytes.NewReader(body)), nil, int64(len(body))
	sent.Close = false                  // gowsdl closes the connection after every call
	sent.Header.Set("SOAPAction", `""`) // gowsdl says '' for the empty action
	resp, err := l.next.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	_ = resp.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("peer: read the answer: %w", err)
	}
	if answer, err = mendAnswer(resp.StatusCode, answer); err != nil {
		return nil, err
	}
	resp.StatusCode = http.StatusOK // gowsdl reads faults only so
	resp.Header = resp.Header.Clone()
	resp.Header.Set("Content-Type", "text/xml") // and nothing without a type
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
	return resp, nil
}

func document() *etree.Document {
	d := etree.NewDocument()
	d.ReadSettings.ValidateInput = true
	return d
}

// mendRequest names the frame with a prefix. The generated types declare its namespace as the default, which the
// message inside, having none, would inherit.
func mendRequest(body []byte) ([]byte, error) {
	d := document()
	if err := d.ReadFromBytes(body); err != nil {
		return nil, err
	}
	frame := d.FindElement("/Envelope/Body/ProcessXML")
	if frame == nil {
		return nil, errors.New("it has no ProcessXML")
	}
	frame.RemoveAttr("xmlns")
	frame.CreateAttr("xmlns:dtv", nsFrame)
	frame.Space = "dtv"
	for _, part := range frame.ChildElements() {
		part.Space = "dtv"
	}
	return d.WriteToBytes()
}

// mendAnswer gives the generated client what it can read: an envelope with a header, a body and nothing else, and in
// the body a fault or an answer in the documented namespace. The provider may leave out envelope and namespace.
func mendAnswer(status int, answer []byte) ([]byte, error) {
	if len(answer) > maxAnswer {
		return nil, ErrTooLarge
	}
	d := document()
	if err := d.ReadFromBytes(bytes.TrimSpace(answer)); err != nil || d.Root() == nil {
		if status != http.StatusOK {
			return nil, &StatusError{status}
		}
		return nil, ErrNotXML // etree's text may quote the answer
	}
	if d.Root().Tag != "Envelope" {
		payload := d.Root()
		envelope := etree.NewElement("s:Envelope")
		envelope.CreateAttr("xmlns:s", nsEnvelope)
		envelope.CreateElement("s:Body").AddChild(payload)
		d.SetRoot(envelope)
	}
	for _, part := range d.Root().ChildElements() {
		if part.Tag != "Header" && part.Tag != "Body" { // gowsdl panics at attachments
			d.Root().RemoveChild(part)
		}
	}
	payload := d.FindElement("/Envelope/Body/*")
	switch {
	case payload == nil:
		return nil, ErrNotXML
	case payload.Tag == "Fault":
	case status != http.StatusOK:
		return nil, &StatusError{status}
	case payload.NamespaceURI() == "":
		payload.CreateAttr("xmlns", nsAnswer)
	}
	return d.WriteToBytes()
}
