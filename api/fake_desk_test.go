package api_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

// What follows makes journal the svcgate.History, svcgate.Unsettled and svcgate.Decisions of the gateway.

func (j *journal) Earlier(_ context.Context, caller, key string) (*svcgate.Transaction, error) {
	return j.find(func(t *svcgate.Transaction) bool { return t.Caller == caller && t.Key == key })
}

func (j *journal) Head(context.Context) (int64, error) { return 1, j.broken }

func (j *journal) Claim(context.Context, string) (bool, error) { return true, j.broken }

func (j *journal) find(is func(*svcgate.Transaction) bool) (*svcgate.Transaction, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, row := range j.rows {
		if is(row) {
			return j.linked(row), j.broken
		}
	}
	return nil, j.broken
}

// linked gives a split deposit the ids of its parts, which were begun after it.
func (j *journal) linked(t *svcgate.Transaction) *svcgate.Transaction {
	c := clone(t)
	c.Plan = slices.Clone(t.Plan)
	for i := range c.Plan {
		for _, part := range j.rows {
			if part.Parent == t.ID && part.Authorization == c.Plan[i].Authorization {
				c.Plan[i].TransactionID = part.ID
			}
		}
	}
	return c
}

func (j *journal) Account(context.Context, string, string) (string, error) { return "", nil }

func (j *journal) LastReading(context.Context, string, string) (svcgate.Reading, error) {
	return j.reading, nil
}

func (j *journal) Similar(_ context.Context, t *svcgate.Transaction, _ time.Time) (string, error) {
	like, err := j.find(func(row *svcgate.Transaction) bool {
		return row.Operation == t.Operation && row.Order == t.Order && row.CardPrint == t.CardPrint && row.Requested == t.Requested && row.Key != t.Key
	})
	if like == nil {
		return "", err
	}
	return like.ID, err
}

func (j *journal) Due(context.Context, time.Time, int, ...string) ([]*svcgate.Transaction, error) {
	return nil, j.broken
}

func (j *journal) Open(_ context.Context, id string) (*svcgate.Transaction, error) {
	t, err := j.find(func(row *svcgate.Transaction) bool { return row.ID == id })
	if t == nil && err == nil {
		err = &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "There is no such transaction."}
	}
	return t, err
}

// change alters a row that is in one of the states.
func (j *journal) change(id string, alter func(*svcgate.Transaction), states ...svcgate.State) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, row := range j.rows {
		if row.ID == id && slices.Contains(states, row.State) {
			alter(row)
			return j.broken
		}
	}
	return &svcgate.Error{Code: svcgate.CodeConflict}
}

func (j *journal) Look(_ context.Context, id string, r svcgate.Reading, next time.Time) error {
	return j.change(id, func(t *svcgate.Transaction) {
		t.Looks, t.Next = t.Looks+1, next
		if !r.IsZero() {
			t.Readings = append(slices.Clip(t.Readings), r)
		}
	}, svcgate.StateUnresolved)
}

func (j *journal) Wake(context.Context, string, time.Time) error { return nil }

func (j *journal) ToDesk(_ context.Context, id string, f svcgate.Finding, _ time.Time) error {
	return j.change(id, func(t *svcgate.Transaction) { t.State, t.Finding = svcgate.StateDesk, &f }, svcgate.StateUnresolved)
}

func (j *journal) Settle(_ context.Context, settled *svcgate.Transaction) error {
	return j.change(settled.ID, func(t *svcgate.Transaction) { *t = *settled }, svcgate.StateUnresolved, svcgate.StateDesk)
}

func (j *journal) SendAgain(_ context.Context, id string, _ int, at time.Time) error {
	return j.change(id, func(t *svcgate.Transaction) { t.State, t.Sent = svcgate.StateSent, at }, svcgate.StateUnresolved)
}

func (j *journal) OpenHolds(_ context.Context, f svcgate.Filter) ([]svcgate.Hold, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var holds []svcgate.Hold
	for _, row := range j.rows {
		if row.Operation != svcgate.Authorize || row.Outcome != svcgate.Approved || row.Service != f.Service ||
			f.Order != "" && row.Order != f.Order || f.Last4 != "" && row.Last4 != f.Last4 || len(holds) == f.Limit {
			continue
		}
		holds = append(holds, svcgate.Hold{Authorization: row.Reply.TransactionID, TransactionID: row.ID, Order: row.Order,
			Last4: row.Last4, Amount: row.Reply.Amount, Captured: j.captured(row), Remaining: less(row.Reply.Amount, j.captured(row)), Created: row.Created})
	}
	return holds, j.broken
}

func (j *journal) OrphanHolds(_ context.Context, service string) ([]*svcgate.Transaction, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var orphans []*svcgate.Transaction
	for _, row := range j.rows {
		if row.Service == service && row.Operation == svcgate.Authorize && row.State == svcgate.StateDesk && row.Finding != nil && row.Finding.Verdict == svcgate.Applied {
			orphans = append(orphans, clone(row))
		}
	}
	return orphans, j.broken
}

// captured sums up what deposits took from an authorization; the caller holds the lock.
func (j *journal) captured(hold *svcgate.Transaction) svcgate.Money {
	sum, _ := svcgate.MoneyFromMinor(0, hold.Reply.Amount.Currency())
	for _, row := range j.rows {
		if row.Operation == svcgate.Deposit && row.Authorization == hold.Reply.TransactionID && row.Outcome == svcgate.Approved {
			sum, _ = sum.Plus(row.Reply.Amount)
		}
	}
	return sum
}

func less(a, b svcgate.Money) svcgate.Money {
	rest, _ := a.Minus(b)
	return rest
}

// What follows makes tokens an api.TokenKeeper. What it keeps is not found by hash.

func (f *tokens) Tokens(context.Context) ([]access.Token, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.kept), f.broken
}

func (f *tokens) PutToken(_ context.Context, t access.Token, hash string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return f.broken
	}
	if _, there := f.hashes[t.Name]; there {
		return &svcgate.Error{Code: svcgate.CodeConflict, Reason: "token_exists", Field: "name", Detail: "This name was given before."}
	}
	if f.hashes == nil {
		f.hashes = map[string]string{}
	}
	f.hashes[t.Name], f.kept = hash, append(f.kept, t)
	return nil
}

func (f *tokens) RevokeToken(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.kept {
		if f.kept[i].Name == name {
			f.kept[i].Revoked = at
			return f.broken
		}
	}
	return &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "There is no such token."}
}

// audit is an api.Auditor and api.Trail in memory.
type audit struct {
	mu      sync.Mutex
	entries []access.Entry
	broken  error
}

func (a *audit) Audit(ctx context.Context, e access.Entry) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := errors.Join(a.broken, e.Validate()); err != nil {
		return err
	}
	a.entries = append(a.entries, e)
	return ctx.Err()
}

// AuditTrail uses the number of the next entry as cursor.
func (a *audit) AuditTrail(_ context.Context, f access.EntryFilter) ([]access.Entry, string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	limit, cursor := cmp.Or(f.Limit, 50), f.Cursor
	newest := slices.DeleteFunc(slices.Clone(a.entries), func(e access.Entry) bool {
		return f.Actor != "" && f.Actor != e.Actor || f.Action != "" && f.Action != e.Action || f.Subject != "" && f.Subject != e.Subject
	})
	slices.Reverse(newest)
	from := 0
	if cursor != "" {
		var err error
		if from, err = strconv.Atoi(cursor); err != nil || from > len(newest) {
			return nil, "", &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_cursor", Field: "cursor", Detail: "Give the cursor of the page before.", Err: errors.Join(err)}
		}
	}
	to := min(len(newest), from+limit)
	next := ""
	if to < len(newest) {
		next = strconv.Itoa(to)
	}
	return newest[from:to], next, a.broken
}

// all returns the entries as "actor action subject".
func (a *audit) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var lines []string
	for _, e := range a.entries {
		lines = append(lines, e.Actor+" "+e.Action+" "+e.Subject)
	}
	return lines
}

var (
	_ api.Settler      = (*svcgate.Gateway)(nil)
	_ api.Reader       = (*journal)(nil)
	_ api.TokenKeeper  = (*tokens)(nil)
	_ api.PeopleKeeper = (*people)(nil)
	_ api.Auditor      = (*audit)(nil)
	_ api.Trail        = (*audit)(nil)
)
