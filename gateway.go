package svcgate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/svcgate/svcgate/internal/secret"
)

// Defaults of GatewayConfig.
const (
	DefaultCallLimit = 35 * time.Second // of one Do after the journal was begun
	DefaultKeepCard  = 24 * time.Hour   // of a generated number
)

// GatewayConfig is what a Gateway works with. Providers, Journal, Codes and Keys must be set.
type GatewayConfig struct {
	Providers map[string]Provider // by service bureau code
	Journal   Journal
	Codes     CodeBook
	Keys      Keyring
	CallLimit time.Duration    // 0: DefaultCallLimit
	KeepCard  time.Duration    // how long a generated number is given again under its key; 0: DefaultKeepCard
	Now       func() time.Time // nil: time.Now
	NewID     func() string    // nil: NewTransactionID
	Log       *slog.Logger     // nil: discard
}

// Gateway carries out operations. It is the only place that decides what happened.
type Gateway struct{ GatewayConfig }

// NewGateway checks the configuration and fills the defaults.
func NewGateway(c GatewayConfig) (*Gateway, error) {
	if len(c.Providers) == 0 || c.Journal == nil || c.Codes == nil || c.Keys == nil {
		return nil, errors.New("gateway: providers, journal, codes and keys must be given")
	}
	if c.CallLimit == 0 {
		c.CallLimit = DefaultCallLimit
	}
	if c.KeepCard == 0 {
		c.KeepCard = DefaultKeepCard
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = NewTransactionID
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Gateway{c}, nil
}

// Result is what Do gives back: the record, whether it was there before, and the number of a generated card while it
// may be told.
type Result struct {
	Transaction *Transaction
	Replayed    bool
	NewCard     Card
}

// Do carries out one request under the caller's key, sending at most one message. The error, if any, is an *Error:
// CodeUnavailable and CodeUnknown come with a Result that holds the transaction; every other code without one, and
// promises that nothing was sent. A decline is no error.
//
// Once the journal has begun, ctx being cancelled changes nothing.
func (g *Gateway) Do(ctx context.Context, caller, key string, r *Request) (*Result, error) {
	provider, ok := g.Providers[r.service]
	if !ok {
		return nil, invalid("service", "unknown_service", "No service bureau of this code is configured.")
	}
	t := g.newTransaction(caller, key, r)
	message, err := provider.Prepare(r, t.Created)
	if err != nil {
		return nil, fmt.Errorf("preparing %s: %w", r.operation, err)
	}
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.CallLimit)
	defer cancel()
	if err := g.checkHold(work, r, t); err != nil {
		return nil, err
	}
	earlier, err := g.Journal.Begin(work, t)
	if err != nil {
		return nil, &Error{Code: CodeOverloaded, Reason: "journal_unavailable", Op: "begin",
			Detail: "The journal cannot be written; nothing was sent. Try again.", Err: err}
	}
	if earlier != nil {
		return g.replay(earlier, t)
	}
	return g.send(work, t, message)
}

func (g *Gateway) newTransaction(caller, key string, r *Request) *Transaction {
	t := &Transaction{
		ID: g.NewID(), Caller: caller, Key: key, Operation: r.operation, Service: r.service, Order: r.order,
		Sequence: r.sequence, Kind: r.kind, Authorization: r.authorization, Requested: r.amount,
		State: StateSent, Created: g.Now().UTC().Truncate(time.Millisecond),
	}
	if !r.card.IsZero() {
		t.Last4 = r.card.Last4()
		t.CardPrint = g.Keys.Fingerprint("card", r.card.Number())
		t.Sealed = g.Keys.Seal(t.ID, r.card.Number())
	}
	t.Content = g.Keys.Fingerprint("content", secret.New(strings.Join([]string{
		r.operation.String(), r.service, r.order, strconv.Itoa(r.sequence), t.CardPrint,
		strconv.FormatInt(r.amount.Minor(), 10), r.amount.Currency(), r.authorization, string(r.kind), strconv.FormatBool(r.swiped),
	}, "\x00")))
	return t
}

// checkHold refuses, before the provider sees it, a deposit larger than the one hold it names and a deposit or void
// that names a hold of another card ("OMS 15.1 help SO14_08": ORCE rejects a deposit greater than any single
// authorization). A hold that the journal does not know is the provider's to judge.
func (g *Gateway) checkHold(ctx context.Context, r *Request, t *Transaction) error {
	if r.operation != Deposit && r.operation != Void {
		return nil
	}
	holds, err := g.Journal.Holds(ctx, r.service, r.order, r.authorization)
	if err != nil {
		return &Error{Code: CodeOverloaded, Reason: "journal_unavailable", Op: "holds",
			Detail: "The journal cannot be read; nothing was sent. Try again.", Err: err}
	}
	for _, h := range holds {
		if h.Authorization != r.authorization {
			continue
		}
		if h.CardPrint != t.CardPrint {
			return invalid("authorization", "authorization_of_other_card", "This authorization holds money on another card.")
		}
		if r.operation == Void {
			return nil
		}
		if h.Amount.Currency() != r.amount.Currency() {
			return invalid("currency", "authorization_in_other_currency", "This authorization is in %s.", h.Amount.Currency())
		}
		if h.Remaining.Less(r.amount) {
			return exceeds(h, holds)
		}
	}
	return nil
}

func exceeds(named Hold, holds []Hold) error {
	var open []string
	for _, h := range holds {
		if h.Remaining.Minor() > 0 && h.Order == named.Order {
			open = append(open, h.Authorization+" ("+h.Remaining.String()+")")
		}
	}
	list := "none"
	if len(open) > 0 {
		list = strings.Join(open, ", ")
	}
	return invalid("amount", "exceeds_authorization",
		"Authorization %s can still give %s. Deposit no more than one authorization holds; open authorizations of the order: %s.",
		named.Authorization, named.Remaining, list)
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
	reply, exchange, err := m.Send(ctx)
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
	if err := g.Journal.Finish(keep, t, &exchange); err != nil {
		g.Log.Error("outcome not recorded", "transaction", t.ID, "operation", t.Operation.String(), "err", err)
		t.State, t.Outcome, t.Vendor, t.Reply = StateUnresolved, Unknown, nil, Reply{}
		t.Failure = "The provider answered but the journal could not record it."
		res.NewCard = Card{}
	}
	return res, OutcomeError(t)
}

// OutcomeError returns the *Error that a transaction's outcome is told with: CodeUnavailable, CodeUnknown, or nil.
func OutcomeError(t *Transaction) error {
	switch t.Outcome {
	case Unavailable:
		return &Error{Code: CodeUnavailable, Reason: "provider_unavailable", Op: t.Operation.String(),
			Detail: "The provider could not be reached and nothing was sent. Try again later with a new Idempotency-Key. " + t.Failure}
	case Unknown:
		return &Error{Code: CodeUnknown, Reason: "outcome_unknown", Op: t.Operation.String(),
			Detail: "The message may have been carried out. Do not send it again; read this transaction until it is settled. " + t.Failure}
	case Approved, Partial, Declined, Undefined:
		return nil
	}
	return &Error{Code: CodeInternal, Op: t.Operation.String(), Detail: "The transaction has no outcome.",
		Err: fmt.Errorf("outcome %q", t.Outcome)}
}

// idLetters spells ids without digits or vowels: an id never looks like a card number, nor like a word.
const idLetters = "bcdfghjkmnpqrstv"

// NewTransactionID makes an id such as txn_bbkq…; later ids sort after earlier ones.
func NewTransactionID() string {
	id, err := uuid.NewV7()
	if err != nil {
		panic("svcgate: no randomness: " + err.Error())
	}
	out := make([]byte, 0, len("txn_")+2*len(id))
	out = append(out, "txn_"...)
	for _, b := range id {
		out = append(out, idLetters[b>>4], idLetters[b&15])
	}
	return string(out)
}
