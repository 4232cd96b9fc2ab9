// Package check tells whether a gateway kept its promises. It joins three records that were written independently of
// each other - what the OMS was told, what the provider's ledger booked, what the journal says - and names every
// transaction that was lost, doubled, told wrongly, or that nothing explains.
//
// It is pure: plain data in, findings out. It judges a gateway at rest: every answer was received and no attempt is
// under way.
//
// A split deposit is a row of its own that books nothing and a row for each part: it is judged by the sum of what its
// parts booked. svcgate's own inquiries are rows that nobody was told of. A void may be sent as often as its row says.
package check

import (
	"time"

	"github.com/svcgate/svcgate"
)

// Told is one answer that the OMS got, to a request, to its repetition, or to a later look at the transaction. A refusal
// that names no transaction may be left out.
type Told struct {
	Key           string // Idempotency-Key; "" when the answer is to a look by id
	TransactionID string // ours
	Operation     svcgate.Operation
	Card          string // as in Booked.Card: an alias or the last four digits, never a number
	Order         string
	Amount        svcgate.Money // asked for
	Acted         svcgate.Money // told as acted on; zero value when not told
	Outcome       svcgate.Outcome
	Certain       bool   // told as final: the OMS may rely on it
	HTTP          int    // status of the answer
	ProviderID    string // the provider's transaction id; "" when not told
	At            time.Time
}

// Acknowledged reports whether the answer promised that the transaction is on record.
func (t Told) Acknowledged() bool { return t.HTTP/100 == 2 || t.HTTP == 503 || t.HTTP == 504 }

// Booked is one entry of the provider's ledger: a message that reached it and what became of it.
type Booked struct {
	ID      string // the provider's transaction id; "" when the message was not booked
	Kind    string // the provider's name of the message, such as "PreauthorizationRequest"; "" when it was not read
	Card    string // an alias or the last four digits
	Order   string // RTPTransactionID
	Amount  svcgate.Money
	Balance svcgate.Money // after it; only shown
	Moved   bool          // it took effect: money was added, held, taken or freed, or a number was given away
	At      time.Time
}

// Journaled is one row of the journal. Plan and Parent tell a split deposit and its parts, Sends bounds the messages of
// a void (0: not known), Settlement tells an inquiry that was asked again.
type Journaled struct{ Transaction svcgate.Transaction }

// Finding is one promise that was broken, with the records it was seen in.
type Finding struct {
	What          string // one sentence
	TransactionID string // "" when no transaction is concerned
	Key           string
	Order         string
	BookingID     string    // "" when no booking is concerned
	At            time.Time // when it was told or booked; zero when only the journal shows it
}

// Counts is how much was looked at.
type Counts struct {
	Told, Acknowledged, Booked, Moved, Journaled int
}

// Report is what Run found. All four lists are empty when the promises were kept.
type Report struct {
	Lost        []Finding // acknowledged and not in the journal
	Doubled     []Finding // one key, carried out or sent more than once
	WronglyTold []Finding // an outcome or amount that the ledger contradicts
	Unexplained []Finding // a message that no transaction asked for, or an outcome that changed after it was final
	Counts
}

// OK reports whether nothing was found.
func (r *Report) OK() bool {
	return len(r.Lost)+len(r.Doubled)+len(r.WronglyTold)+len(r.Unexplained) == 0
}

// Add puts the findings and counts of another run to those of r.
func (r *Report) Add(other Report) {
	r.Lost = append(r.Lost, other.Lost...)
	r.Doubled = append(r.Doubled, other.Doubled...)
	r.WronglyTold = append(r.WronglyTold, other.WronglyTold...)
	r.Unexplained = append(r.Unexplained, other.Unexplained...)
	r.Told += other.Told
	r.Acknowledged += other.Acknowledged
	r.Booked += other.Booked
	r.Moved += other.Moved
	r.Journaled += other.Journaled
}

// Run compares the three records.
func Run(told []Told, booked []Booked, journal []Journaled) Report {
	c := &checker{byID: map[string]*subject{}, byOrder: map[string][]*subject{}, claims: map[string]*subject{}}
	c.report.Counts = Counts{Told: len(told), Booked: len(booked), Journaled: len(journal)}
	c.takeJournal(journal)
	c.takeParts()
	c.takeTold(told)
	c.takeBooked(booked)
	for _, s := range c.subjects {
		c.judge(s)
		c.judgeSplit(s)
		c.judgeOwn(s)
	}
	return c.report
}

// checker is one run.
type checker struct {
	report   Report
	subjects []*subject
	byID     map[string]*subject
	byOrder  map[string][]*subject
	claims   map[string]*subject // who names a provider's id
}

// subject is one transaction as the three records show it.
type subject struct {
	id, key, order string
	operation      svcgate.Operation
	cards          []string // what it is called in the records
	asked          svcgate.Money
	row            *svcgate.Transaction // nil when the journal lacks it
	told           []Told               // acknowledged answers
	booking        *Booked              // its own message, moved or not; nil when the provider saw none
	more           []*Booked            // its message again
	parts          []*subject           // of a split deposit; its own message is none
}

func (s *subject) finding(what string, b *Booked) Finding {
	f := Finding{What: what, TransactionID: s.id, Key: s.key, Order: s.order}
	if b != nil {
		f.BookingID, f.At = b.ID, b.At
	}
	return f
}

func (s *subject) toldFinding(what string, t *Told) Finding {
	f := s.finding(what, nil)
	if t != nil {
		f.At = t.At
	}
	return f
}
