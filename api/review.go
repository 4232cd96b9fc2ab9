package api

import (
	"context"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// Reviewer looks back at what tables make of the answers in the journal; *responsecodes.Review is one.
type Reviewer interface {
	DryRun(ctx context.Context, service string, since time.Time, progress func(done, total int)) (*responsecodes.Report, error)
	Reevaluate(ctx context.Context, service string, since time.Time, progress func(done, total int)) (*responsecodes.Report, error)
	Unmapped(ctx context.Context, service string, since time.Time) ([]responsecodes.Unmapped, error)
	Explain(ctx context.Context, id string) (*responsecodes.Explanation, error)
}

// Figures counts and lists what the journal holds. Pages are as in Reader.
type Figures interface {
	// Affected returns the transactions that a Tally like this counts since then.
	Affected(ctx context.Context, service string, like responsecodes.Tally, since time.Time, limit int, cursor string) (*svcgate.Page, error)
	Report(ctx context.Context, name svcgate.ReportName, f svcgate.Filter) (*svcgate.Page, error)
	Activity(ctx context.Context, since time.Time, bucket time.Duration) ([]svcgate.Bucket, error)
	RuleHits(ctx context.Context, service string, since time.Time, buckets int) (map[string][]int, error)
}

// Looking back goes over a month when the query does not say, and never over more than a good year.
const (
	usualSince = 30 * 24 * time.Hour
	mostSince  = 400 * 24 * time.Hour
)

// since returns the time from which on to look back.
func (a *API) since(c *call) (time.Time, error) {
	now := a.Now().UTC()
	text, given := c.query["from"]
	if !given {
		return now.Add(-usualSince), nil
	}
	from, ok := readTime(text)
	if !ok {
		return from, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_date", Field: "from", Detail: adviceTime}
	}
	if age := now.Sub(from); age <= 0 || age > mostSince {
		return from, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_date", Field: "from",
			Detail: "The time from must be in the past, by 400 days at most."}
	}
	return from.UTC(), nil
}
