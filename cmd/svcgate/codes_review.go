package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/store"
)

// codeReview looks back at a database, or at the server that has it open.
type codeReview interface {
	// compare is the dry run of the draft or, with told, the re-evaluation of what was told.
	compare(ctx context.Context, service string, since time.Time, told bool, progress func(done, total int)) (*responsecodes.Report, error)
	affected(ctx context.Context, service string, like responsecodes.Tally, since time.Time) ([]affected, error)
	unmapped(ctx context.Context, service string, since time.Time) ([]responsecodes.Unmapped, error)
}

// affected is a transaction of a dry run.
type affected struct {
	transaction
	CreatedAt string `json:"created_at"`
}

func (s *shell) withReview(c *cobra.Command, l *location, service string, work func(codeReview) error) error {
	return s.withBook(c, l, service,
		func(server *client) error { return work(remoteReview{server}) },
		func(book *responsecodes.Book, db *store.Store) error {
			return work(localReview{responsecodes.Review{Book: book, Journal: db}, db})
		})
}

// localReview is of a database that this process has open.
type localReview struct {
	responsecodes.Review
	db *store.Store
}

func (l localReview) compare(ctx context.Context, service string, since time.Time, told bool, progress func(done, total int)) (*responsecodes.Report, error) {
	if told {
		return l.Reevaluate(ctx, service, since, progress)
	}
	return l.DryRun(ctx, service, since, progress)
}

func (l localReview) affected(ctx context.Context, service string, like responsecodes.Tally, since time.Time) ([]affected, error) {
	page, err := l.db.Affected(ctx, service, like, since, store.MaxPage, "")
	if err != nil {
		return nil, err
	}
	rows := make([]affected, len(page.Transactions))
	for i, t := range page.Transactions {
		row := affected{CreatedAt: t.Created.UTC().Format(time.RFC3339)}
		row.ID, row.Order, row.Outcome = t.ID, t.Order, string(t.Outcome)
		row.Card.Masked = svcgate.MaskLast4(t.Last4)
		if !t.Requested.IsZero() {
			row.Requested = &amount{t.Requested.Decimal(), t.Requested.Currency()}
		}
		rows[i] = row
	}
	return rows, nil
}

func (l localReview) unmapped(ctx context.Context, service string, since time.Time) ([]responsecodes.Unmapped, error) {
	return l.Unmapped(ctx, service, since)
}

// remoteReview is of a running server, which has most of the figures ready.
type remoteReview struct{ server *client }

func (r remoteReview) get(ctx context.Context, service, what string, query url.Values, to any) error {
	answer, err := r.server.do(ctx, http.MethodGet, codesPath(service)+"/"+what+"?"+query.Encode(), "", "", nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer.body, to); err != nil {
		return fmt.Errorf("reading the server's answer: %w", err)
	}
	return nil
}

func query(since time.Time) url.Values {
	return url.Values{"from": {since.UTC().Format(time.RFC3339)}}
}

func (r remoteReview) compare(ctx context.Context, service string, since time.Time, told bool, _ func(done, total int)) (*responsecodes.Report, error) {
	what := "dry-run"
	if told {
		what = "reevaluation"
	}
	report := &responsecodes.Report{}
	return report, r.get(ctx, service, what, query(since), report)
}

func (r remoteReview) affected(ctx context.Context, service string, like responsecodes.Tally, since time.Time) ([]affected, error) {
	q := query(since)
	for name, text := range map[string]string{"operation": like.Operation, "source": string(like.Source), "code": like.Code,
		"accepted": strconv.FormatBool(like.Accepted), "short": strconv.FormatBool(like.Short), "limit": strconv.Itoa(store.MaxPage)} {
		q.Set(name, text)
	}
	if like.Outcome != "" {
		q.Set("outcome", string(like.Outcome))
	}
	var page struct {
		Transactions []affected `json:"transactions"`
	}
	err := r.get(ctx, service, "affected", q, &page)
	return page.Transactions, err
}

func (r remoteReview) unmapped(ctx context.Context, service string, since time.Time) ([]responsecodes.Unmapped, error) {
	var body struct {
		Codes []responsecodes.Unmapped `json:"codes"`
	}
	err := r.get(ctx, service, "inbox", query(since), &body)
	return body.Codes, err
}
