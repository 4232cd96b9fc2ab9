package svcgate

import "fmt"

// Outcome is what the OMS is told. The zero value is none: the exchange is still under way.
type Outcome string

// The outcomes.
const (
	Approved    Outcome = "approved"    // the provider did what was asked
	Partial     Outcome = "partial"     // the provider did less than asked; the amounts say how much
	Declined    Outcome = "declined"    // the provider refused; no money moved
	Undefined   Outcome = "undefined"   // the provider answered with a code that no rule knows: hold and look
	Unavailable Outcome = "unavailable" // certainly did not happen: not sent, or proven not carried out; vendor response SU
	Unknown     Outcome = "unknown"     // may have happened; being settled
)

// Outcomes lists them all.
func Outcomes() []Outcome {
	return []Outcome{Approved, Partial, Declined, Undefined, Unavailable, Unknown}
}

// ParseOutcome refuses what is not an outcome.
func ParseOutcome(s string) (Outcome, error) {
	for _, o := range Outcomes() {
		if string(o) == s {
			return o, nil
		}
	}
	return "", fmt.Errorf("unknown outcome %q; the outcomes are approved, partial, declined, undefined, unavailable, unknown", s)
}

// State is where an attempt stands in the journal.
type State string

// The states. An attempt moves sent -> final, sent -> unresolved -> final or unresolved -> desk -> final; a void that
// was proven not applied goes back to sent.
const (
	StateSent       State = "sent"       // begun; may be on the wire
	StateUnresolved State = "unresolved" // its outcome is unknown and is being looked into
	StateDesk       State = "desk"       // its outcome is unknown and a person decides
	StateFinal      State = "final"      // its outcome is told and stays
)

// ParseState refuses what is not a state.
func ParseState(s string) (State, error) {
	switch st := State(s); st {
	case StateSent, StateUnresolved, StateDesk, StateFinal:
		return st, nil
	}
	return "", fmt.Errorf("unknown state %q; the states are sent, unresolved, desk, final", s)
}
