// Package responsecodes keeps the vendor response table: what a provider's code means to the OMS, one rule a code
// ("OMS 15.1 help SO04_05, Defining Vendor Response Codes").
//
// A Rule is valid or refused with a sentence a field; a Book answers lookups from memory and writes changes to a
// Store first; a CSV file carries the rules of one service bureau out and in again.
package responsecodes

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
)

// Rule says what one code of a provider means. Service, Operation, Source and Code find it; the rest is what the OMS
// is told.
type Rule struct {
	Service     string          `json:"service"`   // service bureau code, "RLT"
	Operation   string          `json:"operation"` // name of the operation; "" for any
	Source      svcgate.Source  `json:"source"`    // where in the answer the code stands
	Code        string          `json:"code"`      // the provider's, matched exactly
	Vendor      string          `json:"vendor"`    // the OMS's code, "100"
	Description string          `json:"description"`
	Outcome     svcgate.Outcome `json:"outcome"`
	Attempts    *int            `json:"attempts"`     // in all; nil: no limit of its own
	HoldReason  string          `json:"hold_reason"`  // "" holds nothing
	HoldDays    *int            `json:"hold_days"`    // nil: until somebody looks
	DaysBetween *int            `json:"days_between"` // attempts
	Cancel      bool            `json:"cancel"`
	Messages    []string        `json:"messages"` // pop-up texts, at most four
	Updated     time.Time       `json:"updated"`  // set by the Book
}

const (
	idSeparator  = ":"
	anyOperation = "*"
)

// ID names the rule, "RLT:authorize:reason_code:24"; the operation is * for a rule of any operation.
func (r Rule) ID() string {
	operation := r.Operation
	if operation == "" {
		operation = anyOperation
	}
	return strings.Join([]string{r.Service, operation, string(r.Source), r.Code}, idSeparator)
}

// ErrID is the error of ParseID.
var ErrID = errors.New("a rule's id is service:operation:source:code, such as RLT:authorize:reason_code:24, with * for any operation")

// ParseID returns a Rule of which only what the id says is filled: service, operation, source and code.
func ParseID(id string) (Rule, error) {
	parts := strings.SplitN(id, idSeparator, 4)
	if len(parts) != 4 || slices.Contains(parts, "") {
		return Rule{}, ErrID
	}
	r := Rule{Service: parts[0], Operation: parts[1], Source: svcgate.Source(parts[2]), Code: parts[3]}
	if r.Operation == anyOperation {
		r.Operation = ""
	}
	return r, nil
}

// response is what the OMS is told by the rule. Lookups share it.
func (r Rule) response(version int) svcgate.VendorResponse {
	v := svcgate.VendorResponse{
		Code: r.Vendor, Description: r.Description, Attempts: clone(r.Attempts), Cancel: r.Cancel,
		Messages: append([]string{}, r.Messages...), Rule: r.ID(), Version: version, Outcome: r.Outcome,
	}
	if r.HoldReason != "" {
		v.Hold = &svcgate.OrderHold{Reason: r.HoldReason, Days: clone(r.HoldDays)}
	}
	return v
}

// copy returns a rule that shares nothing with r.
func (r Rule) copy() Rule {
	r.Attempts, r.HoldDays, r.DaysBetween = clone(r.Attempts), clone(r.HoldDays), clone(r.DaysBetween)
	r.Messages = slices.Clone(r.Messages)
	return r
}

// same reports whether both rules say the same, whenever they were written.
func (r Rule) same(o Rule) bool {
	return r.ID() == o.ID() && r.Vendor == o.Vendor && r.Description == o.Description && r.Outcome == o.Outcome &&
		r.HoldReason == o.HoldReason && r.Cancel == o.Cancel && slices.Equal(r.Messages, o.Messages) &&
		equal(r.Attempts, o.Attempts) && equal(r.HoldDays, o.HoldDays) && equal(r.DaysBetween, o.DaysBetween)
}

func clone(n *int) *int {
	if n == nil {
		return nil
	}
	return new(*n)
}

func equal(a, b *int) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// operation returns the rule's operation, 0 for any. Of a valid rule it is one of the eight.
func (r Rule) operation() (svcgate.Operation, bool) {
	if r.Operation == "" {
		return 0, true
	}
	op, err := svcgate.ParseOperation(r.Operation)
	return op, err == nil
}
