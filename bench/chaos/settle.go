package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
)

// end is where an unknown outcome comes to.
type end struct {
	state   svcgate.State
	outcome svcgate.Outcome
	finding svcgate.Verdict // on the desk
	again   bool            // a void was sent again, and booked
}

var (
	open       = end{state: svcgate.StateUnresolved, outcome: svcgate.Unknown}
	wasDone    = end{state: svcgate.StateFinal, outcome: svcgate.Approved}
	wasNotDone = end{state: svcgate.StateFinal, outcome: svcgate.Unavailable}
	onDesk     = end{state: svcgate.StateDesk, outcome: svcgate.Unknown, finding: svcgate.CannotTell}
	orphanHold = end{state: svcgate.StateDesk, outcome: svcgate.Unknown, finding: svcgate.Applied}
)

// endOf says where an unknown outcome comes to: after one look when the row only looks once, of a card whose balance
// was seen before or not, else after all the time that settling takes.
func (v variant) endOf(op svcgate.Operation, settles bool) end {
	booked := v.wanted(op).booked > 0
	switch {
	case op == svcgate.Generate:
		return onDesk
	case op == svcgate.Inquire:
		return wasDone // asked again
	case op == svcgate.Deposit && settles:
		return onDesk
	case op == svcgate.Deposit || !settles && !v.known():
		return open // one look proves nothing: too early, or nothing to compare with
	case op == svcgate.Authorize && booked:
		return orphanHold
	case booked:
		return wasDone
	case !settles:
		return open
	case op == svcgate.Void:
		again := wasDone
		again.again = true
		return again
	}
	return wasNotDone
}

// judgeEnd compares where an unknown outcome came to, with the ledger and with what is told for the same key then.
func judgeEnd(e end, m seen) (wrong []string) {
	say := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	say(m.end.state != e.state || m.end.outcome != e.outcome, "it ended %s and %s, must be %s and %s", m.end.state, m.end.outcome, e.state, e.outcome)
	say(m.end.finding != e.finding, "the desk is told %q, must be %q", m.end.finding, e.finding)
	say(e.again && m.bookedEnd != 1, "the void that was sent again was booked %d times", m.bookedEnd)
	say(!m.daily.follows(m.first) || m.daily.outcome != m.end.outcome || m.daily.state != m.end.state || !m.daily.replayed,
		"the repeat after that was told %s and %s", m.daily.state, m.daily.outcome)
	say(m.daily.status != statusOf(e.outcome), "the repeat after that got HTTP %d, must be %d", m.daily.status, statusOf(e.outcome))
	return wrong
}

// inWords is an end in a few words.
func (e end) inWords() string {
	switch {
	case e.again:
		return "sent again, " + string(e.outcome)
	case e.state == svcgate.StateDesk && e.finding == svcgate.Applied:
		return "desk, applied"
	case e.state == svcgate.StateDesk:
		return "desk"
	case e.state == svcgate.StateUnresolved:
		return "unknown"
	}
	return string(e.outcome)
}

const (
	lookLimit   = patience        // until the gateway has looked into what it was asked for: too short for a second look
	settleLimit = 5 * time.Minute // until it has looked as often as it takes
)

// know asks for the card's balance over the row's way, when the row shall settle by it.
func (c *cell) know(ctx context.Context, s subject) error {
	if !c.row.settles || s.card == "" {
		return nil
	}
	ask := s
	ask.operation, ask.authorization = svcgate.Inquire, ""
	ask.order, ask.key = c.names.order()
	t, err := c.send(ctx, ask)
	if err == nil && t.outcome != svcgate.Approved {
		err = fmt.Errorf("the inquiry was %s", t.outcome)
	}
	return err
}

// follow reads an unknown outcome, which lets the gateway look into it, until it has come to where it must, or in vain.
// Then it repeats the message once more, as a caller does that was told unknown.
func (c *cell) follow(ctx context.Context, must end, s subject, m *seen) error {
	limit := lookLimit
	if c.row.settles {
		limit = settleLimit
	}
	err := eventually(ctx, limit, func() (err error) {
		m.end, err = c.gateway.read(ctx, m.first.id)
		switch {
		case err != nil:
			return err
		case m.end.state == svcgate.StateSent: // a void that is sent again
			return errNotSettled
		case m.end.state != svcgate.StateUnresolved:
			return nil
		}
		x, err := c.gateway.exchange(ctx, m.first.id)
		if err == nil && (must != open || len(x.Readings) == 0) {
			err = errNotSettled
		}
		return err
	})
	if err != nil && !errors.Is(err, errNotSettled) {
		return fmt.Errorf("waiting for the gateway to look: %w", err)
	}
	c.note(s, m.end)
	if m.daily, err = c.sendTo(ctx, c.other, s); err != nil {
		return fmt.Errorf("repeating after that: %w", err)
	}
	return nil
}

var errNotSettled = errors.New("not looked into")
