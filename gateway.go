package svcgate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
)

// Defaults of GatewayConfig.
const (
	DefaultCallLimit = 35 * time.Second // of one Do after the journal was begun
	DefaultKeepCard  = 24 * time.Hour   // of a generated number
	DefaultWindow    = 10 * time.Minute // for duplicates under another key
)

// GatewayConfig is what a Gateway works with. Providers, Journal, Codes and Keys must be set.
type GatewayConfig struct {
	Providers map[string]Provider // by service bureau code
	Journal   Journal
	History   History
	Unsettled Unsettled
	Decisions Decisions
	Codes     CodeBook
	Keys      Keyring
	CallLimit time.Duration                // 0: DefaultCallLimit
	KeepCard  time.Duration                // how long a generated number is given again under its key; 0: DefaultKeepCard
	Schedule  []time.Duration              // when to look into an unknown outcome; nil: DefaultSchedule
	Quiet     time.Duration                // how long an unanswered message may still be carried out; 0: DefaultQuiet
	Baseline  map[Operation]BaselinePolicy // missing: BaselineLastKnown
	Breaker   Breaker
	Window    time.Duration        // in which a similar request counts as a duplicate; 0: DefaultWindow; negative: never
	Permit    func() func() error  // taken before an attempt is begun; see MaySend. nil: one that is always good
	Now       func() time.Time     // wall clock; nil: time.Now
	Elapsed   func() time.Duration // a clock that is never set, which durations are measured by; nil: since the start
	NewID     func() string        // nil: NewTransactionID
	Log       *slog.Logger         // nil: discard
}

// Gateway carries out operations. It is the only place that decides what happened.
type Gateway struct {
	GatewayConfig
	cards      cardQueue
	looking    lookers
	unrecorded unrecorded
	accounts   accounts
	watches    watches
	clock      jumps
	routes     map[string]*route
}

// NewGateway checks the configuration and fills the defaults.
func NewGateway(c GatewayConfig) (*Gateway, error) {
	if len(c.Providers) == 0 || c.Journal == nil || c.History == nil || c.Unsettled == nil || c.Decisions == nil || c.Codes == nil || c.Keys == nil {
		return nil, errors.New("gateway: providers, journal, history, unsettled, decisions, codes and keys must be given")
	}
	c.CallLimit = cmp.Or(c.CallLimit, DefaultCallLimit)
	c.KeepCard = cmp.Or(c.KeepCard, DefaultKeepCard)
	c.Quiet = cmp.Or(c.Quiet, DefaultQuiet)
	c.Window = cmp.Or(c.Window, DefaultWindow)
	if len(c.Schedule) == 0 {
		c.Schedule = DefaultSchedule
	}
	if c.Permit == nil {
		c.Permit = func() func() error { return func() error { return nil } }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Elapsed == nil {
		start := time.Now()
		c.Elapsed = func() time.Duration { return time.Since(start) }
	}
	if c.NewID == nil {
		c.NewID = NewTransactionID
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{GatewayConfig: c, routes: map[string]*route{}}
	for service := range c.Providers {
		g.routes[service] = newRoute(service, c.Breaker)
	}
	return g, nil
}

// Result is what Do gives back: the record, whether it was there before, and the number of a generated card while it
// may be told.
type Result struct {
	Transaction *Transaction
	Replayed    bool
	NewCard     Card
}

// Do carries out one request under the caller's key, sending at most one message (one a hold, for a split deposit).
// The error, if any, is an *Error: CodeUnavailable and CodeUnknown come with a Result that holds the transaction; every
// other code without one, and promises that nothing was sent. A decline is no error.
//
// Money operations on one card pass one at a time, first come first served; ctx being cancelled while waiting gives
// CodeConflict. Operations of other nodes on the card are waited for too, but in no order. Once the journal has begun,
// ctx being cancelled changes nothing.
func (g *Gateway) Do(ctx context.Context, caller, key string, r *Request) (*Result, error) {
	t := g.newTransaction(caller, key, r)
	if res, err := g.earlier(ctx, t); res != nil || err != nil {
		return res, err
	}
	if _, ok := g.Providers[r.service]; !ok {
		return nil, invalid("service", "unknown_service", "No service bureau of this code is configured. GET /v1/services lists them.")
	}
	waiting := patience{caller: ctx, until: time.Now().Add(g.CallLimit)}
	defer waiting.end()
	waited := false
	phases := PhasesOf(ctx)
	if info, _ := r.operation.Info(); info.MovesMoney {
		came := g.Elapsed()
		late, err := g.cards.enter(&waiting, t.CardPrint)
		if late && phases != nil {
			phases.Queue = g.Elapsed() - came
		}
		if err != nil {
			return nil, cardBusy("queue", err)
		}
		defer g.cards.leave(t.CardPrint)
		waited = late
	}
	return g.inTurn(&waiting, func() (*Result, error) {
		if waited { // for the first request with this key, perhaps
			if res, err := g.earlier(ctx, t); res != nil || err != nil {
				return res, err
			}
		}
		if waited = true; phases != nil {
			phases.Tries++
		}
		res, err := g.checked(ctx, t, r)
		if res == nil && ofOthers(err) {
			if first, bad := g.earlier(ctx, t); first != nil || bad != nil {
				return first, bad
			}
		}
		return res, err
	})
}

// ofOthers reports whether a refusal may come of what other transactions did. The first request with the same key can be
// one of them, begun after the key was found free: then its outcome is told, for a caller that changes a refused request
// would send it twice. Begin sees to that by itself.
func ofOthers(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Code == CodeInvalid || e.Reason == "possible_duplicate")
}

// checked runs the checks and carries the request out.
func (g *Gateway) checked(ctx context.Context, t *Transaction, r *Request) (*Result, error) {
	t.Created = g.Now().UTC().Truncate(time.Millisecond) // the turn may have come late
	t.Sent, t.Baseline = t.Created, Reading{}
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.CallLimit)
	defer cancel()
	if err := g.Permit()(); err != nil {
		return nil, &Error{Code: CodeOverloaded, Reason: "journal_unavailable", Op: "fence",
			Detail: "This node may not send at the moment; nothing was sent. Try again.", Err: err}
	}
	if err := g.room(); err != nil {
		return nil, err
	}
	if err := g.see(work, t); err != nil {
		return nil, err
	}
	if r.split {
		return g.split(work, t, r)
	}
	if err := g.checkHold(work, r, t); err != nil {
		return nil, err
	}
	if err := g.checkSimilar(work, r, t); err != nil {
		return nil, err
	}
	g.probe(work, t, r)
	if err := g.takeBaseline(work, t, r); err != nil {
		return nil, err
	}
	return g.carryOut(work, t, r)
}

// earlier answers a key that was reserved before from the journal; both results are nil for a new key.
func (g *Gateway) earlier(ctx context.Context, t *Transaction) (*Result, error) {
	if t.Key == "" {
		return nil, nil
	}
	known, err := g.Journal.Earlier(ctx, t.Caller, t.Key)
	if err != nil {
		return nil, unreadable("earlier", err)
	}
	if known == nil {
		return nil, nil
	}
	return g.replay(known, t)
}

// carryOut builds the message, begins the journal, sends and records. A repeated key is answered from the journal.
func (g *Gateway) carryOut(ctx context.Context, t *Transaction, r *Request) (*Result, error) {
	message, err := g.Providers[r.service].Prepare(r, t.Created)
	if err != nil {
		return nil, fmt.Errorf("preparing %s: %w", r.operation, err)
	}
	ctx = g.permitted(ctx)
	earlier, err := g.Journal.Begin(ctx, t)
	if err != nil {
		return nil, g.notBegun(t, r, notSent(t.Sent), err)
	}
	if earlier != nil {
		return g.replay(earlier, t)
	}
	return g.send(ctx, t, message)
}

// notBegun handles a Begin that failed. Nothing was sent. An attempt of which the journal is unsure may stand there all
// the same: it is closed as not sent as soon as the journal takes it.
func (g *Gateway) notBegun(t *Transaction, r *Request, x *Exchange, err error) error {
	if errors.Is(err, ErrUnsure) {
		t.Class, t.Failure = ClassNotSent, "The journal could not be written."
		g.tellUnavailable(t)
		g.unrecorded.add(t, x)
	}
	return beginError(r, err)
}

func notSent(at time.Time) *Exchange {
	return &Exchange{Class: ClassNotSent, Failure: "The journal could not be written.", Started: at}
}

// beginError says why the journal did not begin. Nothing was sent.
func beginError(r *Request, err error) error {
	held, ok := errors.AsType[*CardHeldError](err)
	switch {
	case errors.Is(err, ErrMoved), ok && held.State == StateSent:
		return cardBusy("begin", err)
	case !ok:
		return &Error{Code: CodeOverloaded, Reason: "journal_unavailable", Op: "begin",
			Detail: "The journal cannot be written; nothing was sent. Try again.", Err: err}
	case (r.operation == Deposit || r.operation == Void) && held.Operation == Authorize && held.Order == r.order:
		return &Error{Code: CodeConflict, Reason: "depends_on_unresolved", Op: "begin", Field: "authorization",
			Detail: "The outcome of authorization " + held.TransactionID + " of this order is not known yet. Try again when it is settled.", Err: err}
	}
	return &Error{Code: CodeConflict, Reason: "card_unresolved", Op: "begin", Field: "card",
		Detail: "The outcome of " + held.Operation.String() + " " + held.TransactionID + " on this card is not known yet. Try again when it is settled.", Err: err}
}

func unreadable(op string, err error) error {
	return &Error{Code: CodeOverloaded, Reason: "journal_unavailable", Op: op,
		Detail: "The journal cannot be read; nothing was sent. Try again.", Err: err}
}

func (g *Gateway) newTransaction(caller, key string, r *Request) *Transaction {
	t := &Transaction{
		ID: g.NewID(), Caller: caller, Key: key, Operation: r.operation, Service: r.service, Order: r.order,
		Sequence: r.sequence, Kind: r.kind, Authorization: r.authorization, Requested: r.amount,
		State: StateSent, Created: g.Now().UTC().Truncate(time.Millisecond), Sends: 1,
	}
	t.Sent = t.Created
	if !r.card.IsZero() {
		t.Last4 = r.card.Last4()
		t.CardPrint = g.Keys.Fingerprint("card", r.card.Number())
		t.Sealed = g.Keys.Seal(t.ID, r.card.Number())
	}
	t.Content = g.Keys.Fingerprint("content", secret.New(strings.Join([]string{
		r.operation.String(), r.service, r.order, strconv.Itoa(r.sequence), t.CardPrint,
		strconv.FormatInt(r.amount.Minor(), 10), r.amount.Currency(), r.authorization, string(r.kind), strconv.FormatBool(r.swiped), strconv.FormatBool(r.split),
	}, "\x00")))
	return t
}

// replay answers a repeated key from the record, and refuses the key for other content.
func (g *Gateway) replay(earlier, now *Transaction) (*Result, error) {
	if earlier.Content != now.Content {
		return nil, &Error{Code: CodeKeyReused, Reason: "key_reused", Field: "Idempotency-Key",
			Detail: "This key was used for a request with other content. Use a new key for a new request."}
	}
	if earlier.State == StateSent {
		return nil, &Error{Code: CodeConflict, Reason: "key_in_progress", Field: "Idempotency-Key",
			Detail: "The first request with this key is still under way. Try again shortly with the same key."}
	}
	res := &Result{Transaction: earlier, Replayed: true}
	if earlier.Operation == Generate && len(earlier.Sealed) > 0 && g.Now().Sub(earlier.Created) < g.KeepCard {
		number, err := g.Keys.Open(earlier.ID, earlier.Sealed)
		if err != nil {
			g.Log.Error("sealed number does not open", "transaction", earlier.ID, "err", err)
		} else if card, err := ParseCard(number); err == nil {
			res.NewCard = card
		}
	}
	return res, OutcomeError(earlier)
}

func (g *Gateway) send(ctx context.Context, t *Transaction, m Message) (*Result, error) {
	g.watches.begin(t.ID, t.Sends, g.Elapsed())
	reply, exchange, err := g.guarded(ctx, t, m)
	if p, ok := errors.AsType[*PanicError](err); ok {
		g.logPanic("sending or reading its answer", t.ID, p)
	}
	g.heard(ctx, t, exchange.Class)
	if err == nil && !g.sameAccount(ctx, t, reply) {
		exchange.Class, exchange.Failure = ClassMismatch, "The answer is about another account than the card's."
		err = &Error{Code: CodeUnknown, Op: t.Operation.String(), Detail: exchange.Failure}
		reply = Reply{}
	}
	g.decide(t, reply, exchange, err)
	res := &Result{Transaction: t, NewCard: reply.Card}
	if !reply.Card.IsZero() {
		t.Last4 = reply.Card.Last4()
		t.CardPrint = g.Keys.Fingerprint("card", reply.Card.Number())
		t.Sealed = g.Keys.Seal(t.ID, reply.Card.Number())
	}
	// The answer is known and must not be lost because the call used up its time.
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.CallLimit)
	defer cancel()
	if err := g.record(keep, t, &exchange); err != nil {
		g.Log.Error("outcome not recorded", "transaction", t.ID, "operation", t.Operation.String(), "err", err)
		g.unrecorded.add(t, &exchange)
		t.forget()
		t.Failure = "The provider answered but the journal could not record it yet."
	}
	if t.Outcome == Unknown {
		res.NewCard = Card{}
	} else {
		g.watches.forget(t.ID)
	}
	return res, OutcomeError(t)
}

// record finishes t in the journal. An answer whose transaction id was another transaction's is recorded as none.
func (g *Gateway) record(ctx context.Context, t *Transaction, x *Exchange) error {
	err := g.Journal.Finish(ctx, t, x)
	if errors.Is(err, ErrIDSeen) {
		g.disown(t, x)
		err = g.Journal.Finish(ctx, t, x)
	}
	return err
}

// disown makes nothing of an answer whose transaction id, or new card, was another transaction's: it answers another
// question.
func (g *Gateway) disown(t *Transaction, x *Exchange) {
	x.Class, x.Failure = ClassMismatch, "The answer was given to another message before."
	t.forget()
	t.Class, t.Failure = x.Class, x.Failure
	if t.Operation == Generate {
		t.Last4, t.CardPrint, t.Sealed = "", "", nil
	}
	g.closeOwn(t)
	g.plan(t)
}

// OutcomeError returns the *Error that a transaction's outcome is told with: CodeUnavailable, CodeUnknown, or nil.
func OutcomeError(t *Transaction) error {
	switch t.Outcome {
	case Unavailable:
		return &Error{Code: CodeUnavailable, Reason: "provider_unavailable", Op: t.Operation.String(),
			Detail: strings.TrimSpace(t.Failure + " Nothing was carried out. Try again later with a new Idempotency-Key.")}
	case Unknown:
		return &Error{Code: CodeUnknown, Reason: "outcome_unknown", Op: t.Operation.String(),
			Detail: strings.TrimSpace(t.Failure + " It may have been carried out. Do not ask for it again; read this transaction until it is settled.")}
	case Approved, Partial, Declined, Undefined:
		return nil
	}
	return &Error{Code: CodeInternal, Op: t.Operation.String(), Detail: "The transaction has no outcome.",
		Err: fmt.Errorf("outcome %q", t.Outcome)}
}
