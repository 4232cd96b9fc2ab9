// Package wsdl is svcgate's own description of the provider's stored value service, in WSDL 1.1 and XML Schema. The
// vendor publishes none; it is written from "OMS 15.1 help SO14_08" for testing with other SOAP stacks, and the code
// that carries money does not depend on it.
package wsdl

import (
	"bytes"
	"embed"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
)

// FS holds service.wsdl and the schemas it imports: head.xsd, process.xsd and answers.xsd.
//
//go:embed service.wsdl *.xsd
var FS embed.FS

// The address that service.wsdl has as a file, and how it names the schemas beside it.
var (
	fileAddress = []byte(`location="https://provider.invalid/relateui/OMS/xmlapi"`)
	fileSchema  = []byte(`schemaLocation="`)
)

// ErrLocation is returned for a location that is no absolute http or https URL, or has a user, a query or a fragment.
var ErrLocation = errors.New("wsdl: the location must be an absolute http or https URL without user, query and fragment")

// Document returns service.wsdl for a service at location, such as "http://127.0.0.1:8091/relateui/OMS/xmlapi": the
// endpoint's address is location, and the schemas are imported from location?xsd=head.xsd and so on. Location is not
// quoted in the error.
func Document(location string) ([]byte, error) {
	u, err := url.Parse(location)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, ErrLocation
	}
	document, err := FS.ReadFile("service.wsdl")
	if err != nil {
		return nil, fmt.Errorf("wsdl: %w", err)
	}
	var escaped bytes.Buffer
	if err := xml.EscapeText(&escaped, []byte(u.String())); err != nil {
		return nil, fmt.Errorf("wsdl: write the location: %w", err)
	}
	document = bytes.ReplaceAll(document, fileAddress, fmt.Appendf(nil, `location="%s"`, escaped.Bytes()))
	return bytes.ReplaceAll(document, fileSchema, fmt.Appendf(nil, `schemaLocation="%s?xsd=`, escaped.Bytes())), nil
}
