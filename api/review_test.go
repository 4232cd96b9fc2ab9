package api_test

import (
	"encoding/csv"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

const codesOfRLT = "/v1/services/RLT/codes"

// busy is a house with one approved authorization, one whose code no rule knows, and one that was refused.
func busy(t testing.TB) *house {
	t.Helper()
	h := newHouse(t)
	for key, amount := range map[string]string{"k1": "11.07", "k2": amountUndefined, "k3": amountDeclined} {
		h.authorize(t, key, strings.Replace(authorization, "11.07", amount, 1)).want(t, http.StatusOK, "", "")
	}
	return h
}

func (h *house) look(t testing.TB, role access.Role, path string, headers ...string) reply {
	t.Helper()
	return h.send(t, request(role, http.MethodGet, path, "", headers...))
}

type tableReport struct {
	Since                    time.Time
	Total, Changed, Outcomes int
	Moves                    []responsecodes.Move
}

func TestDryRunAndReevaluation(t *testing.T) {
	t.Parallel()
	h := busy(t)
	var report tableReport
	h.look(t, access.RoleViewer, codesOfRLT+"/dry-run").read(t, &report)
	if report.Total != 3 || report.Changed != 0 || !report.Since.Equal(at.AddDate(0, 0, -30)) {
		t.Errorf("without a draft: %+v", report)
	}
	draft := h.look(t, access.RoleAdmin, codesOfRLT+"/draft")
	rule := `{"vendor":"D7","outcome":"declined"}`
	h.send(t, request(access.RoleAdmin, http.MethodPut, codesOfRLT+"/draft/rules/error_code/CARD_NOT_ACTIVE", rule, "If-Match", draft.Header.Get("ETag"))).want(t, http.StatusOK, "", "")
	h.look(t, access.RoleViewer, codesOfRLT+"/dry-run?from=2026-02-28T00:00:00Z").read(t, &report)
	if report.Changed != 1 || report.Outcomes != 0 || len(report.Moves) != 1 || report.Moves[0].ToVendor != "D7" || report.Moves[0].FromVendor != "101" {
		t.Errorf("with a draft: %+v", report)
	}
	if want := time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC); !h.journal.asked.since.Equal(want) {
		t.Errorf("asked since %v, want %v", h.journal.asked.since, want)
	}
	h.look(t, access.RoleViewer, codesOfRLT+"/reevaluation").read(t, &report)
	if report.Changed != 0 {
		t.Errorf("re-evaluation before publishing: %+v", report)
	}
}

func TestAffected(t *testing.T) {
	t.Parallel()
	h := busy(t)
	var page struct {
		Transactions []struct{ ID string }
		Next         *string
	}
	const named = codesOfRLT + "/affected?operation=authorize&source=error_code&code=CARD_NOT_ACTIVE"
	h.look(t, access.RoleViewer, named+"&accepted=true&short=true&outcome=declined&from=2026-02-28T00:00:00Z&limit=7").read(t, &page)
	want := asked{since: time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC),
		like: responsecodes.Tally{Operation: "authorize", Source: svcgate.SourceErrorCode, Code: "CARD_NOT_ACTIVE", Accepted: true, Short: true, Outcome: svcgate.Declined}}
	if !reflect.DeepEqual(h.journal.asked, want) || h.journal.filter.Limit != 7 || len(page.Transactions) != 3 {
		t.Errorf("asked for %+v and %+v, told %+v", h.journal.asked, h.journal.filter, page)
	}
	for query, field := range map[string]string{
		"?source=error_code&code=E": "operation", "?operation=void&code=E": "source", "?operation=void&source=error_code": "code",
	} {
		h.look(t, access.RoleViewer, codesOfRLT+"/affected"+query).want(t, http.StatusUnprocessableEntity, "parameter_required", field)
	}
	for query, field := range map[string]string{
		"&accepted=yes": "accepted", "&short=1": "short", "&outcome=fine": "outcome", "&limit=0": "limit", "&limit=501": "limit",
	} {
		h.look(t, access.RoleViewer, named+query).want(t, http.StatusUnprocessableEntity, "invalid_parameter", field)
	}
	for _, code := range []string{"%00", "%FF", "a%0Ab", strings.Repeat("x", 65)} {
		h.look(t, access.RoleViewer, strings.Replace(named, "CARD_NOT_ACTIVE", code, 1)).want(t, http.StatusUnprocessableEntity, "invalid_parameter", "code")
	}
	h.look(t, access.RoleViewer, strings.Replace(named, "error_code", "x", 1)).want(t, http.StatusUnprocessableEntity, "invalid_parameter", "source")
	h.look(t, access.RoleViewer, strings.Replace(named, "authorize", "x", 1)).want(t, http.StatusUnprocessableEntity, "invalid_parameter", "operation")
}

type unmappedCode struct {
	Service, Operation, Code, Description, Sample string
	Accepted                                      bool
	Count                                         int
	Answer                                        *string
	Prefilled                                     responsecodes.Rule
}

func TestInbox(t *testing.T) {
	t.Parallel()
	h := busy(t)
	var body struct{ Codes []unmappedCode }
	h.look(t, access.RoleViewer, codesOfRLT+"/inbox").read(t, &body)
	if len(body.Codes) != 1 {
		t.Fatalf("the inbox is %+v", body)
	}
	u := body.Codes[0]
	if u.Service != "RLT" || u.Operation != "authorize" || u.Code != "77" || !u.Accepted || u.Count != 1 || u.Description != "AnswerMessage" || u.Sample == "" ||
		u.Answer == nil || !strings.Contains(*u.Answer, "<Amount>11.07</Amount>") || u.Prefilled.Outcome != svcgate.Undefined || u.Prefilled.Code != "77" {
		t.Errorf("the code is %+v", u)
	}
	want := access.Entry{At: at, Actor: "the-viewer", Action: "exchange.read", Subject: "RLT", Detail: "1 sample answers of codes without a rule"}
	if !slices.Contains(h.audit.entries, want) {
		t.Errorf("the audit trail holds %v", h.audit.entries)
	}
	h.audit.broken = errors.New("disk on fire")
	h.look(t, access.RoleViewer, codesOfRLT+"/inbox").want(t, http.StatusServiceUnavailable, "audit_unavailable", "")
	empty := newHouse(t) // nothing is read there
	empty.audit.broken = h.audit.broken
	empty.look(t, access.RoleViewer, codesOfRLT+"/inbox").want(t, http.StatusOK, "", "")
}

func TestLookingBackRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	paths := []string{codesOfRLT + "/dry-run", codesOfRLT + "/reevaluation", codesOfRLT + "/inbox", codesOfRLT + "/hits", "/v1/activity"}
	for _, path := range paths {
		for query, reason := range map[string]string{
			"?from=yesterday": "invalid_date", "?from=2026-03-01T09:30:01Z": "invalid_date", "?from=2020-01-01T00:00:00Z": "invalid_date",
		} {
			h.look(t, access.RoleAdmin, path+query).want(t, http.StatusUnprocessableEntity, reason, "from")
		}
		h.look(t, access.RoleAdmin, path+"?to=2026-03-01T09:30:00Z").want(t, http.StatusBadRequest, "unknown_parameter", "to")
		h.look(t, access.RoleOMS, path).want(t, http.StatusForbidden, "permission_missing", "")
		if !strings.HasPrefix(path, "/v1/activity") {
			h.look(t, access.RoleAdmin, strings.Replace(path, "RLT", "OTHER", 1)).want(t, http.StatusNotFound, "service_not_found", "")
		}
	}
	for _, spans := range []string{"0", "401", "x", "-1"} {
		h.look(t, access.RoleAdmin, codesOfRLT+"/hits?spans="+spans).want(t, http.StatusUnprocessableEntity, "invalid_parameter", "spans")
	}
	h.look(t, access.RoleAdmin, "/v1/activity?bucket=week").want(t, http.StatusUnprocessableEntity, "invalid_parameter", "bucket")
	h.journal.broken = errors.New("the disk is on fire")
	for _, path := range paths {
		h.look(t, access.RoleAdmin, path).want(t, http.StatusInternalServerError, "internal", "")
	}
}

func TestHitsAndActivity(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var hits struct {
		Hits []struct {
			Rule  string
			Total int
			Spans []int
		}
	}
	h.look(t, access.RoleViewer, codesOfRLT+"/hits?spans=2").read(t, &hits)
	if len(hits.Hits) != 3 || hits.Hits[0].Rule != "RLT:authorize:reason_code:24" || hits.Hits[0].Total != 9 || hits.Hits[1].Rule != "RLT:deposit:reason_code:26" || h.journal.asked.spans != 2 {
		t.Errorf("hits are %+v", hits)
	}
	var activity struct {
		Buckets []struct {
			At       time.Time
			Outcomes map[string]int
		}
	}
	for query, bucket := range map[string]time.Duration{"": 24 * time.Hour, "?bucket=hour": time.Hour, "?bucket=day": 24 * time.Hour} {
		h.look(t, access.RoleViewer, "/v1/activity"+query).read(t, &activity)
		if len(activity.Buckets) != 2 || activity.Buckets[0].Outcomes["approved"] != 2 || activity.Buckets[1].Outcomes == nil || h.journal.asked.bucket != bucket {
			t.Errorf("activity%s is %+v", query, activity)
		}
	}
}

func TestReports(t *testing.T) {
	t.Parallel()
	h := busy(t)
	var list struct{ Reports []svcgate.ReportInfo }
	h.look(t, access.RoleViewer, "/v1/reports").read(t, &list)
	if len(list.Reports) != 6 {
		t.Errorf("reports are %+v", list)
	}
	for _, info := range list.Reports {
		path := "/v1/reports/" + string(info.Name)
		var page struct {
			Name         string
			Transactions []struct{ ID string }
			Codes        []unmappedCode
			Next         *string
		}
		h.journal.next = "more"
		h.look(t, access.RoleViewer, path+"?service=RLT").read(t, &page)
		if info.Name == svcgate.ReportUnmapped {
			if len(page.Codes) != 1 || page.Codes[0].Code != "77" || page.Next != nil {
				t.Errorf("%s is %+v", info.Name, page)
			}
		} else if len(page.Transactions) != 3 || page.Next == nil || h.journal.asked.report != info.Name || h.journal.asked.filter.Service != "RLT" {
			t.Errorf("%s is %+v, asked %+v", info.Name, page, h.journal.asked)
		}
		file := h.look(t, access.RoleViewer, path, "Accept", "text/csv")
		rows, err := csv.NewReader(strings.NewReader(string(file.body))).ReadAll()
		want := 7 // two pages of three, and the header
		if info.Name == svcgate.ReportUnmapped {
			want = 2
		}
		if err != nil || len(rows) != want || file.Header.Get("Content-Disposition") != `attachment; filename="`+string(info.Name)+`.csv"` || file.Header.Get("Vary") != "Accept" {
			t.Errorf("%s as a file: %v, %d rows, %v", info.Name, err, len(rows), file.Header)
		}
		h.look(t, access.RoleViewer, path, "Accept", "text/html").want(t, http.StatusNotAcceptable, "not_acceptable", "Accept")
		h.look(t, access.RoleViewer, path+"?limit=3", "Accept", "text/csv").want(t, http.StatusUnprocessableEntity, "invalid_parameter", "limit")
		h.look(t, access.RoleOMS, path).want(t, http.StatusForbidden, "permission_missing", "")
	}
	h.look(t, access.RoleViewer, "/v1/reports/everything").want(t, http.StatusNotFound, "not_found", "")
	h.look(t, access.RoleViewer, "/v1/reports/unmapped?order=1").want(t, http.StatusUnprocessableEntity, "invalid_parameter", "order")
	h.look(t, access.RoleViewer, "/v1/reports/authorizations?state=final").want(t, http.StatusBadRequest, "unknown_parameter", "state")
}

// TestReportIsNoFormula: what the provider and callers wrote does nothing in a spreadsheet.
func TestReportIsNoFormula(t *testing.T) {
	t.Parallel()
	h := busy(t)
	for i, text := range []string{`=HYPERLINK("http://x")`, "@SUM(1)", "+1"} {
		h.journal.rows[i].Order, h.journal.rows[i].Reply.Description = text, text
	}
	rows, err := csv.NewReader(strings.NewReader(string(h.look(t, access.RoleViewer, "/v1/reports/authorizations", "Accept", "text/csv").body))).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%v, %d rows", err, len(rows))
	}
	for _, row := range rows {
		for _, field := range row {
			if field != "" && strings.ContainsAny(field[:1], "=+-@\t\r") {
				t.Errorf("the field %q is a formula", field)
			}
		}
	}
}

func TestExplanation(t *testing.T) {
	t.Parallel()
	h := busy(t)
	for _, row := range h.journal.rows {
		var e struct {
			Transaction struct{ ID string }
			Steps       []struct {
				Step, Text string
				At         *string
				Took       *float64 `json:"took_ms"`
			}
			Messages []struct{ Class, Sent, Received string }
			Version  *struct{ Number int }
			Rule     *struct{ ID string }
			Now      *responsecodes.Meaning
		}
		h.look(t, access.RoleViewer, "/v1/transactions/"+row.ID+"/explain").read(t, &e)
		if e.Transaction.ID != row.ID || len(e.Steps) != 5 || len(e.Messages) != 1 || !strings.Contains(e.Messages[0].Sent, "************0017") ||
			e.Version == nil || e.Version.Number != 1 || (e.Rule == nil) != (row.Outcome == svcgate.Undefined) || e.Now == nil || !e.Now.Same || e.Now.Outcome != row.Outcome {
			t.Errorf("%s explains itself by %+v", row.Outcome, e)
		}
	}
	h.look(t, access.RoleViewer, "/v1/transactions/none/explain").want(t, http.StatusNotFound, "not_found", "")
	h.look(t, access.RoleOMS, "/v1/transactions/"+h.journal.rows[0].ID+"/explain").want(t, http.StatusForbidden, "permission_missing", "")
}
