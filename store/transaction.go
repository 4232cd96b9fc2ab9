package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/svcgate/svcgate"
)

// transactionRow is a row of table transactions.
type transactionRow struct {
	ID                string           `db:"id"`
	Caller            string           `db:"caller"`
	Key               string           `db:"idempotency_key"`
	Content           string           `db:"content"`
	Operation         string           `db:"operation"`
	Service           string           `db:"service"`
	Order             string           `db:"order_number"`
	Sequence          int64            `db:"sequence"`
	Kind              string           `db:"kind"`
	Authorization     string           `db:"authorization_id"`
	RequestedMinor    int64            `db:"requested_minor"`
	RequestedCurrency string           `db:"requested_currency"`
	Parent            string           `db:"parent"`
	Plan              sql.Null[string] `db:"plan"`
	Baseline          sql.Null[string] `db:"baseline"`
	Created           int64            `db:"created"`

	Last4               string           `db:"last4"`
	CardPrint           string           `db:"card_print"`
	State               string           `db:"state"`
	Outcome             string           `db:"outcome"`
	Accepted            bool             `db:"accepted"`
	Source              string           `db:"source"`
	Code                string           `db:"code"`
	Description         string           `db:"description"`
	AmountMinor         int64            `db:"amount_minor"`
	AmountCurrency      string           `db:"amount_currency"`
	BalanceMinor        int64            `db:"balance_minor"`
	BalanceCurrency     string           `db:"balance_currency"`
	HoldRestMinor       int64            `db:"hold_rest_minor"`
	HoldRestCurrency    string           `db:"hold_rest_currency"`
	CardStatus          string           `db:"card_status"`
	AccountID           string           `db:"account_id"`
	AccountStatus       string           `db:"account_status"`
	AccountType         string           `db:"account_type"`
	ProviderTransaction string           `db:"provider_transaction"`
	AuthNumber          string           `db:"auth_number"`
	ProviderTime        string           `db:"provider_time"`
	Vendor              sql.Null[string] `db:"vendor"`
	Class               string           `db:"class"`
	Failure             string           `db:"failure"`
	Finished            sql.Null[int64]  `db:"finished"`
	Sent                int64            `db:"sent"`
	Sends               int64            `db:"sends"`
	Looks               int64            `db:"looks"`
	Next                sql.Null[int64]  `db:"next"`
	Finding             sql.Null[string] `db:"finding"`
	Settlement          sql.Null[string] `db:"settlement"`
	Began               int64            `db:"began"`
	Ended               int64            `db:"ended"`
	CodesVersion        int64            `db:"codes_version"`

	Sealed  []byte `db:"sealed"`
	Begun   []byte `db:"begun"`
	Chained int64  `db:"chained"`
}

// The columns of transactionRow, in its order.
const (
	begunColumns = `id, caller, idempotency_key, content, operation, service, order_number, sequence, kind, authorization_id,
	requested_minor, requested_currency, parent, plan, baseline, created`

	sinceColumns = `last4, card_print, state, outcome, accepted, source, code, description, amount_minor, amount_currency,
	balance_minor, balance_currency, hold_rest_minor, hold_rest_currency, card_status, account_id, account_status,
	account_type, provider_transaction, auth_number, provider_time, vendor, class, failure, finished, sent, sends, looks,
	next, finding, settlement, began, ended, codes_version`

	transactionColumns = begunColumns + `, ` + sinceColumns + `, sealed, begun, chained`
)

// begunValues are the values of begunColumns.
func (r *transactionRow) begunValues() []any {
	return []any{
		r.ID, r.Caller, r.Key, r.Content, r.Operation, r.Service, r.Order, r.Sequence, r.Kind, r.Authorization,
		r.RequestedMinor, r.RequestedCurrency, r.Parent, nullable(r.Plan), nullable(r.Baseline), r.Created,
	}
}

// sinceValues are the values of sinceColumns.
func (r *transactionRow) sinceValues() []any {
	return []any{
		r.Last4, r.CardPrint, r.State, r.Outcome, r.Accepted, r.Source, r.Code, r.Description, r.AmountMinor, r.AmountCurrency,
		r.BalanceMinor, r.BalanceCurrency, r.HoldRestMinor, r.HoldRestCurrency, r.CardStatus, r.AccountID, r.AccountStatus,
		r.AccountType, r.ProviderTransaction, r.AuthNumber, r.ProviderTime, nullable(r.Vendor), r.Class, r.Failure,
		nullable(r.Finished), r.Sent, r.Sends, r.Looks, nullable(r.Next), nullable(r.Finding), nullable(r.Settlement), r.Began, r.Ended,
		r.CodesVersion,
	}
}

func nullable[T any](n sql.Null[T]) any {
	if !n.Valid {
		return nil
	}
	return n.V
}

const sqlTransaction = `SELECT ` + transactionColumns + ` FROM transactions WHERE id = ?`

// Transaction returns the record with the id, with its readings while it is open and the parts of a split deposit, or
// an *svcgate.Error with CodeNotFound.
func (s *Store) Transaction(ctx context.Context, id string) (*svcgate.Transaction, error) {
	return s.one(ctx, sqlTransaction, id)
}

// What a person may have moved money for at the provider since ?3 was begun. Each half is searched by the card.
const sqlDisturbed = `SELECT EXISTS (SELECT 1 FROM transactions
		WHERE card_print = ?1 AND service = ?2 AND ended > 0 AND card_print <> '' AND (state = 'desk') IS TRUE
			AND operation NOT IN ('generate', 'inquire') AND plan IS NULL)
	OR EXISTS (SELECT 1 FROM transactions
		WHERE card_print = ?1 AND service = ?2 AND chained > (SELECT began FROM transactions WHERE id = ?3)
			AND settlement IS NOT NULL AND ended > 0 AND card_print <> '' AND operation NOT IN ('generate', 'inquire') AND plan IS NULL)`

// Open is Transaction for settling: it says besides whether an unresolved one is svcgate.Transaction.Disturbed.
func (s *Store) Open(ctx context.Context, id string) (*svcgate.Transaction, error) {
	t, err := s.Transaction(ctx, id)
	if err != nil || t.State != svcgate.StateUnresolved {
		return t, err
	}
	if err := s.read.GetContext(ctx, &t.Disturbed, sqlDisturbed, t.CardPrint, t.Service, id); err != nil {
		return nil, fmt.Errorf("reading what else there is on the card: %w", err)
	}
	return t, nil
}

// one reads the transaction that a prepared query finds.
func (s *Store) one(ctx context.Context, query string, args ...any) (*svcgate.Transaction, error) {
	var row transactionRow
	err := s.read.GetContext(ctx, &row, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("transaction")
	}
	if err != nil {
		return nil, fmt.Errorf("reading a transaction: %w", err)
	}
	all, err := s.transactions(ctx, []transactionRow{row})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// transactions makes the domain's records of rows, with what other rows tell of them.
func (s *Store) transactions(ctx context.Context, rows []transactionRow) ([]*svcgate.Transaction, error) {
	all := make([]*svcgate.Transaction, len(rows))
	for i := range rows {
		t, err := rows[i].transaction()
		if err != nil {
			return nil, err
		}
		all[i] = t
		switch t.State {
		case svcgate.StateUnresolved, svcgate.StateDesk:
			if t.Readings, err = s.readings(ctx, &rows[i]); err != nil {
				return nil, err
			}
		case svcgate.StateSent, svcgate.StateFinal:
		}
		if len(t.Plan) > 0 {
			if err := s.fillPlan(ctx, t); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func notFound(what string) *svcgate.Error {
	return &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "There is no such " + what + "."}
}

// transaction makes the domain's record of the row. What this program cannot have written is an error.
func (r *transactionRow) transaction() (*svcgate.Transaction, error) {
	t := &svcgate.Transaction{
		ID: r.ID, Caller: r.Caller, Key: r.Key, Content: r.Content, Service: r.Service, Order: r.Order,
		Sequence: int(r.Sequence), Last4: r.Last4, CardPrint: r.CardPrint, Sealed: r.Sealed, Kind: svcgate.Kind(r.Kind),
		Authorization: r.Authorization, Class: svcgate.Class(r.Class), Failure: r.Failure,
		State: svcgate.State(r.State), Outcome: svcgate.Outcome(r.Outcome),
		Reply: svcgate.Reply{
			Accepted: r.Accepted, Source: svcgate.Source(r.Source), Code: r.Code, Description: r.Description,
			CardStatus:    svcgate.Status(r.CardStatus),
			Account:       svcgate.Account{ID: r.AccountID, Status: svcgate.Status(r.AccountStatus), Type: r.AccountType},
			TransactionID: r.ProviderTransaction, AuthNumber: r.AuthNumber,
		},
		Parent: r.Parent, Created: instant(r.Created), Sent: instant(r.Sent), Sends: int(r.Sends), Looks: int(r.Looks),
		CodesVersion: int(r.CodesVersion),
	}
	if r.Next.Valid {
		t.Next = instant(r.Next.V)
	}
	if r.Finished.Valid {
		t.Finished = instant(r.Finished.V)
	}
	var errs []error
	var err error
	if t.Operation, err = svcgate.ParseOperation(r.Operation); err != nil {
		errs = append(errs, err)
	}
	for _, m := range []struct {
		to       *svcgate.Money
		minor    int64
		currency string
	}{
		{&t.Requested, r.RequestedMinor, r.RequestedCurrency}, {&t.Reply.Amount, r.AmountMinor, r.AmountCurrency},
		{&t.Reply.Balance, r.BalanceMinor, r.BalanceCurrency}, {&t.Reply.HoldRest, r.HoldRestMinor, r.HoldRestCurrency},
	} {
		if *m.to, err = money(m.minor, m.currency); err != nil {
			errs = append(errs, err)
		}
	}
	if r.ProviderTime != "" {
		if t.Reply.Time, err = time.Parse(time.RFC3339Nano, r.ProviderTime); err != nil {
			errs = append(errs, err)
		}
	}
	errs = append(errs, r.takeTexts(t))
	if t.Vendor != nil {
		t.Vendor.Version = t.CodesVersion
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("transaction %s as stored: %w", r.ID, err)
	}
	return t, nil
}

// newRow is the row of a transaction as the domain knows it; what the journal alone knows is left out.
func newRow(t *svcgate.Transaction) (*transactionRow, error) {
	reply := &t.Reply
	r := &transactionRow{
		ID: t.ID, Caller: t.Caller, Key: t.Key, Content: t.Content, Operation: t.Operation.String(), Service: t.Service,
		Order: t.Order, Sequence: int64(t.Sequence), Kind: string(t.Kind), Authorization: t.Authorization,
		RequestedMinor: t.Requested.Minor(), RequestedCurrency: t.Requested.Currency(), Parent: t.Parent, Created: t.Created.UnixMicro(),
		Last4: t.Last4, CardPrint: t.CardPrint, State: string(t.State), Outcome: string(t.Outcome),
		Accepted: reply.Accepted, Source: string(reply.Source), Code: reply.Code, Description: reply.Description,
		AmountMinor: reply.Amount.Minor(), AmountCurrency: reply.Amount.Currency(),
		BalanceMinor: reply.Balance.Minor(), BalanceCurrency: reply.Balance.Currency(),
		HoldRestMinor: reply.HoldRest.Minor(), HoldRestCurrency: reply.HoldRest.Currency(),
		CardStatus: string(reply.CardStatus), AccountID: reply.Account.ID, AccountStatus: string(reply.Account.Status),
		AccountType: reply.Account.Type, ProviderTransaction: reply.TransactionID, AuthNumber: reply.AuthNumber,
		ProviderTime: clockText(reply.Time), Class: string(t.Class), Failure: t.Failure, Finished: optional(t.Finished),
		Sent: t.Sent.UnixMicro(), Sends: int64(t.Sends), Looks: int64(t.Looks), Next: optional(t.Next), Sealed: t.Sealed,
		CodesVersion: int64(t.CodesVersion),
	}
	for _, told := range []*string{&r.Code, &r.Description, &r.CardStatus, &r.AccountID, &r.AccountStatus, &r.AccountType,
		&r.ProviderTransaction, &r.AuthNumber, &r.Failure} {
		*told = plain(*told)
	}
	if err := r.giveTexts(t); err != nil {
		return nil, fmt.Errorf("transaction %s: %w", t.ID, err)
	}
	return r, nil
}

// plain is what others told as a text that either database takes: PostgreSQL refuses NUL and what is not UTF-8, and an
// outcome must not be lost over that.
func plain(told string) string {
	if utf8.ValidString(told) && !strings.Contains(told, "\x00") {
		return told
	}
	return strings.ReplaceAll(strings.ToValidUTF8(told, "\uFFFD"), "\x00", "\uFFFD")
}

func money(minor int64, currency string) (svcgate.Money, error) {
	if currency == "" {
		return svcgate.Money{}, nil
	}
	return svcgate.MoneyFromMinor(minor, currency)
}

// instant and optional keep times in microseconds, as PostgreSQL does.
func instant(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func optional(t time.Time) sql.Null[int64] {
	if t.IsZero() {
		return sql.Null[int64]{}
	}
	return sql.Null[int64]{V: t.UnixMicro(), Valid: true}
}

func clockText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}
