package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

const maxControlBody = 64 << 10

// controlError is a refused control request. Its text is shown and never quotes the body: that may hold a number.
type controlError struct {
	status int
	text   string
}

func (e *controlError) Error() string { return e.text }

// writeResult writes what a control route returns, as JSON.
func writeResult(w http.ResponseWriter, handle func(*http.Request) (any, error), r *http.Request) {
	status := http.StatusOK
	result, err := handle(r)
	if err != nil {
		status = http.StatusUnprocessableEntity
		if c, ok := errors.AsType[*controlError](err); ok {
			status = c.status
		}
		result = map[string]string{"error": err.Error()}
	}
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":"the result could not be written"}`)
	}
	w.Header().Set("Content-Type", typeJSON)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the caller may have gone
}

// decode reads the body into v, which knows all members there may be.
func decode(r *http.Request, v any, members string) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil && d.More() {
		err = errors.New("more than one value")
	}
	if err != nil {
		return &controlError{http.StatusBadRequest, "the body is one JSON object with " + members}
	}
	return nil
}

func (s *Simulator) getLedger(r *http.Request) (any, error) {
	after := 0
	if text := r.URL.Query().Get("after"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return nil, &controlError{http.StatusBadRequest, "after is the seq of an entry"}
		}
		after = n
	}
	return s.ledgerView(after), nil
}

func (s *Simulator) getCards(*http.Request) (any, error) { return cardViews(s.Cards()), nil }

const cardMembers = "number, serial, pin, pin_rule, currency, balance, card, account, expires and label"

// postCard adds a card, or sets the members that are given on a card that is there.
func (s *Simulator) postCard(r *http.Request) (any, error) {
	var in struct {
		Number   secret.String `json:"number"`
		Serial   secret.String `json:"serial"`
		PIN      secret.String `json:"pin"`
		PINRule  PINRule       `json:"pin_rule"`
		Currency string        `json:"currency"`
		Balance  *string       `json:"balance"`
		Card     Standing      `json:"card"`
		Account  Standing      `json:"account"`
		Expires  *time.Time    `json:"expires"`
		Label    *string       `json:"label"`
	}
	if err := decode(r, &in, cardMembers); err != nil {
		return nil, err
	}
	known, err := s.Card(in.Number)
	if exists := err == nil; exists {
		if in.Currency != "" && in.Currency != known.Currency || !in.Serial.IsZero() || !in.PIN.IsZero() || in.PINRule != "" {
			return nil, &controlError{http.StatusConflict, "the card exists; only balance, card, account, expires and label can be set"}
		}
		in.Currency = known.Currency
	}
	if in.Currency == "" {
		in.Currency = defaultCurrency
	}
	var balance *int64
	if in.Balance != nil {
		minor, err := parseBalance(*in.Balance, in.Currency)
		if err != nil {
			return nil, err
		}
		balance = &minor
	}
	if err == nil {
		err = s.SetCard(in.Number, CardChange{Available: balance, Card: in.Card, Account: in.Account, Expires: in.Expires, Label: in.Label})
	} else {
		spec := CardSpec{Number: in.Number, Serial: in.Serial, PIN: in.PIN, PINRule: in.PINRule, Currency: in.Currency, Card: in.Card, Account: in.Account}
		if balance != nil {
			spec.Balance = *balance
		}
		if in.Expires != nil {
			spec.Expires = *in.Expires
		}
		if in.Label != nil {
			spec.Label = *in.Label
		}
		err = s.AddCard(spec)
	}
	if err != nil {
		return nil, err
	}
	now, err := s.Card(in.Number)
	if err != nil {
		return nil, err
	}
	return now.view(), nil
}

func parseBalance(text, currency string) (int64, error) {
	digits, known := currencies[currency]
	if !known {
		return 0, ErrCurrency
	}
	amount, err := messages.ParseDecimal(text)
	if err != nil {
		return 0, ErrBalance
	}
	minor, exact := amount.Minor(digits)
	if !exact {
		return 0, ErrBalance
	}
	return minor, nil
}

func (s *Simulator) getFaults(*http.Request) (any, error) { return s.faultView(), nil }

// postFault adds a rule.
func (s *Simulator) postFault(r *http.Request) (any, error) {
	var in struct {
		Fault       string        `json:"fault"`
		Message     string        `json:"message"`
		Card        secret.String `json:"card"`
		LastFour    string        `json:"last_four"`
		Count       int           `json:"count"`
		Probability float64       `json:"probability"`
	}
	if err := decode(r, &in, "fault, message, card, last_four, count and probability"); err != nil {
		return nil, err
	}
	fault, err := ParseFault(in.Fault)
	if err != nil {
		return nil, err
	}
	rule := FaultRule{Card: in.Card, LastFour: in.LastFour, Count: in.Count, Probability: in.Probability, Fault: fault}
	if in.Message != "" {
		if rule.Kind, err = ParseKind(in.Message); err != nil {
			return nil, err
		}
	}
	id, err := s.AddFault(rule)
	if err != nil {
		return nil, err
	}
	return map[string]int{"id": id}, nil
}

// ParseKind finds a message by its action, such as "PreauthorizationRequest", with or without "Request" at its end.
func ParseKind(name string) (messages.Kind, error) {
	for _, k := range messages.Kinds() {
		if name == k.Action() || name == strings.TrimSuffix(k.Action(), "Request") {
			return k, nil
		}
	}
	return 0, fmt.Errorf("simulator: %w: there is no message %q", ErrRule, name)
}

func (s *Simulator) deleteFault(r *http.Request) (any, error) {
	text := r.URL.Query().Get("id")
	if text == "" {
		s.RemoveFault(0)
		return s.faultView(), nil
	}
	id, err := strconv.Atoi(text)
	if err != nil || id < 1 {
		return nil, &controlError{http.StatusBadRequest, "id is the number of a rule"}
	}
	if !s.RemoveFault(id) {
		return nil, &controlError{http.StatusNotFound, "there is no such rule"}
	}
	return s.faultView(), nil
}

func (s *Simulator) getMagic(*http.Request) (any, error) { return magicView(), nil }

func (s *Simulator) getSwitches(*http.Request) (any, error) {
	return switchViews(s.cfg.Switches), nil
}

func (s *Simulator) postReset(*http.Request) (any, error) {
	if err := s.Reset(); err != nil {
		return nil, err
	}
	return map[string]string{"state": "as at the start"}, nil
}
