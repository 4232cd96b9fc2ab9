package svcgate

import (
	"slices"
	"time"
)

// decide fills in what came of t. It never makes an approval out of anything but an accepted reply that an approving
// rule knows.
func (g *Gateway) decide(t *Transaction, reply Reply, x Exchange, err error) {
	t.Class, t.Failure = x.Class, x.Failure
	defer g.plan(t)
	defer g.closeOwn(t)
	switch CodeOf(err) {
	case "":
		g.judge(t, reply)
	case CodeUnavailable:
		g.tellUnavailable(t)
	case CodeUnknown, CodeInternal, CodeInvalid, CodeUnauthenticated, CodeForbidden, CodeNotFound, CodeConflict,
		CodeKeyReused, CodeOverloaded:
		t.State, t.Outcome = StateUnresolved, Unknown
	}
}

// tellUnavailable closes t as certainly not carried out ("OMS 15.1 help SO14_08, Communication failure", with the text
// as it is spelled there).
func (g *Gateway) tellUnavailable(t *Transaction) {
	g.close(t, Unavailable)
	t.Vendor = nil
	t.Reply = Reply{Source: SourceTransport, Code: CodeSU, Description: "RELATE SERVICE IS UNAVILABLE"}
	if v, ok := g.Codes.Lookup(t.Service, t.Operation, SourceTransport, CodeSU); ok {
		t.Vendor = &v
	}
}

// closeOwn closes an inquiry of our own that was not answered: nobody waits for it, nothing moved, and looking into it
// would only make more of them.
func (g *Gateway) closeOwn(t *Transaction) {
	if t.Outcome == Unknown && ownCaller(t.Caller) {
		g.tellUnavailable(t)
	}
}

func ownCaller(name string) bool {
	return name == CallerSettling || name == CallerBaseline || name == CallerProbe
}

// plan says when an unresolved transaction is looked into first.
func (g *Gateway) plan(t *Transaction) {
	if t.State == StateUnresolved {
		t.Next = g.Now().Add(g.Schedule[0])
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
			rule.Messages = append([]string{PartialMessage}, rule.Messages[:min(len(rule.Messages), MaxMessages-1)]...)
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
	t.State, t.Outcome, t.Finished = StateFinal, o, g.Now().UTC().Truncate(time.Millisecond)
	t.Next, t.Finding = time.Time{}, nil
}
