package main

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/messages"
)

// subject is one request: an operation on a card of its own, under a key of its own.
type subject struct {
	operation     svcgate.Operation
	service       string
	card          string // "" for a generation
	order         string
	key           string
	authorization string // of a deposit or void
}

const (
	amount  = "11.07"
	balance = "100.00"
	little  = "5.00"
)

func (s subject) body() map[string]any {
	info, _ := s.operation.Info()
	b := map[string]any{"service": s.service}
	if s.order != "" {
		b["order"] = s.order
	}
	if info.NeedsCard {
		b["card"] = map[string]string{"number": s.card}
	}
	if info.NeedsAmount {
		b["amount"], b["currency"] = amount, "USD"
	}
	if info.NeedsAuthorization {
		b["authorization"] = s.authorization
	}
	if info.NeedsKind {
		b["kind"] = "physical"
	}
	return b
}

// kind is the message that carries an operation ("OMS 15.1 help SO14_08").
func kind(op svcgate.Operation) messages.Kind {
	switch op {
	case svcgate.Generate:
		return messages.GenerateCard
	case svcgate.Activate:
		return messages.ActivateInstrument
	case svcgate.Recharge:
		return messages.Recharge
	case svcgate.Inquire:
		return messages.Inquiry
	case svcgate.Authorize:
		return messages.Preauthorization
	case svcgate.Deposit:
		return messages.Postauthorization
	case svcgate.Return:
		return messages.Return
	case svcgate.Void:
		return messages.Void
	}
	return 0
}

// marks are the texts that only this subject's message holds; generations are all alike.
func (s subject) marks() []string { return []string{kind(s.operation).Action(), s.card} }

// names gives cards, orders and keys that are never given twice in a house, the same for the same seed.
type names struct {
	lead string // ten digits of the card numbers
	run  string
	next atomic.Int64
}

// newNames makes the names of one row. No number is a demonstration card's, whose sixth and seventh digits are 49.
func newNames(seed uint64, index, round int) *names {
	return &names{lead: fmt.Sprintf("6006%02d%06d", index, (seed+uint64(round)*7919)%1_000_000), run: fmt.Sprintf("%d.%d", seed, round)}
}

// card gives a number whose last four digits are its own within the row.
func (n *names) card() (string, error) {
	i := n.next.Add(1)
	if i > maxNames {
		return "", errors.New("the row has used up its card numbers")
	}
	return fmt.Sprintf("%s%04d", n.lead, i), nil
}

const maxNames = 9999

// order gives an order number and a key for it.
func (n *names) order() (order, key string) {
	order = fmt.Sprintf("CH%06d", n.next.Add(1))
	return order, "chaos-" + n.run + "-" + order
}
