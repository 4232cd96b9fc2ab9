package svcgate

// VendorResponse is what the vendor response table makes of a provider's code: what the OMS is to do next
// ("OMS 15.1 help SO04_05, Defining Vendor Response Codes").
type VendorResponse struct {
	Code        string     `json:"code"`        // the OMS's code, "100"
	Description string     `json:"description"` // printed beside the code
	Attempts    *int       `json:"attempts"`    // how many times to try in all; nil: no limit of its own
	Hold        *OrderHold `json:"hold"`        // hold the order; nil: do not
	Cancel      bool       `json:"cancel"`      // flag the order for cancelling
	Messages    []string   `json:"messages"`    // pop-up texts for the operator, at most four
	Rule        string     `json:"rule"`        // which rule of the table decided
	Version     int        `json:"-"`           // of the table; 0 for a table without versions
	Outcome     Outcome    `json:"-"`           // the class of outcome that the rule gives
}

// OrderHold says how an order is held.
type OrderHold struct {
	Reason string `json:"reason"` // hold reason code, such as CW
	Days   *int   `json:"days"`   // nil: until somebody looks
}

// CodeBook answers what a provider's code means. Lookup returns false for a code that no rule knows; the version of the
// table that does not know it stands in the response even so. It takes no lock across input or output: it is on the path
// of every request.
type CodeBook interface {
	Lookup(service string, op Operation, source Source, code string) (VendorResponse, bool)
}

// MaxMessages is how many pop-up texts an operator is shown.
const MaxMessages = 4

// PartialMessage is shown to the operator when a card covers only a part ("OMS 15.1 help SO14_08, Online
// authorizations").
const PartialMessage = "Insufficient balance on card - please add another payment"
