package simulator

import (
	"errors"
	"fmt"
	"slices"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// FaultRule says which messages a fault strikes. Empty members match everything.
type FaultRule struct {
	ID          int           // given by AddFault
	Kind        messages.Kind // the message
	Card        secret.String // the card by its number
	LastFour    string        // cards by their last four digits
	Count       int           // how often, then the rule is gone; 0 is until it is removed
	Probability float64       // 0 is always; the luck comes from the seed
	Fault       Fault
}

type rule struct {
	FaultRule
	masked string // what is shown of Card
}

// ErrRule is returned for a fault rule that could strike nothing, or of which nobody can say what it should strike.
var ErrRule = errors.New("the fault rule does not fit")

// AddFault adds a rule and returns its id. The error is ErrRule and says what does not fit.
func (s *Simulator) AddFault(r FaultRule) (id int, err error) {
	last := ""
	switch {
	case r.Fault.row == nil:
		return 0, fmt.Errorf("simulator: %w: it has no fault", ErrRule)
	case r.Kind != 0 && !r.Kind.Valid():
		return 0, fmt.Errorf("simulator: %w: there is no such message", ErrRule)
	case r.Count < 0:
		return 0, fmt.Errorf("simulator: %w: the count is below zero", ErrRule)
	case !(r.Probability >= 0 && r.Probability <= 1): // written so that NaN does not fit
		return 0, fmt.Errorf("simulator: %w: the probability is 0 to 1", ErrRule)
	case r.LastFour != "" && (len(r.LastFour) != 4 || !digitsOnly(r.LastFour)):
		return 0, fmt.Errorf("simulator: %w: last four are four digits", ErrRule)
	case !r.Card.IsZero():
		if last = lastFour(r.Card); last == "" {
			return 0, fmt.Errorf("simulator: %w: %w", ErrRule, ErrCardNumber)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.ruleID++
	r.ID = s.state.ruleID
	kept := &rule{FaultRule: r}
	if last != "" {
		kept.masked = maskLast(last)
	}
	s.state.rules = append(s.state.rules, kept)
	return r.ID, nil
}

// Faults returns the rules that are in force, oldest first; Count is what is left of it.
func (s *Simulator) Faults() []FaultRule {
	s.mu.Lock()
	defer s.mu.Unlock()
	rules := make([]FaultRule, len(s.state.rules))
	for i, r := range s.state.rules {
		rules[i] = r.FaultRule
	}
	return rules
}

// RemoveFault removes a rule, or all of them for id 0, and says whether there was one.
func (s *Simulator) RemoveFault(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.state.rules)
	s.state.rules = slices.DeleteFunc(s.state.rules, func(r *rule) bool { return id == 0 || r.ID == id })
	return len(s.state.rules) < before
}

// refuses reports a refuse rule that asks for nothing in the request, so that it may be answered unread.
func (s *Simulator) refuses() (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hit := s.state.strike(func(r *rule) bool {
		return r.Fault.row.name == faultRefuse && r.Kind == 0 && r.Card.IsZero() && r.LastFour == ""
	})
	if hit == nil {
		return Fault{}, false
	}
	return hit[0], true
}

const faultRefuse = "refuse"

// plan collects the faults that strike a message, from rules and from magic, in the order in which they act.
func (s *Simulator) plan(q question) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	faults := s.state.strike(func(r *rule) bool {
		return (r.Kind == 0 || r.Kind == q.kind) && (r.Card.IsZero() || r.Card.Equal(q.instrument.CardNumber)) && (r.LastFour == "" || r.LastFour == q.lastFour)
	})
	if f, magic := magicFault(q); magic && !s.cfg.Switches.MagicOff {
		faults = append(faults, f)
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return a.row.order() - b.row.order() })
	return faults
}

// strike uses up the rules that match.
func (st *state) strike(match func(*rule) bool) []Fault {
	var hit []Fault
	st.rules = slices.DeleteFunc(st.rules, func(r *rule) bool {
		if !match(r) || r.Probability > 0 && st.luck.Float64() >= r.Probability {
			return false
		}
		hit = append(hit, r.Fault)
		if r.Count == 0 {
			return false
		}
		r.Count--
		return r.Count == 0
	})
	return hit
}

// order is the fault's place in the table, which the moments rule.
func (r *faultRow) order() int {
	return int(r.moment)*1000 + slices.IndexFunc(faultTable, func(o faultRow) bool { return o.name == r.name })
}
