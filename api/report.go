package api

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// reportParameters are the query parameters of GET /v1/reports/{name}.
var reportParameters = []string{"service", "order", "last4", "outcome", "from", "to", "limit", "cursor"}

// maxReport is how many rows a report has as a file.
const maxReport = 50_000

// listReports is GET /v1/reports.
func (a *API) listReports(*call) (*answer, error) {
	return write(http.StatusOK, struct {
		Reports []svcgate.ReportInfo `json:"reports"`
	}{svcgate.Reports()})
}

// getReport is GET /v1/reports/{name}, as JSON in pages or whole as CSV.
func (a *API) getReport(c *call) (*answer, error) {
	info, err := svcgate.ParseReport(c.variable("name"))
	if err != nil {
		return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "There is no such report. GET /v1/reports lists them.", Err: err}
	}
	f, err := readFilter(c.query)
	if err != nil {
		return nil, err
	}
	c.header.Set("Vary", "Accept")
	switch accepted(c.r.Header, typeJSON, "text/csv") {
	case typeJSON:
		return a.reportPage(c, info, f)
	case "text/csv":
		return a.reportFile(c, info, f)
	}
	return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "not_acceptable", Field: "Accept",
		Detail: "This address answers application/json and text/csv."}
}

// reportPageBody has transactions or codes, as the report is of either.
type reportPageBody struct {
	svcgate.ReportInfo
	Transactions []*transactionBody `json:"transactions,omitzero"`
	Codes        []unmappedBody     `json:"codes,omitzero"`
	Next         *string            `json:"next"`
}

func (a *API) reportPage(c *call, info svcgate.ReportInfo, f svcgate.Filter) (*answer, error) {
	body := reportPageBody{ReportInfo: info}
	if info.Name == svcgate.ReportUnmapped {
		body.Codes = []unmappedBody{}
		err := a.eachUnmapped(c, f, func(service string, u responsecodes.Unmapped) error {
			row, err := a.unmapped(c, service, u, false)
			body.Codes = append(body.Codes, row)
			return err
		})
		if err != nil {
			return nil, err
		}
		return write(http.StatusOK, body)
	}
	page, err := a.Figures.Report(c.r.Context(), info.Name, f)
	if err != nil {
		return nil, err
	}
	shown, err := a.showPage(c.r.Context(), page)
	if err != nil {
		return nil, err
	}
	body.Transactions, body.Next = append([]*transactionBody{}, shown.Transactions...), shown.Next
	return write(http.StatusOK, body)
}

// eachUnmapped goes over the unmapped codes of one service bureau or all.
func (a *API) eachUnmapped(c *call, f svcgate.Filter, each func(service string, u responsecodes.Unmapped) error) error {
	for _, name := range []string{"order", "last4", "outcome", "to", "limit", "cursor"} {
		if _, given := c.query[name]; given {
			return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_parameter", Field: name,
				Detail: "This report lists codes; narrow it by service and from."}
		}
	}
	since, err := a.since(c)
	if err != nil {
		return err
	}
	for _, service := range a.Services {
		if f.Service != "" && f.Service != service {
			continue
		}
		all, err := a.Review.Unmapped(c.r.Context(), service, since)
		if err != nil {
			return err
		}
		for _, u := range all {
			if err := each(service, u); err != nil {
				return err
			}
		}
	}
	return nil
}

var unmappedColumns = []string{"service", "operation", "source", "code", "accepted", "description", "count", "first", "last", "sample"}

// reportFile is the whole report as CSV. What does not fit is refused, because a file that ends early looks complete.
func (a *API) reportFile(c *call, info svcgate.ReportInfo, f svcgate.Filter) (*answer, error) {
	for _, name := range []string{"limit", "cursor"} {
		if _, given := c.query[name]; given {
			return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_parameter", Field: name,
				Detail: "A file holds the whole report; leave limit and cursor out."}
		}
	}
	columns := svcgate.ReportColumns()
	rows, err := a.reportRows(c.r.Context(), info.Name, f)
	if info.Name == svcgate.ReportUnmapped {
		columns, rows = unmappedColumns, nil
		err = a.eachUnmapped(c, f, func(service string, u responsecodes.Unmapped) error {
			rows = append(rows, []string{service, u.Operation, string(u.Source), u.Code, strconv.FormatBool(u.Accepted), u.Description,
				strconv.Itoa(u.Count), u.First.UTC().Format(time.RFC3339), u.Last.UTC().Format(time.RFC3339), u.Sample})
			return nil
		})
	}
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if err := responsecodes.WriteTable(&file, columns, rows); err != nil {
		return nil, err
	}
	c.header.Set("Content-Disposition", `attachment; filename="`+string(info.Name)+`.csv"`)
	return &answer{status: http.StatusOK, contentType: typeCSV, body: file.Bytes()}, nil
}

// reportRows reads every page.
func (a *API) reportRows(ctx context.Context, name svcgate.ReportName, f svcgate.Filter) ([][]string, error) {
	if name == svcgate.ReportUnmapped {
		return nil, nil
	}
	var rows [][]string
	f.Limit = maxPage
	for {
		page, err := a.Figures.Report(ctx, name, f)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Transactions {
			rows = append(rows, t.ReportRow(a.Now()))
		}
		if page.Next == "" {
			return rows, nil
		}
		if len(rows) >= maxReport {
			return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_date", Field: "from",
				Detail: "The report has more rows than a file takes, " + strconv.Itoa(maxReport) + "; narrow it with from and to."}
		}
		f.Cursor = page.Next
	}
}
