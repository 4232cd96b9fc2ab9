package svcgate

import (
	"context"
	"errors"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
)

// Transaction is the record of one operation: what was asked, what came of it and what the OMS was told. The
// json faces build their answers from it; it holds no card number in the clear.
type Transaction struct {
	ID            string
	Caller        string // name of the token that asked
	Key           string // Idempotency-Key; "" for an inquiry without one
	Content       string // keyed fingerprint of the request, to compare repeats under one key
	Operation     Operation
	Service       string
	Order         string
	Sequence      int
	Last4         string // of the card; "" for a generation without an answer
	CardPrint     string // keyed fingerprint of the card number, for finding; never shown
	Sealed        []byte // the card number, sealed for row ID; nil once erased
	Kind          Kind
	Authorization string // the hold named by a deposit or void
	Requested     Money

	Parent string // the deposit that this one is a part of; "" for none
	Plan   []Part // of a deposit that is split over several holds; nil for all others

	State    State
	Outcome  Outcome // "" while StateSent
	Reply    Reply   // zero unless the provider answered; Reply.Card is never filled here
	Vendor   *VendorResponse
	Class    Class
	Failure  string // why it is unavailable or unknown, safe to show
	Created  time.Time
	Finished time.Time // zero while not final

	Sent       time.Time   // when the last message was begun
	Sends      int         // messages begun: 1, but for a void that was proven not applied
	Baseline   Reading     // the card before; zero when it was not known
	Readings   []Reading   // looks at the card since, oldest first; only while unresolved or on the desk
	Looks      int         // tries to look, answered or not
	Next       time.Time   // when to look again; zero unless unresolved
	Finding    *Finding    // why it is on the desk
	Settlement *Settlement // how it was settled; nil when it was answered

	CodesVersion int // of the vendor response table that gave Vendor, or that knows no rule; 0 when none was asked

	// Disturbed says of an unresolved money operation that a look proves nothing any more: another one on its card is on
	// the desk, or was settled since this one was begun, and a person may have moved money for it. Open tells it; not kept.
	Disturbed bool `json:"-"`

	Seen int64 `json:"-"` // the journal's Head before the card's records were read for Begin; 0: nothing was read. Not kept
}

// Part is one hold's share of a split deposit.
type Part struct {
	Authorization string `json:"authorization"`  // the hold, by the provider's transaction id
	Amount        Money  `json:"amount"`         // to be taken from it
	TransactionID string `json:"transaction_id"` // ours; "" while the part was not begun, and when it never was
}

// Remainder returns what a partial outcome left uncovered; ok is false for other outcomes.
func (t *Transaction) Remainder() (rest Money, ok bool) {
	if t.Outcome != Partial {
		return Money{}, false
	}
	rest, err := t.Requested.Minus(t.Reply.Amount)
	return rest, err == nil
}

// Hold is an authorization as the journal knows it.
type Hold struct {
	Authorization string // the provider's transaction id
	TransactionID string // ours
	Order         string
	CardPrint     string
	Last4         string
	Amount        Money // authorized
	Captured      Money // sum of approved deposits
	Remaining     Money // what a deposit can still take; 0 after a void
	Created       time.Time
	UnderWay      CardHeldError // the deposit or void that was sent and is counted in Remaining; zero for none
}

// Journal keeps every attempt durably. Each method that writes is one commit, and returns only after it is on disk.
type Journal interface {
	// Begin records t as StateSent and reserves its key (caller and key together; "" reserves nothing). When the key
	// was reserved before, nothing is recorded and the earlier transaction is returned. A *CardHeldError says that
	// another money operation on the card is sent or unresolved, and ErrMoved that one came to an end after t.Seen;
	// nothing was recorded. ErrUnsure says that t may be recorded after all; any other error, that it is not.
	Begin(ctx context.Context, t *Transaction) (earlier *Transaction, err error)
	// Finish records what came of a begun transaction, and the masked exchange (nil for a split deposit, which has
	// none of its own). ErrIDSeen says that the provider's transaction id, an inquiry's too, or the card of a generation
	// belongs to another transaction already; nothing was recorded.
	Finish(ctx context.Context, t *Transaction, x *Exchange) error
	// Holds returns the approved and partial authorizations of an order and the one with the given id, oldest first.
	Holds(ctx context.Context, service, order, authorization string) ([]Hold, error)
	// Earlier returns the transaction that a key was reserved for, nil for none.
	Earlier(ctx context.Context, caller, key string) (*Transaction, error)
	// Head returns the number of the last change that is kept. It only grows.
	Head(ctx context.Context) (int64, error)
}

// History is what the journal knows of a card.
type History interface {
	// LastReading returns the latest balance that an answer told of the card; the zero value when none did, or when a
	// money operation of which the effect is not known came later.
	LastReading(ctx context.Context, service, cardPrint string) (Reading, error)
	// Account returns the id of the provider's account behind a card, as the latest accepted answer that was believed
	// named it; "" for none.
	Account(ctx context.Context, service, cardPrint string) (string, error)
	// Similar finds a transaction since then with the same service, order, operation, card, amount and authorization
	// under another key, that may have moved money; "" for none.
	Similar(ctx context.Context, t *Transaction, since time.Time) (id string, err error)
}

// CardHeldError says which money operation the card waits for.
type CardHeldError struct {
	TransactionID string
	Operation     Operation
	Order         string
	State         State // StateSent or StateUnresolved
}

// Error names the transaction.
func (e *CardHeldError) Error() string {
	return "the card waits for " + e.Operation.String() + " " + e.TransactionID
}

// ErrMoved says that another money operation on the card came to an end since the card's records were read.
var ErrMoved = errors.New("another operation on the card ended in between")

// ErrUnsure says that the journal failed during a change and it cannot be told yet whether the change will be there. An
// error of a change without it says that nothing was changed.
var ErrUnsure = errors.New("it is not known whether the change was kept")

// ErrFinished says that a transaction was finished before; nothing was changed.
var ErrFinished = errors.New("the transaction was finished before")

// ErrIDSeen says that a provider's transaction id was answered before, to another transaction.
var ErrIDSeen = errors.New("the provider's transaction id belongs to another transaction")

// Keyring seals card numbers for rest and gives the keyed fingerprints by which they are found; *secret.Keyring is one.
type Keyring interface {
	Seal(row string, s secret.String) []byte
	Open(row string, sealed []byte) (secret.String, error)
	Fingerprint(purpose string, s secret.String) string
}

// Filter chooses transactions. Zero members do not restrict.
type Filter struct {
	Service   string
	Order     string
	Last4     string
	Operation Operation
	Source    Source // where the provider's code stood
	Code      string // the provider's
	Outcome   Outcome
	State     State
	Key       string    // Idempotency-Key
	From, To  time.Time // created at or after From, before To
	Least     Money     // asked for at least this, in this currency
	Most      Money     // asked for at most this, in this currency
	Limit     int       // page size; 0: 50; at most 500
	Cursor    string    // from the page before
}

// Page is one page of transactions, newest first.
type Page struct {
	Transactions []*Transaction
	Next         string // cursor of the next page; "" on the last
}
