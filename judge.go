package svcgate

// Judge returns the outcome of an answer, given the class of outcome of the rule that knows its code ("" when no rule
// does), whether the provider did what was asked, and whether it did less of it than was asked.
//
// A rule may make less of an answer, never more: a refusal is never approved, and an answered message was sent, so it
// is not unavailable. SourceTransport is no answer and is not judged.
func Judge(rule Outcome, accepted, short bool) Outcome {
	switch rule {
	case Approved, Partial:
		switch {
		case !accepted:
			return Undefined
		case short:
			return Partial
		}
		return Approved
	case Declined:
		if accepted {
			return Undefined
		}
		return Declined
	case Undefined, Unavailable, "":
		return Undefined
	case Unknown:
	}
	return Unknown
}
