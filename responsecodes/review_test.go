package responsecodes_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// published is a Book in which the rules of RLT are in force.
func published(t testing.TB, rules []responsecodes.Rule) *responsecodes.Book {
	t.Helper()
	m := &responsecodes.Memory{}
	if err := m.PublishCodes(context.Background(), &responsecodes.Version{Service: "RLT", Number: 1, Rules: rules, Published: noon, By: "ann", Reason: "first"}, ""); err != nil {
		t.Fatal(err)
	}
	b, err := responsecodes.NewBook(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// records is a journal in memory.
type records struct {
	tallies      []responsecodes.Tally
	transactions map[string]*svcgate.Transaction
	exchanges    map[string][]*svcgate.Exchange
	err          error
}

func (r *records) Tallies(_ context.Context, _ string, _ time.Time, progress func(done, total int)) ([]responsecodes.Tally, error) {
	if progress != nil {
		progress(1, 1)
	}
	return r.tallies, r.err
}

func (r *records) Transaction(_ context.Context, id string) (*svcgate.Transaction, error) {
	if t := r.transactions[id]; t != nil {
		return t, r.err
	}
	return nil, errors.Join(&svcgate.Error{Code: svcgate.CodeNotFound}, r.err)
}

func (r *records) Exchanges(_ context.Context, id string) ([]*svcgate.Exchange, error) {
	return r.exchanges[id], r.err
}

func refused() *svcgate.Transaction {
	return &svcgate.Transaction{ID: "txn_NEW", Caller: "oms", Operation: svcgate.Authorize, Service: "RLT", Order: "3242", State: svcgate.StateFinal,
		Outcome: svcgate.Undefined, Reply: svcgate.Reply{Source: svcgate.SourceErrorCode, Code: "NEW", Description: "Something new"},
		Created: noon, Finished: noon.Add(300 * time.Millisecond), CodesVersion: 1}
}

func TestReview(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	book := published(t, responsecodes.StarterSet("RLT"))
	journal := &records{tallies: []responsecodes.Tally{tally("NEW", 4), approval(9, false)}, transactions: map[string]*svcgate.Transaction{"txn_NEW": refused()}}
	v := &responsecodes.Review{Book: book, Journal: journal}
	steps := 0
	if r, err := v.DryRun(ctx, "RLT", noon, func(int, int) { steps++ }); err != nil || moves(r) != "13/0/0" || steps != 1 {
		t.Errorf("a dry run without a draft: %+v, %v, %d steps", r, err, steps)
	}
	d, err := book.Draft(ctx, "RLT")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := book.EditDraft(ctx, "ann", "RLT", d.ETag, responsecodes.PutRule(meant("", "NEW", svcgate.Declined, "D7"))); err != nil {
		t.Fatal(err)
	}
	if r, err := v.DryRun(ctx, "RLT", noon, nil); err != nil || r.Changed != 4 || r.Moves[0].ToVendor != "D7" {
		t.Errorf("a dry run of the draft: %+v, %v", r, err)
	}
	if r, err := v.DryRun(ctx, "RLT", noon, nil); err != nil || r.Outdated() || r.Base != 1 || r.Published != 1 {
		t.Errorf("a dry run of a draft begun from what is published: %+v, %v", r, err)
	}
	if r, err := v.Reevaluate(ctx, "RLT", noon, nil); err != nil || r.Outdated() || r.Published != 1 || r.Changed != 0 {
		t.Errorf("re-evaluation knows the draft: %+v, %v", r, err)
	}
	if all, err := v.Unmapped(ctx, "RLT", noon); err != nil || len(all) != 1 || all[0].Code != "NEW" || all[0].Description != "Something new" {
		t.Errorf("unmapped are %+v, %v", all, err)
	}
	journal.err = errors.New("the disk failed")
	for what, read := range map[string]func() error{
		"DryRun":     func() error { _, err := v.DryRun(ctx, "RLT", noon, nil); return err },
		"Reevaluate": func() error { _, err := v.Reevaluate(ctx, "RLT", noon, nil); return err },
		"Unmapped":   func() error { _, err := v.Unmapped(ctx, "RLT", noon); return err },
		"Explain":    func() error { _, err := v.Explain(ctx, "txn_NEW"); return err },
	} {
		if err := read(); !errors.Is(err, journal.err) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// told lists the steps of an explanation.
func told(e *responsecodes.Explanation) string {
	var lines []string
	for _, s := range e.Steps {
		lines = append(lines, fmt.Sprintf("%s %s: %s", s.Name, s.Took, s.Text))
	}
	return strings.Join(lines, "\n")
}

func TestExplain(t *testing.T) {
	t.Parallel()
	money := func(text string) svcgate.Money {
		m, err := svcgate.ParseMoney(text, "USD")
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	sent := &svcgate.Exchange{Class: svcgate.ClassAnswered, Started: noon.Add(10 * time.Millisecond), Took: 200 * time.Millisecond, Status: 200}
	approved := refused()
	approved.Requested, approved.Outcome = money("25.00"), svcgate.Partial
	approved.Reply = svcgate.Reply{Accepted: true, Source: svcgate.SourceReasonCode, Code: "24", Amount: money("20.00")}
	approved.Vendor = &svcgate.VendorResponse{Code: "100", Rule: "RLT:authorize:reason_code:24"}
	older := refused()
	older.CodesVersion, older.Order = 0, ""
	gone := refused()
	gone.CodesVersion = 77
	lost := refused()
	lost.Operation, lost.State, lost.Outcome, lost.Reply, lost.Finished, lost.CodesVersion = svcgate.Void, svcgate.StateDesk, svcgate.Unknown, svcgate.Reply{}, time.Time{}, 0
	underway := refused()
	underway.State, underway.Outcome, underway.Reply, underway.Finished, underway.CodesVersion = svcgate.StateSent, "", svcgate.Reply{}, time.Time{}, 0
	settled := refused()
	settled.Outcome, settled.Reply = svcgate.Unavailable, svcgate.Reply{Source: svcgate.SourceTransport, Code: "SU"}
	settled.Settlement = &svcgate.Settlement{Finding: svcgate.Finding{Verdict: svcgate.NotApplied, Why: "the balance did not move"}, By: svcgate.CallerSettling, At: noon}
	settled.Vendor = &svcgate.VendorResponse{Code: "SU", Rule: "RLT:*:transport:SU"}
	split := refused()
	split.Operation, split.Plan = svcgate.Deposit, []svcgate.Part{{}, {}}
	silence := &svcgate.Exchange{Class: svcgate.ClassNoReply, Started: noon, Took: time.Second}
	for _, c := range []struct {
		name      string
		t         *svcgate.Transaction
		exchanges []*svcgate.Exchange
		rule      bool
		now       string
		want      string
	}{
		{"partial", approved, []*svcgate.Exchange{sent}, true, "1 RLT:authorize:reason_code:24 partial 100 true",
			"request 10ms: oms asked to authorize 25.00 USD for order 3242.\nmessage 200ms: Message 1: sent and answered (HTTP status 200).\n" +
				"answer 0s: The provider says that it was carried out: reason code 24.\nrule 0s: Rule RLT:authorize:reason_code:24 of version 1 of the vendor response table decided.\n" +
				"told 300ms: The OMS is told partial, vendor response 100."},
		{"unmapped", refused(), []*svcgate.Exchange{sent}, false, "1  undefined  true",
			"request 10ms: oms asked to authorize for order 3242.\nmessage 200ms: Message 1: sent and answered (HTTP status 200).\n" +
				"answer 0s: The provider refused: error code NEW.\nrule 0s: No rule of version 1 of the vendor response table knows the code.\ntold 300ms: The OMS is told undefined."},
		{"before there were versions", older, nil, false, "1  undefined  true",
			"request 0s: oms asked to authorize.\nanswer 0s: The provider refused: error code NEW.\nrule 0s: No rule of the vendor response table knows the code.\ntold 300ms: The OMS is told undefined."},
		{"a version that is not kept", gone, nil, false, "1  undefined  true",
			"request 0s: oms asked to authorize for order 3242.\nanswer 0s: The provider refused: error code NEW.\nrule 0s: No rule of version 77 of the vendor response table knows the code.\ntold 300ms: The OMS is told undefined."},
		{"lost, sent twice", lost, []*svcgate.Exchange{silence, silence}, false, "",
			"request 0s: oms asked to void for order 3242.\nmessage 1s: Message 1: sent, and no answer came.\nmessage 1s: Message 2: sent, and no answer came.\ntold 0s: The OMS is told unknown."},
		{"under way", underway, nil, false, "", "request 0s: oms asked to authorize for order 3242.\ntold 0s: It is under way; nothing was told yet."},
		{"settled", settled, []*svcgate.Exchange{silence}, true, "1 RLT:*:transport:SU unavailable SU true",
			"request 0s: oms asked to authorize for order 3242.\nmessage 1s: Message 1: sent, and no answer came.\nanswer 0s: The provider did not carry it out: transport code SU.\n" +
				"rule 0s: Rule RLT:*:transport:SU of version 1 of the vendor response table decided.\nsettled 0s: Settled by svcgate:settling: the balance did not move\ntold 300ms: The OMS is told unavailable, vendor response SU."},
		{"split", split, nil, false, "", "request 0s: oms asked to deposit for order 3242.\nanswer 0s: It was split over 2 holds; its outcome is the sum of its parts.\ntold 300ms: The OMS is told undefined."},
	} {
		v := &responsecodes.Review{Book: published(t, responsecodes.StarterSet("RLT")), Journal: &records{
			transactions: map[string]*svcgate.Transaction{"id": c.t}, exchanges: map[string][]*svcgate.Exchange{"id": c.exchanges}}}
		e, err := v.Explain(context.Background(), "id")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := told(e); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
		now := ""
		if m := e.Now; m != nil {
			now = fmt.Sprintf("%d %s %s %s %v", m.Version, m.Rule, m.Outcome, m.Vendor, m.Same)
		}
		if now != c.now || (e.Rule != nil) != c.rule || (e.Version != nil) != (c.t.CodesVersion == 1) {
			t.Errorf("%s: now %q, want %q; rule %+v, version %+v", c.name, now, c.now, e.Rule, e.Version)
		}
	}
	v := &responsecodes.Review{Book: published(t, nil), Journal: &records{}}
	if _, err := v.Explain(context.Background(), "none"); svcgate.CodeOf(err) != svcgate.CodeNotFound {
		t.Errorf("no such transaction: %v", err)
	}
}

func TestExplainTellsWhatChanged(t *testing.T) {
	t.Parallel()
	v := &responsecodes.Review{Book: published(t, []responsecodes.Rule{meant("", "NEW", svcgate.Declined, "D7")}),
		Journal: &records{transactions: map[string]*svcgate.Transaction{"id": refused()}}}
	e, err := v.Explain(context.Background(), "id")
	if err != nil || e.Now == nil || e.Now.Same || e.Now.Outcome != svcgate.Declined || e.Now.Vendor != "D7" || e.Transaction.Outcome != svcgate.Undefined {
		t.Errorf("Explain = %+v, %v", e, err)
	}
}
