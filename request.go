package svcgate

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/svcgate/svcgate/internal/secret"
)

// Kind says what sort of card is activated: a virtual one is loaded with a Recharge message.
type Kind string

// The kinds of cards. The zero value is for operations that do not ask.
const (
	Physical Kind = "physical"
	Virtual  Kind = "virtual"
)

// Limits of a request's texts, in bytes.
const (
	MaxOrder    = 32
	MaxService  = 16
	MaxPIN      = 16
	MaxSequence = 999_999

	maxAuthorization = 15 // the provider's ids are integers; its AuthNumber has 16 digits
	authNumberDigits = 16
)

// Draft is what a caller asked for, unchecked. NewRequest turns it into a Request.
type Draft struct {
	Operation     Operation
	Service       string        // service bureau code, "RLT"
	Order         string        // order number; becomes RTPTransactionID
	Sequence      int           // payment or authorization sequence within the order; 0 for none
	CardNumber    secret.String // 10 to 16 digits
	PIN           secret.String // AuthenticationData; "" for none; never stored
	Amount        string        // decimal text, "11.07"
	Currency      string        // ISO 4217
	Authorization string        // the provider's transaction id of the hold
	Kind          string        // of an activated card
	Swiped        bool          // the card was present
	Split         string        // of a deposit: SplitAuto takes the amount from the order's open holds; "" for none
	// ConfirmDuplicate says that a request much like an earlier one is meant.
	ConfirmDuplicate bool
}

// SplitAuto lets svcgate choose the holds of a deposit.
const SplitAuto = "auto"

// Request is a checked request. It cannot be made but by NewRequest and does not change.
type Request struct {
	operation     Operation
	service       string
	order         string
	sequence      int
	card          Card
	pin           secret.String
	amount        Money
	authorization string
	kind          Kind
	swiped        bool
	split         bool
	confirmed     bool
}

var digitsText = regexp.MustCompile(`^[0-9]+$`)

// isPlain reports whether s is 1 to most ASCII letters, digits and others.
func isPlain(s string, most int, others string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return s != "" && len(s) <= most
}

// NewRequest checks a draft. The error is an *Error with CodeInvalid, the field and a sentence that says what to
// change; it never holds a value of the draft.
func NewRequest(d Draft) (*Request, error) {
	info, ok := d.Operation.Info()
	if !ok {
		return nil, invalid("operation", "invalid_operation", "Name one of the eight operations.")
	}
	r := &Request{operation: d.Operation, service: d.Service, order: d.Order, sequence: d.Sequence, swiped: d.Swiped, confirmed: d.ConfirmDuplicate}
	for _, check := range []func(Draft, OperationInfo) error{r.takeOrder, r.takeCard, r.takeAmount, r.takeAuthorization, r.takeKind} {
		if err := check(d, info); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *Request) takeOrder(d Draft, info OperationInfo) error {
	if !isPlain(d.Service, MaxService, "._-") {
		return invalid("service", "invalid_service", "Give the code of the service bureau: 1 to %d letters, digits, dots or dashes, such as RLT.", MaxService)
	}
	if d.Order == "" && (d.Operation == Inquire || d.Operation == Generate) {
		if d.Sequence != 0 {
			return invalid("sequence", "not_applicable", "A sequence counts within an order; give the order too.")
		}
		return nil
	}
	if !isPlain(d.Order, MaxOrder, " ._/#-") || !isPlain(d.Order[:1], 1, "") || strings.HasSuffix(d.Order, " ") {
		return invalid("order", "invalid_order", "Give the order number: 1 to %d ASCII letters, digits, spaces, dots, slashes, hashes or dashes.", MaxOrder)
	}
	if number := d.CardNumber.Reveal(); number != "" && strings.Contains(d.Order, number) {
		return invalid("order", "invalid_order", "The order number holds the card number; give the order's own number.")
	}
	if d.Sequence < 0 || d.Sequence > MaxSequence {
		return invalid("sequence", "invalid_sequence", "A sequence is a whole number from 0 to %d.", MaxSequence)
	}
	return nil
}

func (r *Request) takeCard(d Draft, info OperationInfo) error {
	if !info.NeedsCard {
		if !d.CardNumber.IsZero() || !d.PIN.IsZero() {
			return invalid("card", "not_applicable", "Leave the card out: %s assigns a new number.", info.Name)
		}
		return nil
	}
	card, err := ParseCard(d.CardNumber)
	if err != nil {
		return invalid("card.number", "invalid_card_number", "Give the card number as %d to %d digits, without spaces or stars.", MinCardDigits, MaxCardDigits)
	}
	if !d.PIN.IsZero() && !isPlain(d.PIN.Reveal(), MaxPIN, "") {
		return invalid("card.pin", "invalid_pin", "A PIN is 1 to %d ASCII letters or digits.", MaxPIN)
	}
	r.card, r.pin = card, d.PIN
	return nil
}

func (r *Request) takeAmount(d Draft, info OperationInfo) error {
	if !info.NeedsAmount {
		if d.Amount != "" || d.Currency != "" {
			return invalid("amount", "not_applicable", "Leave amount and currency out: %s has none.", info.Name)
		}
		return nil
	}
	amount, err := ParseMoney(d.Amount, d.Currency)
	switch {
	case errors.Is(err, ErrCurrency):
		return invalid("currency", "invalid_currency", "Give the currency as an ISO 4217 code in capitals, such as USD.")
	case err != nil:
		return invalid("amount", "invalid_amount", "Give the amount as text, digits and a point, such as \"11.07\"%s.", decimalsHint(d.Currency))
	case amount.Minor() == 0:
		return invalid("amount", "invalid_amount", "The amount must be above zero.")
	}
	r.amount = amount
	return nil
}

func decimalsHint(currency string) string {
	digits, err := currencyDigits(currency)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("; %s takes %d decimals", currency, digits)
}

// takeAuthorization wants the provider's transaction id ("OMS 15.1 help SO14_08": web orders must pass the
// transaction ID and not the authorization code); a return may name one too.
func (r *Request) takeAuthorization(d Draft, info OperationInfo) error {
	switch {
	case d.Split == "":
	case d.Operation != Deposit:
		return invalid("split", "not_applicable", "Leave split out: only deposits can be split.")
	case d.Split != SplitAuto:
		return invalid("split", "invalid_split", "Leave split out, or set it to \"auto\".")
	case d.Authorization != "":
		return invalid("authorization", "not_applicable", "Name an authorization, or let svcgate choose with split; not both.")
	default:
		r.split = true
		return nil
	}
	if d.Authorization == "" && !info.NeedsAuthorization {
		return nil
	}
	if !info.NeedsAuthorization && d.Operation != Return {
		return invalid("authorization", "not_applicable", "Leave the authorization out: %s refers to none.", info.Name)
	}
	switch {
	case len(d.Authorization) == authNumberDigits && digitsText.MatchString(d.Authorization):
		return invalid("authorization", "auth_number_given", "This is a 16-digit authorization number; give the provider's transaction id (provider.transaction_id of the authorization's answer).")
	case len(d.Authorization) > maxAuthorization || !digitsText.MatchString(d.Authorization):
		return invalid("authorization", "invalid_authorization", "Give the provider's transaction id of the authorization: 1 to %d digits.", maxAuthorization)
	}
	r.authorization = d.Authorization
	return nil
}

func (r *Request) takeKind(d Draft, info OperationInfo) error {
	if !info.NeedsKind {
		if d.Kind != "" {
			return invalid("kind", "not_applicable", "Leave the kind out: only activations ask for it.")
		}
		return nil
	}
	switch kind := Kind(d.Kind); kind {
	case Physical, Virtual:
		r.kind = kind
		return nil
	}
	return invalid("kind", "invalid_kind", "Say whether the card is \"physical\" or \"virtual\".")
}

// Operation returns what is asked for.
func (r *Request) Operation() Operation { return r.operation }

// Service returns the service bureau's code.
func (r *Request) Service() string { return r.service }

// Order returns the order number; "" only for inquiries and generations.
func (r *Request) Order() string { return r.order }

// Sequence returns the payment's sequence within the order, 0 for none.
func (r *Request) Sequence() int { return r.sequence }

// Card returns the card; zero for a generation.
func (r *Request) Card() Card { return r.card }

// PIN returns the card's PIN; zero for none. It is sent and never stored.
func (r *Request) PIN() secret.String { return r.pin }

// Amount returns the amount asked for; zero value where the operation has none.
func (r *Request) Amount() Money { return r.amount }

// Authorization returns the provider's transaction id of the hold referred to, "" for none.
func (r *Request) Authorization() string { return r.authorization }

// Kind returns the kind of an activated card, "" for other operations.
func (r *Request) Kind() Kind { return r.kind }

// Swiped reports whether the card was present.
func (r *Request) Swiped() bool { return r.swiped }

// Split reports whether a deposit is to be spread over the order's open holds.
func (r *Request) Split() bool { return r.split }

// ConfirmDuplicate reports whether a request much like an earlier one is meant.
func (r *Request) ConfirmDuplicate() bool { return r.confirmed }
