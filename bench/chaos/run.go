package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
)

// result is a row that was played.
type result struct {
	row   row
	cells map[svcgate.Operation][]string // what is wrong in each; nil is right
	whole []string                       // what is wrong with the row as a whole
	check check.Report
	took  time.Duration
}

func (r result) right() bool {
	for _, wrong := range r.cells {
		if len(wrong) > 0 {
			return false
		}
	}
	return len(r.whole) == 0 && len(r.cells) == len(svcgate.Operations()) && r.check.OK()
}

// player plays a row: it gives back what was observed in each cell, one sighting for each variant.
type player interface {
	play(ctx context.Context, r row) (observed, error)
}

// observed is a row as it was seen.
type observed struct {
	cells map[svcgate.Operation][]sighting
	check check.Report
	leaks []string // outputs that hold a card number
}

// run plays the rows, a few at one time, and judges them in their order.
func run(ctx context.Context, p player, rows []row, jobs int, done func(result)) []result {
	results := make([]result, len(rows))
	slots := make(chan struct{}, max(jobs, 1))
	var work sync.WaitGroup
	var telling sync.Mutex
	for _, i := range slowestFirst(rows) {
		slots <- struct{}{}
		work.Go(func() {
			defer func() { <-slots }()
			began := time.Now()
			seen, err := p.play(ctx, rows[i])
			results[i] = judgeRow(rows[i], seen, err)
			results[i].took = time.Since(began)
			telling.Lock()
			defer telling.Unlock()
			done(results[i])
		})
	}
	work.Wait()
	return results
}

// slowestFirst gives the rows' places so that the long ones do not come last.
func slowestFirst(rows []row) []int {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	weight := func(i int) int {
		n := len(rows[i].variants)
		if rows[i].settles {
			n += 100
		}
		if rows[i].slow || rows[i].opens() {
			n += 10
		}
		if rows[i].alone {
			n *= 8
		}
		return n
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weight(b), weight(a)) })
	return order
}

// judgeRow compares a row with the table.
func judgeRow(r row, seen observed, err error) result {
	out := result{row: r, cells: map[svcgate.Operation][]string{}, check: seen.check, whole: seen.leaks}
	if err != nil {
		out.whole = append(out.whole, err.Error())
	}
	for _, op := range svcgate.Operations() {
		sightings := seen.cells[op.Operation]
		wrong := []string{}
		if len(sightings) != len(r.variants) {
			wrong = append(wrong, fmt.Sprintf("%d of %d variants were played", len(sightings), len(r.variants)))
		}
		for i := range min(len(sightings), len(r.variants)) {
			for _, text := range judge(r, r.variants[i], op.Operation, sightings[i]) {
				wrong = append(wrong, r.variants[i].name+": "+text)
			}
		}
		out.cells[op.Operation] = wrong
	}
	return out
}

// play opens a house for the row, plays its cells and joins the records.
func (w *world) play(ctx context.Context, r row) (out observed, err error) {
	h, err := w.open(ctx, r)
	defer func() { err = errors.Join(err, h.close()) }()
	if err != nil {
		return out, err
	}
	out.cells = h.cells(ctx)
	if err := h.settle(ctx, out.cells); err != nil {
		return out, err
	}
	outputs := []*process{h.provider.process}
	for _, g := range h.gateways {
		outputs = append(outputs, g.process)
	}
	for _, p := range outputs {
		if p.mentions(h.names.lead) {
			out.leaks = append(out.leaks, "the output of the "+p.name+" holds a card number")
		}
	}
	out.check, err = h.join(ctx)
	return out, err
}

// cells plays the eight operations at one time, or one after the other where they share something.
func (h *house) cells(ctx context.Context) map[svcgate.Operation][]sighting {
	seen := map[svcgate.Operation][]sighting{}
	var mu sync.Mutex
	var work sync.WaitGroup
	for i, op := range svcgate.Operations() {
		n := len(h.gateways)
		c := &cell{house: h, op: op.Operation, door: h.doors[op.Operation], gateway: h.gateways[i%n], other: h.gateways[(i+1)%n]}
		work.Go(func() {
			for _, v := range h.row.variants {
				s := c.play(ctx, v)
				mu.Lock()
				seen[op.Operation] = append(seen[op.Operation], s)
				mu.Unlock()
			}
		})
		if h.row.alone {
			work.Wait()
		}
	}
	work.Wait()
	return seen
}

// settle counts again when the row is over: nothing may have come late.
func (h *house) settle(ctx context.Context, cells map[svcgate.Operation][]sighting) error {
	entries, err := h.provider.ledger(ctx)
	if err != nil {
		return err
	}
	subjects := map[string]subject{} // by transaction
	for _, a := range h.answers {
		subjects[a.told.id] = a.subject
	}
	for op, sightings := range cells {
		if op == svcgate.Generate {
			continue // all alike; the join finds what came too much
		}
		for _, s := range sightings {
			for i := range s.messages {
				m := &s.messages[i]
				one, known := subjects[m.first.id]
				if !known {
					continue
				}
				n := tally(entries, one)
				if arrived, own := h.doors[op].arrived(one.marks()...); own {
					n.arrived = arrived
				}
				m.arrivedEnd, m.bookedEnd = n.arrived-m.before.arrived, n.booked-m.before.booked
			}
		}
	}
	return nil
}
