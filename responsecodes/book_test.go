package responsecodes_test

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// failing is a store that can be made to fail.
type failing struct {
	responsecodes.Memory
	mu  sync.Mutex
	err error
}

func (f *failing) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *failing) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *failing) PublishedCodes(ctx context.Context) ([]responsecodes.Version, error) {
	return answer(f.failure(), func() ([]responsecodes.Version, error) { return f.Memory.PublishedCodes(ctx) })
}

func (f *failing) CodesRevision(ctx context.Context) (int64, error) {
	return answer(f.failure(), func() (int64, error) { return f.Memory.CodesRevision(ctx) })
}

func (f *failing) CodeDraft(ctx context.Context, service string) (*responsecodes.Draft, error) {
	return answer(f.failure(), func() (*responsecodes.Draft, error) { return f.Memory.CodeDraft(ctx, service) })
}

func (f *failing) CodeVersion(ctx context.Context, service string, number int) (*responsecodes.Version, error) {
	return answer(f.failure(), func() (*responsecodes.Version, error) { return f.Memory.CodeVersion(ctx, service, number) })
}

func (f *failing) CodeVersions(ctx context.Context, service string, limit int) ([]responsecodes.Version, error) {
	return answer(f.failure(), func() ([]responsecodes.Version, error) { return f.Memory.CodeVersions(ctx, service, limit) })
}

func (f *failing) PublishCodes(ctx context.Context, v *responsecodes.Version, draft string) error {
	return errors.Join(f.failure(), f.Memory.PublishCodes(ctx, v, draft))
}

func answer[T any](err error, real func() (T, error)) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return real()
}

var now = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// book has the rules as version 1.
func book(t testing.TB, rules ...responsecodes.Rule) (*responsecodes.Book, *failing) {
	t.Helper()
	f := &failing{}
	b := opened(t, f)
	byService := map[string][]responsecodes.Rule{}
	for _, r := range rules {
		byService[r.Service] = append(byService[r.Service], r)
	}
	for service, rules := range byService {
		if ok, err := b.Start(context.Background(), service, rules); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	return b, f
}

func opened(t testing.TB, s responsecodes.Store) *responsecodes.Book {
	t.Helper()
	b, err := responsecodes.NewBook(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	b.Now = func() time.Time { return now }
	return b
}

func rule(operation string, source svcgate.Source, code, vendor string) responsecodes.Rule {
	return responsecodes.Rule{Service: "RLT", Operation: operation, Source: source, Code: code, Vendor: vendor, Outcome: svcgate.Declined}
}

func TestLookupTakesTheMostSpecificRule(t *testing.T) {
	t.Parallel()
	other := rule("", svcgate.SourceErrorCode, "E", "3")
	other.Service = "TLR"
	b, _ := book(t, rule("authorize", svcgate.SourceErrorCode, "E", "1"), rule("", svcgate.SourceErrorCode, "E", "2"), other,
		rule("void", svcgate.SourceErrorCode, "V", "4"))
	for _, c := range []struct {
		service string
		op      svcgate.Operation
		source  svcgate.Source
		code    string
		want    string // the OMS's code; "" is none
	}{
		{"RLT", svcgate.Authorize, svcgate.SourceErrorCode, "E", "1"},
		{"RLT", svcgate.Deposit, svcgate.SourceErrorCode, "E", "2"},
		{"RLT", 0, svcgate.SourceErrorCode, "E", "2"},
		{"TLR", svcgate.Authorize, svcgate.SourceErrorCode, "E", "3"},
		{"RLT", svcgate.Void, svcgate.SourceErrorCode, "V", "4"},
		{"RLT", svcgate.Authorize, svcgate.SourceErrorCode, "V", ""},
		{"RLT", 0, svcgate.SourceErrorCode, "V", ""},
		{"RLT", svcgate.Authorize, svcgate.SourceErrorCode, "e", ""},
		{"RLT", svcgate.Authorize, svcgate.SourceErrorCode, "E ", ""},
		{"RLT", svcgate.Authorize, svcgate.SourceErrorCode, "", ""},
		{"RLT", svcgate.Authorize, svcgate.SourceReasonCode, "E", ""},
		{"rlt", svcgate.Authorize, svcgate.SourceErrorCode, "E", ""},
		{"", svcgate.Authorize, svcgate.SourceErrorCode, "E", ""},
	} {
		got, ok := b.Lookup(c.service, c.op, c.source, c.code)
		if got.Code != c.want || ok != (c.want != "") {
			t.Errorf("Lookup(%q, %v, %s, %q) = %q, %v, want %q", c.service, c.op, c.source, c.code, got.Code, ok, c.want)
		}
	}
}

func TestLookupTellsTheWholeRule(t *testing.T) {
	t.Parallel()
	b, _ := book(t, declined())
	got, ok := b.Lookup("RLT", svcgate.Authorize, svcgate.SourceErrorCode, "OVER_LIMIT")
	want := svcgate.VendorResponse{Code: "103", Description: "Over the limit", Attempts: new(2), Hold: &svcgate.OrderHold{Reason: "CW", Days: new(5)},
		Cancel: true, Messages: []string{"Try another card"}, Rule: "RLT:authorize:error_code:OVER_LIMIT", Version: 1, Outcome: svcgate.Declined}
	if !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("Lookup = %+v, want %+v", got, want)
	}
	bare, _ := book(t, rule("", svcgate.SourceErrorCode, "E", "2"))
	got, _ = bare.Lookup("RLT", 0, svcgate.SourceErrorCode, "E")
	if got.Hold != nil || got.Attempts != nil || got.Messages == nil || len(got.Messages) != 0 {
		t.Errorf("Lookup of a bare rule = %+v", got)
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	b, _ := book(t, responsecodes.StarterSet("RLT")...)
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := b.Lookup("RLT", svcgate.Authorize, svcgate.SourceReasonCode, "24"); !ok {
			t.Error("not found")
		}
		b.Lookup("RLT", svcgate.Authorize, svcgate.SourceErrorCode, "NONE")
	}); n != 0 {
		t.Errorf("two lookups allocate %v times", n)
	}
}

func TestLookupTellsTheVersion(t *testing.T) {
	t.Parallel()
	b, _ := book(t, rule("", svcgate.SourceErrorCode, "E", "1"))
	publish(t, b, "jo", responsecodes.PutRule(rule("void", svcgate.SourceErrorCode, "E", "2")))
	for code, known := range map[string]bool{"E": true, "NONE": false} {
		if v, ok := b.Lookup("RLT", svcgate.Void, svcgate.SourceErrorCode, code); ok != known || v.Version != 2 {
			t.Errorf("Lookup of %s = %+v, %v", code, v, ok)
		}
	}
	if v, ok := b.Lookup("TLR", svcgate.Void, svcgate.SourceErrorCode, "E"); ok || v.Version != 0 {
		t.Errorf("Lookup at a service bureau without codes = %+v, %v", v, ok)
	}
}

func TestBookSharesNothingThatChanges(t *testing.T) {
	t.Parallel()
	b, m := book(t)
	r := declined()
	publish(t, b, "jo", responsecodes.PutRule(r))
	*r.Attempts, *r.HoldDays, r.Messages[0] = 9, 9, "changed"
	got, _ := b.Rule(declined().ID())
	*got.Attempts, got.Messages[0] = 9, "changed"
	b.Rules("")[0].Messages[0] = "changed"
	d, err := b.Draft(context.Background(), "RLT")
	if err != nil {
		t.Fatal(err)
	}
	d.Rules[0].Messages[0] = "changed"
	stored, err := m.CodeVersion(context.Background(), "RLT", 1)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := b.Lookup("RLT", svcgate.Authorize, svcgate.SourceErrorCode, "OVER_LIMIT")
	if *v.Attempts != 2 || *v.Hold.Days != 5 || v.Messages[0] != "Try another card" || stored.Rules[0].Messages[0] != "Try another card" {
		t.Errorf("the book says %+v and the store %+v", v, stored)
	}
	if again, _ := b.Rule(declined().ID()); *again.Attempts != 2 || again.Messages[0] != "Try another card" {
		t.Errorf("the book has %+v", again)
	}
}

func TestFailedStoreChangesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, f := book(t, declined())
	d := edit(t, b, "jo", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "NEW", "1")))
	f.err = errors.New("the disk failed")
	_, edited := b.EditDraft(ctx, "jo", "RLT", d.ETag, responsecodes.DeleteRule(declined().ID()))
	_, published := b.Publish(ctx, "jo", "RLT", d.ETag, "why not")
	_, rebased := b.RebaseDraft(ctx, "jo", "RLT", d.ETag)
	_, rolledBack := b.Rollback(ctx, "jo", "RLT", 0, 7, "why not")
	_, versions := b.Versions(ctx, "RLT", 0)
	_, started := b.Start(ctx, "TLR", nil)
	_, other := b.Start(ctx, "XYZ", responsecodes.StarterSet("XYZ"))
	for what, err := range map[string]error{"EditDraft": edited, "Publish": published, "RebaseDraft": rebased, "Rollback": rolledBack, "Versions": versions,
		"DiscardDraft": b.DiscardDraft(ctx, "jo", "RLT", d.ETag), "Reload": b.Reload(ctx), "Start": other} {
		if !errors.Is(err, f.err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if svcgate.CodeOf(started) != svcgate.CodeInvalid || b.Published("TLR") != nil {
		t.Errorf("Start without rules: %v", started)
	}
	if v, ok := b.Lookup("RLT", svcgate.Authorize, svcgate.SourceErrorCode, "OVER_LIMIT"); !ok || v.Code != "103" || v.Version != 1 {
		t.Errorf("Lookup = %+v, %v", v, ok)
	}
	if _, err := responsecodes.NewBook(ctx, f); !errors.Is(err, f.err) {
		t.Errorf("NewBook: %v", err)
	}
}

func TestReload(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, f := book(t, declined())
	here := opened(t, f)
	changed := declined()
	changed.Vendor = "105"
	publish(t, b, "jo", responsecodes.PutRule(changed))
	if got, _ := here.Rule(changed.ID()); got.Vendor != "103" {
		t.Errorf("before Reload the rule is %+v", got)
	}
	if err := here.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	if got, _ := here.Rule(changed.ID()); got.Vendor != "105" || here.Published("RLT").Number != 2 {
		t.Errorf("after Reload the rule is %+v", got)
	}
	bad := declined()
	bad.Outcome = svcgate.Approved
	if err := f.PublishCodes(ctx, &responsecodes.Version{Service: "RLT", Number: 3, Rules: []responsecodes.Rule{bad}}, ""); err != nil {
		t.Fatal(err)
	}
	if err := here.Reload(ctx); err == nil || !strings.Contains(err.Error(), bad.ID()) {
		t.Errorf("Reload of an invalid rule: %v", err)
	}
	if got, _ := here.Rule(changed.ID()); got.Vendor != "105" {
		t.Errorf("after a failed Reload the rule is %+v", got)
	}
}

// TestWatch publishes in one book and finds it in force in another, five seconds later at most.
func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := book(t, declined())
		here := opened(t, f)
		log := &strings.Builder{}
		here.Log = slog.New(slog.NewTextHandler(log, nil))
		ctx, stop := context.WithCancel(context.Background())
		go here.Watch(ctx, 2*time.Second)
		for n := 2; n < 5; n++ {
			changed := declined()
			changed.Vendor = strconv.Itoa(n)
			publish(t, b, "jo", responsecodes.PutRule(changed))
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if v, _ := here.Lookup("RLT", svcgate.Authorize, changed.Source, changed.Code); v.Code != changed.Vendor || v.Version != n {
				t.Errorf("five seconds after version %d the other process says %+v", n, v)
			}
		}
		if _, err := b.Rollback(ctx, "jo", "RLT", 0, 2, "as it was"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if v, _ := here.Lookup("RLT", svcgate.Authorize, svcgate.SourceErrorCode, "OVER_LIMIT"); v.Code != "2" || v.Version != 5 {
			t.Errorf("after the rollback the other process says %+v", v)
		}
		f.fail(errors.New("the disk failed"))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		stop()
		synctest.Wait()
		if !strings.Contains(log.String(), "the disk failed") {
			t.Errorf("logged %q", log)
		}
		if v, _ := here.Lookup("RLT", svcgate.Authorize, svcgate.SourceErrorCode, "OVER_LIMIT"); v.Version != 5 {
			t.Errorf("while the store fails the book says %+v", v)
		}
	})
}

// TestWord brings a version into force at once, however seldom is looked by itself.
func TestWord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := book(t, declined())
		here := opened(t, f)
		word := make(chan struct{})
		here.Word = word
		ctx, stop := context.WithCancel(context.Background())
		go here.Watch(ctx, 24*time.Hour)
		changed := declined()
		changed.Vendor = "2"
		publish(t, b, "jo", responsecodes.PutRule(changed))
		word <- struct{}{}
		synctest.Wait()
		if v, _ := here.Lookup("RLT", svcgate.Authorize, changed.Source, changed.Code); v.Code != "2" {
			t.Errorf("after the word it says %+v", v)
		}
		stop()
		synctest.Wait()
	})
}

// TestChangesUnderLookups publishes and rolls back while it is looked up: each answer is of one version as a whole.
func TestChangesUnderLookups(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, _ := book(t, rule("", svcgate.SourceErrorCode, "E", "1"), rule("", svcgate.SourceErrorCode, "F", "1"))
	var all sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				v, ok := b.Lookup("RLT", svcgate.Void, svcgate.SourceErrorCode, "E")
				if want := strconv.Itoa(1 + (v.Version+1)%2); !ok || v.Code != want {
					t.Errorf("Lookup = %+v, %v, want vendor code %s", v, ok, want)
					return
				}
			}
		})
	}
	second := rule("", svcgate.SourceErrorCode, "E", "2")
	publish(t, b, "jo", responsecodes.PutRule(second))
	for n := range 200 { // odd versions are the first one again, even ones the second
		if _, err := b.Rollback(ctx, "jo", "RLT", 0, 1+n%2, "to and fro"); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	all.Wait()
}
