package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/svcgate/svcgate/messages"
)

// provider is one simulator process.
type provider struct {
	*process
	address string // host:port
	client  *http.Client
}

// entry is a line of the simulator's ledger, as its control route shows it.
type entry struct {
	ID       int64  `json:"id"`
	Message  string `json:"message"`
	At       string `json:"at"`
	Card     string `json:"card"` // stars and the last four
	Order    string `json:"rtp_transaction_id"`
	Currency string `json:"currency"`
	Booked   bool   `json:"booked"`
	Amount   string `json:"amount"`
	Balance  string `json:"available"`
	Note     string `json:"note"`
}

// byHand says that the entry is none of a message.
func (e entry) byHand() bool { return e.Message == "" && e.Note != "" && e.Booked }

// on reports whether the entry is one of this card, whose last four digits no other card of the house has.
func (e entry) on(card string) bool { return strings.HasSuffix(e.Card, "*"+card[len(card)-4:]) }

func startProvider(ctx context.Context, binary string, seed uint64) (*provider, error) {
	p, err := start("simulator", nil, binary, "sim", "--listen", "127.0.0.1:0", "--seed", fmt.Sprint(seed), "--switch", "magic-off=true")
	if err != nil {
		return nil, err
	}
	s := &provider{process: p, client: &http.Client{Timeout: messageLimit, Transport: &http.Transport{DisableKeepAlives: true}}}
	err = p.await(ctx, func(line string) bool {
		_, rest, found := strings.Cut(line, "http://")
		if found {
			s.address, _, _ = strings.Cut(rest, "/")
		}
		return found
	})
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return s, nil
}

// control uses one of the simulator's control routes.
func (s *provider) control(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("writing for %s: %w", path, err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.address+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("asking for %s: %w", path, err)
	}
	r.GetBody = nil
	answer, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("asking the simulator: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the simulator refuses %s %s: %s", method, path, text)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return nil
}

func (s *provider) addCard(ctx context.Context, number, balance, standing string) error {
	return s.control(ctx, http.MethodPost, "/cards", map[string]string{"number": number, "balance": balance, "card": standing}, nil)
}

// addFault adds a rule that strikes the next messages of a kind, of one card if one is named.
func (s *provider) addFault(ctx context.Context, name string, kind messages.Kind, card string, count int) (id int, err error) {
	in := map[string]any{"fault": name, "message": kind.Action(), "count": count}
	if card != "" {
		in["card"] = card
	}
	var out struct{ ID int }
	return out.ID, errors.Join(s.control(ctx, http.MethodPost, "/faults", in, &out), err)
}

// ledger returns all entries of messages. The error says too that the simulator's books are wrong.
func (s *provider) ledger(ctx context.Context) ([]entry, error) {
	var out struct {
		Corrupt string
		Dropped int
		Entries []entry
	}
	if err := s.control(ctx, http.MethodGet, "/ledger", nil, &out); err != nil {
		return nil, err
	}
	if out.Corrupt != "" || out.Dropped > 0 {
		return nil, fmt.Errorf("the simulator's ledger is not whole: %d dropped, %s", out.Dropped, out.Corrupt)
	}
	var all []entry
	for _, e := range out.Entries {
		if !e.byHand() {
			all = append(all, e)
		}
	}
	return all, nil
}

// halt stops the process where it stands; wake lets it go on.
func (s *provider) halt() error { return s.signal(syscall.SIGSTOP) }
func (s *provider) wake() error { return s.signal(syscall.SIGCONT) }

// eventually tries until there is no error, and returns the last one when time is up.
func eventually(ctx context.Context, limit time.Duration, try func() error) error {
	return eventuallyEvery(ctx, 20*time.Millisecond, limit, try)
}

func eventuallyEvery(ctx context.Context, pause, limit time.Duration, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return err
		}
	}
}

// faults returns the ids of the rules that were not used up.
func (s *provider) faults(ctx context.Context) (map[int]bool, error) {
	var out struct{ Rules []struct{ ID int } }
	err := s.control(ctx, http.MethodGet, "/faults", nil, &out)
	left := map[int]bool{}
	for _, r := range out.Rules {
		left[r.ID] = true
	}
	return left, err
}

func (s *provider) removeFault(ctx context.Context, id int) error {
	return s.control(ctx, http.MethodDelete, fmt.Sprintf("/faults?id=%d", id), nil, nil)
}
