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
	v, ok := g.Codes.Lookup(t.Service, t.Operation, SourceTransport, CodeSU)
	if t.CodesVersion = v.Version; ok {
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
	t.State, t.Outcome, t.Vendor = StateUnresolved, Unknown, nil
	t.Reply = reply
	t.Reply.Card = Card{}
	rule, known := g.Codes.Lookup(t.Service, t.Operation, reply.Source, reply.Code)
	t.CodesVersion = rule.Version
	if known {
		rule.Messages = slices.Clone(rule.Messages)
		t.Vendor = &rule
	}
	outcome := Judge(rule.Outcome, reply.Accepted, !t.Requested.IsZero() && reply.Amount.Less(t.Requested))
	if outcome == Unknown || known && rule.Outcome == "" { // the latter is a rule that says nothing
		return
	}
	g.close(t, outcome)
	if outcome == Partial && t.Operation == Authorize && !slices.Contains(rule.Messages, PartialMessage) {
		rule.Messages = append([]string{PartialMessage}, rule.Messages[:min(len(rule.Messages), MaxMessages-1)]...)
	}
}

func (g *Gateway) close(t *Transaction, o Outcome) {
	t.State, t.Outcome, t.Finished = StateFinal, o, g.Now().UTC().Truncate(time.Millisecond)
	t.Next, t.Finding = time.Time{}, nil
}

// forget makes nothing of an answer that was judged: the outcome is not known.
func (t *Transaction) forget() {
	t.State, t.Outcome, t.Reply, t.Vendor, t.CodesVersion, t.Finished = StateUnresolved, Unknown, Reply{}, nil, 0, time.Time{}
}
