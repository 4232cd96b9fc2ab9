package responsecodes

import (
	"errors"
	"regexp"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/svcgate/svcgate"
)

// Limits of a rule. Oracle's manual shows the fields and no lengths but the service's; these are ours.
const (
	MaxCode        = 64 // bytes
	MaxVendor      = 10
	MaxDescription = 40 // characters
	MaxMessages    = 4
	MaxMessage     = 60 // characters
	MaxCount       = 999
)

const (
	codeOK       = "OK"       // CardSeries/@ResponseCode of a generated number
	codeRejected = "Rejected" // and of a refusal
)

// markers are the reason codes by which the provider says that it did what a message asked ("OMS 15.1 help SO14_08",
// one answer message each), and the operations whose message is answered by it. A virtual card is activated by a
// Recharge message, so 8 answers an activation too.
var markers = map[string][]svcgate.Operation{
	"2":  {svcgate.Activate},
	"8":  {svcgate.Recharge, svcgate.Activate},
	"16": {svcgate.Inquire},
	"18": {svcgate.Return},
	"22": {svcgate.Void},
	"24": {svcgate.Authorize},
	"26": {svcgate.Deposit},
}

var (
	serviceText = regexp.MustCompile(`^[A-Za-z0-9._-]{1,16}$`)
	codeText    = regexp.MustCompile(`^[!-~]([ -~]{0,62}[!-~])?$`)
	vendorText  = regexp.MustCompile(`^[A-Za-z0-9]{1,10}$`)
	holdText    = regexp.MustCompile(`^[A-Z0-9]{2}$`)
)

// Validate returns nil or, joined, an *svcgate.Error with CodeInvalid for each field that is wrong. None holds what
// was given.
//
// Beyond lengths it keeps the table from telling more than the provider said: only the reason code that answers an
// operation's own message, and the response code OK of a generation, can approve; SU alone can mean unavailable.
func (r Rule) Validate() error {
	var errs []error
	for _, fault := range r.faults() {
		errs = append(errs, fault)
	}
	return errors.Join(errs...)
}

// faults lists what is wrong, one a field or more.
func (r Rule) faults() []*svcgate.Error {
	var faults []*svcgate.Error
	refuse := func(field, reason, format string, args ...any) {
		faults = append(faults, invalid(field, reason, format, args...))
	}
	if !serviceText.MatchString(r.Service) {
		refuse("service", "invalid_service", "Give the code of the service bureau: 1 to %d letters, digits, dots or dashes, such as RLT.", svcgate.MaxService)
	}
	op, opKnown := r.operation()
	if !opKnown {
		refuse("operation", "invalid_operation", "Name one of the eight operations, or leave it empty for any.")
	}
	if !slices.Contains(svcgate.Sources(), r.Source) {
		refuse("source", "invalid_source", "Name where the code stands: error_code, reason_code, response_code or transport.")
	}
	if !codeText.MatchString(r.Code) {
		refuse("code", "invalid_code", "Give the provider's code as it stands in the answer: 1 to %d ASCII characters, no space at either end.", MaxCode)
	}
	if !vendorText.MatchString(r.Vendor) {
		refuse("vendor", "invalid_vendor", "Give the OMS's response code: 1 to %d letters or digits, such as 100.", MaxVendor)
	}
	if !shown(r.Description, 0, MaxDescription) {
		refuse("description", "invalid_description", "A description is at most %d printable characters.", MaxDescription)
	}
	if opKnown {
		r.validateMeaning(op, refuse)
	}
	r.validateHandling(refuse)
	return faults
}

type refuser func(field, reason, format string, args ...any)

// validateMeaning checks that the outcome follows from source and code.
func (r Rule) validateMeaning(op svcgate.Operation, refuse refuser) {
	if r.Source == svcgate.SourceTransport && r.Code != svcgate.CodeSU {
		refuse("code", "invalid_transport_code", "The only transport code is %s.", svcgate.CodeSU)
	}
	answered := r.answers()
	if r.Source == svcgate.SourceReasonCode && len(answered) > 0 && op != 0 && !slices.Contains(answered, op) {
		refuse("code", "other_operation", "This reason code answers another operation's message.")
		return
	}
	switch r.Outcome {
	case svcgate.Approved, svcgate.Partial:
		switch {
		case len(answered) == 0:
			refuse("outcome", "cannot_approve", "Only the reason code that answers an operation's own message, or response code %s of a generation, can approve.", codeOK)
		case !slices.Contains(answered, op):
			refuse("operation", "operation_needed", "A rule that approves holds for one operation, the one whose message this code answers; name it.")
		}
	case svcgate.Unavailable:
		if r.Source != svcgate.SourceTransport {
			refuse("outcome", "cannot_be_unavailable", "The provider answered, so it was available; only transport code %s means unavailable.", svcgate.CodeSU)
		}
	case svcgate.Declined, svcgate.Undefined, svcgate.Unknown:
		if r.Source == svcgate.SourceTransport {
			refuse("outcome", "must_be_unavailable", "Transport code %s means unavailable and nothing else: the message was not sent.", svcgate.CodeSU)
		}
	default:
		refuse("outcome", "invalid_outcome", "Name the outcome: approved, partial, declined, undefined, unavailable or unknown.")
	}
}

// answers lists the operations that the provider has carried out when it answers with the rule's code; none for any
// other code.
func (r Rule) answers() []svcgate.Operation {
	switch {
	case r.Source == svcgate.SourceReasonCode:
		return markers[r.Code]
	case r.Source == svcgate.SourceResponseCode && r.Code == codeOK:
		return []svcgate.Operation{svcgate.Generate}
	}
	return nil
}

// validateHandling checks what the OMS is told to do.
func (r Rule) validateHandling(refuse refuser) {
	for _, count := range []struct {
		field string
		value *int
	}{{"attempts", r.Attempts}, {"hold_days", r.HoldDays}, {"days_between", r.DaysBetween}} {
		if count.value != nil && (*count.value < 0 || *count.value > MaxCount) {
			refuse(count.field, "invalid_number", "Give a whole number from 0 to %d, or leave it empty.", MaxCount)
		}
	}
	if r.HoldReason != "" && !holdText.MatchString(r.HoldReason) {
		refuse("hold_reason", "invalid_hold_reason", "A hold reason is two capital letters or digits, such as CW; empty holds nothing.")
	}
	if r.HoldReason == "" && r.HoldDays != nil {
		refuse("hold_days", "hold_reason_needed", "Name a hold reason too, or leave the days empty.")
	}
	if r.Cancel {
		switch r.Outcome {
		case svcgate.Approved, svcgate.Partial:
			refuse("cancel", "cannot_cancel", "An approved payment is no reason to cancel the order.")
		case svcgate.Unavailable, svcgate.Unknown:
			refuse("cancel", "cannot_cancel", "Do not cancel an order for what may still succeed; hold it.")
		case svcgate.Declined, svcgate.Undefined:
		}
	}
	if len(r.Messages) > MaxMessages {
		refuse("messages", "too_many_messages", "Give at most %d messages.", MaxMessages)
	}
	for _, m := range r.Messages {
		if !shown(m, 1, MaxMessage) {
			refuse("messages", "invalid_message", "A message is 1 to %d printable characters.", MaxMessage)
			break
		}
	}
}

// shown reports whether s is text of the given length that a screen shows as it is.
func shown(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	if n < least || n > most || !utf8.ValidString(s) {
		return false
	}
	for _, c := range s {
		if !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}
