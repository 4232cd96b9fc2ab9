//go:build linux

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/world"
	"github.com/svcgate/svcgate/simulator"
)

// verb is what the OMS does next.
type verb string

// The verbs. A stranger is an authorization of a card that the provider does not know: it refuses with a code that is in
// nobody's book, which is told as undefined. A repeat is an earlier request under its key, which must be answered as
// before without a message.
const (
	inquire   verb = "inquire"
	authorize verb = "authorize"
	deposit   verb = "deposit"
	void      verb = "void"
	recharge  verb = "recharge"
	giveBack  verb = "return"
	activate  verb = "activate"
	stranger  verb = "stranger"
	repeat    verb = "repeat"
)

// weights are how many of a hundred requests are of each verb. Deposits and voids together are as many as
// authorizations: no hold is left over in the long run.
var weights = []struct {
	verb   verb
	weight int
}{{inquire, 40}, {authorize, 18}, {deposit, 13}, {void, 5}, {recharge, 8}, {giveBack, 7}, {activate, 6}, {stranger, 1}, {repeat, 2}}

var operationOf = map[verb]svcgate.Operation{
	inquire: svcgate.Inquire, authorize: svcgate.Authorize, deposit: svcgate.Deposit, void: svcgate.Void, recharge: svcgate.Recharge,
	giveBack: svcgate.Return, activate: svcgate.Activate, stranger: svcgate.Authorize,
}

// card is one that the OMS works with. It is in one request at a time, or in a queue of the mix.
type card struct {
	number string
	holds  []hold
}

type hold struct{ order, authorization, amount string }

// request is one that is due.
type request struct {
	world.Order
	verb verb
	card *card  // nil for a repeat
	id   string // of a repeat: the transaction that it was answered with
}

// mix draws requests. It is not safe for concurrent use.
type mix struct {
	luck     *rand.Rand
	provider world.Provider
	made     int // cards
	orders   int
	free     []*card // without holds, the longest unused first
	holding  []*card
	past     []request // some that were answered
}

// pastKept is how many requests a repeat is drawn from.
const pastKept = 1000

func newMix(seed uint64, p world.Provider, cards int) (*mix, error) {
	m := &mix{luck: rand.New(rand.NewPCG(seed, 1)), provider: p}
	for range cards {
		c := m.newCard()
		if err := p.AddCard(c.number, simulator.StandingActive, 10_000_00); err != nil {
			return m, err
		}
		m.free = append(m.free, c)
	}
	return m, nil
}

// errNoCard says that a request that was due could not be made.
var errNoCard = errors.New("all cards are in use: too few for this rate, or the gateway stands still")

// newCard makes up a number.
func (m *mix) newCard() *card {
	m.made++
	return &card{number: fmt.Sprintf("600649%010d", m.made)}
}

func (m *mix) draw() verb {
	n := m.luck.IntN(100)
	for _, w := range weights {
		if n -= w.weight; n < 0 {
			return w.verb
		}
	}
	panic("the weights are not a hundred")
}

// next makes the next request. What cannot be done yet becomes an authorization.
func (m *mix) next() (request, error) {
	r := request{verb: m.draw()}
	if r.verb == repeat && len(m.past) > 0 {
		past := m.past[m.luck.IntN(len(m.past))]
		r.Order, r.id = past.Order, past.id
		return r, nil
	}
	needsHold := r.verb == deposit || r.verb == void
	if r.verb == repeat || needsHold && len(m.holding) == 0 {
		r.verb, needsHold = authorize, false
	}
	queue := &m.free
	if needsHold || len(m.free) == 0 {
		queue = &m.holding
	}
	switch {
	case r.verb == activate:
		r.card = m.newCard()
		if err := m.provider.AddCard(r.card.number, simulator.StandingNew, 0); err != nil {
			return r, err
		}
	case r.verb == stranger:
		r.card = m.newCard()
	case len(*queue) == 0:
		return r, errNoCard
	default:
		r.card, *queue = (*queue)[0], (*queue)[1:]
	}
	m.orders++
	op, _ := operationOf[r.verb].Info()
	amount := fmt.Sprintf("%d.%02d", 1+m.luck.IntN(9), m.luck.IntN(100))
	switch {
	case needsHold:
		amount = r.card.holds[0].amount
	case r.verb == activate:
		amount = "1000.00"
	}
	var err error
	if r.Order, err = world.NewOrder(service, fmt.Sprintf("SOAK-%d", m.orders), op, r.card.number, amount); err == nil && needsHold {
		r.Uses(r.card.holds[0].order, r.card.holds[0].authorization)
	}
	return r, err
}

// answered takes the card back after an answer that was asked for.
func (m *mix) answered(r request, a *world.Transaction) {
	if r.verb == repeat {
		return
	}
	r.id = a.ID
	if len(m.past) < pastKept {
		m.past = append(m.past, r)
	} else {
		m.past[m.luck.IntN(pastKept)] = r
	}
	switch r.verb {
	case stranger:
		return
	case authorize:
		r.card.holds = append(r.card.holds, hold{r.Order.Order, world.Text(a.Provider.TransactionID), r.Amount.Decimal()})
	case deposit, void:
		r.card.holds = r.card.holds[1:]
	case inquire, recharge, giveBack, activate, repeat:
	}
	if len(r.card.holds) > 0 {
		m.holding = append(m.holding, r.card)
	} else {
		m.free = append(m.free, r.card)
	}
}
