package svcgate_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
)

// memory is a Journal in memory that can be told to fail.
type memory struct {
	mu        sync.Mutex
	rows      map[string]*svcgate.Transaction
	byKey     map[string]*svcgate.Transaction
	finished  map[string]*svcgate.Transaction
	exchanges map[string]*svcgate.Exchange
	holds     []svcgate.Hold
	held      *svcgate.CardHeldError
	similar   string
	account   string
	reading   svcgate.Reading
	woken     int
	beginErr  error
	beginKept bool
	onBegin   func()
	finishErr error
	holdsErr  error
	idSeen    bool
	head      int64
	headErr   error
	moved     int64 // where in the chain an operation on the card ended last
	claimed   bool  // by another node
	disturbed bool  // what is unresolved
	claimErr  error
}

func newMemory() *memory {
	return &memory{rows: map[string]*svcgate.Transaction{}, byKey: map[string]*svcgate.Transaction{}, finished: map[string]*svcgate.Transaction{}, exchanges: map[string]*svcgate.Exchange{}}
}

func (m *memory) Begin(_ context.Context, t *svcgate.Transaction) (*svcgate.Transaction, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.onBegin != nil {
		m.mu.Unlock()
		m.onBegin()
		m.mu.Lock()
	}
	if m.beginErr != nil {
		if m.beginKept {
			kept := *t
			m.byKey[t.Caller+"\x00"+t.Key], m.rows[t.ID] = &kept, &kept
		}
		return nil, m.beginErr
	}
	if t.Key != "" {
		if earlier := m.byKey[t.Caller+"\x00"+t.Key]; earlier != nil {
			return m.latest(earlier), nil
		}
	}
	if info, _ := t.Operation.Info(); info.MovesMoney {
		if m.held != nil {
			return nil, m.held
		}
		if t.Seen != 0 && m.moved > t.Seen {
			return nil, fmt.Errorf("beginning: %w", svcgate.ErrMoved)
		}
	}
	kept := *t
	m.byKey[t.Caller+"\x00"+cmp.Or(t.Key, t.ID)] = &kept
	m.rows[t.ID] = &kept
	return nil, nil
}

func (m *memory) latest(t *svcgate.Transaction) *svcgate.Transaction {
	if done := m.finished[t.ID]; done != nil {
		t = done
	}
	kept := *t
	kept.Plan = slices.Clone(t.Plan)
	return &kept
}

func (m *memory) Earlier(_ context.Context, caller, key string) (*svcgate.Transaction, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if earlier := m.byKey[caller+"\x00"+key]; earlier != nil {
		return m.latest(earlier), nil
	}
	return nil, nil
}

func (m *memory) Finish(ctx context.Context, t *svcgate.Transaction, x *svcgate.Exchange) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.finishErr != nil {
		return m.finishErr
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.idSeen && t.Reply.TransactionID != "" {
		return fmt.Errorf("finishing: %w", svcgate.ErrIDSeen)
	}
	kept := *t
	m.finished[t.ID], m.exchanges[t.ID] = &kept, x
	return nil
}

func (m *memory) Head(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head, m.headErr
}

func (m *memory) Claim(context.Context, string) (bool, error) { return !m.claimed, m.claimErr }

func (m *memory) LastReading(context.Context, string, string) (svcgate.Reading, error) {
	return m.reading, nil
}

func (m *memory) Account(context.Context, string, string) (string, error) { return m.account, nil }

func (m *memory) Similar(context.Context, *svcgate.Transaction, time.Time) (string, error) {
	return m.similar, nil
}

func (m *memory) Due(_ context.Context, now time.Time, limit int, services ...string) ([]*svcgate.Transaction, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []*svcgate.Transaction
	for _, t := range m.finished {
		if t.State == svcgate.StateUnresolved && !t.Next.After(now) && len(due) < limit && slices.Contains(services, t.Service) {
			due = append(due, m.latest(t))
		}
	}
	return due, nil
}

func (m *memory) Open(_ context.Context, id string) (*svcgate.Transaction, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := m.rows[id]; t != nil {
		t = m.latest(t)
		t.Disturbed = m.disturbed && t.State == svcgate.StateUnresolved
		return t, nil
	}
	return nil, &svcgate.Error{Code: svcgate.CodeNotFound}
}

func (m *memory) Look(_ context.Context, id string, reading svcgate.Reading, next time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.finished[id]
	t.Looks++
	t.Next = next
	if !reading.IsZero() {
		t.Readings = append(slices.Clip(t.Readings), reading)
	}
	return nil
}

func (m *memory) Wake(_ context.Context, service string, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.woken++
	for _, t := range m.finished {
		if t.State == svcgate.StateUnresolved && t.Service == service {
			t.Next = now
		}
	}
	return nil
}

func (m *memory) ToDesk(_ context.Context, id string, f svcgate.Finding, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.finished[id]
	if t.State != svcgate.StateUnresolved {
		return &svcgate.Error{Code: svcgate.CodeConflict}
	}
	t.State, t.Finding, t.Next = svcgate.StateDesk, &f, time.Time{}
	return nil
}

func (m *memory) Settle(_ context.Context, t *svcgate.Transaction) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.finished[t.ID].State; s != svcgate.StateUnresolved && s != svcgate.StateDesk {
		return &svcgate.Error{Code: svcgate.CodeConflict}
	}
	kept := *t
	m.finished[t.ID] = &kept
	return nil
}

func (m *memory) SendAgain(_ context.Context, id string, sends int, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.finished[id]
	if t.State != svcgate.StateUnresolved || t.Sends != sends {
		return &svcgate.Error{Code: svcgate.CodeConflict}
	}
	t.State, t.Outcome, t.Sent, t.Readings = svcgate.StateSent, "", at, nil
	t.Sends++
	return nil
}

func (m *memory) Holds(context.Context, string, string, string) ([]svcgate.Hold, error) {
	return m.holds, m.holdsErr
}

// scripted is a Provider that answers what it is told and counts what it sends.
type scripted struct {
	mu         sync.Mutex
	last       svcgate.Operation
	sends      atomic.Int32
	reply      svcgate.Reply
	exchange   svcgate.Exchange
	err        error
	prepareErr error
	during     func(ctx context.Context)
}

func (s *scripted) Prepare(r *svcgate.Request, _ time.Time) (svcgate.Message, error) {
	return scriptedMessage{s, r.Operation()}, s.prepareErr
}

type scriptedMessage struct {
	*scripted
	operation svcgate.Operation
}

func (s *scripted) Approval(svcgate.Operation, svcgate.Kind) (svcgate.Source, string) {
	return svcgate.SourceReasonCode, "24"
}

func (s scriptedMessage) Send(ctx context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	s.sends.Add(1)
	s.mu.Lock()
	s.last = s.operation
	s.mu.Unlock()
	if s.during != nil {
		s.during(ctx)
	}
	return s.reply, s.exchange, s.err
}

type book map[string]svcgate.VendorResponse

func (b book) Lookup(_ string, _ svcgate.Operation, source svcgate.Source, code string) (svcgate.VendorResponse, bool) {
	v, ok := b[string(source)+":"+code]
	return v, ok
}

func rule(code string, o svcgate.Outcome) svcgate.VendorResponse {
	return svcgate.VendorResponse{Code: code, Outcome: o, Rule: code}
}

var testBook = book{
	"reason_code:24": rule("100", svcgate.Approved), "reason_code:26": rule("100", svcgate.Approved), "reason_code:40": rule("104", svcgate.Declined),
	"error_code:NO_MONEY": rule("101", svcgate.Declined), "error_code:BAD_RULE": rule("100", svcgate.Approved),
	"error_code:GONE": rule("SU", svcgate.Unavailable), "error_code:ODD": rule("102", svcgate.Unknown), "error_code:EMPTY": rule("103", ""),
	"response_code:OK": rule("100", svcgate.Approved), "transport:SU": rule("SU", svcgate.Unavailable),
}

type bench struct {
	*svcgate.Gateway
	journal  *memory
	provider *scripted
	now      time.Time
	jump     time.Duration // of the wall clock
}

func newBench(t testing.TB) *bench {
	t.Helper()
	return newBenchWith(t, svcgate.Breaker{Failures: -1})
}

func newBenchWith(t testing.TB, breaker svcgate.Breaker) *bench {
	t.Helper()
	file, err := secret.NewKeyFile("k1")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.ParseKeyring(file)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{journal: newMemory(), provider: &scripted{}, now: time.Date(2026, 3, 2, 15, 4, 5, 0, time.UTC)}
	b.Gateway, err = svcgate.NewGateway(svcgate.GatewayConfig{
		Providers: map[string]svcgate.Provider{"RLT": b.provider}, Journal: b.journal, History: b.journal, Unsettled: b.journal, Decisions: b.journal, Codes: testBook, Keys: keys, Breaker: breaker,
		Now:     func() time.Time { return b.now.Add(b.jump) },
		Elapsed: func() time.Duration { return b.now.Sub(time.Time{}.AddDate(2000, 0, 0)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.provider.reply = accepted(t, "24", "11.07")
	b.provider.exchange = svcgate.Exchange{Class: svcgate.ClassAnswered}
	return b
}

func accepted(t testing.TB, code, amount string) svcgate.Reply {
	return svcgate.Reply{Accepted: true, Source: svcgate.SourceReasonCode, Code: code, Amount: money(t, amount, "USD"), TransactionID: "9354"}
}

func refused(code string) svcgate.Reply {
	return svcgate.Reply{Source: svcgate.SourceErrorCode, Code: code}
}
