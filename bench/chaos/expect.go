package main

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/svcgate/svcgate"
)

// want is what must come of one message under one fault.
type want struct {
	outcome svcgate.Outcome
	classes []svcgate.Class // what the exchange's record may say; more than one where the moment decides
	arrived int             // messages that came whole to the provider's door
	booked  int             // of them, those that took effect
	refused bool            // an open breaker may refuse instead: unavailable, and then nothing arrives
}

// The wants that most rows are made of.

func notSent() want {
	return want{outcome: svcgate.Unavailable, classes: []svcgate.Class{svcgate.ClassNotSent}}
}

// turnedAway came to the door and was refused there before it was read as a message.
func turnedAway() want {
	w := notSent()
	w.arrived = 1
	return w
}

func unknown(class svcgate.Class, arrived, booked int) want {
	return want{outcome: svcgate.Unknown, classes: []svcgate.Class{class}, arrived: arrived, booked: booked}
}

func answered(outcome svcgate.Outcome, booked int) want {
	return want{outcome: outcome, classes: []svcgate.Class{svcgate.ClassAnswered}, arrived: 1, booked: booked}
}

func approved() want { return answered(svcgate.Approved, 1) }

// orRefused lets an open breaker refuse.
func (w want) orRefused() want {
	w.refused = true
	return w
}

// orClass lets the record give another class.
func (w want) orClass(c svcgate.Class) want {
	w.classes = append(slices.Clone(w.classes), c)
	return w
}

// statusOf is the HTTP status that each outcome is told with.
func statusOf(o svcgate.Outcome) int {
	switch o {
	case svcgate.Unavailable:
		return http.StatusServiceUnavailable
	case svcgate.Unknown:
		return http.StatusGatewayTimeout
	case svcgate.Approved, svcgate.Partial, svcgate.Declined, svcgate.Undefined:
		return http.StatusOK
	}
	return 0
}

// told is what the API said about one transaction.
type told struct {
	status   int
	id       string
	outcome  svcgate.Outcome
	state    svcgate.State
	amount   string // acted on, "11.07 USD"; "" when not told
	rest     string // the remainder of a partial outcome
	provider string // the provider's transaction id
	replayed bool
	retry    string // Retry-After
	location string
	finding  svcgate.Verdict // on the desk
	body     string
	took     time.Duration
}

// follows reports whether t may be told of a transaction after first was: the same, or settled since.
func (t told) follows(first told) bool {
	settled := first.outcome == svcgate.Unknown && t.state == svcgate.StateFinal
	return t.id == first.id && (t.outcome == first.outcome || settled)
}

// seen is what was observed of one message.
type seen struct {
	before             count // what came on the card before, in the same words
	first, again, read told
	end, daily         told // when the gateway had looked, and repeated under the same key then
	class              svcgate.Class
	alone              bool   // an open breaker kept it back
	arrived, booked    int    // when it was told, and what was late had come
	acted              string // booked amount, "11.07 USD"; "" when nothing was booked
	arrivedAgain       int    // after the repeat under the same key
	bookedAgain        int
	arrivedEnd         int // when the row was over
	bookedEnd          int
}

// sighting is what was observed of one variant of a fault.
type sighting struct {
	messages []seen
	tries    int  // until another card's authorization was approved after the fault; 0 when it never was
	refusals bool // tries before that were told unavailable, and nothing of them arrived
	probed   bool // the first message of those tries that arrived was an inquiry
	trouble  error
}

// judge compares what was observed with what must be; nil when all is right.
func judge(r row, v variant, op svcgate.Operation, s sighting) []string {
	if s.trouble != nil {
		return []string{"the bench could not observe it: " + s.trouble.Error()}
	}
	var wrong []string
	if n := v.count(); len(s.messages) != n {
		wrong = append(wrong, fmt.Sprintf("%d messages were observed, not %d", len(s.messages), n))
	}
	for i, m := range s.messages {
		w, alone := v.wantedAt(op, i)
		wrong = append(wrong, judgeMessage(w, op, m)...)
		if alone = alone || w.refused && m.first.outcome == svcgate.Unavailable; alone != m.alone {
			wrong = append(wrong, fmt.Sprintf("message %d: kept back by a breaker %t, must be %t", i+1, m.alone, alone))
		}
		if m.first.outcome == svcgate.Unknown {
			wrong = append(wrong, judgeEnd(v.endOf(op, r.settles), m)...)
		}
	}
	switch {
	case s.tries == 0:
		wrong = append(wrong, "afterwards another card's authorization was not approved in time")
	case s.tries > 1 && (!r.breaker || !s.refusals):
		wrong = append(wrong, fmt.Sprintf("afterwards another card's authorization was approved only at try %d", s.tries))
	case (s.tries > 1 || v.opens > 0 && !v.hurry) && !s.probed:
		wrong = append(wrong, "afterwards a money message was the first to try the provider again")
	}
	return wrong
}

func judgeMessage(w want, op svcgate.Operation, m seen) (wrong []string) {
	say := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	if w.refused && m.first.outcome == svcgate.Unavailable {
		w = notSent()
	}
	say(m.first.outcome != w.outcome, "told %s, must be %s", m.first.outcome, w.outcome)
	say(m.first.status != statusOf(w.outcome), "HTTP %d, must be %d", m.first.status, statusOf(w.outcome))
	say(!slices.Contains(w.classes, m.class), "recorded as %s, must be %v", m.class, w.classes)
	say(m.first.took > patience, "told only after %s", m.first.took)
	say(m.arrived != w.arrived, "%d messages arrived, must be %d", m.arrived, w.arrived)
	say(m.booked != w.booked, "%d were booked, must be %d", m.booked, w.booked)
	// An unknown inquiry is settled by asking again, which changes nothing; a void is sent again when it was proven that
	// it was not applied.
	again := m.first.outcome == svcgate.Unknown && (op == svcgate.Inquire || op == svcgate.Void && m.booked == 0 && m.end.outcome == svcgate.Approved)
	most := max(1, w.arrived)
	say(m.arrived > most || m.arrivedAgain > most || m.arrivedEnd > most && !again, "MORE THAN ONE MESSAGE ARRIVED")
	say(m.booked > 1 || m.bookedAgain > 1 || m.bookedEnd > 1 && !again, "DOUBLED IN THE LEDGER")
	say(m.first.outcome == svcgate.Unavailable && m.bookedEnd > 0, "told unavailable AND BOOKED")
	say(m.first.outcome == svcgate.Declined && m.bookedEnd > 0, "told declined AND BOOKED")
	say(m.arrivedAgain != m.arrived || m.bookedAgain != m.booked, "the repeat under the same key sent something")
	say((m.arrivedEnd != m.arrived || m.bookedEnd != m.booked) && !again, "something came late: %d arrived and %d booked at the end", m.arrivedEnd, m.bookedEnd)
	say(!m.again.follows(m.first) || !m.again.replayed, "the repeat was told %s with HTTP %d", m.again.outcome, m.again.status)
	say(m.first.state == svcgate.StateFinal && m.again.body != m.first.body, "the repeat's answer has other bytes")
	say(!m.read.follows(m.first), "the transaction reads %s", m.read.outcome)
	switch m.first.outcome {
	case svcgate.Approved, svcgate.Partial:
		say(m.first.amount != "" && m.acted != m.first.amount, "told %q, booked %q", m.first.amount, m.acted)
		say((m.first.rest != "") != (m.first.outcome == svcgate.Partial), "the remainder is told as %q", m.first.rest)
	case svcgate.Unavailable:
		say(m.first.retry == "", "no Retry-After")
		say(m.first.location == "", "no Location of the transaction")
	case svcgate.Unknown:
		say(m.first.location == "", "no Location of the transaction")
		say(m.first.state == svcgate.StateFinal, "unknown and final")
	case svcgate.Declined, svcgate.Undefined:
	}
	return wrong
}
