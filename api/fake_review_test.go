package api_test

import (
	"context"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/responsecodes"
)

// What follows makes journal a responsecodes.Records and an api.Figures.

var (
	_ responsecodes.Records = (*journal)(nil)
	_ api.Figures           = (*journal)(nil)
	_ api.Reviewer          = (*responsecodes.Review)(nil)
)

// asked is what the figures were asked for last.
type asked struct {
	since  time.Time
	like   responsecodes.Tally
	report svcgate.ReportName
	filter svcgate.Filter
	bucket time.Duration
	spans  int
}

// Tallies counts every transaction by itself.
func (j *journal) Tallies(_ context.Context, service string, since time.Time, _ func(done, total int)) ([]responsecodes.Tally, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asked.since = since
	var all []responsecodes.Tally
	for _, t := range j.rows {
		if t.Service != service || t.Reply.Source == "" {
			continue
		}
		y := responsecodes.Tally{Operation: t.Operation.String(), Source: t.Reply.Source, Code: t.Reply.Code, Accepted: t.Reply.Accepted,
			Short: t.Reply.Amount.Less(t.Requested), Outcome: t.Outcome, Count: 1, First: t.Created, Last: t.Created, Sample: t.ID}
		if t.Vendor != nil {
			y.Vendor, y.Rule = t.Vendor.Code, t.Vendor.Rule
		}
		all = append(all, y)
	}
	return all, j.broken
}

func (j *journal) Exchanges(_ context.Context, id string) ([]*svcgate.Exchange, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if x := j.exchanges[id]; x != nil {
		return []*svcgate.Exchange{x}, j.broken
	}
	return nil, j.broken
}

func (j *journal) Affected(ctx context.Context, service string, like responsecodes.Tally, since time.Time, limit int, cursor string) (*svcgate.Page, error) {
	j.asked = asked{like: like, since: since}
	if err := choke(like.Code); err != nil {
		return nil, err
	}
	return j.Transactions(ctx, svcgate.Filter{Service: service, Limit: limit, Cursor: cursor})
}

// Report gives every transaction, in two pages when next is set.
func (j *journal) Report(ctx context.Context, name svcgate.ReportName, f svcgate.Filter) (*svcgate.Page, error) {
	j.asked = asked{report: name, filter: f}
	page, err := j.Transactions(ctx, f)
	if err == nil && f.Cursor != "" {
		page.Next = ""
	}
	return page, err
}

func (j *journal) Activity(_ context.Context, since time.Time, bucket time.Duration) ([]svcgate.Bucket, error) {
	j.asked = asked{since: since, bucket: bucket}
	return []svcgate.Bucket{{At: since, ByOutcome: map[svcgate.Outcome]int{svcgate.Approved: 2, svcgate.Unknown: 1}}, {At: since.Add(bucket)}}, j.broken
}

func (j *journal) RuleHits(_ context.Context, _ string, since time.Time, buckets int) (map[string][]int, error) {
	j.asked = asked{since: since, spans: buckets}
	return map[string][]int{"RLT:void:reason_code:22": {1, 0}, "RLT:authorize:reason_code:24": {4, 5}, "RLT:deposit:reason_code:26": {0, 1}}, j.broken
}
