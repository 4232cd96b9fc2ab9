package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

type ruleRow struct {
	Service     string          `db:"service"`
	Operation   string          `db:"operation"`
	Source      string          `db:"source"`
	Code        string          `db:"code"`
	Vendor      string          `db:"vendor"`
	Description string          `db:"description"`
	Outcome     string          `db:"outcome"`
	Attempts    sql.Null[int64] `db:"attempts"`
	HoldReason  string          `db:"hold_reason"`
	HoldDays    sql.Null[int64] `db:"hold_days"`
	DaysBetween sql.Null[int64] `db:"days_between"`
	Cancel      bool            `db:"cancel"`
	Messages    string          `db:"messages"`
	Updated     int64           `db:"updated"`
}

// values are the values of vendor_responses' columns.
func (r *ruleRow) values() []any {
	return []any{r.Service, r.Operation, r.Source, r.Code, r.Vendor, r.Description, r.Outcome, nullable(r.Attempts), r.HoldReason,
		nullable(r.HoldDays), nullable(r.DaysBetween), r.Cancel, r.Messages, r.Updated}
}

const (
	sqlRules = `SELECT service, operation, source, code, vendor, description, outcome, attempts, hold_reason, hold_days,
		days_between, cancel, messages, updated FROM vendor_responses ORDER BY service, operation, source, code`

	sqlPutRule = `INSERT OR REPLACE INTO vendor_responses (service, operation, source, code, vendor, description, outcome,
		attempts, hold_reason, hold_days, days_between, cancel, messages, updated)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	sqlDeleteRule  = `DELETE FROM vendor_responses WHERE service = ? AND operation = ? AND source = ? AND code = ?`
	sqlDeleteRules = `DELETE FROM vendor_responses WHERE service = ?`
)

// Rules returns the vendor response table of all service bureaus.
func (s *Store) Rules(ctx context.Context) ([]responsecodes.Rule, error) {
	var rows []ruleRow
	if err := s.read.SelectContext(ctx, &rows, sqlRules); err != nil {
		return nil, fmt.Errorf("reading vendor responses: %w", err)
	}
	rules := make([]responsecodes.Rule, len(rows))
	for i, row := range rows {
		rules[i] = responsecodes.Rule{
			Service: row.Service, Operation: row.Operation, Source: svcgate.Source(row.Source), Code: row.Code, Vendor: row.Vendor,
			Description: row.Description, Outcome: svcgate.Outcome(row.Outcome), Attempts: count(row.Attempts),
			HoldReason: row.HoldReason, HoldDays: count(row.HoldDays), DaysBetween: count(row.DaysBetween),
			Cancel: row.Cancel, Updated: instant(row.Updated),
		}
		if err := json.Unmarshal([]byte(row.Messages), &rules[i].Messages); err != nil {
			return nil, fmt.Errorf("messages of rule %s as stored: %w", rules[i].ID(), err)
		}
	}
	return rules, nil
}

// PutRules writes the rules, each in place of the one with its id: all of them or none.
func (s *Store) PutRules(ctx context.Context, rules []responsecodes.Rule) error {
	err := s.change(ctx, &change{apply: func(w *writer) error {
		if err := w.putRules(rules); err != nil {
			return err
		}
		return w.linkCodes(services(rules)...)
	}})
	if err != nil {
		return fmt.Errorf("writing vendor responses: %w", err)
	}
	return nil
}

// ReplaceRules makes the rules of a service bureau exactly these: all of it or nothing.
func (s *Store) ReplaceRules(ctx context.Context, service string, rules []responsecodes.Rule) error {
	err := s.change(ctx, &change{apply: func(w *writer) error {
		if err := w.exec(sqlDeleteRules, service); err != nil {
			return err
		}
		if err := w.putRules(rules); err != nil {
			return err
		}
		return w.linkCodes(service)
	}})
	if err != nil {
		return fmt.Errorf("replacing vendor responses: %w", err)
	}
	return nil
}

// DeleteRule removes the rule with the id. An id that is not there is an *svcgate.Error with CodeNotFound.
func (s *Store) DeleteRule(ctx context.Context, id string) error {
	r, err := responsecodes.ParseID(id)
	if err != nil {
		return notFound("vendor response")
	}
	err = s.change(ctx, &change{apply: func(w *writer) error {
		n, err := w.affect(sqlDeleteRule, r.Service, r.Operation, string(r.Source), r.Code)
		if err == nil && n == 0 {
			return notFound("vendor response")
		}
		if err != nil {
			return err
		}
		return w.linkCodes(r.Service)
	}})
	if err != nil {
		return fmt.Errorf("deleting a vendor response: %w", err)
	}
	return nil
}

// services are those that the rules are for, each once.
func services(rules []responsecodes.Rule) []string {
	all := make([]string, len(rules))
	for i, r := range rules {
		all[i] = r.Service
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (w *writer) putRules(rules []responsecodes.Rule) error {
	for _, r := range rules {
		messages, err := json.Marshal(append([]string{}, r.Messages...))
		if err != nil {
			return fmt.Errorf("encoding the messages of rule %s: %w", r.ID(), err)
		}
		err = w.exec(sqlPutRule, r.Service, r.Operation, string(r.Source), r.Code, r.Vendor, r.Description, string(r.Outcome),
			countToRow(r.Attempts), r.HoldReason, countToRow(r.HoldDays), countToRow(r.DaysBetween), r.Cancel,
			string(messages), r.Updated.UnixMicro())
		if err != nil {
			return fmt.Errorf("rule %s: %w", r.ID(), err)
		}
	}
	return nil
}

func count(n sql.Null[int64]) *int {
	if !n.Valid {
		return nil
	}
	return new(int(n.V))
}

func countToRow(n *int) sql.Null[int64] {
	if n == nil {
		return sql.Null[int64]{}
	}
	return sql.Null[int64]{V: int64(*n), Valid: true}
}
