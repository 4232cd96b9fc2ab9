package world

import (
	"fmt"
	"strconv"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
)

// MessageOf is the message that the benches' requests of each operation are sent as.
var MessageOf = map[svcgate.Operation]string{
	svcgate.Generate: "GenerateCard", svcgate.Activate: "ActivateInstrumentRequest", svcgate.Recharge: "RechargeRequest",
	svcgate.Inquire: "InquiryRequest", svcgate.Authorize: "PreauthorizationRequest", svcgate.Deposit: "PostauthorizationRequest",
	svcgate.Return: "ReturnRequest", svcgate.Void: "VoidRequest",
}

// Provider is a simulator in the bench's own process, which is never stopped: its ledger is the truth.
type Provider struct{ *simulator.Simulator }

// NewProvider makes a provider without cards, whose ledger keeps everything.
func NewProvider(seed uint64) (Provider, error) {
	s, err := simulator.New(simulator.Config{Seed: seed, Switches: simulator.Switches{MagicOff: true}, LedgerLimit: 1 << 30})
	return Provider{s}, err
}

// AddCard makes a card: an active one with money on it, or a new one, which has none.
func (p Provider) AddCard(number string, standing simulator.Standing, minor int64) error {
	if err := p.Simulator.AddCard(simulator.CardSpec{Number: secret.New(number), Card: standing, Balance: minor}); err != nil {
		return fmt.Errorf("making a card: %w", err)
	}
	return nil
}

// Booked returns the ledger as the checker takes it. Books that do not add up are an error.
func (p Provider) Booked() ([]check.Booked, error) {
	if err := p.Err(); err != nil {
		return nil, fmt.Errorf("the simulator's books are wrong: %w", err)
	}
	ledger := p.Ledger()
	var booked []check.Booked
	for i := range ledger {
		if b, ok := Booked(&ledger[i]); ok {
			booked = append(booked, b)
		}
	}
	return booked, nil
}

// Booked turns an entry of the simulator's ledger into the checker's; ok is false for what was done by hand.
func Booked(e *simulator.Entry) (b check.Booked, ok bool) {
	if !e.Kind.Valid() {
		return b, false
	}
	b = check.Booked{Kind: e.Kind.Action(), Order: e.RTPTransactionID, Moved: e.Booked && e.Kind != messages.Inquiry, At: e.At}
	if len(e.Card) >= 4 && e.Card[len(e.Card)-1] != '*' {
		b.Card = e.Card[len(e.Card)-4:]
	}
	if e.ID != 0 {
		b.ID = strconv.FormatInt(e.ID, 10)
	}
	if e.Currency != "" && e.Kind != messages.GenerateCard {
		b.Amount, _ = svcgate.MoneyFromMinor(e.Amount, e.Currency)
		b.Balance, _ = svcgate.MoneyFromMinor(e.Available, e.Currency)
	}
	return b, true
}
