package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	bench "github.com/svcgate/svcgate/bench/world"
	"github.com/svcgate/svcgate/simulator"
)

// judge compares the records of a run that has come to rest.
func (w *world) judge() check.Report {
	ledger := w.sim.Ledger()
	o := w.oracle
	if err := w.sim.Err(); err != nil {
		w.fail(nil, "the provider's books: %v", err)
	}
	if len(ledger) != o.entries {
		w.fail(nil, "the bench saw %d ledger entries, and there are %d", o.entries, len(ledger))
		return check.Report{}
	}
	w.wrong = append(w.wrong, o.overdue(time.Now())...)
	plans := map[string]bool{}
	rows := map[string]*svcgate.Transaction{}
	var journal []check.Journaled
	for _, t := range o.rows {
		rows[t.ID] = t
		if t.State != svcgate.StateFinal {
			w.fail(nil, "The outcome is never settled: it is %s. transaction=%s", t.State, t.ID)
		}
		plans[t.ID] = len(t.Plan) > 0
		row := *t
		row.Order = o.own(row.Order, t.ID)
		journal = append(journal, check.Journaled{Transaction: row})
	}
	for _, t := range o.rows {
		w.judgeTruth(t, ledger)
		if plans[t.ID] {
			w.judgePlan(t, rows)
		}
		if t.Settlement != nil && t.Settlement.By == svcgate.CallerSettling {
			w.cover.event("settled by svcgate")
		}
	}
	for id := range o.truths {
		if rows[id] == nil {
			w.fail(nil, "A transaction that was begun is not in the journal. transaction=%s", id)
		}
	}
	w.judgeLedger(ledger)
	var told []check.Told
	for _, t := range w.told {
		t.Order = o.own(t.Order, t.TransactionID)
		told = append(told, t)
	}
	var booked []check.Booked
	for i := range ledger {
		if b, ok := bench.Booked(&ledger[i]); ok {
			b.Order = o.own(b.Order, o.byEntry[ledger[i].Seq])
			booked = append(booked, b)
		}
	}
	return check.Run(told, booked, journal)
}

// own makes an order one transaction's own, or one split deposit's. Two like messages of one order look the same in the
// ledger, and the message of a generation names no order at all; but the bench knows whose message it was.
func (o *oracle) own(order, id string) string {
	if r := o.truths[id]; r != nil && r.parent != "" {
		id = r.parent
	}
	return order + " of " + id
}

// judgeTruth compares a row with the entries that its own messages made.
func (w *world) judgeTruth(t *svcgate.Transaction, ledger []simulator.Entry) {
	r := w.oracle.truths[t.ID]
	if r == nil {
		w.fail(nil, "The journal has a transaction that nobody began. transaction=%s", t.ID)
		return
	}
	info, _ := t.Operation.Info()
	if len(t.Plan) > 0 || !info.MovesMoney && t.Operation != svcgate.Generate {
		return
	}
	var moved *simulator.Entry
	for _, n := range r.entries {
		if e := &ledger[n-1]; e.Booked {
			if moved != nil {
				w.fail(nil, "Doubled: the provider carried it out twice, as %d and %d. transaction=%s", moved.ID, e.ID, t.ID)
			}
			moved = e
		}
	}
	switch t.Outcome {
	case svcgate.Approved, svcgate.Partial:
		switch {
		case moved == nil:
			w.fail(nil, "Wrongly told: %s, and the provider did nothing. transaction=%s", t.Outcome, t.ID)
		case t.Operation == svcgate.Generate:
			for _, told := range w.newCards[t.ID] {
				if told != moved.Card[len(moved.Card)-4:] {
					w.fail(nil, "Wrongly told: the new card ends in %s, and the provider gave one that ends in %s. transaction=%s", told, moved.Card[len(moved.Card)-4:], t.ID)
				}
			}
		case t.Reply.TransactionID != strconv.FormatInt(moved.ID, 10) && (t.Settlement == nil || t.Reply.TransactionID != ""):
			w.fail(nil, "Wrongly told: the provider's id is %d and was told as %s. transaction=%s", moved.ID, t.Reply.TransactionID, t.ID)
		case t.Operation != svcgate.Void && t.Reply.Amount.Minor() != moved.Amount:
			w.fail(nil, "Wrongly told: the provider acted on %d and %s was told. transaction=%s", moved.Amount, t.Reply.Amount, t.ID)
		}
	case svcgate.Declined, svcgate.Unavailable:
		if moved != nil {
			w.fail(nil, "Wrongly told: %s, and the provider carried it out as %d. transaction=%s", t.Outcome, moved.ID, t.ID)
		}
	case svcgate.Undefined, svcgate.Unknown, "":
	}
}

// judgePlan compares a split deposit with its parts.
func (w *world) judgePlan(t *svcgate.Transaction, rows map[string]*svcgate.Transaction) {
	var sum, planned int64
	for _, part := range t.Plan {
		planned += part.Amount.Minor()
		p := rows[part.TransactionID]
		switch {
		case part.TransactionID == "":
		case p == nil:
			w.fail(nil, "A part of a split deposit, %s, is not in the journal. transaction=%s", part.TransactionID, t.ID)
		case p.Parent != t.ID:
			w.fail(nil, "A split deposit names the part of another, %s. transaction=%s", p.ID, t.ID)
		case p.Outcome == svcgate.Approved || p.Outcome == svcgate.Partial:
			sum += p.Reply.Amount.Minor()
		}
	}
	if planned != t.Requested.Minor() {
		w.fail(nil, "The plan of a split deposit is not its amount. transaction=%s", t.ID)
	}
	for id, p := range rows {
		if p.Parent != t.ID {
			continue
		}
		named := false
		for _, part := range t.Plan {
			named = named || part.TransactionID == id
		}
		if !named {
			w.fail(nil, "A part of a split deposit, %s, is hidden. transaction=%s", id, t.ID)
		}
	}
	switch told := t.Reply.Amount.Minor(); {
	case t.Outcome == svcgate.Approved && sum != t.Requested.Minor(),
		t.Outcome == svcgate.Partial && (sum == 0 || sum >= t.Requested.Minor()),
		(t.Outcome == svcgate.Declined || t.Outcome == svcgate.Unavailable) && sum != 0,
		(t.Outcome == svcgate.Approved || t.Outcome == svcgate.Partial) && told != sum:
		w.fail(nil, "Wrongly told: a split deposit is %s of %d, and its parts took %d of %s. transaction=%s", t.Outcome, told, sum, t.Requested, t.ID)
	}
}

// account is a card as the journal's arithmetic leaves it.
type account struct {
	available, held int64
	holds           map[string]*journalHold
}

type journalHold struct{ amount, captured, rest int64 }

// judgeLedger computes every card from the journal and compares it with the provider's books.
func (w *world) judgeLedger(ledger []simulator.Entry) {
	accounts := map[string]*account{}
	for _, c := range w.cards {
		accounts[c.last4] = &account{available: c.start + c.other, holds: map[string]*journalHold{}}
	}
	for _, pass := range []int{1, 2, 3} { // holds are made before they are used, whatever the rows' order
		for _, t := range w.oracle.rows {
			if a := accounts[t.Last4]; a != nil && t.Reply.Accepted && len(t.Plan) == 0 {
				w.post(a, t, pass)
			}
		}
	}
	for _, c := range w.cards {
		books, err := w.sim.Card(c.number)
		if err != nil {
			w.fail(nil, "the bench's card: %v", err)
			continue
		}
		a := accounts[c.last4]
		if a.available != books.Available || a.held != books.Frozen {
			w.fail(nil, "The journal's arithmetic gives %d available and %d held, the provider's books %d and %d. card=%s", a.available, a.held, books.Available, books.Frozen, c.last4)
		}
		for id, h := range a.holds {
			if h.captured > h.amount {
				w.fail(nil, "More was taken from hold %s than it had: %d of %d. card=%s", id, h.captured, h.amount, c.last4)
			}
		}
	}
}

func (w *world) post(a *account, t *svcgate.Transaction, pass int) {
	n := t.Reply.Amount.Minor()
	switch t.Operation {
	case svcgate.Activate, svcgate.Recharge, svcgate.Return:
		if pass == 1 {
			a.available += n
		}
	case svcgate.Authorize:
		if pass == 1 {
			a.available -= n
			a.held += n
			a.holds[t.Reply.TransactionID] = &journalHold{amount: n, rest: n}
		}
	case svcgate.Deposit, svcgate.Void:
		h := a.holds[t.Authorization]
		if (t.Operation == svcgate.Deposit) != (pass == 2) || pass == 1 {
			return
		}
		if h == nil {
			w.fail(nil, "It was approved for a hold that the journal does not know. transaction=%s", t.ID)
			return
		}
		if t.Operation == svcgate.Deposit {
			h.captured += n
			h.rest -= n
			a.held -= n
			return
		}
		a.available += h.rest
		a.held -= h.rest
		h.rest = 0
	case svcgate.Generate, svcgate.Inquire:
	}
}

// findings are all sentences of a run.
func findings(w *world, r check.Report) []string {
	all := w.wrong
	for _, list := range []struct {
		name     string
		findings []check.Finding
	}{{"lost", r.Lost}, {"doubled", r.Doubled}, {"wrongly told", r.WronglyTold}, {"unexplained", r.Unexplained}} {
		for _, f := range list.findings {
			all = append(all, fmt.Sprintf("%s: %s", list.name, f))
		}
	}
	return all
}
