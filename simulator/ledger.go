package simulator

import (
	"slices"
	"strconv"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// Answered says what the caller can know.
type Answered string

// The values.
const (
	AnsweredNot     Answered = "no"      // nothing, or a part, or a page that is no answer
	AnsweredTruly   Answered = "yes"     // the answer was written in full and says what happened
	AnsweredFalsely Answered = "altered" // an answer was written in full and a fault had changed it
)

// Entry is one line of the ledger: a message and what became of it. Amounts are minor units of Currency.
type Entry struct {
	Seq  int   // place in the ledger, from 1
	ID   int64 // SVATransactionID; 0 when no message was booked or rejected
	Kind messages.Kind
	At   time.Time // the provider's clock

	Card      string // twelve stars and the last four digits
	Alias     string // names a card that exists, the same in every entry
	AccountID int64  // 0 when there is no card
	Currency  string
	Digits    int // decimals of Currency

	RTPTransactionID string // the caller's
	AskedFor         string // the amount as it was sent
	Earlier          string // the SVATransactionID the message named
	Booked           bool   // it took effect
	Amount           int64  // acted on
	ErrorCode        string // why not, in the provider's words
	Note             string // why not, when it never came to an answer of the provider

	Balance   int64 // booked, after the message
	Frozen    int64 // held of it
	Available int64 // the rest: what answers show
	HoldID    int64 // the preauthorization made, captured or freed; 0 when none
	HoldRest  int64 // what is left of it

	Fault    string // what was done to the exchange; "" when nothing
	Answered Answered
	Corrupt  string // the invariant that broke; "" when the books are right

	card   *card
	voided bool
}

// Totals is a card as the ledger leaves it. Amounts are minor units of Currency.
type Totals struct {
	Card, Alias, Label       string
	AccountID                int64
	Currency                 string
	Digits                   int
	CardActive               bool
	AccountActive            bool
	Expires                  time.Time
	Balance                  int64
	Frozen                   int64
	Available                int64
	Credits, Debits          int64
	Report, Initial          int64
	Activation               int64 // amount of the last activation
	Usage                    int64
	OpenHolds                int
	InitialActivity          time.Time
	LastActivity             time.Time
	Activated, EffectiveFrom time.Time
}

// record completes the entry and puts it into the ledger.
func (t *turn) record() {
	e := t.entry
	e.Booked = e.ErrorCode == "" && e.Corrupt == ""
	c := t.card
	if c == nil {
		c = t.issued
	}
	if c != nil {
		a := c.account
		e.card, e.Card, e.Alias = c, c.masked(), c.alias
		e.AccountID, e.Currency, e.Digits = a.id, a.currency, a.digits
		e.Balance, e.Frozen, e.Available = a.balance, a.frozen, a.available()
	}
	e.Amount = t.acted
	if t.hold != nil {
		e.HoldID, e.HoldRest = t.hold.id, t.hold.rest
	}
	t.byID[e.ID] = e
	t.add(e, t.sim.cfg.LedgerLimit)
}

func (st *state) add(e *Entry, limit int) {
	st.seq++
	e.Seq = st.seq
	st.entries = append(st.entries, e)
	if len(st.entries) <= limit+limit/8 { // trimmed now and then, not each time
		return
	}
	over := len(st.entries) - limit
	for _, old := range st.entries[:over] {
		delete(st.byID, old.ID)
		if h := st.holds[old.ID]; h != nil && h.rest == 0 {
			delete(st.holds, old.ID)
		}
	}
	st.entries = slices.Clone(st.entries[over:])
	st.dropped += over
}

// note records an exchange in which no message was booked: refused, cut or not understood.
func (s *Simulator) note(q question, fault, why string) *Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &Entry{
		Kind: q.kind, At: s.now(), Card: maskLast(q.lastFour), RTPTransactionID: q.rtp.RTPTransactionID, AskedFor: q.rtp.Amount.String(),
		Earlier: q.earlier, Note: why, Fault: fault, Answered: AnsweredNot,
	}
	s.state.add(e, s.cfg.LedgerLimit)
	return e
}

func (s *Simulator) mark(e *Entry, a Answered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Answered = a
}

// Ledger returns a copy of all entries, oldest first.
func (s *Simulator) Ledger() []Entry {
	entries, _ := s.since(0)
	return entries
}

func (s *Simulator) since(seq int) (entries []Entry, dropped int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries = make([]Entry, 0, len(s.state.entries))
	for _, e := range s.state.entries {
		if e.Seq > seq {
			c := *e
			c.card = nil
			entries = append(entries, c)
		}
	}
	return entries, s.state.dropped
}

// Balance returns what is available on a card, in minor units, and its currency. The error is ErrCardUnknown.
func (s *Simulator) Balance(number secret.String) (minor int64, currency string, err error) {
	t, err := s.Card(number)
	if err != nil {
		return 0, "", err
	}
	return t.Available, t.Currency, nil
}

// Card returns all there is to know of a card, but its number. The error is ErrCardUnknown.
func (s *Simulator) Card(number secret.String) (Totals, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.state.byNumber[s.index(number)]
	if !known {
		return Totals{}, ErrCardUnknown
	}
	return s.state.totals()[c.alias], nil
}

// Cards returns all cards in the order of their issue.
func (s *Simulator) Cards() []Totals {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.state.totals()
	cards := make([]Totals, len(s.state.cards))
	for i, c := range s.state.cards {
		cards[i] = all[c.alias]
	}
	return cards
}

// Err returns the first broken invariant, after proving every account from its holds up; nil when the books are right.
func (s *Simulator) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.audit()
}

func (st *state) totals() map[string]Totals {
	open := map[*card]int{}
	for _, h := range st.holds {
		if h.rest > 0 {
			open[h.card]++
		}
	}
	all := make(map[string]Totals, len(st.cards))
	for _, c := range st.cards {
		a := c.account
		all[c.alias] = Totals{
			Card: c.masked(), Alias: c.alias, Label: c.label, AccountID: a.id, Currency: a.currency, Digits: a.digits,
			CardActive: c.active, AccountActive: a.active, Expires: c.expires,
			Balance: a.balance, Frozen: a.frozen, Available: a.available(), Credits: a.totalCredits, Debits: a.totalDebits,
			Report: a.reportBalance, Initial: a.initialBalance, Activation: a.activationAmount, Usage: a.usage, OpenHolds: open[c],
			InitialActivity: a.initialActivity, LastActivity: a.lastActivity, Activated: a.activation, EffectiveFrom: a.effective,
		}
	}
	return all
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// maskLast masks a card of which the last four digits are known, or of which nothing is.
func maskLast(last string) string {
	if last == "" {
		return maskStars + "****"
	}
	return maskStars + last
}
