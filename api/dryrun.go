package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// affectedParameters are the query parameters of GET /v1/services/{service}/codes/affected.
var affectedParameters = []string{"operation", "source", "code", "accepted", "short", "outcome", "from", "limit", "cursor"}

type reportBody struct {
	Since string `json:"since"`
	*responsecodes.Report
}

// dryRun is GET /v1/services/{service}/codes/dry-run: what publishing the draft would change.
func (a *API) dryRun(c *call) (*answer, error) { return a.compareTables(c, a.Review.DryRun) }

// reevaluate is GET /v1/services/{service}/codes/reevaluation: what stored answers mean by now.
func (a *API) reevaluate(c *call) (*answer, error) { return a.compareTables(c, a.Review.Reevaluate) }

func (a *API) compareTables(c *call, compare func(context.Context, string, time.Time, func(int, int)) (*responsecodes.Report, error)) (*answer, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	since, err := a.since(c)
	if err != nil {
		return nil, err
	}
	report, err := compare(c.r.Context(), service, since, nil)
	if err != nil {
		return nil, err
	}
	return write(http.StatusOK, reportBody{since.Format(milliseconds), report})
}

// listAffected is GET /v1/services/{service}/codes/affected: the transactions behind one move of a report.
func (a *API) listAffected(c *call) (*answer, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	since, err := a.since(c)
	if err != nil {
		return nil, err
	}
	like, err := readLike(c.query)
	if err != nil {
		return nil, err
	}
	filter := map[string]string{}
	for _, name := range []string{"outcome", "limit", "cursor"} {
		if text, given := c.query[name]; given {
			filter[name] = text
		}
	}
	f, err := readFilter(filter)
	if err != nil {
		return nil, err
	}
	like.Outcome = f.Outcome
	page, err := a.Figures.Affected(c.r.Context(), service, like, since, f.Limit, f.Cursor)
	if err != nil {
		return nil, err
	}
	body, err := a.showPage(c.r.Context(), page)
	if err != nil {
		return nil, err
	}
	return write(http.StatusOK, body)
}

// readLike reads which answers are meant.
func readLike(query map[string]string) (responsecodes.Tally, error) {
	like := responsecodes.Tally{Operation: query["operation"], Source: svcgate.Source(query["source"]), Code: query["code"]}
	for _, name := range []string{"operation", "source", "code"} {
		if query[name] == "" {
			return like, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "parameter_required", Field: name,
				Detail: "Name the operation, the source and the code of the answers, as the report does."}
		}
	}
	wrong := func(name, advice string) error {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_parameter", Field: name, Detail: advice}
	}
	if _, err := svcgate.ParseOperation(like.Operation); err != nil {
		return like, wrong("operation", "Name one of the eight operations, such as authorize.")
	}
	if !slices.Contains(svcgate.Sources(), like.Source) {
		return like, wrong("source", "Name where the code stands: error_code, reason_code, response_code or transport.")
	}
	if advice, ok := readParameter(&svcgate.Filter{}, "code", like.Code); !ok {
		return like, wrong("code", advice)
	}
	for name, to := range map[string]*bool{"accepted": &like.Accepted, "short": &like.Short} {
		text, given := query[name]
		if *to = text == "true"; given && text != "true" && text != "false" {
			return like, wrong(name, "Say true or false.")
		}
	}
	return like, nil
}

// hitBody is how often a rule gave what was told, in spans of equal length, the last up to now.
type hitBody struct {
	Rule  string `json:"rule"`
	Total int    `json:"total"`
	Spans []int  `json:"spans"`
}

const usualSpans = 30

// listHits is GET /v1/services/{service}/codes/hits.
func (a *API) listHits(c *call) (*answer, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	since, err := a.since(c)
	if err != nil {
		return nil, err
	}
	spans := usualSpans
	if text, given := c.query["spans"]; given {
		if spans, err = strconv.Atoi(text); err != nil || spans < 1 || spans > 400 {
			return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_parameter", Field: "spans", Detail: "Give a whole number from 1 to 400."}
		}
	}
	hits, err := a.Figures.RuleHits(c.r.Context(), service, since, spans)
	if err != nil {
		return nil, err
	}
	body := struct {
		Since string    `json:"since"`
		Hits  []hitBody `json:"hits"`
	}{since.Format(milliseconds), []hitBody{}}
	for rule, counts := range hits {
		total := 0
		for _, n := range counts {
			total += n
		}
		body.Hits = append(body.Hits, hitBody{rule, total, counts})
	}
	slices.SortFunc(body.Hits, func(x, y hitBody) int { return cmp.Or(cmp.Compare(y.Total, x.Total), cmp.Compare(x.Rule, y.Rule)) })
	return write(http.StatusOK, body)
}
