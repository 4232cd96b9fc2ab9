package console

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/svcgate/svcgate"
)

// span is a length of time that the overview looks back.
type span struct {
	Name, Label string
	long, every time.Duration
	format      string // of the labels
}

var spans = []span{
	{"day", "24 hours", 24 * time.Hour, time.Hour, "15:04"},
	{"week", "7 days", 7 * 24 * time.Hour, 6 * time.Hour, "Mon 15:04"},
	{"month", "30 days", 30 * 24 * time.Hour, 24 * time.Hour, "2 Jan"},
}

// waiting is what is not settled in a state.
type waiting struct {
	Count  int
	More   bool // than were counted
	Oldest time.Time
}

// mostCounted bounds what a page counts by reading: 10 pages of 500.
const (
	countPage  = 500
	countPages = 10
)

// wayState says how the way to a service bureau stands, in words.
type wayState struct{ Service, State, Text string }

var wayTexts = map[string]string{
	"closed":    "answers",
	"open":      "left alone after messages without an answer; only inquiries are tried",
	"half-open": "being tried again with one message",
}

func (c *Console) showOverview(v *visit) (*answer, error) {
	ctx, now := v.Context(), c.Now()
	chosen := spans[0]
	if i := slices.IndexFunc(spans, func(s span) bool { return s.Name == v.URL.Query().Get("span") }); i > 0 {
		chosen = spans[i]
	}
	since := now.Add(-chosen.long).Truncate(chosen.every)
	buckets, err := c.Activity(ctx, since, chosen.every)
	if err != nil {
		return nil, err
	}
	buckets = gapless(buckets, since, now, chosen.every)
	var labels []string
	for _, b := range buckets {
		labels = append(labels, b.At.UTC().Format(chosen.format))
	}
	unresolved, err := c.waiting(ctx, svcgate.StateUnresolved)
	if err != nil {
		return nil, err
	}
	desk, err := c.waiting(ctx, svcgate.StateDesk)
	if err != nil {
		return nil, err
	}
	unmapped, err := c.Unmapped(ctx, now.Add(-30*24*time.Hour))
	if err != nil {
		return nil, err
	}
	recent, err := c.Journal.Transactions(ctx, svcgate.Filter{Limit: 8})
	if err != nil {
		return nil, err
	}
	var ways []wayState
	providing := c.Providing()
	for _, service := range slices.Sorted(maps.Keys(providing)) {
		ways = append(ways, wayState{service, providing[service], wayTexts[providing[service]]})
	}
	return v.page("overview", "Overview", struct {
		Spans            []span
		Chosen           span
		Chart            *chart
		Unresolved, Desk waiting
		Unmapped         int
		Ways             []wayState
		Recent           []*svcgate.Transaction
		DeskPage         bool
		InboxPage        bool
		TransactionPage  bool
	}{spans, chosen, newChart("Transactions by outcome, the last "+chosen.Label, labels, outcomeSeries(buckets)), unresolved, desk, unmapped, ways,
		recent.Transactions, c.reaches(v, "/console/desk"), c.reaches(v, "/console/codes/inbox"), c.reaches(v, "/console/transactions/{id}")})
}

// waiting counts the transactions in a state and finds the oldest, which the journal has last.
func (c *Console) waiting(ctx context.Context, state svcgate.State) (waiting, error) {
	w, cursor := waiting{}, ""
	for range countPages {
		page, err := c.Journal.Transactions(ctx, svcgate.Filter{State: state, Limit: countPage, Cursor: cursor})
		if err != nil {
			return waiting{}, err
		}
		if n := len(page.Transactions); n > 0 {
			w.Count, w.Oldest = w.Count+n, page.Transactions[n-1].Created
		}
		if cursor = page.Next; cursor == "" {
			return w, nil
		}
	}
	w.More = true
	return w, nil
}

// gapless fills the stretches in which nothing happened.
func gapless(found []Bucket, since, now time.Time, every time.Duration) []Bucket {
	by := map[int64]Bucket{}
	for _, b := range found {
		by[b.At.Truncate(every).Unix()] = b
	}
	var all []Bucket
	for at := since; !at.After(now); at = at.Add(every) {
		b := by[at.Unix()]
		b.At = at
		all = append(all, b)
	}
	return all
}
