package api

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/svcgate/svcgate"
)

// filterParameters are the query parameters of GET /v1/transactions.
var filterParameters = []string{"order", "service", "last4", "operation", "source", "code", "outcome", "state", "from", "to", "key", "limit", "cursor"}

const (
	maxPage   = 500
	maxCursor = 512 // not in the pattern, which would be 512 times as long
)

var (
	orderText   = regexp.MustCompile(`^[ -~]{1,32}$`)
	serviceText = regexp.MustCompile(`^[A-Za-z0-9._-]{1,16}$`)
	last4Text   = regexp.MustCompile(`^[0-9]{4}$`)
	codeText    = regexp.MustCompile(`^[ -~]{1,64}$`)
	cursorText  = regexp.MustCompile(`^[!-~]+$`)
)

type pageBody struct {
	Transactions []*transactionBody `json:"transactions"`
	Next         *string            `json:"next"` // the cursor of the next page; null on the last
}

// listTransactions is GET /v1/transactions, newest first.
func (a *API) listTransactions(c *call) (*answer, error) {
	f, err := readFilter(c.query)
	if err != nil {
		return nil, err
	}
	page, err := a.Journal.Transactions(c.r.Context(), f)
	if err != nil {
		return nil, err
	}
	body, err := a.showPage(c.r.Context(), page)
	if err != nil {
		return nil, err
	}
	return write(http.StatusOK, body)
}

func (a *API) showPage(ctx context.Context, page *svcgate.Page) (*pageBody, error) {
	body := &pageBody{Next: given(page.Next)}
	for _, t := range page.Transactions {
		shown, err := a.show(ctx, t, "")
		if err != nil {
			return nil, err
		}
		body.Transactions = append(body.Transactions, shown)
	}
	return body, nil
}

// readFilter checks the values of the query, each by a rule of its own; the names were checked before.
func readFilter(query map[string]string) (svcgate.Filter, error) {
	var f svcgate.Filter
	for _, name := range filterParameters {
		value, given := query[name]
		if !given {
			continue
		}
		if advice, ok := readParameter(&f, name, value); !ok {
			reason := "invalid_parameter"
			if name == "from" || name == "to" {
				reason = "invalid_date"
			}
			return f, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: reason, Field: name, Detail: advice}
		}
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return f, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_date", Field: "to", Detail: "The time to must be after the time from."}
	}
	return f, nil
}

// readParameter puts one value into the filter, or says what would have been right.
func readParameter(f *svcgate.Filter, name, value string) (advice string, ok bool) {
	var err error
	switch name {
	case "order":
		f.Order = value
		return "An order number is 1 to 32 printable ASCII characters.", orderText.MatchString(value)
	case "service":
		f.Service = value
		return "A service bureau's code is 1 to 16 letters, digits, dots or dashes.", serviceText.MatchString(value)
	case "last4":
		f.Last4 = value
		return "Give the last four digits of the card and no more.", last4Text.MatchString(value)
	case "operation":
		f.Operation, err = svcgate.ParseOperation(value)
		return "Name one of the eight operations, such as authorize; GET /v1/operations lists them.", err == nil
	case "source":
		f.Source = svcgate.Source(value)
		return "A code stands in error_code, reason_code, response_code or transport.", slices.Contains(svcgate.Sources(), f.Source)
	case "code":
		f.Code = value
		return "A provider's code is 1 to 64 printable ASCII characters.", codeText.MatchString(value)
	case "outcome":
		f.Outcome, err = svcgate.ParseOutcome(value)
		return "The outcomes are approved, partial, declined, undefined, unavailable, unknown.", err == nil
	case "state":
		f.State, err = svcgate.ParseState(value)
		return "The states are sent, unresolved, desk, final.", err == nil
	case "from":
		f.From, ok = readTime(value)
		return adviceTime, ok
	case "to":
		f.To, ok = readTime(value)
		return adviceTime, ok
	case "key":
		f.Key = value
		return "An Idempotency-Key is 1 to 255 printable ASCII characters.", plainKey(value)
	case "limit":
		f.Limit, err = strconv.Atoi(value)
		return "The limit is a whole number from 1 to 500.", err == nil && f.Limit >= 1 && f.Limit <= maxPage
	case "cursor":
		f.Cursor = value
		return "Give the cursor as the page before told it in next.", len(value) <= maxCursor && cursorText.MatchString(value)
	}
	return "There is no such parameter.", false
}

const adviceTime = "Give a time with its zone as RFC 3339 has it, such as 2026-03-01T09:30:00Z, between the years 1 and 9999; + is written %2B in a query."

// readTime reads RFC 3339 to the letter; leap seconds are refused as Go's clock has none.
func readTime(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil && t.Year() >= 1 && t.Year() <= 9999 && !t.IsZero()
}
