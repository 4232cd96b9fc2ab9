package console_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// watched is what the pages that watch and settle work with.
type watched struct {
	holds    []svcgate.Hold
	asked    []svcgate.Filter // of every list that was read
	callers  []string         // of inquiries
	answer   svcgate.Transaction
	refuse   error // of the gateway
	unmapped []responsecodes.Unmapped
	decided  []svcgate.Decision
}

func (f *fakes) find(filter svcgate.Filter, keep func(*svcgate.Transaction) bool) (*svcgate.Page, error) {
	defer f.lock()()
	f.asked = append(f.asked, filter)
	if filter.Cursor != "" && filter.Cursor != "more" {
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Detail: "Give the cursor as it came with the page before."}
	}
	page := &svcgate.Page{}
	for _, t := range f.transactions {
		if (filter.State == "" || filter.State == t.State) && (filter.Order == "" || filter.Order == t.Order) && (filter.Last4 == "" || filter.Last4 == t.Last4) &&
			(filter.Code == "" || filter.Code == t.Reply.Code) && (filter.Outcome == "" || filter.Outcome == t.Outcome) && keep(t) {
			page.Transactions = append(page.Transactions, t)
		}
	}
	if n := filter.Limit; n > 0 && len(page.Transactions) > n {
		page.Transactions, page.Next = page.Transactions[:n], "more"
	}
	return page, nil
}

func (f *fakes) Transactions(_ context.Context, filter svcgate.Filter) (*svcgate.Page, error) {
	return f.find(filter, func(*svcgate.Transaction) bool { return true })
}

func (f *fakes) Report(_ context.Context, name svcgate.ReportName, filter svcgate.Filter) (*svcgate.Page, error) {
	return f.find(filter, func(t *svcgate.Transaction) bool {
		return name != svcgate.ReportUnknowns || t.State != svcgate.StateFinal
	})
}

func (f *fakes) Transaction(_ context.Context, id string) (*svcgate.Transaction, error) {
	defer f.lock()()
	if err := choke(id); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(f.transactions, func(t *svcgate.Transaction) bool { return t.ID == id }); i >= 0 {
		return f.transactions[i], nil
	}
	return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "There is no such transaction."}
}

// choke fails as PostgreSQL does on what cannot be a text there.
func choke(texts ...string) error {
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return errors.New("invalid byte sequence (SQLSTATE 22021)")
		}
	}
	return nil
}

func (f *fakes) OpenHolds(_ context.Context, filter svcgate.Filter) ([]svcgate.Hold, error) {
	defer f.lock()()
	f.asked = append(f.asked, filter)
	return f.holds[:min(len(f.holds), filter.Limit)], nil
}

func (f *fakes) OrphanHolds(context.Context, string) ([]*svcgate.Transaction, error) {
	defer f.lock()()
	var all []*svcgate.Transaction
	for _, t := range f.transactions {
		if t.State == svcgate.StateDesk && t.Operation == svcgate.Authorize {
			all = append(all, t)
		}
	}
	return all, nil
}

func (f *fakes) Do(_ context.Context, caller, key string, r *svcgate.Request) (*svcgate.Result, error) {
	defer f.lock()()
	f.callers = append(f.callers, caller+"|"+key)
	if f.refuse != nil {
		return nil, f.refuse
	}
	t := f.answer
	t.ID, t.Operation, t.Service, t.Caller, t.Last4, t.Created = "txn_b", r.Operation(), r.Service(), caller, r.Card().Last4(), f.now()
	return &svcgate.Result{Transaction: &t}, svcgate.OutcomeError(&t)
}

func (f *fakes) SettleByHand(ctx context.Context, id string, d svcgate.Decision) (*svcgate.Transaction, error) {
	t, err := f.Transaction(ctx, id)
	if err != nil {
		return nil, err
	}
	defer f.lock()()
	if t.State == svcgate.StateFinal {
		return nil, &svcgate.Error{Code: svcgate.CodeConflict, Detail: "This transaction is final; only an unresolved one, or one on the desk, can be settled."}
	}
	if d.Verdict == svcgate.Applied && d.TransactionID == "" {
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Field: "provider_transaction_id", Detail: "Give the provider's transaction id of the hold."}
	}
	f.decided = append(f.decided, d)
	t.State, t.Outcome = svcgate.StateFinal, svcgate.Unavailable
	t.Settlement = &svcgate.Settlement{Finding: svcgate.Finding{Verdict: d.Verdict, Why: "decided by a person"}, By: d.By, Reason: d.Reason, At: f.now()}
	return t, nil
}

func (f *fakes) Explain(ctx context.Context, id string) (*responsecodes.Explanation, error) {
	t, err := f.Transaction(ctx, id)
	if err != nil {
		return nil, err
	}
	at := t.Created.Add(2 * time.Millisecond)
	return &responsecodes.Explanation{
		Transaction: t,
		Exchanges: []*svcgate.Exchange{{Class: svcgate.ClassNoReply, Started: at, Took: 5 * time.Second, Failure: naughty,
			Sent: []byte("<PreauthorizationRequest><CardNumber>6006491234560017</CardNumber><Comments>" + naughty + "</Comments></PreauthorizationRequest>"), Received: []byte(naughty)}},
		Rule:    &responsecodes.Rule{Service: "RLT", Source: svcgate.SourceErrorCode, Code: naughty, Vendor: "101", Description: naughty, Outcome: svcgate.Declined},
		Version: &responsecodes.Version{Number: 3, Published: t.Created, By: naughty, Reason: naughty},
		Now:     &responsecodes.Meaning{Version: 4, Outcome: svcgate.Approved, Vendor: "100"},
		Steps: []responsecodes.Step{{Name: responsecodes.StepRequest, At: t.Created, Took: 2 * time.Millisecond, Text: naughty + " 6006491234560017"},
			{Name: responsecodes.StepMessage, At: at, Took: 5 * time.Second, Text: "sent, and no answer came."}, {Name: responsecodes.StepTold, Text: naughty}},
	}, nil
}

func (f *fakes) Unmapped(context.Context, string, time.Time) ([]responsecodes.Unmapped, error) {
	return f.unmapped, nil
}
