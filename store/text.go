package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/svcgate/svcgate"
)

// The columns that hold JSON have types of their own: what is stored does not change when the domain's words do.

type moneyText struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

func moneyToText(m svcgate.Money) *moneyText {
	if m.IsZero() {
		return nil
	}
	return &moneyText{m.Minor(), m.Currency()}
}

func (m *moneyText) money() (svcgate.Money, error) {
	if m == nil {
		return svcgate.Money{}, nil
	}
	return svcgate.MoneyFromMinor(m.Minor, m.Currency)
}

type readingText struct {
	At          int64      `json:"at"` // microseconds
	Balance     *moneyText `json:"balance,omitempty"`
	Status      string     `json:"card_status,omitempty"`
	Transaction string     `json:"transaction,omitempty"`
	Account     string     `json:"account,omitempty"`
}

func readingToText(r svcgate.Reading) readingText {
	return readingText{r.At.UnixMicro(), moneyToText(r.Balance), string(r.Status), r.Transaction, r.Account}
}

func (r readingText) reading() (svcgate.Reading, error) {
	balance, err := r.Balance.money()
	return svcgate.Reading{At: instant(r.At), Balance: balance, Status: svcgate.Status(r.Status), Transaction: r.Transaction, Account: r.Account}, err
}

type findingText struct {
	Verdict string     `json:"verdict"`
	Amount  *moneyText `json:"amount,omitempty"`
	Why     string     `json:"why"`
}

func findingToText(f svcgate.Finding) findingText {
	return findingText{string(f.Verdict), moneyToText(f.Amount), f.Why}
}

func (f findingText) finding() (svcgate.Finding, error) {
	amount, err := f.Amount.money()
	switch v := svcgate.Verdict(f.Verdict); v {
	case svcgate.Applied, svcgate.NotApplied, svcgate.CannotTell, svcgate.Released:
		return svcgate.Finding{Verdict: v, Amount: amount, Why: f.Why}, err
	}
	return svcgate.Finding{}, fmt.Errorf("a verdict %q is not known", f.Verdict)
}

type settlementText struct {
	findingText
	TransactionID string        `json:"provider_transaction,omitempty"`
	By            string        `json:"by"`
	Reason        string        `json:"reason,omitempty"`
	At            int64         `json:"at"`
	Evidence      []readingText `json:"evidence,omitempty"`
}

func settlementToText(s *svcgate.Settlement) settlementText {
	text := settlementText{findingToText(s.Finding), s.TransactionID, s.By, s.Reason, s.At.UnixMicro(), nil}
	for _, r := range s.Evidence {
		text.Evidence = append(text.Evidence, readingToText(r))
	}
	return text
}

func (s settlementText) settlement() (*svcgate.Settlement, error) {
	f, err := s.finding()
	if err != nil {
		return nil, err
	}
	out := &svcgate.Settlement{Finding: f, TransactionID: s.TransactionID, By: s.By, Reason: s.Reason, At: instant(s.At)}
	for _, text := range s.Evidence {
		r, err := text.reading()
		if err != nil {
			return nil, err
		}
		out.Evidence = append(out.Evidence, r)
	}
	return out, nil
}

// partText leaves the part's transaction out: the parts name their parent.
type partText struct {
	Authorization string     `json:"authorization"`
	Amount        *moneyText `json:"amount"`
}

// giveTexts fills the columns that hold JSON.
func (r *transactionRow) giveTexts(t *svcgate.Transaction) error {
	var errs []error
	give := func(column *sql.Null[string], v any) {
		text, err := json.Marshal(v)
		errs = append(errs, err)
		*column = sql.Null[string]{V: string(text), Valid: true}
	}
	if len(t.Plan) > 0 {
		parts := make([]partText, len(t.Plan))
		for i, p := range t.Plan {
			parts[i] = partText{p.Authorization, moneyToText(p.Amount)}
		}
		give(&r.Plan, parts)
	}
	if !t.Baseline.IsZero() {
		give(&r.Baseline, readingToText(t.Baseline))
	}
	if t.Vendor != nil {
		give(&r.Vendor, vendorToText(t.Vendor))
	}
	if t.Finding != nil {
		give(&r.Finding, findingToText(*t.Finding))
	}
	if t.Settlement != nil {
		give(&r.Settlement, settlementToText(t.Settlement))
	}
	return errors.Join(errs...)
}

// takeTexts reads the columns that hold JSON.
func (r *transactionRow) takeTexts(t *svcgate.Transaction) error {
	return errors.Join(
		take(r.Plan, func(parts []partText) error {
			for _, p := range parts {
				amount, err := p.Amount.money()
				if err != nil {
					return err
				}
				t.Plan = append(t.Plan, svcgate.Part{Authorization: p.Authorization, Amount: amount})
			}
			return nil
		}),
		take(r.Baseline, func(text readingText) (err error) { t.Baseline, err = text.reading(); return err }),
		take(r.Vendor, func(text vendorText) error { t.Vendor = text.vendor(); return nil }),
		take(r.Finding, func(text findingText) error {
			f, err := text.finding()
			t.Finding = &f
			return err
		}),
		take(r.Settlement, func(text settlementText) (err error) { t.Settlement, err = text.settlement(); return err }),
	)
}

// take decodes a column that is not empty.
func take[T any](column sql.Null[string], to func(T) error) error {
	if !column.Valid {
		return nil
	}
	var v T
	if err := json.Unmarshal([]byte(column.V), &v); err != nil {
		return err
	}
	return to(v)
}

// vendorText is apart from the domain's type also because that leaves the outcome out of JSON.
type vendorText struct {
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

func vendorToText(v *svcgate.VendorResponse) vendorText {
	text := vendorText{Code: v.Code, Description: v.Description, Attempts: v.Attempts, Cancel: v.Cancel,
		Messages: v.Messages, Rule: v.Rule, Outcome: v.Outcome}
	if v.Hold != nil {
		text.Hold = &vendorHold{Reason: v.Hold.Reason, Days: v.Hold.Days}
	}
	return text
}

func (text vendorText) vendor() *svcgate.VendorResponse {
	v := &svcgate.VendorResponse{Code: text.Code, Description: text.Description, Attempts: text.Attempts, Cancel: text.Cancel,
		Messages: text.Messages, Rule: text.Rule, Outcome: text.Outcome}
	if text.Hold != nil {
		v.Hold = &svcgate.OrderHold{Reason: text.Hold.Reason, Days: text.Hold.Days}
	}
	return v
}
