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
	Unavailable Outcome = "unavailable" // certainly not sent: the vendor response is SU
	Unknown     Outcome = "unknown"     // may have happened; to be settled, never sent again
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

// The states. An attempt only moves sent -> final or sent -> unresolved -> final.
const (
	StateSent       State = "sent"       // begun; may be on the wire
	StateUnresolved State = "unresolved" // its outcome is unknown
	StateFinal      State = "final"      // its outcome is told and stays
)

// ParseState refuses what is not a state.
func ParseState(s string) (State, error) {
	switch st := State(s); st {
	case StateSent, StateUnresolved, StateFinal:
		return st, nil
	}
	return "", fmt.Errorf("unknown state %q; the states are sent, unresolved, final", s)
}
