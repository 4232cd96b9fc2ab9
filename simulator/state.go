package simulator

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// state is all that messages change; Simulator.mu guards it.
type state struct {
	cards    []*card // in order of issue
	byNumber map[string]*card
	bySerial map[string]*card
	series   map[seriesKey]*series
	holds    map[int64]*hold

	entries []*Entry
	byID    map[int64]*Entry
	dropped int // entries that the ledger limit pushed out
	seq     int

	transactionID int64 // the next
	accountID     int64 // the next

	world   int64 // what came from outside, negative, less what went out again
	total   int64 // sum of all balances
	corrupt error // the first broken invariant; nothing is booked after it

	rules    []*rule
	ruleID   int
	previous *messages.Answer // to another message, for the fault that sends it again

	numbers, auths, luck *rand.Rand // one stream each, so that a fault rule changes no card number
}

func (s *Simulator) newState() (*state, error) {
	st := &state{
		byNumber:      map[string]*card{},
		bySerial:      map[string]*card{},
		series:        map[seriesKey]*series{},
		holds:         map[int64]*hold{},
		byID:          map[int64]*Entry{},
		transactionID: s.cfg.FirstTransactionID,
		accountID:     s.cfg.FirstAccountID,
		numbers:       rand.New(rand.NewPCG(s.cfg.Seed, 1)),
		auths:         rand.New(rand.NewPCG(s.cfg.Seed, 2)),
		luck:          rand.New(rand.NewPCG(s.cfg.Seed, 3)),
	}
	var problems []error
	for i, spec := range s.cfg.Cards {
		if _, err := s.issue(st, spec); err != nil {
			problems = append(problems, fmt.Errorf("card %d: %w", i+1, err))
		}
	}
	for i, spec := range s.cfg.Series {
		if err := st.addSeries(spec); err != nil {
			problems = append(problems, fmt.Errorf("series %d: %w", i+1, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return st, nil
}

// index gives the key under which a number is found without being looked at.
func (s *Simulator) index(number secret.String) string {
	return s.keys.Fingerprint("simulator card", number)
}
