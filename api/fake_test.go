package api_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/responsecodes"
)

const cardNumber = "6006497751230017"

// at is when everything happens in these tests.
var at = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

// journal is a svcgate.Journal and an api.Reader in memory.
type journal struct {
	mu        sync.Mutex
	rows      []*svcgate.Transaction
	exchanges map[string]*svcgate.Exchange
	filter    svcgate.Filter  // of the last list
	next      string          // cursor that the next list tells
	asked     asked           // of the figures, the last time
	reading   svcgate.Reading // of every card, before
	broken    error           // returned by everything
}

func (j *journal) Begin(_ context.Context, t *svcgate.Transaction) (*svcgate.Transaction, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return nil, j.broken
	}
	for _, row := range j.rows {
		if t.Key != "" && row.Key == t.Key && row.Caller == t.Caller {
			return clone(row), nil
		}
	}
	j.rows = append(j.rows, clone(t))
	return nil, nil
}

func (j *journal) Finish(_ context.Context, t *svcgate.Transaction, x *svcgate.Exchange) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, row := range j.rows {
		if row.ID == t.ID {
			j.rows[i] = clone(t)
			j.exchanges[t.ID] = x
		}
	}
	return j.broken
}

func (j *journal) Holds(_ context.Context, service, order, authorization string) ([]svcgate.Hold, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var holds []svcgate.Hold
	for _, row := range j.rows {
		if row.Operation == svcgate.Authorize && row.Outcome == svcgate.Approved && (row.Order == order || row.Reply.TransactionID == authorization) {
			holds = append(holds, svcgate.Hold{Authorization: row.Reply.TransactionID, TransactionID: row.ID, Order: row.Order,
				CardPrint: row.CardPrint, Last4: row.Last4, Amount: row.Reply.Amount, Captured: j.captured(row), Remaining: less(row.Reply.Amount, j.captured(row)),
				Created: row.Created})
		}
	}
	return holds, j.broken
}

func (j *journal) Transaction(_ context.Context, id string) (*svcgate.Transaction, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := choke(id); err != nil {
		return nil, err
	}
	for _, row := range j.rows {
		if row.ID == id {
			return j.linked(row), j.broken
		}
	}
	return nil, errors.Join(&svcgate.Error{Code: svcgate.CodeNotFound, Detail: "There is no such transaction."}, j.broken)
}

func (j *journal) Transactions(_ context.Context, f svcgate.Filter) (*svcgate.Page, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.filter = f
	if j.broken != nil {
		return nil, j.broken
	}
	page := &svcgate.Page{Next: j.next}
	for _, row := range slices.Backward(j.rows) {
		if (f.Order == "" || f.Order == row.Order) && (f.State == "" || f.State == row.State) && (f.Last4 == "" || f.Last4 == row.Last4) &&
			(f.Operation == 0 || f.Operation == row.Operation) {
			page.Transactions = append(page.Transactions, j.linked(row))
		}
	}
	return page, nil
}

func (j *journal) Exchange(_ context.Context, id string) (*svcgate.Exchange, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := choke(id); err != nil {
		return nil, err
	}
	if x := j.exchanges[id]; x != nil {
		return x, nil
	}
	return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "There is no such exchange."}
}

// choke fails as PostgreSQL does on what cannot be a text there.
func choke(text string) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return errors.New("invalid byte sequence (SQLSTATE 22021)")
	}
	return nil
}

// erase takes the sealed number of a transaction away, as time does.
func (j *journal) erase(id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, row := range j.rows {
		if row.ID == id {
			row.Sealed = nil
		}
	}
}

func clone(t *svcgate.Transaction) *svcgate.Transaction {
	c := *t
	return &c
}

// provider answers without a host. Its answer depends on the amount: see reply.
type provider struct {
	sent atomic.Int64
	ids  atomic.Int64 // when above zero, the next transaction's id
}

func (p *provider) Approval(op svcgate.Operation, _ svcgate.Kind) (svcgate.Source, string) {
	return svcgate.SourceReasonCode, markers[op]
}

func (p *provider) Prepare(r *svcgate.Request, _ time.Time) (svcgate.Message, error) {
	return message{p, r}, nil
}

type message struct {
	provider *provider
	request  *svcgate.Request
}

var markers = map[svcgate.Operation]string{svcgate.Activate: "2", svcgate.Recharge: "8", svcgate.Inquire: "16",
	svcgate.Return: "18", svcgate.Void: "22", svcgate.Authorize: "24", svcgate.Deposit: "26"}

// Amounts that the provider of these tests answers in its own way.
const (
	amountPartial     = "300.00"
	amountDeclined    = "13.13"
	amountUndefined   = "14.14"
	amountUnavailable = "15.15"
	amountUnknown     = "16.16"
)

func (m message) Send(context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	m.provider.sent.Add(1)
	r := m.request
	x := svcgate.Exchange{Class: svcgate.ClassAnswered, Sent: []byte("<Q><CardNumber>************0017</CardNumber></Q>"),
		Received: []byte("<A><Amount>11.07</Amount></A>"), Started: at, Took: 402118 * time.Microsecond, Status: 200}
	reply := svcgate.Reply{Accepted: true, Source: svcgate.SourceReasonCode, Code: markers[r.Operation()], Description: "AnswerMessage",
		Amount: r.Amount(), CardStatus: svcgate.StatusActive, Account: svcgate.Account{ID: "8413", Status: "active", Type: "SVC"},
		TransactionID: "9354", AuthNumber: "0000009354000382",
		Time: time.Date(2026, 3, 1, 4, 30, 0, 0, time.FixedZone("", -5*3600))}
	if m.provider.ids.Load() > 0 {
		reply.TransactionID = strconv.FormatInt(m.provider.ids.Add(1)-1, 10)
	}
	reply.Balance, _ = svcgate.MoneyFromMinor(23893, "USD")
	if r.Operation() == svcgate.Generate {
		card, err := svcgate.ParseCard(secret.New(cardNumber))
		return svcgate.Reply{Accepted: true, Source: svcgate.SourceResponseCode, Code: "OK", Card: card}, x, err
	}
	switch r.Amount().Decimal() {
	case amountPartial:
		reply.Amount = reply.Balance
		reply.Balance, _ = svcgate.MoneyFromMinor(0, "USD")
	case amountDeclined:
		reply = svcgate.Reply{Source: svcgate.SourceErrorCode, Code: "CARD_NOT_ACTIVE", Description: "The card is not active"}
	case amountUndefined:
		reply.Code = "77"
	case amountUnavailable:
		x = svcgate.Exchange{Class: svcgate.ClassNotSent, Failure: "The connection was refused.", Sent: x.Sent, Started: at}
		return svcgate.Reply{}, x, &svcgate.Error{Code: svcgate.CodeUnavailable}
	case amountUnknown:
		x = svcgate.Exchange{Class: svcgate.ClassNoReply, Failure: "No answer came in time.", Sent: x.Sent, Started: at}
		return svcgate.Reply{}, x, &svcgate.Error{Code: svcgate.CodeUnknown}
	}
	return reply, x, nil
}

// ruleStore is a responsecodes.Store in memory.
type ruleStore struct {
	responsecodes.Memory
	broken error
}

func (s *ruleStore) CodeVersions(ctx context.Context, service string, limit int) ([]responsecodes.Version, error) {
	versions, err := s.Memory.CodeVersions(ctx, service, limit)
	return versions, errors.Join(err, s.broken)
}

func (s *ruleStore) SaveCodeDraft(ctx context.Context, d *responsecodes.Draft, was, by, what string) error {
	if s.broken != nil {
		return s.broken
	}
	return s.Memory.SaveCodeDraft(ctx, d, was, by, what)
}

func (s *ruleStore) PublishCodes(ctx context.Context, v *responsecodes.Version, draft string) error {
	if s.broken != nil {
		return s.broken
	}
	return s.Memory.PublishCodes(ctx, v, draft)
}

// firstRules are version 1 of the service bureau of these tests.
func firstRules() []responsecodes.Rule {
	return append(responsecodes.StarterSet("RLT"), responsecodes.Rule{Service: "RLT", Source: svcgate.SourceErrorCode, Code: "CARD_NOT_ACTIVE", Vendor: "101",
		Description: "Declined", Outcome: svcgate.Declined})
}

// tokens finds a token for each role by a text such as "token-of-oms"; "token-revoked" was taken back.
type tokens struct {
	mu     sync.Mutex
	broken error
	kept   []access.Token
	hashes map[string]string // by name
}

func token(role access.Role) string { return "token-of-" + string(role) }

func (f *tokens) TokenByHash(_ context.Context, hash string) (access.Token, error) {
	if f.broken != nil {
		return access.Token{}, f.broken
	}
	for _, role := range access.Roles() {
		if hash == access.HashToken(token(role)) {
			return access.Token{Name: "the-" + string(role), Role: role, Created: at}, nil
		}
	}
	switch hash {
	case access.HashToken("token-revoked"):
		return access.Token{Name: "old", Role: access.RoleOMS, Created: at, Revoked: at}, nil
	case access.HashToken("token-of-nobody"):
		return access.Token{Name: "nobody", Role: "emperor", Created: at}, nil
	}
	return access.Token{}, &svcgate.Error{Code: svcgate.CodeNotFound}
}

// doer is a gateway made of a function.
type doer func(ctx context.Context, caller, key string, r *svcgate.Request) (*svcgate.Result, error)

func (f doer) Do(ctx context.Context, caller, key string, r *svcgate.Request) (*svcgate.Result, error) {
	return f(ctx, caller, key, r)
}

// logBuffer keeps what is logged.
type logBuffer struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	seen int
}

// fresh returns what was logged since it was called before.
func (b *logBuffer) fresh() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := string(b.buf.Bytes()[b.seen:])
	b.seen = b.buf.Len()
	return text
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// lastLine returns the last line that was logged.
func (b *logBuffer) lastLine() string {
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	return lines[len(lines)-1]
}

// house is an API with a real gateway over fakes.
type house struct {
	api.Config
	api      *api.API
	handler  http.Handler
	journal  *journal
	provider *provider
	rules    *ruleStore
	tokens   *tokens
	persons  *people
	audit    *audit
	log      *logBuffer
	sampled  map[string]bool // when set, one answer of a kind is validated against the document, not all: it takes long
}

// newHouse builds one; each change is made to the configuration before.
func newHouse(t testing.TB, changes ...func(*api.Config)) *house {
	t.Helper()
	h := &house{journal: &journal{exchanges: map[string]*svcgate.Exchange{}}, provider: &provider{}, rules: &ruleStore{}, tokens: &tokens{}, persons: &people{kept: map[string]access.Person{}}, audit: &audit{}, log: &logBuffer{}}
	book, err := responsecodes.NewBook(context.Background(), h.rules)
	if err != nil {
		t.Fatal(err)
	}
	book.Now = func() time.Time { return at }
	if _, err := book.Start(context.Background(), "RLT", firstRules()); err != nil {
		t.Fatal(err)
	}
	keyFile, err := secret.NewKeyFile("test")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.ParseKeyring(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := svcgate.NewGateway(svcgate.GatewayConfig{Providers: map[string]svcgate.Provider{"RLT": h.provider},
		Journal: h.journal, History: h.journal, Unsettled: h.journal, Decisions: h.journal, Codes: book, Keys: keys, Window: -1,
		Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	h.Config = api.Config{Gateway: gateway, Settler: gateway, Journal: h.journal, Codes: book, Tokens: h.tokens, TokenKeeper: h.tokens,
		People: h.persons, Auditor: h.audit, Trail: h.audit, Review: &responsecodes.Review{Book: book, Journal: h.journal}, Figures: h.journal, Services: []string{"RLT"},
		Log: slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: func() time.Time { return at }, Version: "test"}
	for _, change := range changes {
		change(&h.Config)
	}
	if h.api, err = api.New(h.Config); err != nil {
		t.Fatal(err)
	}
	h.handler = h.api.Handler()
	t.Cleanup(func() {
		if err := h.api.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}
