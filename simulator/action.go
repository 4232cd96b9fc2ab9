package simulator

import (
	"bytes"
	"encoding/xml"
	"strings"

	"github.com/svcgate/svcgate/messages"
)

const frame = "ProcessXML"

// contradiction says where the header or the envelope names another action than the payload is; "" when neither does.
// Both may be silent: the header is not documented, and a bare payload has no ARTSAction.
func contradiction(kind messages.Kind, header string, body []byte) string {
	if named := strings.Trim(strings.TrimSpace(header), `"`); named != "" {
		named = named[strings.LastIndexAny(named, "/#:")+1:]
		if named != kind.Action() && named != kind.RequestRoot() && named != frame {
			return "SOAPAction names another message than the body holds"
		}
	}
	// The usual request is not decoded a second time. In a body that is well-formed and holds neither comment nor CDATA,
	// this text can only be the element itself.
	if bytes.Contains(body, []byte("ARTSAction>"+kind.Action()+"</")) && !bytes.Contains(body, []byte("<!")) {
		return ""
	}
	if named, found := artsAction(body); found && named != kind.Action() {
		return "ARTSAction names another message than ARTSData holds"
	}
	return ""
}

// artsAction finds the ARTSAction of a body that the codec has read.
func artsAction(body []byte) (string, bool) {
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.Token()
		if err != nil {
			return "", false
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "ARTSAction" {
			var text string
			if err := d.DecodeElement(&text, &start); err != nil {
				return "", false
			}
			return strings.TrimSpace(text), true
		}
	}
}
