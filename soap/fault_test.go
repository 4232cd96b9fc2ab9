package soap_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/soap"
)

// The forms in which widespread SOAP servers write faults.
func TestFaults(t *testing.T) {
	t.Parallel()
	const s11 = "http://schemas.xmlsoap.org/soap/envelope/"
	for name, test := range map[string]struct {
		status      int
		contentType string
		body        string
		want        soap.Fault
	}{
		"SOAP::Lite": {500, "text/xml; charset=utf-8",
			`<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="` + s11 + `" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><soap:Body><soap:Fault><faultcode>soap:Client</faultcode><faultstring>Denied access to method</faultstring><detail><info>line 7</info></detail></soap:Fault></soap:Body></soap:Envelope>`,
			soap.Fault{Code: "soap:Client", String: "Denied access to method", Detail: "<info>line 7</info>"}},
		"PHP": {500, "text/xml; charset=utf-8",
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"" + s11 + "\"><SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>SOAP-ENV:Server</faultcode><faultstring>no such card</faultstring></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>\n",
			soap.Fault{Code: "SOAP-ENV:Server", String: "no such card"}},
		"JAX-WS": {500, "text/xml;charset=utf-8",
			`<?xml version='1.0' encoding='UTF-8'?><S:Envelope xmlns:S="` + s11 + `"><S:Header><x:mark xmlns:x="urn:x"><Body/></x:mark></S:Header><S:Body><S:Fault xmlns:ns4="http://www.w3.org/2003/05/soap-envelope"><faultcode>S:Server</faultcode><faultstring>java.lang.NullPointerException</faultstring><faultactor>urn:card</faultactor><detail><exception/></detail></S:Fault></S:Body></S:Envelope>`,
			soap.Fault{Code: "S:Server", String: "java.lang.NullPointerException", Actor: "urn:card", Detail: "<exception/>"}},
		"SOAP 1.2": {500, "application/soap+xml; charset=utf-8",
			`<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code><e:Reason><e:Text xml:lang="en">bad</e:Text></e:Reason><e:Detail>x</e:Detail></e:Fault></e:Body></e:Envelope>`,
			soap.Fault{Code: "e:Sender", String: "bad", Detail: "x"}},
		"with 200":       {200, "text/xml", envelope("Server"), soap.Fault{Code: "Server", String: "s"}},
		"with 400":       {400, "text/xml", envelope("Client"), soap.Fault{Code: "Client", String: "s"}},
		"with 503":       {503, "application/xml", envelope("Server"), soap.Fault{Code: "Server", String: "s"}},
		"as the root":    {500, "text/xml", `<Fault><faultcode> Client </faultcode><faultstring>s</faultstring></Fault>`, soap.Fault{Code: "Client", String: "s"}},
		"empty":          {500, "text/xml", `<Envelope><Body><Fault/></Body></Envelope>`, soap.Fault{}},
		"Latin-1":        {500, "text/xml", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Fault><faultcode>Server</faultcode><faultstring>caf\xe9</faultstring></Fault>", soap.Fault{Code: "Server", String: "café"}},
		"UTF-8, unasked": {500, "text/xml", "<?xml version=\"1.0\" encoding=\"cp850\"?><Fault><faultcode>Server</faultcode><faultstring>café</faultstring></Fault>", soap.Fault{Code: "Server", String: "café"}},
		"quotes a card":  {500, "text/xml", `<Fault><faultcode>c` + card + `</faultcode><faultstring>` + card + `</faultstring><faultactor>` + card + `</faultactor><detail>` + card + `</detail></Fault>`, soap.Fault{Code: "c" + card, String: card, Actor: card, Detail: card}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, once(answer(test.status, test.contentType, test.body)))
			_, err := call(client(t, soap.Config{URL: p.url()}))
			f, ok := errors.AsType[*soap.Fault](err)
			if !ok {
				t.Fatalf("got %T %v, want a Fault", err, err)
			}
			test.want.Status, test.want.Body = test.status, []byte(test.body)
			if !reflect.DeepEqual(*f, test.want) {
				t.Errorf("got\n%+v\nwant\n%+v", *f, test.want)
			}
			if text := err.Error(); strings.Contains(text, card) || !strings.Contains(text, fmt.Sprint(test.status)) {
				t.Errorf("error text %q", text)
			}
			p.want(1, 1)
		})
	}
}

func envelope(code string) string {
	return `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>` + code + `</faultcode><faultstring>s</faultstring></e:Fault></e:Body></e:Envelope>`
}

// A fault elsewhere is no fault: what the document says is the reader's business then.
func TestNoFaults(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"in the header":   `<Envelope><Header><Fault/></Header><Body><InquiryResponse/></Body></Envelope>`,
		"second in body":  `<Envelope><Body><InquiryResponse/><Fault/></Body></Envelope>`,
		"in the payload":  `<Envelope><Body><InquiryResponse><Fault/></InquiryResponse></Body></Envelope>`,
		"after the body":  `<Envelope><Body/><Fault/></Envelope>`,
		"other name":      `<Envelope><Body><FaultDetail/></Body></Envelope>`,
		"in a comment":    `<Envelope><Body><!-- <Fault/> --></Body></Envelope>`,
		"in text":         `<Envelope><Body>Fault</Body></Envelope>`,
		"never closed":    `<Envelope><Body><Fault><faultcode>x</faultcode>`,
		"broken before":   `<Envelope><Header></Body><Fault/>`,
		"unknown entity":  `<Envelope><Body><Fault><faultcode>&x;</faultcode></Fault></Body></Envelope>`,
		"no XML":          `Fault`,
		"broken Skip":     `<Envelope><Header><a></Header><Body><Fault/></Body></Envelope>`,
		"other root":      `<Answer><Body><Fault/></Body></Answer>`,
		"envelope, alone": `<Envelope><Fault/></Envelope>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, once(answer(200, "text/xml", body)))
			a, err := call(client(t, soap.Config{URL: p.url()}))
			wantAnswer(t, a, err, body)
		})
	}
}
