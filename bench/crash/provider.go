//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

// provider is the simulator as a process of its own. It is never killed, so its ledger is the truth.
type provider struct {
	proc *world.Process
	base string
	http *http.Client
}

var providerReady = regexp.MustCompile(`controls\s+(http://\S+[0-9])/`)

func startProvider(ctx context.Context, binary string, seed uint64) (*provider, error) {
	proc, match, err := world.Start(ctx, providerReady, nil, binary, "sim", "--listen", "127.0.0.1:0",
		"--seed", strconv.FormatUint(seed, 10), "--switch", "magic-off=true")
	if err != nil {
		return nil, err
	}
	return &provider{proc, match[1], world.Client()}, nil
}

func (p *provider) ask(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	answer, err := p.http.Do(request)
	if err != nil {
		return fmt.Errorf("asking the simulator: %w", err)
	}
	defer answer.Body.Close()
	text, err = io.ReadAll(io.LimitReader(answer.Body, world.MaxRead))
	switch {
	case err != nil:
		return fmt.Errorf("reading the simulator's answer: %w", err)
	case answer.StatusCode != http.StatusOK:
		return fmt.Errorf("the simulator answered %s %s with status %d", method, path, answer.StatusCode)
	case into == nil:
		return nil
	}
	return json.Unmarshal(text, into)
}

// reset empties the ledger and takes all cards away but the demonstration's.
func (p *provider) reset(ctx context.Context) error {
	return p.ask(ctx, http.MethodPost, "/reset", nil, nil)
}

// addCard makes a card: "active" with a balance, or "new" without.
func (p *provider) addCard(ctx context.Context, number, standing, balance string) error {
	return p.ask(ctx, http.MethodPost, "/cards", map[string]string{"number": number, "card": standing, "balance": balance}, nil)
}

// entry is a line of the ledger as GET /ledger shows it.
type entry struct {
	Seq      int    `json:"seq"`
	ID       int64  `json:"id"`
	Message  string `json:"message"` // "" of what was no message, such as the making of a card
	At       string `json:"at"`
	Card     string `json:"card"`
	Currency string `json:"currency"`
	Order    string `json:"rtp_transaction_id"`
	Booked   bool   `json:"booked"`
	Amount   string `json:"amount"`
	Balance  string `json:"balance"`
}

// ledger returns the entries after seq. Books that do not add up are an error.
func (p *provider) ledger(ctx context.Context, seq int) ([]entry, error) {
	var l struct {
		Corrupt string  `json:"corrupt"`
		Dropped int     `json:"dropped"`
		Entries []entry `json:"entries"`
	}
	if err := p.ask(ctx, http.MethodGet, "/ledger?after="+strconv.Itoa(seq), nil, &l); err != nil {
		return nil, err
	}
	if l.Corrupt != "" {
		return nil, errors.New("the simulator's books are wrong: " + l.Corrupt)
	}
	if l.Dropped > 0 {
		return nil, fmt.Errorf("the ledger has lost %d entries; choose fewer kills", l.Dropped)
	}
	return l.Entries, nil
}

const (
	generation = "GenerateCard"
	inquiry    = "InquiryRequest"
)

// bookedOf turns ledger entries into the checker's.
func bookedOf(entries []entry) ([]check.Booked, error) {
	booked := make([]check.Booked, len(entries))
	for i, e := range entries {
		at, err := time.Parse(time.RFC3339, e.At)
		if err != nil {
			return nil, fmt.Errorf("ledger entry %d: %w", e.Seq, err)
		}
		b := check.Booked{Kind: e.Message, Card: world.LastFour(e.Card), Order: e.Order, Moved: e.Booked && e.Message != "" && e.Message != inquiry, At: at}
		if e.ID != 0 {
			b.ID = strconv.FormatInt(e.ID, 10)
		}
		if b.Moved && e.Message != generation {
			if b.Amount, err = svcgate.ParseMoney(e.Amount, e.Currency); err != nil {
				return nil, fmt.Errorf("ledger entry %d: %w", e.Seq, err)
			}
		}
		booked[i] = b
	}
	return booked, nil
}
