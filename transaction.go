package svcgate

import (
	"context"
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

	State    State
	Outcome  Outcome // "" while StateSent
	Reply    Reply   // zero unless the provider answered; Reply.Card is never filled here
	Vendor   *VendorResponse
	Class    Class
	Failure  string // why it is unavailable or unknown, safe to show
	Created  time.Time
	Finished time.Time // zero while not final
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
}

// Journal keeps every attempt durably. Each method is one commit, and returns only after it is on disk.
type Journal interface {
	// Begin records t as StateSent and reserves its key (caller and key together; "" reserves nothing). When the key
	// was reserved before, nothing is recorded and the earlier transaction is returned.
	Begin(ctx context.Context, t *Transaction) (earlier *Transaction, err error)
	// Finish records what came of a begun transaction, and the masked exchange.
	Finish(ctx context.Context, t *Transaction, x *Exchange) error
	// Holds returns the approved and partial authorizations of an order and the one with the given id, oldest first.
	Holds(ctx context.Context, service, order, authorization string) ([]Hold, error)
}

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
	Outcome   Outcome
	State     State
	Key       string    // Idempotency-Key
	From, To  time.Time // created at or after From, before To
	Limit     int       // page size; 0: 50; at most 500
	Cursor    string    // from the page before
}

// Page is one page of transactions, newest first.
type Page struct {
	Transactions []*Transaction
	Next         string // cursor of the next page; "" on the last
}
