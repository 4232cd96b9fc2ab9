package svcgate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

func TestParseReport(t *testing.T) {
	t.Parallel()
	for _, row := range svcgate.Reports() {
		if got, err := svcgate.ParseReport(string(row.Name)); err != nil || got != row || row.Title == "" || row.Meaning == "" {
			t.Errorf("%s: %+v, %v", row.Name, got, err)
		}
	}
	for _, wrong := range []string{"", "Unknowns", "unknowns ", "unknown", "unactivated cards"} {
		if _, err := svcgate.ParseReport(wrong); err == nil || !strings.Contains(err.Error(), "unconfirmed-reversals") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	svcgate.Reports()[0].Title = "changed"
	if svcgate.Reports()[0].Title == "changed" {
		t.Error("the table can be changed from outside")
	}
}

func TestReportRow(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	money := func(text string) svcgate.Money {
		m, err := svcgate.ParseMoney(text, "USD")
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	full := &svcgate.Transaction{ID: "txn_a", Caller: "oms", Operation: svcgate.Authorize, Service: "RLT", Order: "3242", Sequence: 2, Last4: "0017",
		Requested: money("25.00"), State: svcgate.StateDesk, Outcome: svcgate.Unknown, Created: noon, Finished: noon.Add(time.Second), CodesVersion: 3,
		Reply:      svcgate.Reply{Source: svcgate.SourceReasonCode, Code: "24", Description: "Done", Amount: money("20.00"), TransactionID: "9354", AuthNumber: "1"},
		Vendor:     &svcgate.VendorResponse{Code: "100", Rule: "RLT:authorize:reason_code:24"},
		Finding:    &svcgate.Finding{Verdict: svcgate.Applied, Why: "seen"},
		Settlement: &svcgate.Settlement{By: "jo"}}
	bare := &svcgate.Transaction{ID: "txn_b", Operation: svcgate.Generate, Service: "RLT", State: svcgate.StateSent, Created: noon.Add(time.Hour)}
	for _, c := range []struct {
		t    *svcgate.Transaction
		want string
	}{
		{full, "2026-03-14T12:00:00Z|49|txn_a|RLT|authorize|3242|2|************0017|25.00|20.00|USD|unknown|desk|reason_code|24|Done|100|RLT:authorize:reason_code:24|3||9354|1||applied: seen|jo|2026-03-14T12:00:01Z|oms"},
		{bare, "2026-03-14T13:00:00Z|48|txn_b|RLT|generate||||||||sent||||||||||||||"},
	} {
		row := c.t.ReportRow(noon.Add(49*time.Hour + time.Minute))
		if got := strings.Join(row, "|"); got != c.want || len(row) != len(svcgate.ReportColumns()) {
			t.Errorf("%d columns: %s\nwant %d: %s", len(row), got, len(svcgate.ReportColumns()), c.want)
		}
	}
	if row := bare.ReportRow(noon); row[slices.Index(svcgate.ReportColumns(), "age_hours")] != "0" {
		t.Errorf("begun in the future: %v", row)
	}
}
