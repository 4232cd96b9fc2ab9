package simulator

import (
	"strings"

	"github.com/svcgate/svcgate/messages"
)

const frame = "ProcessXML"

// contradicts reports whether the SOAPAction header names another message than the body holds. It may be silent: the
// header is not documented. An ARTSAction that contradicts its ARTSData is refused by the codec.
func contradicts(kind messages.Kind, header string) bool {
	named := strings.Trim(strings.TrimSpace(header), `"`)
	if named == "" {
		return false
	}
	named = named[strings.LastIndexAny(named, "/#:")+1:]
	return named != kind.Action() && named != kind.RequestRoot() && named != frame
}
