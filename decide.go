package svcgate

import "slices"

// decide fills in what came of t. It never makes an approval out of anything but an accepted reply that an approving
// rule knows.
func (g *Gateway) decide(t *Transaction, reply Reply, x Exchange, err error) {
	t.Class, t.Failure = x.Class, x.Failure
	switch CodeOf(err) {
	case "":
		g.judge(t, reply)
	case CodeUnavailable:
		g.close(t, Unavailable)
		t.Reply = Reply{Source: SourceTransport, Code: CodeSU, Description: "RELATE SERVICE IS UNAVILABLE"}
		if v, ok := g.Codes.Lookup(t.Service, t.Operation, SourceTransport, CodeSU); ok {
			t.Vendor = &v
		}
	case CodeUnknown, CodeInternal, CodeInvalid, CodeUnauthenticated, CodeForbidden, CodeNotFound, CodeConflict,
		CodeKeyReused, CodeOverloaded:
		t.State, t.Outcome = StateUnresolved, Unknown
	}
}

// judge looks the reply's code up and gives the outcome.
func (g *Gateway) judge(t *Transaction, reply Reply) {
	t.State, t.Outcome = StateUnresolved, Unknown
	t.Reply = reply
	t.Reply.Card = Card{}
	rule, known := g.Codes.Lookup(t.Service, t.Operation, reply.Source, reply.Code)
	if !known {
		g.close(t, Undefined)
		return
	}
	rule.Messages = slices.Clone(rule.Messages)
	t.Vendor = &rule
	switch rule.Outcome {
	case Approved, Partial:
		g.close(t, acceptedOutcome(t, reply))
		if t.Outcome == Partial && t.Operation == Authorize && !slices.Contains(rule.Messages, PartialMessage) {
			rule.Messages = append(rule.Messages, PartialMessage)
		}
	case Declined, Undefined, Unavailable:
		// A rule may make less of an answer, never more; an answered message was sent, so it is not unavailable.
		outcome := rule.Outcome
		if reply.Accepted || outcome == Unavailable {
			outcome = Undefined
		}
		g.close(t, outcome)
	case Unknown:
	}
}

// acceptedOutcome compares what was done with what was asked. A refusal is never approved, whatever a rule says.
func acceptedOutcome(t *Transaction, reply Reply) Outcome {
	if !reply.Accepted {
		return Undefined
	}
	if !t.Requested.IsZero() && reply.Amount.Less(t.Requested) {
		return Partial
	}
	return Approved
}

func (g *Gateway) close(t *Transaction, o Outcome) {
	t.State, t.Outcome, t.Finished = StateFinal, o, g.Now().UTC().Truncate(1e6)
}
