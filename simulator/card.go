package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// Standing is what a card and its account are set to before the first message.
type Standing string

// The standings. The empty one is StandingActive.
const (
	StandingActive   Standing = "active"
	StandingNew      Standing = "new"      // issued, never activated
	StandingInactive Standing = "inactive" // was active once and is switched off
)

// PINRule says when a card asks for its PIN ("ORCE 22.1 guide ch. 10, Redeem Coupon").
type PINRule string

// The rules. The empty one is PINNever; a PIN that is sent must be right in any case.
const (
	PINNever     PINRule = "never"
	PINAlways    PINRule = "always"
	PINNotSwiped PINRule = "not_swiped" // asked for when CardSwiped is False
)

// CardSpec describes a card and its account as they stand before the first message.
type CardSpec struct {
	Number   secret.String // 10 to 16 digits
	Serial   secret.String // InstrumentID; may be empty
	PIN      secret.String // may be empty
	PINRule  PINRule
	Currency string // ISO 4217, one that the simulator keeps; empty is USD
	Balance  int64  // minor units of Currency; of a new card, its initial account balance, which counts for nothing before activation
	Card     Standing
	Account  Standing  // empty is the card's
	Expires  time.Time // zero is never; the card is refused from this instant on
	Label    string    // for people; shown by GET /cards
}

// Errors of cards. None holds a number.
var (
	ErrCardNumber  = errors.New("a card number is 10 to 16 digits")
	ErrCardTwice   = errors.New("the card or serial number exists already")
	ErrCardUnknown = errors.New("no such card")
	ErrStanding    = errors.New("a standing is active, new or inactive; new is for cards that are added")
	ErrPINRule     = errors.New("a PIN rule is never, always or not_swiped, and the last two need a PIN")
	ErrCurrency    = errors.New("not one of the simulator's currencies")
	ErrBalance     = errors.New("a balance is not negative and at most 1,000,000,000,000,000 minor units")
	ErrBalanceNew  = errors.New("a card that was never activated has no balance to set")
)

// currencies is the money the simulator can keep, with its decimals. It is our own list, not a shared one, so that a
// wrong table in the gateway does not agree with itself.
var currencies = map[string]int{
	"USD": 2, "EUR": 2, "GBP": 2, "CAD": 2, "AUD": 2, "MXN": 2, "CHF": 2, "SEK": 2, "PLN": 2, "INR": 2, "BRL": 2, "CNY": 2,
	"JPY": 0, "KRW": 0, "CLP": 0, "KWD": 3, "BHD": 3,
}

const (
	defaultCurrency = "USD"
	maxBalance      = 1_000_000_000_000_000
)

// card is the instrument; what it is worth is its account's matter.
type card struct {
	number, serial, pin secret.String
	lastFour            string
	alias               string // names the card where its number may not stand; the same for the same order of issue
	label               string
	pinRule             PINRule
	active              bool
	expires             time.Time
	account             *account
}

func (c *card) masked() string { return maskStars + c.lastFour }

func (c *card) expired(now time.Time) bool { return !c.expires.IsZero() && !now.Before(c.expires) }

// issue adds a card to st.
func (s *Simulator) issue(st *state, spec CardSpec) (*card, error) {
	last := lastFour(spec.Number)
	if last == "" {
		return nil, ErrCardNumber
	}
	if spec.Account == "" {
		spec.Account = spec.Card
	}
	cardActive, _, cardOK := spec.Card.read()
	accountActive, accountUsed, accountOK := spec.Account.read()
	switch {
	case !cardOK || !accountOK:
		return nil, ErrStanding
	case !spec.PINRule.valid(), spec.PIN.IsZero() && spec.PINRule.asks():
		return nil, ErrPINRule
	}
	if spec.Currency == "" {
		spec.Currency = defaultCurrency
	}
	digits, known := currencies[spec.Currency]
	if !known {
		return nil, ErrCurrency
	}
	if spec.Balance < 0 || spec.Balance > maxBalance {
		return nil, ErrBalance
	}
	number := s.index(spec.Number)
	if _, twice := st.byNumber[number]; twice {
		return nil, ErrCardTwice
	}
	serial := ""
	if !spec.Serial.IsZero() {
		serial = s.index(spec.Serial)
		if _, twice := st.bySerial[serial]; twice {
			return nil, ErrCardTwice
		}
	}

	now := s.now()
	a := &account{id: st.accountID, currency: spec.Currency, digits: digits, active: accountActive, effective: now}
	st.accountID++
	if accountUsed {
		a.start(spec.Balance, now)
		st.world -= spec.Balance
		st.total += spec.Balance
	} else {
		a.initial = spec.Balance
	}
	c := &card{
		number: spec.Number, serial: spec.Serial, pin: spec.PIN, lastFour: last, label: spec.Label, pinRule: spec.PINRule,
		alias: fmt.Sprintf("card-%04d", len(st.cards)+1), active: cardActive, expires: spec.Expires, account: a,
	}
	st.cards = append(st.cards, c)
	st.byNumber[number] = c
	if serial != "" {
		st.bySerial[serial] = c
	}
	return c, nil
}

// read says whether a standing is active now and whether it ever was.
func (s Standing) read() (active, used, ok bool) {
	switch s {
	case "", StandingActive:
		return true, true, true
	case StandingInactive:
		return false, true, true
	case StandingNew:
		return false, false, true
	}
	return false, false, false
}

func (r PINRule) valid() bool {
	return r == "" || r == PINNever || r == PINAlways || r == PINNotSwiped
}

func (r PINRule) asks() bool { return r == PINAlways || r == PINNotSwiped }

const maskStars = "************"

// lastFour returns the last four digits of a card number, or "" for what is none. The codec alone may look at a
// number, so it is asked for its masked form; what the codec leaves as it is was masked before and is no number.
func lastFour(number secret.String) string {
	plain, err := cardElement(number, false)
	if err != nil {
		return ""
	}
	defer clear(plain)
	masked, err := cardElement(number, true)
	if err != nil || bytes.Equal(plain, masked) {
		return ""
	}
	last, found := bytes.CutPrefix(masked, []byte(maskStars))
	if !found || len(last) != 4 || !digitsOnly(string(last)) {
		return ""
	}
	return string(last)
}

// cardElement returns what the codec writes between the tags of CardNumber.
func cardElement(number secret.String, masked bool) ([]byte, error) {
	inquiry := messages.InquiryRequest{Instrument: messages.Instrument{CardNumber: number}}
	text, err := messages.AppendRequest(nil, &inquiry, messages.Form{Bare: true, Masked: masked})
	if err != nil {
		return nil, err
	}
	_, text, _ = bytes.Cut(text, []byte("<CardNumber>"))
	text, _, _ = bytes.Cut(text, []byte("</CardNumber>"))
	return text, nil
}

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
