package console_test

import (
	"context"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// coded is what the pages of the response codes work with: a real Book over its store in memory, and a journal that
// holds what a test put there.
type coded struct {
	book      *responsecodes.Book
	tallies   []responsecodes.Tally
	hits      map[string][]int
	exchanges map[string]*svcgate.Exchange
	likes     []responsecodes.Tally // whose transactions were listed
}

func newCoded() coded {
	b, err := responsecodes.NewBook(context.Background(), &responsecodes.Memory{})
	if err == nil {
		_, err = b.Start(context.Background(), "RLT", responsecodes.StarterSet("RLT"))
	}
	if err != nil {
		panic(err)
	}
	return coded{book: b, exchanges: map[string]*svcgate.Exchange{}}
}

// journal is the part of the fakes that a Review reads.
type journal struct{ *fakes }

func (j journal) Tallies(context.Context, string, time.Time, func(done, total int)) ([]responsecodes.Tally, error) {
	return j.tallies, nil
}

func (j journal) Exchanges(context.Context, string) ([]*svcgate.Exchange, error) { return nil, nil }

func (f *fakes) review() *responsecodes.Review {
	return &responsecodes.Review{Book: f.book, Journal: journal{f}}
}

func (f *fakes) RuleHits(context.Context, string, time.Time, int) (map[string][]int, error) {
	return f.hits, nil
}

func (f *fakes) Affected(_ context.Context, service string, like responsecodes.Tally, _ time.Time, limit int, cursor string) (*svcgate.Page, error) {
	f.mu.Lock()
	f.likes = append(f.likes, like)
	f.mu.Unlock()
	if err := choke(like.Code, string(like.Outcome)); err != nil {
		return nil, err
	}
	return f.find(svcgate.Filter{Service: service, Code: like.Code, Limit: limit, Cursor: cursor}, func(*svcgate.Transaction) bool { return true })
}

func (f *fakes) Exchange(_ context.Context, id string) (*svcgate.Exchange, error) {
	if x := f.exchanges[id]; x != nil {
		return x, nil
	}
	return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "There is no such exchange."}
}
