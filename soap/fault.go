package soap

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"unicode/utf8"
)

// wireFault is a fault of SOAP 1.1 (section 4.4), or of SOAP 1.2, in which some servers answer.
type wireFault struct {
	Code    string `xml:"faultcode"`
	String  string `xml:"faultstring"`
	Actor   string `xml:"faultactor"`
	Detail  inner  `xml:"detail"`
	Code2   string `xml:"Code>Value"`
	String2 string `xml:"Reason>Text"`
	Actor2  string `xml:"Role"`
	Detail2 inner  `xml:"Detail"`
}

type inner struct {
	XML string `xml:",innerxml"`
}

// readFault returns the fault that body holds, nil if it holds none: the root, or the first element of the Body of an
// Envelope. Namespaces are not compared, as servers differ.
func readFault(body []byte) *Fault {
	if !bytes.Contains(body, []byte("Fault")) { // nearly all answers end here
		return nil
	}
	text := body
	if !utf8.Valid(text) {
		text = latin1(text)
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now

	start, ok := child(d, "")
	if ok && start.Name.Local == "Envelope" {
		if _, ok = child(d, "Body"); ok {
			start, ok = child(d, "")
		}
	}
	if !ok || start.Name.Local != "Fault" {
		return nil
	}
	var w wireFault
	if err := d.DecodeElement(&w, &start); err != nil {
		return nil
	}
	return &Fault{
		Code:   strings.TrimSpace(w.Code + w.Code2),
		String: strings.TrimSpace(w.String + w.String2),
		Actor:  strings.TrimSpace(w.Actor + w.Actor2),
		Detail: strings.TrimSpace(w.Detail.XML + w.Detail2.XML),
		Body:   body,
	}
}

// child moves d to the next child element of the one it stands in, skipping those of other names; "" is any name.
func child(d *xml.Decoder, local string) (xml.StartElement, bool) {
	for {
		token, err := d.Token()
		if err != nil {
			return xml.StartElement{}, false
		}
		switch t := token.(type) {
		case xml.EndElement:
			return xml.StartElement{}, false
		case xml.StartElement:
			if local == "" || t.Name.Local == local {
				return t, true
			}
			if d.Skip() != nil {
				return xml.StartElement{}, false
			}
		}
	}
}

func latin1(b []byte) []byte {
	text := make([]byte, 0, len(b)+len(b)/8)
	for _, c := range b {
		text = utf8.AppendRune(text, rune(c))
	}
	return text
}
