package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
)

// transactionRow is a row of table transactions.
type transactionRow struct {
	ID                  string           `db:"id"`
	Caller              string           `db:"caller"`
	Key                 string           `db:"idempotency_key"`
	Content             string           `db:"content"`
	Operation           string           `db:"operation"`
	Service             string           `db:"service"`
	Order               string           `db:"order_number"`
	Sequence            int              `db:"sequence"`
	Last4               string           `db:"last4"`
	CardPrint           string           `db:"card_print"`
	Sealed              []byte           `db:"sealed"`
	Kind                string           `db:"kind"`
	Authorization       string           `db:"authorization_id"`
	RequestedMinor      int64            `db:"requested_minor"`
	RequestedCurrency   string           `db:"requested_currency"`
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
	Created             int64            `db:"created"`
	Finished            sql.Null[int64]  `db:"finished"`
}

// transactionColumns are those of transactionRow, in its order.
const transactionColumns = `id, caller, idempotency_key, content, operation, service, order_number, sequence, last4,
	card_print, sealed, kind, authorization_id, requested_minor, requested_currency, state, outcome,
	accepted, source, code, description, amount_minor, amount_currency, balance_minor, balance_currency,
	hold_rest_minor, hold_rest_currency, card_status, account_id, account_status, account_type,
	provider_transaction, auth_number, provider_time, vendor, class, failure, created, finished`

const sqlTransaction = `SELECT ` + transactionColumns + ` FROM transactions WHERE id = ?`

// Transaction returns the record with the id, or an *svcgate.Error with CodeNotFound.
func (s *Store) Transaction(ctx context.Context, id string) (*svcgate.Transaction, error) {
	var row transactionRow
	err := s.read.statements[sqlTransaction].GetContext(ctx, &row, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("transaction")
	}
	if err != nil {
		return nil, fmt.Errorf("reading a transaction: %w", err)
	}
	return row.transaction()
}

func notFound(what string) *svcgate.Error {
	return &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "There is no such " + what + "."}
}

// transaction makes the domain's record of the row. What this program cannot have written is an error.
func (r *transactionRow) transaction() (*svcgate.Transaction, error) {
	t := &svcgate.Transaction{
		ID: r.ID, Caller: r.Caller, Key: r.Key, Content: r.Content, Service: r.Service, Order: r.Order,
		Sequence: r.Sequence, Last4: r.Last4, CardPrint: r.CardPrint, Sealed: r.Sealed, Kind: svcgate.Kind(r.Kind),
		Authorization: r.Authorization, Class: svcgate.Class(r.Class), Failure: r.Failure,
		State: svcgate.State(r.State), Outcome: svcgate.Outcome(r.Outcome),
		Reply: svcgate.Reply{
			Accepted: r.Accepted, Source: svcgate.Source(r.Source), Code: r.Code, Description: r.Description,
			CardStatus:    svcgate.Status(r.CardStatus),
			Account:       svcgate.Account{ID: r.AccountID, Status: svcgate.Status(r.AccountStatus), Type: r.AccountType},
			TransactionID: r.ProviderTransaction, AuthNumber: r.AuthNumber,
		},
		Created: instant(r.Created),
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
	if r.Vendor.Valid {
		if t.Vendor, err = vendorFromRow(r.Vendor.V); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("transaction %s as stored: %w", r.ID, err)
	}
	return t, nil
}

// vendorRow is column vendor. It is apart from the domain's type because that leaves the outcome out of JSON.
type vendorRow struct {
	Code        string          `json:"code"`
	Description string          `json:"description"`
	Attempts    *int            `json:"attempts"`
	Hold        *vendorHold     `json:"hold"`
	Cancel      bool            `json:"cancel"`
	Messages    []string        `json:"messages"`
	Rule        string          `json:"rule"`
	Outcome     svcgate.Outcome `json:"outcome"`
}

type vendorHold struct {
	Reason string `json:"reason"`
	Days   *int   `json:"days"`
}

func vendorToRow(v *svcgate.VendorResponse) (sql.Null[string], error) {
	if v == nil {
		return sql.Null[string]{}, nil
	}
	row := vendorRow{Code: v.Code, Description: v.Description, Attempts: v.Attempts, Cancel: v.Cancel,
		Messages: v.Messages, Rule: v.Rule, Outcome: v.Outcome}
	if v.Hold != nil {
		row.Hold = &vendorHold{Reason: v.Hold.Reason, Days: v.Hold.Days}
	}
	text, err := json.Marshal(row)
	if err != nil {
		return sql.Null[string]{}, fmt.Errorf("encoding a vendor response: %w", err)
	}
	return sql.Null[string]{V: string(text), Valid: true}, nil
}

func vendorFromRow(text string) (*svcgate.VendorResponse, error) {
	var row vendorRow
	if err := json.Unmarshal([]byte(text), &row); err != nil {
		return nil, fmt.Errorf("decoding a vendor response: %w", err)
	}
	v := &svcgate.VendorResponse{Code: row.Code, Description: row.Description, Attempts: row.Attempts, Cancel: row.Cancel,
		Messages: row.Messages, Rule: row.Rule, Outcome: row.Outcome}
	if row.Hold != nil {
		v.Hold = &svcgate.OrderHold{Reason: row.Hold.Reason, Days: row.Hold.Days}
	}
	return v, nil
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
