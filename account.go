package svcgate

import (
	"context"
	"sync"
)

// believed is how many answers in a row have to name the same other account of a card before it is taken for the
// card's: the one that is known may stand in the wrong answer, and without this the card could never be used again.
const believed = 3

// accounts counts, by card, the answers in a row that named another account than the one that is known. They live as
// long as the process.
type accounts struct {
	mu    sync.Mutex
	cards map[string]contradiction
}

type contradiction struct {
	account string
	times   int
}

// agrees notes that an answer named the known account.
func (a *accounts) agrees(card string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.cards, card)
}

// contradicts notes that an answer named another account, and reports whether to believe it.
func (a *accounts) contradicts(card, account string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cards == nil {
		a.cards = map[string]contradiction{}
	}
	c := a.cards[card]
	if c.account != account {
		c = contradiction{account: account}
	}
	c.times++
	a.cards[card] = c
	return c.times >= believed
}

// sameAccount compares the account that an answer names with the one that answered for the card before: a card keeps
// its account, so another one shows an answer to another card's question, unless answers go on naming it. What cannot
// be compared passes.
func (g *Gateway) sameAccount(ctx context.Context, t *Transaction, reply Reply) bool {
	if !reply.Accepted || reply.Account.ID == "" || t.CardPrint == "" {
		return true
	}
	known, err := g.History.Account(ctx, t.Service, t.CardPrint)
	if err != nil {
		g.Log.Error("the card's account cannot be looked up", "transaction", t.ID, "err", err)
		return true
	}
	card := t.Service + " " + t.CardPrint
	if known == "" || known == reply.Account.ID {
		g.accounts.agrees(card)
		return true
	}
	return g.accounts.contradicts(card, reply.Account.ID)
}
