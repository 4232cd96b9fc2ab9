package svcgate

import (
	"cmp"
	"fmt"
	"strconv"
	"time"
)

// ReportName names one of the reports.
type ReportName string

// The reports. All but ReportUnmapped are lists of transactions; that one lists codes.
const (
	ReportUnactivated    ReportName = "unactivated-cards"
	ReportAuthorizations ReportName = "authorizations"
	ReportDeposits       ReportName = "unconfirmed-deposits"
	ReportReversals      ReportName = "unconfirmed-reversals"
	ReportUnknowns       ReportName = "unknowns"
	ReportUnmapped       ReportName = "unmapped"
)

// ReportInfo is a row of the table of reports.
type ReportInfo struct {
	Name    ReportName `json:"name"`
	Title   string     `json:"title"`
	Meaning string     `json:"meaning"` // what is in it, in one sentence
}

var reports = [...]ReportInfo{
	{ReportUnactivated, "Unactivated cards", "Cards that got a number, or of which an activation was tried, and that no activation was approved for since: the latest try of each."},
	{ReportAuthorizations, "Authorizations", "Every authorization with what came of it, approved or not."},
	{ReportDeposits, "Unconfirmed deposits", "Deposits that are not approved, unless a later one of the same order, authorization and amount is."},
	{ReportReversals, "Unconfirmed reversals", "Reversals that are not approved, unless a later one of the same authorization is: the money may still be held."},
	{ReportUnknowns, "Unknown outcomes", "Transactions of which nobody knows yet what came: being looked into, or on the desk."},
	{ReportUnmapped, "Unmapped codes", "Codes that the provider answered and no published rule knows."},
}

// Reports returns the table, one row a report.
func Reports() []ReportInfo { return append([]ReportInfo(nil), reports[:]...) }

// ParseReport refuses what is not the name of a report.
func ParseReport(s string) (ReportInfo, error) {
	for _, row := range reports {
		if string(row.Name) == s {
			return row, nil
		}
	}
	return ReportInfo{}, fmt.Errorf("unknown report %q; the reports are unactivated-cards, authorizations, unconfirmed-deposits, unconfirmed-reversals, unknowns, unmapped", s)
}

// Bucket is how many requests of a span of time had which outcome. What is under way is not counted.
type Bucket struct {
	At        time.Time // when the span begins
	ByOutcome map[Outcome]int
}

var reportColumns = [...]string{
	"created_at", "age_hours", "transaction", "service", "operation", "order", "sequence", "card", "requested", "amount", "currency",
	"outcome", "state", "source", "code", "description", "vendor", "rule", "codes_version", "authorization", "provider_transaction",
	"auth_number", "failure", "finding", "settled_by", "finished_at", "caller",
}

// ReportColumns names the columns of a report of transactions as a table of texts.
func ReportColumns() []string { return append([]string(nil), reportColumns[:]...) }

// ReportRow returns what stands under ReportColumns for t. The card is masked, amounts are decimal text, and what is not
// known is "".
func (t *Transaction) ReportRow(now time.Time) []string {
	r, vendor, rule, finding, settled := &t.Reply, "", "", "", ""
	if t.Vendor != nil {
		vendor, rule = t.Vendor.Code, t.Vendor.Rule
	}
	if t.Finding != nil {
		finding = string(t.Finding.Verdict) + ": " + t.Finding.Why
	}
	if t.Settlement != nil {
		settled = t.Settlement.By
	}
	card := ""
	if t.Last4 != "" {
		card = MaskLast4(t.Last4)
	}
	return []string{
		reportTime(t.Created), strconv.FormatInt(int64(max(now.Sub(t.Created), 0)/time.Hour), 10), t.ID, t.Service, t.Operation.String(), t.Order,
		reportNumber(t.Sequence), card, reportAmount(t.Requested), reportAmount(r.Amount), cmp.Or(t.Requested.Currency(), r.Amount.Currency()),
		string(t.Outcome), string(t.State), string(r.Source), r.Code, r.Description, vendor, rule, reportNumber(t.CodesVersion),
		t.Authorization, r.TransactionID, r.AuthNumber, t.Failure, finding, settled, reportTime(t.Finished), t.Caller,
	}
}

func reportTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func reportNumber(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func reportAmount(m Money) string {
	if m.IsZero() {
		return ""
	}
	return m.Decimal()
}
