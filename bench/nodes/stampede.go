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
	stampedes = 5
	crowd     = 60 // callers in each
)

// stampede sends one request from many callers to all nodes at once, under one key: one is carried out and the others are
// told of it or that it is under way. Other content under the key is refused at every node.
func (w *load) stampede(ctx context.Context) error {
	recharge, _ := svcgate.Recharge.Info()
	for range stampedes {
		r, err := w.alone(ctx, recharge)
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
				w.found(r, fmt.Sprintf("One of many callers with one key was refused with status %d %s.", a.Status, a.Code))
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
