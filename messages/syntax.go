package messages

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Codes of a SyntaxError. They are stable: logs and tests may compare them.
const (
	CodeDoctype           = "xml_doctype_not_allowed" // a document type declaration, with or without entities
	CodePI                = "xml_pi_not_allowed"      // a processing instruction other than the XML declaration
	CodeEncoding          = "xml_encoding"            // a version or encoding that is not read here, or bytes that contradict it
	CodeMalformed         = "xml_malformed"           // not well-formed, namespaces included
	CodeDepthLimit        = "xml_limit_depth"
	CodeSizeLimit         = "xml_limit_size"
	CodeElementsLimit     = "xml_limit_elements"
	CodeAttributesLimit   = "xml_limit_attributes"
	CodeNameLimit         = "xml_limit_name" // a name that is too long or not ASCII
	CodeTextLimit         = "xml_limit_text"
	CodeDuplicateElement  = "xml_duplicate_element"  // something that stands at most once stands there again
	CodeUnexpectedElement = "xml_unexpected_element" // an element of a foreign namespace, or one that the message does not carry
	CodeMixedValue        = "xml_mixed_value"        // elements or comments inside a value, or text between elements
	CodeAmount            = "xml_amount"
	CodeDate              = "xml_date"
	CodeValue             = "xml_value" // any other value that cannot be what it stands for
	CodeMissingElement    = "xml_missing_element"
	CodeNotAnAnswer       = "xml_not_an_answer"
	CodeNotARequest       = "xml_not_a_request"
	CodeFault             = "xml_fault" // a SOAP fault instead of a message
)

// SyntaxError says why a document is refused, and where. It quotes nothing of the document: Element is one of the
// names that this package knows, or empty.
type SyntaxError struct {
	Code         string // one of the Code constants
	Line, Column int    // from 1; the column counts characters
	Element      string
	Detail       string // a sentence
}

// Error gives "line:column: code: sentence".
func (e *SyntaxError) Error() string {
	if e.Element == "" {
		return fmt.Sprintf("%d:%d: %s: %s", e.Line, e.Column, e.Code, e.Detail)
	}
	return fmt.Sprintf("%d:%d: %s: %s: %s", e.Line, e.Column, e.Code, e.Element, e.Detail)
}

// failure is a SyntaxError whose place is not counted out yet.
type failure struct {
	code, element, detail string
	at                    int
}

func (f *failure) locate(text []byte) *SyntaxError {
	before := text[:min(f.at, len(text))]
	line := bytes.LastIndexByte(before, '\n') + 1
	return &SyntaxError{
		Code:    f.code,
		Line:    1 + bytes.Count(before, []byte{'\n'}),
		Column:  1 + utf8.RuneCount(before[line:]),
		Element: f.element,
		Detail:  f.detail,
	}
}
