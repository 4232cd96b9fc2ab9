//go:build linux

package world

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
)

// OMS is the caller. It writes down every answer it gets, apart from everything that the gateway and the simulator
// keep.
type OMS struct {
	HTTP  *http.Client
	Token string

	mu   sync.Mutex
	told []check.Told
}

// NewOMS makes a caller that opens a connection for each request.
func NewOMS(token string) *OMS { return &OMS{HTTP: Client(), Token: token} }

// Order is one request as the OMS makes it and may repeat it.
type Order struct {
	Op     svcgate.OperationInfo
	Key    string
	Order  string
	Card   string // the number; "" for a generation
	Amount svcgate.Money
	Parts  int // messages that it is sent as when all goes well
	Body   map[string]any
}

// NewOrder makes a request under a name of its own, which is its order and in its key. money is in USD, and only used by
// an operation that needs an amount; a deposit or void still has to be given its hold.
func NewOrder(service, name string, op svcgate.OperationInfo, number, money string) (Order, error) {
	r := Order{Op: op, Key: "key " + name, Order: name, Card: number, Parts: 1, Body: map[string]any{"service": service}}
	if op.Operation == svcgate.Generate {
		r.Order, r.Card = "", "" // its message carries neither
	} else {
		r.Body["order"] = name
		r.Body["card"] = map[string]any{"number": number}
	}
	if op.NeedsAmount {
		r.Body["amount"], r.Body["currency"] = money, "USD"
		var err error
		if r.Amount, err = svcgate.ParseMoney(money, "USD"); err != nil {
			return r, err
		}
	}
	if op.NeedsKind {
		r.Body["kind"] = string(svcgate.Physical)
	}
	return r, nil
}

// Uses names the hold that a deposit or void is of.
func (r *Order) Uses(order, authorization string) {
	r.Order, r.Body["order"], r.Body["authorization"] = order, order, authorization
}

// Answer is what came back to a request.
type Answer struct {
	Status int
	Code   string // of a problem
	Row    *Transaction
	Body   []byte
}

// Transaction is what an answer shows of one.
type Transaction struct {
	ID        string           `json:"id"`
	Operation string           `json:"operation"`
	Outcome   *svcgate.Outcome `json:"outcome"`
	State     svcgate.State    `json:"state"`
	Service   string           `json:"service"`
	Order     *string          `json:"order"`
	Card      *struct {
		Masked string `json:"masked"`
		Number string `json:"number"`
	} `json:"card"`
	Requested *amount `json:"requested"`
	Amount    *amount `json:"amount"`
	Provider  *struct {
		TransactionID *string `json:"transaction_id"`
	} `json:"provider"`
	Caller        string    `json:"caller"`
	Key           *string   `json:"idempotency_key"`
	Authorization string    `json:"authorization"`
	Sends         int       `json:"sends"`
	Created       time.Time `json:"created_at"`
	Parent        string    `json:"parent"`
	Parts         []struct {
		Authorization string       `json:"authorization"`
		Amount        *amount      `json:"amount"`
		Transaction   *Transaction `json:"transaction"`
	} `json:"parts"`
	Settlement *struct {
		By string `json:"by"`
	} `json:"settlement"`
}

// amount is money as the API writes it.
type amount struct{ Amount, Currency string }

func (a *amount) money() (svcgate.Money, error) {
	if a == nil {
		return svcgate.Money{}, nil
	}
	return svcgate.ParseMoney(a.Amount, a.Currency)
}

// Text returns what s points at, "" for nil.
func Text[T ~string](s *T) T {
	if s == nil {
		return ""
	}
	return *s
}

// Send asks the gateway once and writes the answer down. An error says that there was no answer.
func (o *OMS) Send(ctx context.Context, base string, r Order) (Answer, error) {
	body, err := json.Marshal(r.Body)
	if err != nil {
		return Answer{}, err
	}
	status, content, err := o.Do(ctx, http.MethodPost, base+"/v1/"+r.Op.Route, r.Key, body)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Status: status, Body: content}
	if status/100 == 2 {
		a.Row = &Transaction{}
		err = json.Unmarshal(content, a.Row)
	} else {
		var problem struct {
			Code        string       `json:"code"`
			Transaction *Transaction `json:"transaction"`
		}
		err = json.Unmarshal(content, &problem)
		a.Code, a.Row = problem.Code, problem.Transaction
	}
	if err != nil {
		return a, fmt.Errorf("the gateway's answer cannot be read: %w", err)
	}
	t := check.Told{Key: r.Key, Operation: r.Op.Operation, Card: LastFour(r.Card), Order: r.Order, Amount: r.Amount, HTTP: status, At: time.Now()}
	if a.Row != nil {
		if err := a.Row.Tell(&t); err != nil {
			return a, err
		}
	}
	o.Write(t)
	return a, nil
}

// Write writes down what was told.
func (o *OMS) Write(t check.Told) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, t)
}

// Log returns a copy of what was written down.
func (o *OMS) Log() []check.Told {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]check.Told(nil), o.told...)
}

// Do sends one request, once, and returns what came back.
func (o *OMS) Do(ctx context.Context, method, url, key string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.GetBody = nil // nothing is sent twice by itself
	request.Header.Set("Authorization", "Bearer "+o.Token)
	if body == nil {
		request.Body = http.NoBody
	} else {
		request.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	answer, err := o.HTTP.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, MaxRead))
	return answer.StatusCode, content, err
}

// Tell fills in what the transaction tells.
func (t *Transaction) Tell(told *check.Told) (err error) {
	told.TransactionID, told.Outcome, told.Certain = t.ID, Text(t.Outcome), t.State == svcgate.StateFinal
	if t.Provider != nil {
		told.ProviderID = Text(t.Provider.TransactionID)
	}
	if t.Card != nil {
		told.Card = LastFour(t.Card.Masked)
	}
	told.Acted, err = t.Amount.money()
	return err
}

// RestLimit is how long a gateway may take to bring what is under way to an end: its own looks, and outcomes that a
// failing disk did not take at first.
const RestLimit = 10 * time.Second

// ReadAll reads every transaction of the journal over the API, and writes down what it is told. It waits for the
// gateway to come to rest, within bounds: what is under way then stays so.
func (o *OMS) ReadAll(ctx context.Context, base string) ([]check.Journaled, error) {
	limit := time.Now().Add(RestLimit)
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		rows, told, err := o.List(ctx, base, nil)
		if err != nil {
			return nil, err
		}
		busy := slices.ContainsFunc(rows, func(r check.Journaled) bool { return r.Transaction.State == svcgate.StateSent })
		if !busy || time.Now().After(limit) {
			for _, t := range told {
				o.Write(t)
			}
			return rows, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// List reads every transaction of the journal over the API as it is, or those that a filter of GET /v1/transactions lets
// through.
func (o *OMS) List(ctx context.Context, base string, filter url.Values) (rows []check.Journaled, all []check.Told, err error) {
	for cursor := ""; ; {
		query := url.Values{"limit": {"500"}}
		maps.Copy(query, filter)
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		status, content, err := o.Do(ctx, http.MethodGet, base+"/v1/transactions?"+query.Encode(), "", nil)
		if err != nil {
			return nil, nil, err
		}
		var page struct {
			Transactions []*Transaction `json:"transactions"`
			Next         *string        `json:"next"`
		}
		if err := json.Unmarshal(content, &page); err != nil || status != http.StatusOK {
			return nil, nil, fmt.Errorf("reading the transactions: status %d: %w", status, err)
		}
		for _, t := range page.Transactions {
			row, err := t.Journaled()
			if err != nil {
				return nil, nil, fmt.Errorf("transaction %s: %w", t.ID, err)
			}
			rows = append(rows, row)
			told := check.Told{Key: Text(t.Key), Operation: row.Transaction.Operation, Order: Text(t.Order),
				Amount: row.Transaction.Requested, HTTP: status, At: time.Now()}
			if err := t.Tell(&told); err != nil {
				return nil, nil, err
			}
			all = append(all, told)
		}
		if cursor = Text(page.Next); cursor == "" {
			return rows, all, nil
		}
	}
}

// Journaled is the transaction as the checker takes a row of the journal.
func (t *Transaction) Journaled() (row check.Journaled, err error) {
	r := &row.Transaction
	r.ID, r.Caller, r.Key, r.Service, r.Order = t.ID, t.Caller, Text(t.Key), t.Service, Text(t.Order)
	r.State, r.Outcome = t.State, Text(t.Outcome)
	if t.Card != nil {
		r.Last4 = LastFour(t.Card.Masked)
	}
	if t.Provider != nil {
		r.Reply.TransactionID = Text(t.Provider.TransactionID)
	}
	if r.Operation, err = svcgate.ParseOperation(t.Operation); err != nil {
		return row, err
	}
	if r.Requested, err = t.Requested.money(); err != nil {
		return row, err
	}
	r.Authorization, r.Sends, r.Parent, r.Created = t.Authorization, t.Sends, t.Parent, t.Created
	if t.Settlement != nil {
		r.Settlement = &svcgate.Settlement{By: t.Settlement.By}
	}
	for _, p := range t.Parts {
		part := svcgate.Part{Authorization: p.Authorization}
		if part.Amount, err = p.Amount.money(); err != nil {
			return row, err
		}
		if p.Transaction != nil {
			part.TransactionID = p.Transaction.ID
		}
		r.Plan = append(r.Plan, part)
	}
	r.Reply.Amount, err = t.Amount.money()
	return row, err
}

// Client makes a client that sends a request once: on a kept connection Go would send one with an Idempotency-Key again
// by itself.
func Client() *http.Client {
	return &http.Client{Timeout: Patience, Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
}

// MaxRead bounds an answer; a night's ledger has a hundred thousand entries.
const MaxRead = 256 << 20

// LastFour takes the digits of a masked number that are shown.
func LastFour(masked string) string { return masked[max(0, len(masked)-4):] }
