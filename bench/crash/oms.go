//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
)

// oms is the caller. It writes down every answer it gets, apart from everything that the gateway and the simulator
// keep.
type oms struct {
	http  *http.Client
	token string

	mu   sync.Mutex
	told []check.Told
}

func newOMS(token string) *oms { return &oms{http: newHTTPClient(), token: token} }

// order is one request as the OMS makes it and may repeat it.
type order struct {
	op     svcgate.OperationInfo
	key    string
	order  string
	card   string // the number; "" for a generation
	amount svcgate.Money
	parts  int // messages that it is sent as when all goes well
	body   map[string]any
}

// answer is what came back to a request.
type answer struct {
	status int
	code   string // of a problem
	row    *transaction
}

// transaction is what an answer shows of one.
type transaction struct {
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
	Caller        string  `json:"caller"`
	Key           *string `json:"idempotency_key"`
	Authorization string  `json:"authorization"`
	Sends         int     `json:"sends"`
	Parent        string  `json:"parent"`
	Parts         []struct {
		Authorization string       `json:"authorization"`
		Amount        *amount      `json:"amount"`
		Transaction   *transaction `json:"transaction"`
	} `json:"parts"`
	Settlement *struct {
		By string `json:"by"`
	} `json:"settlement"`
}

type amount struct{ Amount, Currency string }

func (a *amount) money() (svcgate.Money, error) {
	if a == nil {
		return svcgate.Money{}, nil
	}
	return svcgate.ParseMoney(a.Amount, a.Currency)
}

// text returns what s points at, "" for nil.
func text[T ~string](s *T) T {
	if s == nil {
		return ""
	}
	return *s
}

// send asks the gateway once and writes the answer down. An error says that there was no answer.
func (o *oms) send(ctx context.Context, base string, r order) (answer, error) {
	body, err := json.Marshal(r.body)
	if err != nil {
		return answer{}, err
	}
	status, content, err := o.do(ctx, http.MethodPost, base+"/v1/"+r.op.Route, r.key, body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: status}
	if status/100 == 2 {
		a.row = &transaction{}
		err = json.Unmarshal(content, a.row)
	} else {
		var problem struct {
			Code        string       `json:"code"`
			Transaction *transaction `json:"transaction"`
		}
		err = json.Unmarshal(content, &problem)
		a.code, a.row = problem.Code, problem.Transaction
	}
	if err != nil {
		return a, fmt.Errorf("the gateway's answer cannot be read: %w", err)
	}
	t := check.Told{Key: r.key, Operation: r.op.Operation, Card: lastFour(r.card), Order: r.order, Amount: r.amount, HTTP: status, At: time.Now()}
	if a.row != nil {
		if err := a.row.tell(&t); err != nil {
			return a, err
		}
	}
	o.write(t)
	return a, nil
}

func (o *oms) write(t check.Told) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, t)
}

// log returns a copy of what was written down.
func (o *oms) log() []check.Told {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]check.Told(nil), o.told...)
}

func (o *oms) do(ctx context.Context, method, url, key string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.GetBody = nil // nothing is sent twice by itself
	request.Header.Set("Authorization", "Bearer "+o.token)
	if body == nil {
		request.Body = http.NoBody
	} else {
		request.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	answer, err := o.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxRead))
	return answer.StatusCode, content, err
}

// tell fills in what the transaction tells.
func (t *transaction) tell(told *check.Told) (err error) {
	told.TransactionID, told.Outcome, told.Certain = t.ID, text(t.Outcome), t.State == svcgate.StateFinal
	if t.Provider != nil {
		told.ProviderID = text(t.Provider.TransactionID)
	}
	if t.Card != nil {
		told.Card = lastFour(t.Card.Masked)
	}
	told.Acted, err = t.Amount.money()
	return err
}

// restLimit is how long a gateway may take to bring what is under way to an end: its own looks, and outcomes that a
// failing disk did not take at first.
const restLimit = 10 * time.Second

// readAll reads every transaction of the journal over the API, and writes down what it is told. It waits for the
// gateway to come to rest, within bounds: what is under way then stays so.
func (o *oms) readAll(ctx context.Context, base string) ([]check.Journaled, error) {
	limit := time.Now().Add(restLimit)
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		rows, told, err := o.list(ctx, base)
		if err != nil {
			return nil, err
		}
		busy := slices.ContainsFunc(rows, func(r check.Journaled) bool { return r.Transaction.State == svcgate.StateSent })
		if !busy || time.Now().After(limit) {
			for _, t := range told {
				o.write(t)
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

// list reads every transaction of the journal over the API as it is.
func (o *oms) list(ctx context.Context, base string) (rows []check.Journaled, all []check.Told, err error) {
	for cursor := ""; ; {
		query := url.Values{"limit": {"500"}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		status, content, err := o.do(ctx, http.MethodGet, base+"/v1/transactions?"+query.Encode(), "", nil)
		if err != nil {
			return nil, nil, err
		}
		var page struct {
			Transactions []*transaction `json:"transactions"`
			Next         *string        `json:"next"`
		}
		if err := json.Unmarshal(content, &page); err != nil || status != http.StatusOK {
			return nil, nil, fmt.Errorf("reading the transactions: status %d: %w", status, err)
		}
		for _, t := range page.Transactions {
			row, err := t.journaled()
			if err != nil {
				return nil, nil, fmt.Errorf("transaction %s: %w", t.ID, err)
			}
			rows = append(rows, row)
			told := check.Told{Key: text(t.Key), Operation: row.Transaction.Operation, Order: text(t.Order),
				Amount: row.Transaction.Requested, HTTP: status, At: time.Now()}
			if err := t.tell(&told); err != nil {
				return nil, nil, err
			}
			all = append(all, told)
		}
		if cursor = text(page.Next); cursor == "" {
			return rows, all, nil
		}
	}
}

func (t *transaction) journaled() (row check.Journaled, err error) {
	r := &row.Transaction
	r.ID, r.Caller, r.Key, r.Service, r.Order = t.ID, t.Caller, text(t.Key), t.Service, text(t.Order)
	r.State, r.Outcome = t.State, text(t.Outcome)
	if t.Card != nil {
		r.Last4 = lastFour(t.Card.Masked)
	}
	if t.Provider != nil {
		r.Reply.TransactionID = text(t.Provider.TransactionID)
	}
	if r.Operation, err = svcgate.ParseOperation(t.Operation); err != nil {
		return row, err
	}
	if r.Requested, err = t.Requested.money(); err != nil {
		return row, err
	}
	r.Authorization, r.Sends, r.Parent = t.Authorization, t.Sends, t.Parent
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
