package responsecodes_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// memory is a store in memory that can be made to fail.
type memory struct {
	mu    sync.Mutex
	rules map[string]responsecodes.Rule
	err   error
}

func (m *memory) Rules(context.Context) ([]responsecodes.Rule, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.rules)), m.err
}

func (m *memory) PutRules(_ context.Context, rules []responsecodes.Rule) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	for _, r := range rules {
		m.rules[r.ID()] = r
	}
	return nil
}

func (m *memory) DeleteRule(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	if _, ok := m.rules[id]; !ok {
		return &svcgate.Error{Code: svcgate.CodeNotFound}
	}
	delete(m.rules, id)
	return nil
}

func (m *memory) ReplaceRules(ctx context.Context, service string, rules []responsecodes.Rule) error {
	m.mu.Lock()
	if m.err == nil {
		maps.DeleteFunc(m.rules, func(_ string, r responsecodes.Rule) bool { return r.Service == service })
	}
	m.mu.Unlock()
	return m.PutRules(ctx, rules)
}

var now = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

func book(t testing.TB, rules ...responsecodes.Rule) (*responsecodes.Book, *memory) {
	t.Helper()
	m := &memory{rules: map[string]responsecodes.Rule{}}
	for _, r := range rules {
		m.rules[r.ID()] = r
	}
	b, err := responsecodes.NewBook(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	b.Now = func() time.Time { return now }
	return b, m
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
		Cancel: true, Messages: []string{"Try another card"}, Rule: "RLT:authorize:error_code:OVER_LIMIT", Outcome: svcgate.Declined}
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

func TestBookSharesNothingThatChanges(t *testing.T) {
	t.Parallel()
	b, m := book(t)
	r := declined()
	if err := b.Put(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	*r.Attempts, *r.HoldDays, r.Messages[0] = 9, 9, "changed"
	got, _ := b.Rule(declined().ID())
	*got.Attempts, got.Messages[0] = 9, "changed"
	b.Rules("")[0].Messages[0] = "changed"
	stored := m.rules[declined().ID()]
	v, _ := b.Lookup("RLT", svcgate.Authorize, svcgate.SourceErrorCode, "OVER_LIMIT")
	if *v.Attempts != 2 || *v.Hold.Days != 5 || v.Messages[0] != "Try another card" || stored.Messages[0] != "Try another card" {
		t.Errorf("the book says %+v and the store %+v", v, stored)
	}
	if again, _ := b.Rule(declined().ID()); *again.Attempts != 2 || again.Messages[0] != "Try another card" {
		t.Errorf("the book has %+v", again)
	}
}

func TestPutAndDelete(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, m := book(t)
	r := declined()
	if err := b.Put(ctx, r); err != nil {
		t.Fatal(err)
	}
	got, ok := b.Rule(r.ID())
	if !ok || !got.Updated.Equal(now) || !m.rules[r.ID()].Updated.Equal(now) {
		t.Errorf("the rule is %+v, %v", got, ok)
	}
	r.Vendor = "104"
	if err := b.Put(ctx, r); err != nil {
		t.Fatal(err)
	}
	if v, _ := b.Lookup("RLT", svcgate.Authorize, r.Source, r.Code); v.Code != "104" || len(b.Rules("RLT")) != 1 {
		t.Errorf("after a change: %+v of %d rules", v, len(b.Rules("RLT")))
	}
	r.Vendor = ""
	if err := b.Put(ctx, r); svcgate.CodeOf(err) != svcgate.CodeInvalid {
		t.Errorf("Put of an invalid rule: %v", err)
	}
	if err := b.Delete(ctx, "RLT:*:error_code:NONE"); svcgate.CodeOf(err) != svcgate.CodeNotFound {
		t.Errorf("Delete of no rule: %v", err)
	}
	if err := b.Delete(ctx, r.ID()); err != nil {
		t.Fatal(err)
	}
	if _, ok := b.Lookup("RLT", svcgate.Authorize, r.Source, r.Code); ok || len(b.Rules("")) != 0 || len(m.rules) != 0 {
		t.Error("a deleted rule is there")
	}
}

func TestFailedStoreChangesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, m := book(t, declined())
	m.err = errors.New("the disk failed")
	changed := declined()
	changed.Vendor = "104"
	_, imported := b.Import(ctx, "RLT", []responsecodes.Rule{changed})
	for what, err := range map[string]error{"Put": b.Put(ctx, changed), "Delete": b.Delete(ctx, changed.ID()), "Import": imported, "Reload": b.Reload(ctx)} {
		if !errors.Is(err, m.err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if v, ok := b.Lookup("RLT", svcgate.Authorize, changed.Source, changed.Code); !ok || v.Code != "103" {
		t.Errorf("Lookup = %+v, %v", v, ok)
	}
	if _, err := responsecodes.NewBook(ctx, m); !errors.Is(err, m.err) {
		t.Errorf("NewBook: %v", err)
	}
}

func TestReload(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, m := book(t, declined())
	elsewhere := declined()
	elsewhere.Vendor = "105"
	m.rules[elsewhere.ID()] = elsewhere
	if err := b.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	if got, _ := b.Rule(elsewhere.ID()); got.Vendor != "105" {
		t.Errorf("after Reload the rule is %+v", got)
	}
	bad := declined()
	bad.Outcome = svcgate.Approved
	m.rules[bad.ID()] = bad
	if err := b.Reload(ctx); err == nil || !strings.Contains(err.Error(), bad.ID()) {
		t.Errorf("Reload of an invalid rule: %v", err)
	}
	if got, _ := b.Rule(elsewhere.ID()); got.Vendor != "105" {
		t.Errorf("after a failed Reload the rule is %+v", got)
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	same, change, gone, other := rule("", svcgate.SourceErrorCode, "SAME", "1"), rule("", svcgate.SourceErrorCode, "CHANGE", "1"),
		rule("", svcgate.SourceErrorCode, "GONE", "1"), rule("", svcgate.SourceErrorCode, "OTHER", "1")
	other.Service = "TLR"
	b, m := book(t, same, change, gone, other)
	change.Vendor = "2"
	added := rule("", svcgate.SourceErrorCode, "NEW", "1")
	set := []responsecodes.Rule{added, change, same}
	want := responsecodes.Changes{Added: []string{added.ID()}, Changed: []string{change.ID()}, Removed: []string{gone.ID()}}
	for range 2 { // looking changes nothing
		if got, err := b.Preview("RLT", set); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("Preview = %+v, %v, want %+v", got, err, want)
		}
	}
	if got, err := b.Import(ctx, "RLT", set); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("Import = %+v, %v, want %+v", got, err, want)
	}
	if got, _ := b.Rule(same.ID()); !got.Updated.IsZero() {
		t.Errorf("a rule that says the same was dated %v", got.Updated)
	}
	if got, _ := b.Rule(change.ID()); !got.Updated.Equal(now) || got.Vendor != "2" {
		t.Errorf("the changed rule is %+v", got)
	}
	if _, ok := b.Rule(other.ID()); !ok || len(b.Rules("RLT")) != 3 || len(m.rules) != 4 {
		t.Errorf("there are %d rules here and %d stored", len(b.Rules("")), len(m.rules))
	}
	if _, ok := b.Lookup("RLT", 0, svcgate.SourceErrorCode, "GONE"); ok {
		t.Error("a removed rule is found")
	}
	if got, err := b.Import(ctx, "RLT", set); err != nil || !got.Empty() {
		t.Errorf("the same import again = %+v, %v", got, err)
	}
	invalid := added
	invalid.Vendor = ""
	for what, wrong := range map[string][]responsecodes.Rule{
		"nothing": {}, "another bureau's": {added, other}, "one twice": {added, change, added}, "an invalid one": {added, invalid},
	} {
		if got, err := b.Import(ctx, "RLT", wrong); svcgate.CodeOf(err) != svcgate.CodeInvalid || !got.Empty() {
			t.Errorf("%s: Import = %+v, %v", what, got, err)
		}
		if _, err := b.Preview("RLT", wrong); svcgate.CodeOf(err) != svcgate.CodeInvalid {
			t.Errorf("%s: Preview: %v", what, err)
		}
	}
	if len(b.Rules("RLT")) != 3 {
		t.Error("a refused import changed the table")
	}
}

// TestChangesUnderLookups changes the table while it is read: each answer is one of the two that were ever true.
func TestChangesUnderLookups(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, _ := book(t, rule("", svcgate.SourceErrorCode, "E", "1"))
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
				if !ok || v.Code != "1" && v.Code != "2" {
					t.Errorf("Lookup = %+v, %v", v, ok)
					return
				}
			}
		})
	}
	var writers sync.WaitGroup
	for _, vendor := range []string{"1", "2"} {
		writers.Go(func() {
			for range 100 {
				if err := b.Put(ctx, rule("", svcgate.SourceErrorCode, "E", vendor)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	all.Wait()
}
