package svcgate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Names that svcgate's own inquiries stand under in the journal.
const (
	CallerSettling = "svcgate:settling"
	CallerBaseline = "svcgate:baseline"
	CallerProbe    = "svcgate:probe"
)

// DefaultSchedule is when an unknown outcome is looked into, counted from the try before; the last entry repeats.
var DefaultSchedule = []time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

const (
	// DefaultQuiet is how long a message that was not answered may still be carried out: until then a balance that
	// did not change proves nothing.
	DefaultQuiet = 90 * time.Second
	// Between is the least time between two looks that shall agree on "not applied".
	Between = 30 * time.Second
	// AnswersAgain is when the next look follows one that was answered.
	AnswersAgain = time.Minute
	// MaxVoids is how often a void that was proven not applied is sent in all before a person decides.
	MaxVoids = 3
)

// Unsettled is the part of the journal that settling reads. Look and Wake are one commit each.
type Unsettled interface {
	// Due returns unresolved transactions of the services (none named: of all) whose next look is due, oldest first. On
	// several nodes each is given to one of them, which has it until it was looked into, or for a while.
	Due(ctx context.Context, now time.Time, limit int, services ...string) ([]*Transaction, error)
	// Claim takes an unresolved transaction for this node, which may have it already, and reports whether no other node
	// is looking into it.
	Claim(ctx context.Context, id string) (bool, error)
	// Open returns one transaction, in any state, with its readings, and says whether it is Disturbed. CodeNotFound when
	// there is none.
	Open(ctx context.Context, id string) (*Transaction, error)
	// Look keeps a reading with its unresolved transaction (a zero reading only counts the try) and says when to look
	// again.
	Look(ctx context.Context, id string, reading Reading, next time.Time) error
	// Wake makes every unresolved transaction of a service due at once: its provider answers again.
	Wake(ctx context.Context, service string, now time.Time) error
}

// Decisions is the part of the journal that settling writes. Each method is one commit and refuses a transaction that
// is not in the state it starts from, with an *Error of CodeConflict.
type Decisions interface {
	// ToDesk puts an unresolved transaction on the desk, with what was found.
	ToDesk(ctx context.Context, id string, f Finding, at time.Time) error
	// Settle makes an unresolved or desk transaction final as t says, with t.Settlement.
	Settle(ctx context.Context, t *Transaction) error
	// SendAgain moves an unresolved void back to sent, counts the message and forgets the readings. It refuses a void of
	// which more messages were sent than the number that was proven not applied.
	SendAgain(ctx context.Context, id string, sends int, at time.Time) error
}

// Sweep records answers that the journal could not take before, looks into the unresolved transactions that are due,
// at most limit, and returns how many there were. One card that cannot be asked about does not stop the others. What is
// of a service that is not configured here is left as it is, to another node or until the settings have it again.
func (g *Gateway) Sweep(ctx context.Context, limit int) (int, error) {
	g.recordLate(ctx)
	g.Resume(ctx)
	due, err := g.Unsettled.Due(ctx, g.Now(), limit, slices.Sorted(maps.Keys(g.Providers))...)
	if err != nil {
		return 0, fmt.Errorf("finding what is due: %w", err)
	}
	var failed []error
	for _, t := range due {
		if ctx.Err() != nil {
			break
		}
		if err := g.lookSafely(ctx, t); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", t.ID, err))
		}
	}
	return len(due), errors.Join(failed...)
}

// lookSafely keeps a panic from ending the process, which would meet it again at each start, and looks again later.
func (g *Gateway) lookSafely(ctx context.Context, t *Transaction) error {
	err := g.safely("looking into a transaction", t.ID, func() error { return g.LookInto(ctx, t.ID) })
	if _, panicked := errors.AsType[*PanicError](err); panicked {
		err = errors.Join(err, g.safely("putting a look off", t.ID, func() error {
			return g.Unsettled.Look(ctx, t.ID, Reading{}, g.later(t))
		}))
	}
	return err
}

// LookInto takes the next step towards the outcome of an unresolved transaction: it asks the provider about the card
// and compares. It sends no money message, but a void that was proven not applied. Two callers at once, on any nodes,
// look once; a transaction that is not unresolved is left alone.
func (g *Gateway) LookInto(ctx context.Context, id string) error {
	if !g.looking.start(id) {
		return nil
	}
	defer g.looking.stop(id)
	t, err := g.Unsettled.Open(ctx, id)
	if err != nil || t.State != StateUnresolved {
		return err
	}
	if err := g.servable(t); err != nil { // before it is claimed, which would keep it from a node that can
		return err
	}
	if mine, err := g.Unsettled.Claim(ctx, id); err != nil || !mine {
		return err
	}
	if t, err = g.Unsettled.Open(ctx, id); err != nil || t.State != StateUnresolved {
		return err
	}
	info, ok := t.Operation.Info()
	switch {
	case !ok:
		return &Error{Code: CodeInternal, Op: "settle", Detail: "The transaction's operation is not known."}
	case len(t.Plan) > 0:
		return g.settleSplit(ctx, t)
	case info.Settling == SettleByNothing:
		return g.toDesk(ctx, t, Weigh(t.Operation, t.Requested, t.Baseline, Reading{At: g.Now()}))
	}
	card, err := g.openCard(t)
	if err != nil {
		g.Log.Error("sealed card does not open", "transaction", id, "err", err)
		return g.toDesk(ctx, t, Finding{CannotTell, Money{}, "The card's sealed number does not open with the keys at hand."})
	}
	work, cancel := context.WithTimeout(ctx, g.CallLimit)
	defer cancel()
	asked, err := g.ask(work, CallerSettling, t, card)
	if asked == nil {
		if CodeOf(err) == CodeInvalid { // no inquiry can be made with these settings
			err = errors.Join(err, g.Unsettled.Look(ctx, id, Reading{}, g.later(t)))
		}
		return err
	}
	if asked.State != StateFinal || asked.Outcome == Unavailable {
		return g.lookedInVain(ctx, t, asked)
	}
	g.watches.usable(id)
	if info.Settling == SettleByAsking {
		return g.settleInquiry(ctx, t, asked)
	}
	reading := readingOf(asked)
	if err := g.Unsettled.Look(ctx, id, reading, g.Now().Add(AnswersAgain)); err != nil {
		g.clock.forget()
		return err
	}
	t.Readings = append(t.Readings, reading)
	return g.conclude(ctx, t, card)
}

// servable says what to change when a transaction's outcome can only be found out where its service is configured.
func (g *Gateway) servable(t *Transaction) error {
	if _, ok := g.Providers[t.Service]; ok || len(t.Plan) > 0 {
		return nil
	}
	if info, _ := t.Operation.Info(); info.Settling == SettleByNothing {
		return nil
	}
	return g.notServed(t)
}

func (g *Gateway) notServed(t *Transaction) error {
	return invalid("service", "unknown_service", "Service bureau %s is not configured. Put it back into the settings, or go on at a node that has it.", t.Service)
}

// later is when to look again after a try that led nowhere. Only such tries make the time longer.
func (g *Gateway) later(t *Transaction) time.Time {
	return g.Now().Add(g.Schedule[min(t.Looks-len(t.Readings)+1, len(g.Schedule)-1)])
}

// Resume makes everything that is unresolved due at once when it is called first, and when the wall clock was set since
// it was called last: what is due is kept in wall time. Call it before the first Do, so that what this process sends
// waits for its own time; each sweep calls it too.
func (g *Gateway) Resume(ctx context.Context) {
	if !g.clock.since(g.Now(), g.Elapsed()) {
		return
	}
	for service := range g.Providers {
		g.wake(ctx, service)
	}
}

// wake makes what is unresolved due at once; what the journal does not take, the next sweep tries again.
func (g *Gateway) wake(ctx context.Context, service string) {
	if err := g.Unsettled.Wake(ctx, service, g.Now()); err != nil {
		g.clock.forget()
		g.Log.Error("unresolved transactions not woken", "service", service, "err", err)
	}
}

// conclude draws what can be drawn from the readings so far.
func (g *Gateway) conclude(ctx context.Context, t *Transaction, card Card) error {
	last := t.Readings[len(t.Readings)-1]
	f := weigh(t, last)
	evidence := []Reading{t.Baseline, last}
	now := g.Elapsed()
	quiet := g.watches.age(t.ID, t.Sends, now) >= g.Quiet
	switch {
	case f.Verdict == Applied && t.Operation != Authorize:
		return g.settle(ctx, t, Settlement{Finding: f, By: CallerSettling, Evidence: evidence})
	case f.Verdict == Applied && f.Amount != t.Requested && !quiet:
		// A card is often spent to the last cent elsewhere. The message may still come, and the desk frees the card.
		return nil
	case f.Verdict == Applied:
		// An orphan hold: it is there, and only the id that was lost would let it be taken or freed.
		return g.toDesk(ctx, t, f)
	case !quiet:
		return nil
	case f.Verdict == CannotTell:
		return g.toDesk(ctx, t, f)
	}
	earlier, agreed := g.watches.agreed(t.ID, t.Sends, now, last)
	switch {
	case !agreed:
		return nil
	case t.Operation == Void && t.Sends < MaxVoids:
		return g.voidAgain(ctx, t, card)
	case t.Operation == Void:
		return g.toDesk(ctx, t, f)
	}
	return g.settle(ctx, t, Settlement{Finding: f, By: CallerSettling, Evidence: []Reading{t.Baseline, earlier, last}})
}

func (g *Gateway) toDesk(ctx context.Context, t *Transaction, f Finding) error {
	if err := g.Decisions.ToDesk(ctx, t.ID, f, g.Now()); err != nil {
		return err
	}
	g.watches.forget(t.ID)
	return nil
}

// settle makes t final as the settlement says, with all that a direct answer would have brought.
func (g *Gateway) settle(ctx context.Context, t *Transaction, s Settlement) error {
	s.At = g.Now().UTC()
	t.Settlement, t.Finding, t.Next = &s, nil, time.Time{}
	switch s.Verdict {
	case Applied:
		if err := g.settleApplied(t, s); err != nil {
			return err
		}
	case NotApplied, Released:
		g.tellUnavailable(t)
		t.Failure = map[Verdict]string{NotApplied: "The provider did not carry it out.", Released: "It was undone at the provider."}[s.Verdict]
	case CannotTell:
		return &Error{Code: CodeInternal, Op: "settle", Detail: "What cannot be told is not settled."}
	}
	return g.closeSettled(ctx, t)
}

// closeSettled records a settlement, and looks into the deposit that t is a part of.
func (g *Gateway) closeSettled(ctx context.Context, t *Transaction) error {
	if err := g.Decisions.Settle(ctx, t); err != nil {
		return err
	}
	g.watches.forget(t.ID)
	if t.Parent == "" {
		return nil
	}
	if err := g.LookInto(ctx, t.Parent); err != nil {
		g.Log.Error("deposit not summed up", "transaction", t.Parent, "err", err)
	}
	return nil
}

func (g *Gateway) settleApplied(t *Transaction, s Settlement) error {
	provider, ok := g.Providers[t.Service]
	if !ok {
		return g.notServed(t)
	}
	reply := Reply{Accepted: true, Amount: s.Amount, TransactionID: s.TransactionID, Description: "settled by " + s.By}
	reply.Source, reply.Code = provider.Approval(t.Operation, t.Kind)
	if n := len(s.Evidence); n > 0 {
		reply.Balance, reply.CardStatus = s.Evidence[n-1].Balance, s.Evidence[n-1].Status
	}
	g.judge(t, reply)
	t.Next = time.Time{}
	if t.State != StateFinal {
		return &Error{Code: CodeConflict, Reason: "no_rule", Op: "settle",
			Detail: "The vendor response table has no rule that approves this operation; add it and settle again."}
	}
	return nil
}

// settleInquiry takes the new answer for the lost one: an inquiry changes nothing.
func (g *Gateway) settleInquiry(ctx context.Context, t, asked *Transaction) error {
	t.State, t.Outcome, t.Reply, t.Vendor, t.Finished = StateFinal, asked.Outcome, asked.Reply, asked.Vendor, asked.Finished
	t.CodesVersion, t.Next, t.Finding = asked.CodesVersion, time.Time{}, nil
	t.Settlement = &Settlement{Finding: Finding{NotApplied, Money{}, "The question was asked again as " + asked.ID + "."},
		By: CallerSettling, At: g.Now().UTC(), Evidence: []Reading{readingOf(asked)}}
	return g.closeSettled(ctx, t)
}

// voidAgain sends a void again, with the same id, after it was proven that the hold still stands.
func (g *Gateway) voidAgain(ctx context.Context, t *Transaction, card Card) error {
	if g.unrecorded.has(t.ID) { // of the message that is next, and would end it
		return nil
	}
	r, err := NewRequest(Draft{Operation: Void, Service: t.Service, Order: t.Order, Sequence: t.Sequence, CardNumber: card.number,
		Amount: t.Requested.Decimal(), Currency: t.Requested.Currency(), Authorization: t.Authorization})
	if err != nil {
		return err
	}
	at := g.Now().UTC()
	message, err := g.Providers[t.Service].Prepare(r, at)
	if err != nil {
		return err
	}
	ctx = g.permitted(ctx)
	if err := g.Decisions.SendAgain(ctx, t.ID, t.Sends, at); err != nil {
		if errors.Is(err, ErrUnsure) { // it may stand there as sent, and was not
			t.State, t.Outcome, t.Sends = StateUnresolved, Unknown, t.Sends+1
			g.plan(t)
			g.unrecorded.add(t, notSent(at))
		}
		return err
	}
	t.State, t.Outcome, t.Sent, t.Readings = StateSent, "", at, nil
	t.Next, t.Finding, t.Class, t.Failure = time.Time{}, nil, "", ""
	t.Sends++
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.CallLimit)
	defer cancel()
	_, err = g.send(work, t, message)
	if c := CodeOf(err); c == CodeUnavailable || c == CodeUnknown {
		return nil
	}
	return err
}

func (g *Gateway) openCard(t *Transaction) (Card, error) {
	number, err := g.Keys.Open(t.ID, t.Sealed)
	if err != nil {
		return Card{}, err
	}
	return ParseCard(number)
}

// lookers are the transactions that are being looked into.
type lookers struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (l *lookers) start(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ids[id] {
		return false
	}
	if l.ids == nil {
		l.ids = map[string]bool{}
	}
	l.ids[id] = true
	return true
}

func (l *lookers) stop(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.ids, id)
}
