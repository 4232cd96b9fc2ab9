//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/world"
	"github.com/svcgate/svcgate/simulator"
)

// deckSize is few cards for many callers: most cards are in use at several nodes at once.
const deckSize = 16

// stuckKept is how many cards are remembered that wait for an unknown outcome.
const stuckKept = 12

// deck is the cards that the OMS works with, and what it knows of them.
type deck struct {
	provider world.Provider

	mu     sync.Mutex
	made   int
	orders int
	cards  []*card
	stuck  []*card
}

type card struct {
	number string
	holds  []hold
}

type hold struct{ order, authorization, amount string }

func newDeck(p world.Provider) (*deck, error) {
	d := &deck{provider: p}
	for range deckSize {
		c, err := d.newCard(simulator.StandingActive)
		if err != nil {
			return d, err
		}
		d.cards = append(d.cards, c)
	}
	return d, nil
}

// newCard makes a card; the deck is locked, or is not shared yet.
func (d *deck) newCard(standing simulator.Standing) (*card, error) {
	d.made++
	c := &card{number: fmt.Sprintf("600649%010d", d.made)}
	minor := int64(10_000_00)
	if standing == simulator.StandingNew {
		minor = 0
	}
	return c, d.provider.AddCard(c.number, standing, minor)
}

// request is one that is to be sent, with the card it is about; nil for a generation.
type request struct {
	world.Order
	card *card
}

// shareStuck of a hundred requests ask for a card that waits for an unknown outcome.
const shareStuck = 3

// next makes a request of any operation. A deposit or void without a hold to take becomes an authorization.
func (d *deck) next(luck *rand.Rand) (request, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := svcgate.Operations()
	op := all[luck.IntN(len(all))]
	r := request{card: d.cards[luck.IntN(len(d.cards))]}
	if len(d.stuck) > 0 && luck.IntN(100) < shareStuck {
		r.card = d.stuck[luck.IntN(len(d.stuck))]
	}
	var err error
	switch {
	case op.NeedsAuthorization && len(r.card.holds) == 0:
		op, _ = svcgate.Authorize.Info()
	case op.Operation == svcgate.Activate:
		r.card, err = d.newCard(simulator.StandingNew)
	case op.Operation == svcgate.Generate:
		r.card = nil
	}
	if err != nil {
		return r, err
	}
	return d.order(r, op, fmt.Sprintf("%d.%02d", 1+luck.IntN(9), luck.IntN(100)))
}

// order fills the request in. A hold is taken by one request alone.
func (d *deck) order(r request, op svcgate.OperationInfo, amount string) (request, error) {
	d.orders++
	number := ""
	if r.card != nil {
		number = r.card.number
	}
	var h hold
	if op.NeedsAuthorization {
		h, r.card.holds = r.card.holds[0], r.card.holds[1:]
		amount = h.amount
	}
	var err error
	if r.Order, err = world.NewOrder(service, fmt.Sprintf("NODES-%d", d.orders), op, number, amount); err == nil && op.NeedsAuthorization {
		r.Uses(h.order, h.authorization)
	}
	return r, err
}

// answered notes a hold that was made, and puts another card in the place of one that may have to wait long.
func (d *deck) answered(r request, t *world.Transaction) error {
	if r.card == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if t.State != svcgate.StateFinal {
		for i, c := range d.cards {
			if c != r.card {
				continue
			}
			fresh, err := d.newCard(simulator.StandingActive)
			if err != nil {
				return err
			}
			d.cards[i] = fresh
			d.stuck = append(d.stuck[max(0, len(d.stuck)-stuckKept):], c)
		}
		return nil
	}
	if outcome := world.Text(t.Outcome); r.Op.Operation == svcgate.Authorize && outcome == svcgate.Approved && t.Provider != nil {
		r.card.holds = append(r.card.holds, hold{r.Order.Order, world.Text(t.Provider.TransactionID), r.Amount.Decimal()})
	}
	return nil
}
