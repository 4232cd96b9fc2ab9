package responsecodes

import (
	"context"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
)

// Records is what a Review needs of the journal.
type Records interface {
	// Tallies counts the answers of a service bureau since then; progress is told how many transactions are done.
	Tallies(ctx context.Context, service string, since time.Time, progress func(done, total int)) ([]Tally, error)
	// Transaction returns the record with the id, or an *svcgate.Error with CodeNotFound.
	Transaction(ctx context.Context, id string) (*svcgate.Transaction, error)
	// Exchanges returns the masked messages of a transaction in the order in which they were sent.
	Exchanges(ctx context.Context, id string) ([]*svcgate.Exchange, error)
}

// Review looks back: what tables make of the answers that the journal holds. It changes nothing.
type Review struct {
	Book    *Book
	Journal Records
}

// DryRun tells what publishing the draft of a service bureau would change, by the answers since then. progress (nil for
// none) is told how many transactions are done.
func (v *Review) DryRun(ctx context.Context, service string, since time.Time, progress func(done, total int)) (*Report, error) {
	draft, err := v.Book.Draft(ctx, service)
	if err != nil {
		return nil, err
	}
	tallies, err := v.tallies(ctx, service, since, progress)
	if err != nil {
		return nil, err
	}
	now := v.Book.published(service)
	report := DryRun(service, tallies, now.Rules, draft.Rules)
	report.Base, report.Published = draft.Base, now.Number
	return report, nil
}

// Reevaluate tells which answers since then would mean something else by now; see Reevaluate.
func (v *Review) Reevaluate(ctx context.Context, service string, since time.Time, progress func(done, total int)) (*Report, error) {
	tallies, err := v.tallies(ctx, service, since, progress)
	if err != nil {
		return nil, err
	}
	now := v.Book.published(service)
	report := Reevaluate(service, tallies, now.Rules)
	report.Base, report.Published = now.Number, now.Number
	return report, nil
}

// maxDescribed is how many unmapped codes are told with the provider's words.
const maxDescribed = 200

// Unmapped lists the codes answered since then that no published rule knows, the one that came most often first.
func (v *Review) Unmapped(ctx context.Context, service string, since time.Time) ([]Unmapped, error) {
	tallies, err := v.tallies(ctx, service, since, nil)
	if err != nil {
		return nil, err
	}
	all := FindUnmapped(service, tallies, v.published(service))
	for i := range all[:min(len(all), maxDescribed)] {
		t, err := v.Journal.Transaction(ctx, all[i].Sample)
		if err != nil {
			return nil, fmt.Errorf("reading the sample of an unmapped code: %w", err)
		}
		all[i].Description = t.Reply.Description
	}
	return all, nil
}

func (v *Review) tallies(ctx context.Context, service string, since time.Time, progress func(done, total int)) ([]Tally, error) {
	tallies, err := v.Journal.Tallies(ctx, service, since, progress)
	if err != nil {
		return nil, fmt.Errorf("reading the journal's answers: %w", err)
	}
	return tallies, nil
}

// published are the rules in force. They are shared: nothing here changes them.
func (v *Review) published(service string) []Rule { return v.Book.published(service).Rules }
