package svcgate

import (
	"context"
	"time"
)

// Phases is where the time of one Do went, for a log line. Whoever wants to know gives Do a context of WithPhases; the
// gateway and what is wrapped around its parts add to it in turn.
type Phases struct {
	Queue    time.Duration // waiting for other operations on the card
	Begin    time.Duration // the journal's commit before sending
	Provider time.Duration // the provider's own time
	Finish   time.Duration // the journal's commit after sending
	Messages int           // begun: the operation's own, the parts' of a split deposit, and inquiries before it
	Tries    int           // of the checks: more than one when other nodes moved the card's records in between
}

type phasesKey struct{}

// WithPhases returns a context under which Do fills p. It is read again when Do has returned.
func WithPhases(ctx context.Context, p *Phases) context.Context {
	return context.WithValue(ctx, phasesKey{}, p)
}

// PhasesOf returns the Phases that the context came with, nil for none.
func PhasesOf(ctx context.Context) *Phases {
	p, _ := ctx.Value(phasesKey{}).(*Phases)
	return p
}
