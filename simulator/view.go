package simulator

import (
	"time"

	"github.com/svcgate/svcgate/messages"
)

// The views are what the control routes show: amounts as decimal text, and no number of a card.

type entryView struct {
	Seq              int      `json:"seq"`
	ID               int64    `json:"id,omitempty"`
	Message          string   `json:"message,omitempty"`
	At               string   `json:"at"`
	Card             string   `json:"card,omitempty"`
	Alias            string   `json:"alias,omitempty"`
	AccountID        int64    `json:"account_id,omitempty"`
	Currency         string   `json:"currency,omitempty"`
	RTPTransactionID string   `json:"rtp_transaction_id,omitempty"`
	AskedFor         string   `json:"asked_for,omitempty"`
	Earlier          string   `json:"earlier_id,omitempty"`
	Booked           bool     `json:"booked"`
	Amount           string   `json:"amount,omitempty"`
	ErrorCode        string   `json:"error_code,omitempty"`
	Note             string   `json:"note,omitempty"`
	Balance          string   `json:"balance,omitempty"`
	Frozen           string   `json:"frozen,omitempty"`
	Available        string   `json:"available,omitempty"`
	HoldID           int64    `json:"hold_id,omitempty"`
	HoldRest         string   `json:"hold_rest,omitempty"`
	Fault            string   `json:"fault,omitempty"`
	Answered         Answered `json:"answered"`
	Corrupt          string   `json:"corrupt,omitempty"`
}

func (e *Entry) view() entryView {
	v := entryView{
		Seq: e.Seq, ID: e.ID, At: e.At.Format(time.RFC3339), Card: e.Card, Alias: e.Alias, AccountID: e.AccountID, Currency: e.Currency,
		RTPTransactionID: e.RTPTransactionID, AskedFor: e.AskedFor, Earlier: e.Earlier, Booked: e.Booked, ErrorCode: e.ErrorCode,
		Note: e.Note, HoldID: e.HoldID, Fault: e.Fault, Answered: e.Answered, Corrupt: e.Corrupt,
	}
	if e.Kind.Valid() {
		v.Message = e.Kind.Action()
	}
	if e.AccountID != 0 {
		v.Amount, v.Balance = decimal(e.Amount, e.Digits), decimal(e.Balance, e.Digits)
		v.Frozen, v.Available = decimal(e.Frozen, e.Digits), decimal(e.Available, e.Digits)
	}
	if e.HoldID != 0 {
		v.HoldRest = decimal(e.HoldRest, e.Digits)
	}
	return v
}

type cardView struct {
	Card            string `json:"card"`
	Alias           string `json:"alias"`
	Label           string `json:"label,omitempty"`
	Status          string `json:"status"`
	AccountID       int64  `json:"account_id"`
	AccountStatus   string `json:"account_status"`
	Expires         string `json:"expires,omitempty"`
	Currency        string `json:"currency"`
	Available       string `json:"available"`
	Frozen          string `json:"frozen"`
	Balance         string `json:"balance"`
	ReportBalance   string `json:"report_balance"`
	InitialBalance  string `json:"initial_balance"`
	Activation      string `json:"activation_amount"`
	Credits         string `json:"total_credits"`
	Debits          string `json:"total_debits"`
	Usage           int64  `json:"usage_count"`
	OpenHolds       int    `json:"open_holds"`
	InitialActivity string `json:"initial_activity,omitempty"`
	LastActivity    string `json:"last_activity,omitempty"`
	Activated       string `json:"activated,omitempty"`
	Effective       string `json:"effective,omitempty"`
}

func (t Totals) view() cardView {
	return cardView{
		Card: t.Card, Alias: t.Alias, Label: t.Label, Status: status(t.CardActive), AccountID: t.AccountID,
		AccountStatus: status(t.AccountActive), Expires: instant(t.Expires), Currency: t.Currency,
		Available: decimal(t.Available, t.Digits), Frozen: decimal(t.Frozen, t.Digits), Balance: decimal(t.Balance, t.Digits),
		ReportBalance: decimal(t.Report, t.Digits), InitialBalance: decimal(t.Initial, t.Digits), Activation: decimal(t.Activation, t.Digits),
		Credits: decimal(t.Credits, t.Digits), Debits: decimal(t.Debits, t.Digits), Usage: t.Usage, OpenHolds: t.OpenHolds,
		InitialActivity: instant(t.InitialActivity), LastActivity: instant(t.LastActivity), Activated: instant(t.Activated),
		Effective: instant(t.EffectiveFrom),
	}
}

func cardViews(cards []Totals) []cardView {
	views := make([]cardView, len(cards))
	for i, c := range cards {
		views[i] = c.view()
	}
	return views
}

type ledgerView struct {
	Corrupt string      `json:"corrupt,omitempty"` // the books are wrong, and how
	Dropped int         `json:"dropped"`           // entries that the limit pushed out
	Entries []entryView `json:"entries"`
	Cards   []cardView  `json:"cards"`
}

func (s *Simulator) ledgerView(after int) ledgerView {
	entries, dropped := s.since(after)
	v := ledgerView{Dropped: dropped, Entries: make([]entryView, len(entries)), Cards: cardViews(s.Cards())}
	for i := range entries {
		v.Entries[i] = entries[i].view()
	}
	if err := s.Err(); err != nil {
		v.Corrupt = err.Error()
	}
	return v
}

type faultRuleView struct {
	ID          int     `json:"id"`
	Fault       Fault   `json:"fault"`
	Message     string  `json:"message,omitempty"`
	Card        string  `json:"card,omitempty"`
	Left        int     `json:"left,omitempty"`
	Probability float64 `json:"probability,omitempty"`
}

type faultKindView struct {
	Fault  string `json:"fault"`
	Booked bool   `json:"booked"`
	Help   string `json:"help"`
}

type faultView struct {
	Rules  []faultRuleView `json:"rules"`
	Faults []faultKindView `json:"faults"`
}

func (s *Simulator) faultView() faultView {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := faultView{Rules: make([]faultRuleView, len(s.state.rules))}
	for i, r := range s.state.rules {
		one := faultRuleView{ID: r.ID, Fault: r.Fault, Card: r.masked, Left: r.Count, Probability: r.Probability}
		if r.LastFour != "" {
			one.Card = maskLast(r.LastFour)
		}
		if r.Kind.Valid() {
			one.Message = r.Kind.Action()
		}
		v.Rules[i] = one
	}
	for _, f := range FaultTable() {
		name := f.Name
		if f.Argument != "" {
			name += ":" + f.Argument
		}
		v.Faults = append(v.Faults, faultKindView{name, f.Booked, f.Help})
	}
	return v
}

type magicRowView struct {
	Ending   string `json:"card_ending,omitempty"`
	Amount   string `json:"amount,omitempty"`
	Series   string `json:"card_series,omitempty"`
	Messages string `json:"messages"`
	Fault    string `json:"fault"`
	Outcome  string `json:"outcome"`
}

func magicView() []magicRowView {
	rows := make([]magicRowView, len(magicTable))
	for i, r := range magicTable {
		rows[i] = magicRowView(r)
	}
	return rows
}

type switchView struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Default string `json:"default"`
	Help    string `json:"help"`
}

func switchViews(s Switches) []switchView {
	views := make([]switchView, len(switchTable))
	for i, row := range SwitchTable() {
		views[i] = switchView{row.Name, s.text(i), row.Default, row.Help}
	}
	return views
}

func decimal(minor int64, digits int) string { return messages.NewDecimal(minor, digits).String() }

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
