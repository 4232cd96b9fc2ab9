package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/svcgate/svcgate"
)

// cell is one operation under one row's fault.
type cell struct {
	*house
	op      svcgate.Operation
	door    keeper
	gateway *gateway // takes the messages
	other   *gateway // takes the repeats: another one where several share the database
}

const (
	arrivalLimit = time.Minute            // for a message that must still come
	afterLimit   = 2 * time.Minute        // until the gateway works again
	afterPause   = 250 * time.Millisecond // between two tries: each takes a card, and a row has not many
)

// play makes one variant of the fault, sends its messages and looks at everything.
func (c *cell) play(ctx context.Context, v variant) sighting {
	var s sighting
	s.trouble = c.watch(ctx, v, &s)
	return s
}

func (c *cell) watch(ctx context.Context, v variant, s *sighting) (err error) {
	subjects := make([]subject, v.count())
	for i := range subjects {
		if subjects[i], err = c.prepare(ctx, c.service(c.op), "", v.small); err != nil {
			return fmt.Errorf("preparing: %w", err)
		}
		if err = c.know(ctx, subjects[i]); err != nil {
			return fmt.Errorf("asking for the balance: %w", err)
		}
	}
	s.messages = make([]seen, len(subjects))
	rules, err := c.begin(ctx, v, subjects, s.messages)
	if err != nil {
		return errors.Join(fmt.Errorf("making the fault: %w", err), c.end(ctx, v, rules))
	}
	for i, one := range subjects {
		if s.messages[i].first, err = c.send(ctx, one); err != nil {
			return errors.Join(err, c.end(ctx, v, rules))
		}
	}
	if err := c.end(ctx, v, rules); err != nil {
		return fmt.Errorf("ending the fault: %w", err)
	}
	for i, one := range subjects {
		if err := c.inspect(ctx, v, i, one, &s.messages[i]); err != nil {
			return err
		}
	}
	if v.hurry {
		s.tries, s.refusals = 1, true
		return nil
	}
	return c.after(ctx, s)
}

// prepare makes a card, and an authorization where the operation names one; they go past the door. An empty card is a
// new one.
func (c *cell) prepare(ctx context.Context, service, card string, small bool) (subject, error) {
	s := subject{operation: c.op, service: service, card: card}
	s.order, s.key = c.names.order()
	if c.op == svcgate.Generate {
		s.card, s.order = "", "" // the message has neither, and the ledger is compared by them
		return s, nil
	}
	if s.card == "" {
		var err error
		if s.card, err = c.names.card(); err != nil {
			return s, err
		}
		has, standing := balance, "active"
		if small && c.op == svcgate.Authorize {
			has = little
		}
		if c.op == svcgate.Activate {
			has, standing = "0.00", "new"
		}
		if err := c.provider.addCard(ctx, s.card, has, standing); err != nil {
			return s, err
		}
	}
	return s, c.hold(ctx, &s)
}

// hold gives a deposit or void its authorization.
func (c *cell) hold(ctx context.Context, s *subject) error {
	if info, _ := c.op.Info(); !info.NeedsAuthorization {
		return nil
	}
	held := subject{operation: svcgate.Authorize, service: plainService, card: s.card, order: s.order, key: s.key + "-hold"}
	t, err := c.send(ctx, held)
	if err != nil {
		return err
	}
	if t.outcome != svcgate.Approved {
		return fmt.Errorf("the authorization was %s with HTTP %d", t.outcome, t.status)
	}
	s.authorization = t.provider
	return nil
}

func (c *cell) send(ctx context.Context, s subject) (told, error) { return c.sendTo(ctx, c.gateway, s) }

func (c *cell) sendTo(ctx context.Context, g *gateway, s subject) (told, error) {
	began := time.Now()
	t, err := g.post(ctx, s)
	t.took = time.Since(began)
	if err == nil {
		c.note(s, t)
	}
	return t, err
}

// begin makes the fault for the subjects and counts what was there before.
func (c *cell) begin(ctx context.Context, v variant, subjects []subject, messages []seen) (rules []int, err error) {
	if err := c.answerBefore(ctx, v.fault.prior, subjects); err != nil {
		return nil, err
	}
	for i, one := range subjects {
		if messages[i].before, err = c.count(ctx, one); err != nil {
			return nil, err
		}
		count := 1
		if one.card == "" {
			count = len(subjects) // all alike: one rule for all of them
		}
		if v.fault.rule == "" || one.card == "" && i > 0 {
			continue
		}
		id, err := c.provider.addFault(ctx, v.fault.rule, kind(c.op), one.card, count)
		if err != nil {
			return rules, err
		}
		rules = append(rules, id)
	}
	if v.fault.stop {
		return rules, c.provider.halt()
	}
	return rules, c.door.make(ctx, v.fault)
}

// answerBefore lets the simulator answer the same kind of message, so that this answer can be given again.
func (c *cell) answerBefore(ctx context.Context, p prior, subjects []subject) error {
	if p == "" {
		return nil
	}
	card := ""
	if p == priorSameCard {
		card = subjects[0].card
	}
	// Ids are one bureau's own, so it goes the way of the messages to come, which is clear as yet.
	earlier, err := c.prepare(ctx, c.service(c.op), card, false)
	if err != nil {
		return err
	}
	t, err := c.send(ctx, earlier)
	if err == nil && t.outcome != svcgate.Approved {
		err = fmt.Errorf("the message before was %s", t.outcome)
	}
	return err
}

// end takes the fault back.
func (c *cell) end(ctx context.Context, v variant, rules []int) error {
	var errs []error
	if v.fault.stop {
		errs = append(errs, c.provider.wake())
	}
	errs = append(errs, c.door.heal(ctx))
	left, err := c.provider.faults(ctx)
	for _, id := range rules {
		if left[id] {
			errs = append(errs, c.provider.removeFault(ctx, id)) // the message never came
		}
	}
	return errors.Join(append(errs, err)...)
}

// inspect looks at what became of one message and repeats it under its key.
func (c *cell) inspect(ctx context.Context, v variant, i int, s subject, m *seen) error {
	before := m.before
	w, _ := v.wantedAt(c.op, i)
	if w.refused && m.first.outcome == svcgate.Unavailable {
		w = notSent()
	}
	// What must come may come late. What comes too much is found at the row's end at the latest.
	var now count
	err := eventually(ctx, arrivalLimit, func() (err error) {
		if now, err = c.count(ctx, s); err == nil && (now.arrived-before.arrived < w.arrived || now.booked-before.booked < w.booked) {
			err = errLate
		}
		return err
	})
	if err != nil && !errors.Is(err, errLate) {
		return err
	}
	m.arrived, m.booked, m.acted = now.arrived-before.arrived, now.booked-before.booked, now.acted
	x, err := c.gateway.exchange(ctx, m.first.id)
	if err != nil {
		return err
	}
	m.class, m.alone = x.Class, x.leftAlone()
	if m.again, err = c.sendTo(ctx, c.other, s); err != nil {
		return fmt.Errorf("repeating: %w", err)
	}
	if now, err = c.count(ctx, s); err != nil {
		return err
	}
	m.arrivedAgain, m.bookedAgain = now.arrived-before.arrived, now.booked-before.booked
	m.arrivedEnd, m.bookedEnd = m.arrivedAgain, m.bookedAgain
	if m.read, err = c.gateway.read(ctx, m.first.id); err != nil {
		return fmt.Errorf("reading the transaction: %w", err)
	}
	c.note(s, m.read)
	if m.first.outcome != svcgate.Unknown {
		return nil
	}
	return c.follow(ctx, v.endOf(c.op, c.row.settles), s, m)
}

var errLate = errors.New("a message that must come has not come")

// count is how many of a subject's messages came and what they did.
type count struct {
	arrived, booked int
	acted           string
}

func (c *cell) count(ctx context.Context, s subject) (count, error) {
	entries, err := c.provider.ledger(ctx)
	if err != nil {
		return count{}, err
	}
	n := tally(entries, s)
	if arrived, own := c.door.arrived(s.marks()...); own {
		n.arrived = arrived
	}
	return n, nil
}

func tally(entries []entry, s subject) (n count) {
	for _, e := range entries {
		if e.Message != kind(s.operation).Action() || s.card != "" && !e.on(s.card) ||
			s.operation != svcgate.Inquire && e.Order != s.order {
			continue // an inquiry names no order
		}
		n.arrived++
		if e.Booked {
			n.booked++
			n.acted = e.Amount + " " + e.Currency
		}
	}
	return n
}

// after waits until another card's authorization is approved through the same door; one that cannot be healed leaves
// the rest of the gateway working. Of a breaker that was open the gateway itself must try with an inquiry first.
func (c *cell) after(ctx context.Context, s *sighting) error {
	service := c.service(c.op)
	if c.row.door() == doorNowhere {
		service = plainService
	}
	s.refusals = true
	var cards []string
	err := eventuallyEvery(ctx, afterPause, afterLimit, func() (err error) {
		s.tries++
		one := subject{operation: svcgate.Authorize, service: service}
		if one.card, err = c.names.card(); err != nil {
			return err
		}
		cards = append(cards, one.card)
		one.order, one.key = c.names.order()
		if err := c.provider.addCard(ctx, one.card, balance, "active"); err != nil {
			return err
		}
		t, err := c.send(ctx, one)
		if err != nil || t.outcome == svcgate.Approved {
			return err
		}
		n, err := c.count(ctx, one)
		if err != nil {
			return err
		}
		s.refusals = s.refusals && t.outcome == svcgate.Unavailable && n.arrived == 0
		return errAfter
	})
	if errors.Is(err, errAfter) {
		s.tries = 0
		return nil
	}
	if err != nil {
		return err
	}
	entries, err := c.provider.ledger(ctx)
	for _, e := range entries {
		if slices.ContainsFunc(cards, func(card string) bool { return e.on(card) }) {
			s.probed = e.Message == kind(svcgate.Inquire).Action()
			break
		}
	}
	return err
}

var errAfter = errors.New("not approved yet")
