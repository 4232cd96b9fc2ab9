package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

type figures interface {
	Tallies(ctx context.Context, service string, since time.Time, progress func(done, total int)) ([]responsecodes.Tally, error)
	Affected(ctx context.Context, service string, like responsecodes.Tally, since time.Time, limit int, cursor string) (*svcgate.Page, error)
	Activity(ctx context.Context, since time.Time, bucket time.Duration) ([]svcgate.Bucket, error)
	RuleHits(ctx context.Context, service string, since time.Time, buckets int) (map[string][]int, error)
	Report(ctx context.Context, name svcgate.ReportName, f svcgate.Filter) (*svcgate.Page, error)
}

// history is a journal with a clock that the test sets.
type history struct {
	Database
	t   *testing.T
	now time.Time
	n   int
}

func newHistory(t *testing.T, open Open) *history {
	h := &history{t: t, now: start}
	h.Database = open(t, t.TempDir(), func() time.Time { return h.now })
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return h
}

// begin records a new transaction, changed by change, as begun now.
func (h *history) begin(change func(*svcgate.Transaction)) *svcgate.Transaction {
	h.t.Helper()
	tx := sent(h.t, h.n)
	tx.Created, tx.Sent = h.now, h.now
	h.n++
	if change != nil {
		change(tx)
	}
	return begin(h.t, h, tx)
}

// finish records what came of it: approved, changed by change.
func (h *history) finish(tx *svcgate.Transaction, change func(*svcgate.Transaction)) *svcgate.Transaction {
	h.t.Helper()
	done := finished(h.t, tx)
	if change != nil {
		change(done)
	}
	x := answered()
	if len(done.Plan) > 0 {
		x = nil
		done.Reply.TransactionID = ""
	}
	if err := h.Finish(context.Background(), done, x); err != nil {
		h.t.Fatalf("Finish(%s): %v", done.ID, err)
	}
	return done
}

// refused gives a transaction the outcome of a code that no rule knew.
func refused(code string) func(*svcgate.Transaction) {
	return func(t *svcgate.Transaction) {
		t.Outcome, t.Vendor = svcgate.Undefined, nil
		t.Reply = svcgate.Reply{Source: svcgate.SourceErrorCode, Code: code}
	}
}

// listTallies tells tallies in short, ordered.
func listTallies(all []responsecodes.Tally) string {
	lines := make([]string, len(all))
	for i, y := range all {
		lines[i] = fmt.Sprintf("%d %s %s %s %v %v %v %s %s %s %s-%s", y.Count, y.Operation, y.Source, y.Code, y.Accepted, y.Short, y.Own, y.Outcome, y.Vendor, y.Rule,
			y.First.Format("02T15:04:05"), y.Last.Format("02T15:04:05"))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func testTallies(t *testing.T, open Open) {
	ctx := context.Background()
	h := newHistory(t, open)
	h.finish(h.begin(nil), nil)
	h.finish(h.begin(nil), nil)
	h.finish(h.begin(func(t *svcgate.Transaction) { t.Service = "TLR" }), nil)
	h.finish(h.begin(func(t *svcgate.Transaction) { t.Operation, t.Caller = svcgate.Inquire, svcgate.CallerProbe }), refused("OWN"))
	h.now = h.now.Add(time.Hour)
	last := h.finish(h.begin(nil), func(t *svcgate.Transaction) { t.Reply.Amount, t.Outcome = dollars(h.t, "20.00"), svcgate.Partial })
	h.finish(h.begin(nil), refused("NEW"))
	h.begin(nil)                                          // under way
	h.finish(h.begin(nil), func(t *svcgate.Transaction) { // without an answer
		unknown(t)
		t.Reply, t.Vendor = svcgate.Reply{}, nil
	})
	parent := h.begin(func(t *svcgate.Transaction) {
		t.Operation, t.Plan = svcgate.Deposit, []svcgate.Part{{Authorization: "1", Amount: t.Requested}}
	})
	h.finish(h.begin(func(t *svcgate.Transaction) {
		t.Operation, t.Parent, t.CardPrint, t.Authorization = svcgate.Deposit, parent.ID, parent.CardPrint, "1"
	}), nil)
	h.finish(parent, nil)
	const rule = "true false false approved 100 RLT:authorize:reason_code:24"
	want := strings.Join([]string{
		"1 authorize error_code NEW false false false undefined   14T10:26:53-14T10:26:53",
		"1 authorize reason_code 24 true true false partial 100 RLT:authorize:reason_code:24 14T10:26:53-14T10:26:53",
		"1 deposit reason_code 24 " + rule + " 14T10:26:53-14T10:26:53",
		"1 inquire error_code OWN false false true undefined   14T09:26:53-14T09:26:53",
		"2 authorize reason_code 24 " + rule + " 14T09:26:53-14T09:26:53",
	}, "\n")
	for range 2 { // counted, and from memory
		var steps [][2]int
		all, err := h.Tallies(ctx, "RLT", start, func(done, total int) { steps = append(steps, [2]int{done, total}) })
		if err != nil {
			t.Fatal(err)
		}
		if got := listTallies(all); got != want {
			t.Errorf("tallies are\n%s\nwant\n%s", got, want)
		}
		if end := steps[len(steps)-1]; end != [2]int{h.n, h.n} || !slices.IsSortedFunc(steps, func(a, b [2]int) int { return cmp.Compare(a[0], b[0]) }) {
			t.Errorf("progress was %v of %d transactions", steps, h.n)
		}
		for _, y := range all {
			if y.Short && y.Sample != last.ID {
				t.Errorf("the sample is %s, want %s", y.Sample, last.ID)
			}
		}
	}
	later, err := h.Tallies(ctx, "RLT", start.Add(time.Hour), nil)
	if err != nil || len(later) != 3 {
		t.Errorf("an hour later on there are\n%s (%v)", listTallies(later), err)
	}
	for _, none := range []struct {
		service string
		since   time.Time
	}{{"XXX", start}, {"RLT", start.Add(24 * time.Hour)}} {
		if all, err := h.Tallies(ctx, none.service, none.since, nil); err != nil || len(all) != 0 {
			t.Errorf("%+v: %+v, %v", none, all, err)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := h.Tallies(ended, "RLT", start, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context ended: %v", err)
	}
}

// testTalliesFromMemory lets time pass, finishes late what was begun long before, and wants of a store that has counted
// before what one that never counted says.
func testTalliesFromMemory(t *testing.T, open Open) {
	ctx := context.Background()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 2))
	h := newHistory(t, open)
	var waiting []*svcgate.Transaction
	counts := map[string]int{}
	for range 120 {
		h.now = h.now.Add(time.Duration(r.IntN(20)) * time.Minute)
		switch r.IntN(4) {
		case 0:
			tx := h.finish(h.begin(nil), func(t *svcgate.Transaction) {
				unknown(t)
				t.Reply, t.Vendor = svcgate.Reply{}, nil
			})
			waiting = append(waiting, tx)
		case 1:
			if len(waiting) == 0 {
				continue
			}
			i := r.IntN(len(waiting))
			done := finished(t, waiting[i])
			done.Settlement = &svcgate.Settlement{Finding: svcgate.Finding{Verdict: svcgate.Applied, Why: "seen"}, By: "jo", Reason: "seen", At: h.now}
			done.Next, done.Reply.Code = time.Time{}, "SETTLED"
			if err := h.Settle(ctx, done); err != nil {
				t.Fatal(err)
			}
			waiting = slices.Delete(waiting, i, i+1)
			counts["SETTLED"]++
		default:
			code := string("ABC"[r.IntN(3)])
			h.finish(h.begin(nil), refused(code))
			counts[code]++
		}
		if r.IntN(3) > 0 {
			continue
		}
		got := map[string]int{}
		all, err := h.Tallies(ctx, "RLT", start, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, y := range all {
			got[y.Code] += y.Count
		}
		if !reflect.DeepEqual(got, counts) && len(counts) > 0 {
			t.Fatalf("seed %d: counted %v, want %v", seed, got, counts)
		}
	}
	if len(counts) < 4 {
		t.Errorf("seed %d: only %v were made", seed, counts)
	}
}

func testAffected(t *testing.T, open Open) {
	ctx := context.Background()
	h := newHistory(t, open)
	for range 5 {
		h.finish(h.begin(nil), refused("NEW"))
	}
	h.finish(h.begin(nil), refused("OTHER"))
	h.finish(h.begin(func(t *svcgate.Transaction) { t.Service = "TLR" }), refused("NEW"))
	h.finish(h.begin(func(t *svcgate.Transaction) { t.Operation = svcgate.Void }), refused("NEW"))
	h.finish(h.begin(func(t *svcgate.Transaction) { t.Operation, t.Caller = svcgate.Authorize, svcgate.CallerBaseline }), refused("NEW"))
	short := h.finish(h.begin(nil), func(t *svcgate.Transaction) { t.Reply.Amount, t.Outcome = dollars(h.t, "20.00"), svcgate.Partial })
	h.finish(h.begin(nil), nil)
	like := responsecodes.Tally{Operation: "authorize", Source: svcgate.SourceErrorCode, Code: "NEW"}
	var seen []string
	for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
		page, err := h.Affected(ctx, "RLT", like, start, 2, cursor)
		if err != nil || pages > 3 {
			t.Fatalf("page %d: %v", pages, err)
		}
		for _, tx := range page.Transactions {
			seen = append(seen, tx.ID)
		}
		cursor = page.Next
	}
	if slices.Sort(seen); !slices.Equal(seen, []string{name(0), name(1), name(2), name(3), name(4)}) {
		t.Errorf("affected are %v", seen)
	}
	for what, c := range map[string]struct {
		change func(*responsecodes.Tally)
		want   int
	}{
		"as it is":        {func(*responsecodes.Tally) {}, 5},
		"own too":         {func(y *responsecodes.Tally) { y.Own = true }, 6},
		"told so":         {func(y *responsecodes.Tally) { y.Outcome = svcgate.Undefined }, 5},
		"told otherwise":  {func(y *responsecodes.Tally) { y.Outcome = svcgate.Declined }, 0},
		"accepted":        {func(y *responsecodes.Tally) { y.Accepted = true }, 0},
		"void":            {func(y *responsecodes.Tally) { y.Operation = "void" }, 1},
		"another source":  {func(y *responsecodes.Tally) { y.Source = svcgate.SourceReasonCode }, 0},
		"short":           {func(y *responsecodes.Tally) { y.Source, y.Code, y.Accepted, y.Short = "reason_code", "24", true, true }, 1},
		"not short":       {func(y *responsecodes.Tally) { y.Source, y.Code, y.Accepted = "reason_code", "24", true }, 1},
		"no such code":    {func(y *responsecodes.Tally) { y.Code = "new" }, 0},
		"code as pattern": {func(y *responsecodes.Tally) { y.Code = "N%" }, 0},
	} {
		y := like
		c.change(&y)
		if page, err := h.Affected(ctx, "RLT", y, start, 0, ""); err != nil || len(page.Transactions) != c.want {
			t.Errorf("%s: %v, %v, want %d", what, page, err, c.want)
		} else if what == "short" && page.Transactions[0].ID != short.ID {
			t.Errorf("short is %s", page.Transactions[0].ID)
		}
	}
	first, err := h.Affected(ctx, "RLT", like, start, 2, "")
	if err != nil {
		t.Fatal(err)
	}
	other := like
	other.Accepted = true
	for what, read := range map[string]func() error{
		"no operation": func() error {
			_, err := h.Affected(ctx, "RLT", responsecodes.Tally{Source: "error_code", Code: "E"}, start, 0, "")
			return err
		},
		"no code": func() error {
			_, err := h.Affected(ctx, "RLT", responsecodes.Tally{Operation: "void", Source: "error_code"}, start, 0, "")
			return err
		},
		"no such source": func() error {
			_, err := h.Affected(ctx, "RLT", responsecodes.Tally{Operation: "void", Source: "x", Code: "E"}, start, 0, "")
			return err
		},
		"another's cursor": func() error { _, err := h.Affected(ctx, "RLT", other, start, 0, first.Next); return err },
		"a cursor of a list": func() error {
			_, err := h.Transactions(ctx, svcgate.Filter{Service: "RLT", Operation: svcgate.Authorize, Source: "error_code", Code: "NEW", Cursor: first.Next})
			return err
		},
	} {
		wantCode(t, read(), svcgate.CodeInvalid)
		if t.Failed() {
			t.Fatal(what)
		}
	}
}

func testActivity(t *testing.T, open Open) {
	ctx := context.Background()
	h := newHistory(t, open)
	h.finish(h.begin(nil), nil)
	h.finish(h.begin(nil), refused("NEW"))
	h.finish(h.begin(func(t *svcgate.Transaction) { t.Operation, t.Caller = svcgate.Inquire, svcgate.CallerBaseline }), nil)
	h.begin(nil)
	h.now = h.now.Add(2 * time.Hour)
	parent := h.begin(func(t *svcgate.Transaction) {
		t.Operation, t.Plan = svcgate.Deposit, []svcgate.Part{{Authorization: "1", Amount: t.Requested}}
	})
	h.finish(h.begin(func(t *svcgate.Transaction) {
		t.Operation, t.Parent, t.CardPrint, t.Authorization = svcgate.Deposit, parent.ID, parent.CardPrint, "1"
	}), nil)
	h.finish(parent, nil)
	h.finish(h.begin(nil), func(t *svcgate.Transaction) { unknown(t); t.Reply, t.Vendor = svcgate.Reply{}, nil })
	buckets, err := h.Activity(ctx, start, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	first := start.Truncate(15 * time.Minute)
	want := []svcgate.Bucket{
		{At: first, ByOutcome: map[svcgate.Outcome]int{svcgate.Approved: 1, svcgate.Undefined: 1}}, {At: first.Add(time.Hour), ByOutcome: map[svcgate.Outcome]int{}},
		{At: first.Add(2 * time.Hour), ByOutcome: map[svcgate.Outcome]int{svcgate.Approved: 1, svcgate.Unknown: 1}},
	}
	if !reflect.DeepEqual(buckets, want) {
		t.Errorf("activity is %+v, want %+v", buckets, want)
	}
	hits, err := h.RuleHits(ctx, "RLT", start, 2)
	if err != nil || !reflect.DeepEqual(hits, map[string][]int{"RLT:authorize:reason_code:24": {2, 1}}) {
		t.Errorf("hits are %v, %v", hits, err)
	}
	if hits, err := h.RuleHits(ctx, "TLR", start, 2); err != nil || len(hits) != 0 {
		t.Errorf("hits of another service are %v, %v", hits, err)
	}
	for _, read := range []func() error{
		func() error { _, err := h.Activity(ctx, start, time.Minute); return err },
		func() error { _, err := h.Activity(ctx, start, 0); return err },
		func() error { _, err := h.Activity(ctx, start, -time.Hour); return err },
		func() error { _, err := h.Activity(ctx, start, 20*time.Minute); return err },
		func() error { _, err := h.Activity(ctx, start.AddDate(-1, 0, 0), time.Hour); return err },
		func() error { _, err := h.Activity(ctx, h.now.Add(time.Hour), time.Hour); return err },
		func() error { _, err := h.RuleHits(ctx, "RLT", start, 0); return err },
		func() error { _, err := h.RuleHits(ctx, "RLT", start, 2001); return err },
		func() error { _, err := h.RuleHits(ctx, "RLT", h.now, 2); return err },
	} {
		wantCode(t, read(), svcgate.CodeInvalid)
	}
}

func testReports(t *testing.T, open Open) {
	ctx := context.Background()
	h := newHistory(t, open)
	numbered := map[string]string{} // the transactions by what they stand for
	add := func(what string, begin, end func(*svcgate.Transaction)) {
		h.now = h.now.Add(time.Second)
		tx := h.begin(begin)
		numbered[tx.ID] = what
		if end != nil {
			h.finish(tx, end)
		}
	}
	fine := func(*svcgate.Transaction) {}
	outcome := func(o svcgate.Outcome) func(*svcgate.Transaction) {
		return func(t *svcgate.Transaction) {
			t.Outcome, t.Vendor, t.Reply = o, nil, svcgate.Reply{}
			if o == svcgate.Unknown {
				unknown(t)
			}
		}
	}
	op := func(o svcgate.Operation, card string) func(*svcgate.Transaction) {
		return func(t *svcgate.Transaction) { t.Operation, t.CardPrint, t.Authorization = o, card, "" }
	}
	of := func(o svcgate.Operation, authorization string) func(*svcgate.Transaction) {
		return func(t *svcgate.Transaction) { t.Operation, t.Authorization, t.Order = o, authorization, "W" }
	}
	generated := func(t *svcgate.Transaction) { t.Operation, t.CardPrint, t.Last4 = svcgate.Generate, "", "" }
	given := func(card string) func(*svcgate.Transaction) {
		return func(t *svcgate.Transaction) { t.CardPrint, t.Last4 = card, "1234" }
	}
	add("number, activated", generated, given("g1"))
	add("its activation", op(svcgate.Activate, "g1"), fine)
	add("number, not activated", generated, given("g2"))
	add("number, recharged", generated, given("g3"))
	add("its recharge", op(svcgate.Recharge, "g3"), fine)
	add("number, activation failed", generated, given("g4"))
	add("first failure", op(svcgate.Activate, "g4"), outcome(svcgate.Declined))
	add("second failure", op(svcgate.Activate, "g4"), outcome(svcgate.Unavailable))
	add("no number came", generated, func(t *svcgate.Transaction) { outcome(svcgate.Declined)(t); t.CardPrint, t.Last4 = "", "" })
	add("failure, then activated", op(svcgate.Activate, "p1"), outcome(svcgate.Unavailable))
	add("activated at last", op(svcgate.Activate, "p1"), fine)
	add("deposit", of(svcgate.Deposit, "1"), fine)
	add("deposit declined", of(svcgate.Deposit, "2"), outcome(svcgate.Declined))
	add("deposit tried again", of(svcgate.Deposit, "3"), outcome(svcgate.Unavailable))
	add("and approved", of(svcgate.Deposit, "3"), fine)
	add("deposit of another amount", func(t *svcgate.Transaction) { of(svcgate.Deposit, "3")(t); t.Requested = dollars(h.t, "1.00") }, outcome(svcgate.Unavailable))
	add("deposit under way", of(svcgate.Deposit, "4"), nil)
	add("deposit unknown", of(svcgate.Deposit, "5"), outcome(svcgate.Unknown))
	add("reversal", of(svcgate.Void, "6"), fine)
	add("reversal unknown", of(svcgate.Void, "7"), outcome(svcgate.Unknown))
	add("reversal unavailable, then approved", of(svcgate.Void, "8"), outcome(svcgate.Unavailable))
	add("reversal approved", of(svcgate.Void, "8"), fine)
	add("reversal approved first", of(svcgate.Void, "9"), fine)
	add("then declined", of(svcgate.Void, "9"), outcome(svcgate.Declined))
	add("authorization", nil, fine)
	add("authorization declined", nil, outcome(svcgate.Declined))
	for _, c := range []struct {
		report svcgate.ReportName
		filter svcgate.Filter
		want   string
	}{
		{svcgate.ReportUnactivated, svcgate.Filter{}, "second failure; number, not activated"},
		{svcgate.ReportUnactivated, svcgate.Filter{Outcome: svcgate.Approved}, "number, not activated"},
		{svcgate.ReportUnactivated, svcgate.Filter{Service: "TLR"}, ""},
		{svcgate.ReportAuthorizations, svcgate.Filter{}, "authorization declined; authorization"},
		{svcgate.ReportAuthorizations, svcgate.Filter{Outcome: svcgate.Declined}, "authorization declined"},
		{svcgate.ReportDeposits, svcgate.Filter{}, "deposit unknown; deposit of another amount; deposit declined"},
		{svcgate.ReportDeposits, svcgate.Filter{Order: "V"}, ""},
		{svcgate.ReportReversals, svcgate.Filter{}, "then declined; reversal unknown"},
		{svcgate.ReportUnknowns, svcgate.Filter{}, "reversal unknown; deposit unknown"},
		{svcgate.ReportUnknowns, svcgate.Filter{From: h.now}, ""},
	} {
		page, err := h.Report(ctx, c.report, c.filter)
		if err != nil {
			t.Errorf("%s: %v", c.report, err)
			continue
		}
		var got []string
		for _, tx := range page.Transactions {
			got = append(got, numbered[tx.ID])
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s %+v has %q, want %q", c.report, c.filter, strings.Join(got, "; "), c.want)
		}
	}
	page, err := h.Report(ctx, svcgate.ReportDeposits, svcgate.Filter{Limit: 1})
	if err != nil || page.Next == "" {
		t.Fatalf("a page of one: %+v, %v", page, err)
	}
	if next, err := h.Report(ctx, svcgate.ReportDeposits, svcgate.Filter{Limit: 1, Cursor: page.Next}); err != nil || numbered[next.Transactions[0].ID] != "deposit of another amount" {
		t.Errorf("the next page: %+v, %v", next, err)
	}
	_, err = h.Report(ctx, svcgate.ReportReversals, svcgate.Filter{Limit: 1, Cursor: page.Next})
	wantCode(t, err, svcgate.CodeInvalid)
	for _, wrong := range []svcgate.ReportName{"", svcgate.ReportUnmapped, "everything"} {
		_, err := h.Report(ctx, wrong, svcgate.Filter{})
		wantCode(t, err, svcgate.CodeInvalid)
	}
}
