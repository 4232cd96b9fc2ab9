//go:build linux

package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

const (
	stampedes = 4  // of each operation
	crowd     = 60 // callers in each
)

// stampede sends one request from many callers to all nodes at once, under one key: one is carried out and the others are
// told of it or that it is under way, also those that find the hold used up by it. Other content under the key is refused at
// every node.
func (w *load) stampede(ctx context.Context) error {
	recharge, _ := svcgate.Recharge.Info()
	deposit, _ := svcgate.Deposit.Info()
	for n := range 2 * stampedes {
		op := recharge
		if n%2 == 1 {
			op = deposit
		}
		r, err := w.alone(ctx, op)
		if err != nil {
			return err
		}
		answers, errs := make([]world.Answer, crowd), make([]error, crowd)
		start := make(chan struct{})
		var all sync.WaitGroup
		for i := range crowd {
			all.Go(func() {
				<-start
				answers[i], errs[i] = w.oms.Send(ctx, w.nodes[i%len(w.nodes)].gateway().Base, r.Order)
			})
		}
		close(start)
		all.Wait()
		for i, a := range answers {
			if errs[i] != nil {
				return fmt.Errorf("many callers with one key: %w", errs[i])
			}
			// That no two are told of different transactions is found by the checker. Only so many may wait for one card.
			if a.Row == nil && a.Code != "key_in_progress" && a.Code != "card_busy" {
				w.deny(r, a)
			}
		}
		if n, err := w.messages(r.Order); err != nil || n != 1 {
			w.found(r, fmt.Sprintf("Many callers with one key sent %d messages. %v", n, err))
		}
		other := r.Order
		other.Body["amount"] = "11.08"
		for _, n := range w.nodes {
			a, err := w.oms.Send(ctx, n.gateway().Base, other)
			if err != nil {
				return err
			}
			if a.Status != http.StatusUnprocessableEntity {
				w.found(r, fmt.Sprintf("Other content under a used key was answered with status %d at %s.", a.Status, n.name))
			}
		}
	}
	return nil
}

func (w *load) found(r request, what string) {
	w.wrong = append(w.wrong, check.Finding{What: what, Key: r.Key, Order: r.Order.Order})
}

// messages counts what the provider got of a request.
func (w *load) messages(r world.Order) (n int, err error) {
	booked, err := w.provider.Booked()
	for _, b := range booked {
		if b.Order == r.Order && b.Kind == world.MessageOf[r.Op.Operation] {
			n++
		}
	}
	return n, err
}
