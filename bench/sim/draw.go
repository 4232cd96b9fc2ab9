package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/simulator"
)

const (
	seriesPrefix   = "60064"
	seriesSequence = "01"
)

// codes and keys are the same for every seed; neither changes.
var (
	codes = newCodes()
	keys  = newKeys()
)

// newCodes makes the vendor response table that a new installation has, with some of the simulator's refusals: the rest
// stay codes that no rule knows.
func newCodes() *responsecodes.Book {
	rules := responsecodes.StarterSet(service)
	for _, code := range []string{
		simulator.CodeCardInactive, simulator.CodeAccountInactive, simulator.CodeActiveAlready, simulator.CodeInsufficientFunds,
		simulator.CodeTransactionOther, simulator.CodeAmountAboveHold, simulator.CodeHoldCaptured, simulator.CodeHoldVoided,
	} {
		rules = append(rules, responsecodes.Rule{Service: service, Source: svcgate.SourceErrorCode, Code: code,
			Vendor: "DC", Description: "Declined", Outcome: svcgate.Declined, Messages: []string{}})
	}
	b, err := responsecodes.NewBook(context.Background(), &responsecodes.Memory{})
	if err == nil {
		_, err = b.Start(context.Background(), service, rules)
	}
	if err != nil {
		panic(err)
	}
	return b
}

func newKeys() *secret.Keyring {
	const key = "c2ltdWxhdGlvbiBrZXksIDMyIGJ5dGVzIGxvbmcuLi4="
	k, err := secret.ParseKeyring([]byte("sim " + key + "\nfingerprint " + key + "\n"))
	if err != nil {
		panic(err)
	}
	return k
}

// purse is one card as the OMS callers know it.
type purse struct {
	number   secret.String
	last4    string
	currency string
	active   bool
	start    int64 // available when the run began
	other    int64 // what another channel changed of it since
	changes  int
	orders   []string
	holds    []*omsHold
}

type omsHold struct {
	id, order string
	rest      int64
}

// draws is what a seed chooses of the set-up.
type draws struct {
	bare, strict, sendCurrency bool
	baseline                   map[svcgate.Operation]svcgate.BaselinePolicy
}

func (w *world) drawSetUp() error {
	r := w.script
	coin := func() bool { return r.IntN(2) == 0 }
	d := draws{bare: coin(), strict: coin(), sendCurrency: coin(), baseline: map[svcgate.Operation]svcgate.BaselinePolicy{}}
	for _, row := range svcgate.Operations() {
		d.baseline[row.Operation] = []svcgate.BaselinePolicy{svcgate.BaselineLastKnown, svcgate.BaselineLastKnown, svcgate.BaselineFresh, svcgate.BaselineOff}[r.IntN(4)]
	}
	w.opts.draws = d
	specs := make([]simulator.CardSpec, 8)
	for i := range specs {
		c := &purse{last4: fmt.Sprintf("%04d", 17+10*i), currency: "USD", active: i < 6, start: int64(2000+r.IntN(8000)) * 5}
		c.number = secret.New("600649123456" + c.last4)
		specs[i] = simulator.CardSpec{Number: c.number, Balance: c.start}
		switch {
		case !c.active:
			c.start, specs[i].Balance, specs[i].Card = 0, 0, simulator.StandingNew
		case i == 5:
			c.currency = "EUR"
			specs[i].Currency = "EUR"
		case i == 4:
			c.start, specs[i].Balance = 100, 100 // soon empty
		}
		w.cards = append(w.cards, c)
	}
	if w.shopper.IntN(2) == 0 {
		w.spent = w.cards[w.shopper.IntN(len(w.cards))]
	}
	var err error
	w.sim, err = simulator.New(simulator.Config{
		Seed: w.seed, Now: w.providerClock, Skew: time.Duration(r.IntN(60)-30) * time.Second, Cards: specs,
		Series: []simulator.SeriesSpec{{Prefix: seriesPrefix, Sequence: seriesSequence, Cards: 1000}},
		Switches: simulator.Switches{MagicOff: true, Enveloped: coin(), NoNamespace: coin(), PartialRefused: r.IntN(4) == 0,
			RepeatedActivationRefused: coin(), DeclineWithAccount: coin(), DeclineWithTransaction: coin()},
	})
	return err
}

// drawErrands draws what the OMS callers want, and which fault strikes which of it.
func (w *world) drawErrands() {
	r := w.script
	for n := range w.opts.ops {
		w.errands = append(w.errands, &errand{n: n, rand: rand.New(rand.NewPCG(w.seed, 1000+uint64(n)))})
	}
	struck := min(w.opts.faults, w.opts.ops)
	for _, n := range r.Perm(w.opts.ops)[:struck] {
		w.errands[n].fault = &fault{kind: refused + kind(r.IntN(int(finishUnsure)))}
	}
	w.faultsDrawn = struck
	for _, e := range w.errands {
		if e.fault != nil && w.opts.leavesOut(kindNames[e.fault.kind]) {
			e.fault = nil
		}
	}
}

// choose decides what an errand asks for, by what the OMS knows when its time comes.
func (e *errand) choose(w *world) {
	r := e.rand
	e.caller = []string{"web", "store", "phone"}[r.IntN(3)]
	e.key = fmt.Sprintf("%s-%d", e.caller, e.n)
	e.sameAgain, e.otherText = r.IntN(6) == 0, r.IntN(25) == 0
	e.confirm = r.IntN(4) > 0
	if r.IntN(12) == 0 {
		e.newKey = 1 + r.IntN(2)
	}
	ops := []svcgate.Operation{svcgate.Generate, svcgate.Activate, svcgate.Recharge, svcgate.Inquire, svcgate.Authorize, svcgate.Authorize,
		svcgate.Deposit, svcgate.Deposit, svcgate.Return, svcgate.Void}
	op := ops[r.IntN(len(ops))]
	if e.fault != nil && !e.fault.kind.applies(op) {
		op = svcgate.Authorize
	}
	e.draft = svcgate.Draft{Operation: op, Service: service}
	if op == svcgate.Generate {
		return
	}
	c := w.cards[r.IntN(len(w.cards))]
	if op == svcgate.Activate && r.IntN(2) == 0 {
		c = w.cards[6+r.IntN(2)]
	}
	e.purse, e.card = c, c.last4
	e.draft.CardNumber = c.number
	e.draft.Order = fmt.Sprintf("order-%d", e.n)
	if len(c.orders) > 0 && r.IntN(5) < 2 {
		e.draft.Order = c.orders[r.IntN(len(c.orders))]
	}
	if op == svcgate.Inquire {
		return
	}
	c.orders = append(c.orders, e.draft.Order)
	e.draft.Amount, e.draft.Currency = decimal(int64(1+r.IntN(1000))*5), c.currency
	switch op {
	case svcgate.Activate:
		e.draft.Kind = []string{"physical", "virtual"}[r.IntN(2)]
	case svcgate.Deposit:
		e.chooseDeposit(w, c)
	case svcgate.Void:
		e.chooseVoid(w, c)
	case svcgate.Generate, svcgate.Recharge, svcgate.Inquire, svcgate.Authorize, svcgate.Return:
	}
}

func decimal(minor int64) string { return fmt.Sprintf("%d.%02d", minor/100, minor%100) }

const unknownHold = "987654321"

// foreign finds a hold of another card.
func (w *world) foreign(c *purse, r *rand.Rand) *omsHold {
	for _, i := range r.Perm(len(w.cards)) {
		if o := w.cards[i]; o != c && len(o.holds) > 0 {
			return o.holds[r.IntN(len(o.holds))]
		}
	}
	return nil
}

// real finds a hold that should have something left, on the errand's card or, sooner than none, on another.
func (e *errand) real(w *world, c *purse) *omsHold {
	r := e.rand
	cards := []*purse{c}
	for _, i := range r.Perm(len(w.cards)) {
		cards = append(cards, w.cards[i])
	}
	for _, c := range cards {
		for _, i := range r.Perm(len(c.holds)) {
			if h := c.holds[i]; h.rest > 0 {
				e.purse, e.card, e.draft.CardNumber, e.draft.Currency = c, c.last4, c.number, c.currency
				return h
			}
		}
	}
	return nil
}

func (e *errand) chooseDeposit(w *world, c *purse) {
	r := e.rand
	switch draw := r.IntN(20); {
	case draw == 0:
		w.cover.event("deposit of an unknown hold")
		e.draft.Authorization = unknownHold
		return
	case draw == 1:
		if h := w.foreign(c, r); h != nil {
			w.cover.event("deposit of a foreign hold")
			e.draft.Authorization, e.draft.Order = h.id, h.order
			return
		}
	case draw < 9:
		if e.chooseSplit(w) {
			return
		}
	}
	h := e.real(w, c)
	if h == nil {
		e.draft.Operation = svcgate.Authorize
		return
	}
	e.draft.Order, e.draft.Authorization = h.order, h.id
	amount := h.rest
	switch r.IntN(8) {
	case 0:
		w.cover.event("deposit too large")
		amount += 5
	case 1, 2, 3:
		if h.rest > 5 {
			amount = (1 + r.Int64N(h.rest/5)) * 5
		}
	}
	e.draft.Amount = decimal(amount)
}

// chooseSplit takes more than one hold gives from an order that has several.
func (e *errand) chooseSplit(w *world) bool {
	r := e.rand
	for _, i := range r.Perm(len(w.cards)) {
		c := w.cards[i]
		sums, holds := map[string]int64{}, map[string]int{}
		for _, h := range c.holds {
			if h.rest > 0 {
				sums[h.order] += h.rest
				holds[h.order]++
			}
		}
		for _, h := range c.holds { // not the map: its order is not the seed's
			if holds[h.order] < 2 {
				continue
			}
			w.cover.event("split deposit")
			e.purse, e.card, e.draft.CardNumber, e.draft.Currency = c, c.last4, c.number, c.currency
			e.draft.Order, e.draft.Split = h.order, svcgate.SplitAuto
			e.draft.Amount = decimal(max(5, sums[h.order]-5*r.Int64N(3)))
			if e.fault != nil {
				e.fault.skip = r.IntN(3)
			}
			return true
		}
	}
	return false
}

func (e *errand) chooseVoid(w *world, c *purse) {
	r := e.rand
	switch r.IntN(8) {
	case 0:
		w.cover.event("void of an unknown hold")
		e.draft.Authorization = unknownHold
		return
	case 1:
		if h := w.foreign(c, r); h != nil {
			w.cover.event("void of a foreign hold")
			e.draft.Authorization, e.draft.Order = h.id, h.order
			return
		}
	}
	h := e.real(w, c)
	if h == nil {
		e.draft.Operation = svcgate.Authorize
		return
	}
	e.draft.Order, e.draft.Authorization, e.draft.Amount = h.order, h.id, decimal(h.rest)
}
