package responsecodes_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

func approving() responsecodes.Rule {
	r := rule("authorize", svcgate.SourceReasonCode, "24", "100")
	r.Outcome = svcgate.Approved
	return r
}

func TestPublishAndRollBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, _ := book(t, declined())
	first := b.Published("RLT")
	if first.Number != 1 || first.By != responsecodes.Starter || first.Base != 0 {
		t.Errorf("the first version is %+v", first)
	}
	b.Now = func() time.Time { return now.Add(time.Hour) }
	d := edit(t, b, "jo", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "NEW", "1")))
	v, err := b.Publish(ctx, "jo", "RLT", d.ETag, "Lost cards, ticket 118")
	if err != nil || v.Number != 2 || v.By != "jo" || v.Reason != "Lost cards, ticket 118" || v.Base != 1 || !v.Published.Equal(now.Add(time.Hour)) ||
		!reflect.DeepEqual(v.Rules, d.Rules) || b.Published("RLT") != v {
		t.Errorf("published %+v, %v", v, err)
	}
	if after, err := b.Draft(ctx, "RLT"); err != nil || after.Exists || after.ETag != "v2" || after.Base != 2 {
		t.Errorf("afterwards the draft is %+v, %v", after, err)
	}
	if r, ok := b.Rule("RLT:*:error_code:NEW"); !ok || r.Vendor != "1" {
		t.Error("the new rule is not in force")
	}
	back, err := b.Rollback(ctx, "ann", "RLT", 0, 1, "It was wrong")
	if err != nil || back.Number != 3 || back.RolledBackTo != 1 || back.Base != 2 || !reflect.DeepEqual(back.Rules, first.Rules) {
		t.Errorf("rolled back to %+v, %v", back, err)
	}
	if _, ok := b.Rule("RLT:*:error_code:NEW"); ok {
		t.Error("the new rule is still in force")
	}
	versions, err := b.Versions(ctx, "RLT", 0)
	var told []string
	for _, v := range versions {
		told = append(told, fmt.Sprintf("%d by %s from %d to %d: %s, %d rules", v.Number, v.By, v.Base, v.RolledBackTo, v.Reason, len(v.Rules)))
	}
	want := []string{"3 by ann from 2 to 1: It was wrong, 0 rules", "2 by jo from 1 to 0: Lost cards, ticket 118, 0 rules",
		"1 by svcgate:starter from 0 to 0: The starter set, 0 rules"}
	if err != nil || !slices.Equal(told, want) {
		t.Errorf("the versions are\n%s, %v", strings.Join(told, "\n"), err)
	}
	if some, err := b.Versions(ctx, "RLT", 2); err != nil || len(some) != 2 || some[0].Number != 3 {
		t.Errorf("two versions are %+v, %v", some, err)
	}
	for n, rules := range map[int]int{1: 1, 2: 2, 3: 1} {
		if v, err := b.Version(ctx, "RLT", n); err != nil || v.Number != n || len(v.Rules) != rules {
			t.Errorf("version %d is %+v, %v", n, v, err)
		}
	}
	for _, n := range []int{0, 4, -1} {
		_, err := b.Version(ctx, "RLT", n)
		wantError(t, err, svcgate.CodeNotFound, "version_not_found")
		_, err = b.Rollback(ctx, "jo", "RLT", 0, n, "because")
		wantError(t, err, svcgate.CodeNotFound, "version_not_found")
	}
	_, err = b.Rollback(ctx, "jo", "RLT", b.Published("RLT").Number-1, 1, "because")
	wantError(t, err, svcgate.CodeConflict, "stale")
	_, err = b.Rollback(ctx, "jo", "RLT", 0, 1, "because")
	wantError(t, err, svcgate.CodeConflict, "nothing_to_publish")
}

func TestPublishIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, _ := book(t, declined())
	_, err := b.Publish(ctx, "jo", "RLT", "v1", "because")
	wantError(t, err, svcgate.CodeConflict, "no_draft")
	d := edit(t, b, "jo", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "NEW", "1")))
	for _, reason := range []string{"", "  ", "two\nlines", strings.Repeat("r", 201), "card 6006 4912 3456 0017", "\xff"} {
		_, err := b.Publish(ctx, "jo", "RLT", d.ETag, reason)
		wantError(t, err, svcgate.CodeInvalid, "invalid_reason")
		_, err = b.Rollback(ctx, "jo", "RLT", 0, 1, reason)
		wantError(t, err, svcgate.CodeInvalid, "invalid_reason")
	}
	if _, err := b.Publish(ctx, "", "RLT", d.ETag, "because"); err == nil {
		t.Error("nobody published")
	}
	d = edit(t, b, "jo", responsecodes.DeleteRule("RLT:*:error_code:NEW"))
	_, err = b.Publish(ctx, "jo", "RLT", d.ETag, "because")
	wantError(t, err, svcgate.CodeConflict, "nothing_to_publish")
	d = edit(t, b, "jo", responsecodes.DeleteRule(declined().ID()))
	_, err = b.Publish(ctx, "jo", "RLT", d.ETag, "because")
	wantError(t, err, svcgate.CodeInvalid, "check_failed")
	if b.Published("RLT").Number != 1 {
		t.Error("something was published")
	}
}

func TestWidenedApprovalNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, _ := book(t, declined())
	edit(t, b, "jo", responsecodes.PutRule(approving()))
	d := edit(t, b, "ann", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "NEW", "1")))
	for _, editor := range []string{"jo", "ann"} {
		_, err := b.Publish(ctx, editor, "RLT", d.ETag, "because")
		wantError(t, err, svcgate.CodeConflict, "needs_second_person")
	}
	if v, err := b.Publish(ctx, "eve", "RLT", d.ETag, "because"); err != nil || v.By != "eve" {
		t.Errorf("published %+v, %v", v, err)
	}
	// What approves already may be worded anew, and narrowed, by one person; and what was in force may come back.
	worded := approving()
	worded.Description, worded.Outcome = "Fine", svcgate.Partial
	publish(t, b, "jo", responsecodes.PutRule(worded))
	publish(t, b, "jo", responsecodes.DeleteRule(worded.ID()))
	if _, err := b.Rollback(ctx, "jo", "RLT", 0, 2, "because"); err != nil {
		t.Error(err)
	}
}

// TestRollbackUnderADraft: a draft that began before must not bring back what was rolled back unseen.
func TestRollbackUnderADraft(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, _ := book(t, declined())
	publish(t, b, "jo", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "BAD", "1")))
	changed := declined()
	changed.Vendor = "104"
	edit(t, b, "jo", responsecodes.PutRule(changed))
	d := edit(t, b, "jo", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "GOOD", "1")))
	if _, err := b.Rollback(ctx, "ann", "RLT", 0, 1, "because"); err != nil {
		t.Fatal(err)
	}
	_, err := b.Publish(ctx, "jo", "RLT", d.ETag, "because")
	wantError(t, err, svcgate.CodeConflict, "draft_outdated")
	d, err = b.RebaseDraft(ctx, "ann", "RLT", d.ETag)
	if err != nil || d.Base != 3 || !slices.Equal(ids(d.Rules), []string{"RLT:*:error_code:GOOD", changed.ID()}) || d.Rules[1].Vendor != "104" ||
		!slices.Equal(d.Editors, []string{"jo", "ann"}) {
		t.Errorf("the draft became %+v, %v", d, err)
	}
	if same, err := b.RebaseDraft(ctx, "eve", "RLT", d.ETag); err != nil || !reflect.DeepEqual(same, d) {
		t.Errorf("again: %+v, %v", same, err)
	}
	if v, err := b.Publish(ctx, "jo", "RLT", d.ETag, "because"); err != nil || v.Base != 3 || v.Number != 4 {
		t.Errorf("published %+v, %v", v, err)
	}
	// A draft that began from nothing, while somebody else published.
	fresh, f := book(t)
	first := edit(t, fresh, "jo", responsecodes.PutRule(declined()))
	if _, err := opened(t, f).Start(ctx, "RLT", responsecodes.StarterSet("RLT")); err != nil {
		t.Fatal(err)
	}
	if err := fresh.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	if d, err := fresh.RebaseDraft(ctx, "jo", "RLT", first.ETag); err != nil || len(d.Rules) != 13 || d.Base != 1 {
		t.Errorf("the draft became %+v, %v", d, err)
	}
}

func TestStartOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, _ := book(t)
	for n, want := range []bool{true, false} {
		if ok, err := b.Start(ctx, "RLT", responsecodes.StarterSet("RLT")); ok != want || err != nil {
			t.Errorf("Start %d = %v, %v", n, ok, err)
		}
	}
	if v := b.Published("RLT"); v.Number != 1 || len(v.Rules) != 12 || !v.Rules[0].Updated.Equal(now) || !slices.Equal(b.Services(), []string{"RLT"}) {
		t.Errorf("published is %+v", v)
	}
	if _, err := b.Start(ctx, "TLR", responsecodes.StarterSet("RLT")); svcgate.CodeOf(err) != svcgate.CodeInvalid {
		t.Errorf("Start with another bureau's rules: %v", err)
	}
}

// TestTwoStartAtOnce: two nodes meet a new service bureau, both before either has published.
func TestTwoStartAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var memory responsecodes.Memory
	first, err := responsecodes.NewBook(ctx, &memory)
	if err != nil {
		t.Fatal(err)
	}
	second, err := responsecodes.NewBook(ctx, &memory)
	if err != nil {
		t.Fatal(err)
	}
	for n, b := range []*responsecodes.Book{first, second} {
		if ok, err := b.Start(ctx, "RLT", responsecodes.StarterSet("RLT")); ok != (n == 0) || err != nil {
			t.Errorf("Start of node %d = %v, %v", n+1, ok, err)
		}
		if v := b.Published("RLT"); v == nil || v.Number != 1 {
			t.Errorf("node %d has %+v", n+1, v)
		}
	}
}

// many are rules of their own, as many as a table can have.
func many(n int) []responsecodes.Rule {
	rules := make([]responsecodes.Rule, n)
	for i := range rules {
		rules[i] = rule("", svcgate.SourceErrorCode, fmt.Sprintf("CODE_%05d", i), "102")
		rules[i].Description, rules[i].Messages = "Ask for another card", []string{"Ask for another card"}
	}
	return rules
}

func BenchmarkLookup(b *testing.B) {
	book, _ := book(b, many(responsecodes.MaxRules)...)
	b.ReportAllocs()
	for b.Loop() {
		book.Lookup("RLT", svcgate.Authorize, svcgate.SourceErrorCode, "CODE_05000")
	}
}

// BenchmarkPublish edits one rule of a table as large as it can be and publishes it.
func BenchmarkPublish(b *testing.B) {
	book, _ := book(b, many(responsecodes.MaxRules)...)
	n := 0
	for b.Loop() {
		changed := many(1)[0]
		changed.Vendor = fmt.Sprint(n % 10)
		n++
		publish(b, book, "jo", responsecodes.PutRule(changed))
	}
}
