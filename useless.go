package svcgate

import "context"

// MaxUseless is how many looks in a row tell nothing, though the provider answers, before a person decides: it may be
// unable to answer about one card for ever.
const MaxUseless = 6

// lookedInVain goes on after a look that told nothing. What keeps the card from being told about, while others are
// answered, is the card: it is asked about again soon, and given up before long. Otherwise it is the provider: the
// schedule is kept, and the next message that is answered wakes what waits.
func (g *Gateway) lookedInVain(ctx context.Context, t, asked *Transaction) error {
	r := g.routes[t.Service]
	if asked.State != StateFinal { // its answer could not be recorded
		r.missed()
		return g.Unsettled.Look(ctx, t.ID, Reading{}, g.later(t))
	}
	now := g.Elapsed()
	quiet := g.watches.age(t.ID, t.Sends, now) >= g.Quiet
	answered, silent := r.standing()
	others := g.watches.overtaken(t.ID, answered)
	alive := answers(asked.Class)
	info, _ := t.Operation.Info()
	if alive || others {
		times := g.watches.useless(t.ID, now)
		switch {
		case quiet && info.Settling == SettleByPerson: // no look would show it
			return g.toDesk(ctx, t, Weigh(t.Operation, t.Requested, t.Baseline, Reading{At: g.Now()}))
		case quiet && times >= MaxUseless:
			return g.toDesk(ctx, t, Weigh(t.Operation, t.Requested, t.Baseline, Reading{}))
		case !alive || !silent:
			return g.Unsettled.Look(ctx, t.ID, Reading{}, g.Now().Add(AnswersAgain))
		}
	}
	r.missed()
	return g.Unsettled.Look(ctx, t.ID, Reading{}, g.later(t))
}
