package console

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/svcgate/svcgate"
)

const reportsPath = Root + "/reports"

// reportRow is a row of the list of reports.
type reportRow struct {
	svcgate.ReportInfo
	Path string
}

func (c *Console) showReports(v *visit) (*answer, error) {
	var rows []reportRow
	for _, info := range svcgate.Reports() {
		rows = append(rows, reportRow{info, reportsPath + "/" + string(info.Name)})
	}
	return v.page("reports", "Reports", rows)
}

// unmappedCode is a code that no rule knows, with its service bureau.
type unmappedCode struct {
	Service, Operation, Source, Code, Description string
	Accepted                                      bool
	Count                                         int
	First, Last                                   time.Time
	Sample                                        string
}

// report is one report as it was asked for.
type report struct {
	svcgate.ReportInfo
	form   *form
	filter svcgate.Filter
	words  []word
}

// readReport finds the report of the path and reads its filters. What is wrong with them stands at the form.
func (c *Console) readReport(v *visit) (*report, error) {
	info, err := svcgate.ParseReport(v.variable("name"))
	if err != nil {
		return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "There is no such report.", Err: err}
	}
	names := []string{"service", "since", "until", "order", "card", "outcome"}
	if info.Name == svcgate.ReportUnmapped {
		names = names[:2]
	}
	r := &report{ReportInfo: info, form: c.filterForm(names...)}
	if r.words, err = v.ask(r.form); err != nil || !r.form.OK() {
		return r, err
	}
	s, err := c.understand(r.words, v.since())
	if err := r.form.take(err); err != nil {
		return nil, err
	}
	r.filter = s.Filter
	return r, nil
}

func (c *Console) showReport(v *visit) (*answer, error) {
	r, err := c.readReport(v)
	if err != nil {
		return nil, err
	}
	p := struct {
		Report  svcgate.ReportInfo
		Form    *form
		Meaning string
		Rows    []*svcgate.Transaction
		Codes   []unmappedCode
		Pager   pager
		File    string
		Detail  bool
		Inbox   bool
	}{Report: r.ReportInfo, Form: r.form, Detail: c.reaches(v, transactionsPath+"/{id}"), Inbox: c.reaches(v, Root+"/codes/inbox")}
	if !r.form.OK() {
		return v.page("report", r.Title, p, r.form)
	}
	if r.Name == svcgate.ReportUnmapped {
		p.Codes, err = c.unmappedCodes(v, r.filter)
	} else {
		r.filter.Limit, r.filter.Cursor = pageRows, v.URL.Query().Get("cursor")
		var page *svcgate.Page
		if page, err = c.Journal.Report(v.Context(), r.Name, r.filter); err == nil {
			p.Rows, p.Pager = page.Transactions, v.listPager(page.Next, v.since())
		}
	}
	if err != nil {
		return nil, err
	}
	q := url.Values{"at": {v.since().Format(time.RFC3339)}}
	for _, w := range r.words {
		q.Set(w.Name, w.Value)
	}
	p.File = reportsPath + "/" + string(r.Name) + ".csv?" + q.Encode()
	return v.page("report", r.Title, p)
}

// unmappedSpan is how far back codes without a rule are looked for when nothing else is asked.
const unmappedSpan = 30 * 24 * time.Hour

func (c *Console) unmappedCodes(v *visit, f svcgate.Filter) ([]unmappedCode, error) {
	since := f.From
	if since.IsZero() {
		since = v.since().Add(-unmappedSpan)
	}
	var all []unmappedCode
	for _, service := range c.Services {
		if f.Service != "" && f.Service != service {
			continue
		}
		codes, err := c.Explainer.Unmapped(v.Context(), service, since)
		if err != nil {
			return nil, err
		}
		for _, u := range codes {
			all = append(all, unmappedCode{service, u.Operation, string(u.Source), u.Code, u.Description, u.Accepted, u.Count, u.First, u.Last, u.Sample})
		}
	}
	return all, nil
}

// exportReport is a whole report as CSV.
func (c *Console) exportReport(v *visit) (*answer, error) {
	r, err := c.readReport(v)
	if err != nil {
		return nil, err
	}
	if !r.form.OK() {
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Detail: "The filters of the report are wrong. Set them on its page."}
	}
	if r.Name != svcgate.ReportUnmapped {
		return c.exportList(v, string(r.Name), r.filter, func(ctx context.Context, f svcgate.Filter) (*svcgate.Page, error) {
			return c.Journal.Report(ctx, r.Name, f)
		})
	}
	var rows [][]string
	err = v.audited("report.export", string(r.Name), "from "+v.from(), func(context.Context) error {
		codes, err := c.unmappedCodes(v, r.filter)
		for _, u := range codes {
			rows = append(rows, []string{u.Service, u.Operation, u.Source, u.Code, strconv.FormatBool(u.Accepted), u.Description, strconv.Itoa(u.Count),
				u.First.UTC().Format(time.RFC3339), u.Last.UTC().Format(time.RFC3339), u.Sample})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return v.csv(string(r.Name)+".csv", []string{"service", "operation", "source", "code", "accepted", "description", "count", "first", "last", "sample"}, rows)
}

// exportTransactions is what a search finds as CSV.
func (c *Console) exportTransactions(v *visit) (*answer, error) {
	s, err := c.understand(split(v.URL.Query().Get("q")), v.since())
	if err != nil {
		return nil, err
	}
	if s.bare != "" {
		return nil, wrongWord("", "Say what one of these is: order:…, card:… or code:…")
	}
	return c.exportList(v, "transactions", s.Filter, c.Journal.Transactions)
}

// exportList reads every page. A file that ends early would look complete, so what does not fit is refused.
func (c *Console) exportList(v *visit, name string, f svcgate.Filter, read func(context.Context, svcgate.Filter) (*svcgate.Page, error)) (*answer, error) {
	v.slow(exportLimit)
	var rows [][]string
	f.Limit, f.Cursor = exportPage, ""
	err := v.audited("report.export", name, "from "+v.from(), func(context.Context) error {
		for {
			page, err := read(v.Context(), f)
			if err != nil {
				return err
			}
			for _, t := range page.Transactions {
				rows = append(rows, t.ReportRow(c.Now()))
			}
			if f.Cursor = page.Next; f.Cursor == "" {
				return nil
			}
			if len(rows) >= exportRows {
				return wrongWord("since", "That is more than a file takes, "+number(exportRows)+" rows; narrow it with since and until.")
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return v.csv(name+".csv", svcgate.ReportColumns(), rows)
}
