// Package messages is the XML vocabulary of Oracle Retail Customer Engagement (ORCE, formerly Relate) for stored value
// cards: eight pairs of messages, the SOAP frame around them, and one codec that writes and reads both sides of each
// pair. The source is "OMS 15.1 help SO14_08" throughout; where it is silent the doc comments say what was chosen.
//
// # Writing
//
// AppendRequest appends one of the eight requests to a buffer. The same value in the same Form gives the same bytes:
// the documented elements in the documented order with the documented prefixes, no white space between elements, an
// empty element as <InstrumentID />, and nothing outside ASCII. The documented frame breaks SOAP 1.1 in two places;
// Form.StrictSOAP corrects them. Form.Masked writes what may be kept and shown. Into a buffer that is large enough
// nothing is allocated. AppendAnswer is its counterpart for simulators and tests.
//
// # Reading
//
// ReadAnswer fills an Answer; ReadRequest, for simulators, returns one of the eight requests. Both read with a scanner
// of this package. It checks all of XML 1.0 and of its namespaces, and beyond that refuses document types, processing
// instructions, names outside ASCII, more than 1 MiB, 64 levels, 10,000 elements, 64 attributes or 64 KiB in one text.
// The message is then walked along a table of places: an element of the vocabulary stands at its place at most once,
// and a value is a value, without elements or comments inside. The provider is known, or likely, to vary in a few
// things, and only those are free:
//
//   - the message stands bare, or anywhere in a SOAP 1.1 body; of two messages, or a message beside a fault, neither
//     is believed;
//   - its elements are in the IXRetail namespace or in none; an element in any other namespace is refused, an unknown
//     one of these two is skipped;
//   - ErrorCode, ResponseDescription, FaultDetail and the attribute ResponseCode stand anywhere in the message;
//   - dates carry an offset written -0400, -04:00 or Z, or none;
//   - the encoding is UTF-8, US-ASCII, ISO-8859-1 or code page 850, as declared; without a declaration UTF-8, and
//     code page 850 for bytes that are not UTF-8, since the frame of the requests names charset 850.
//
// Every refusal is a *SyntaxError with a stable code and the place, and quotes nothing of the document. An answer that
// cannot be read does not say that nothing happened: its caller has to treat the outcome as unknown.
//
// # Secrets
//
// Card numbers, serial numbers and PINs are secret.String in every struct. Mask makes any bytes fit to be stored,
// well-formed or not; Describe tells a message to people, masked. Free text of the provider is masked, cleaned of
// control characters and cut to 256 bytes when it is read.
package messages
