package responsecodes_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// edit changes the draft of RLT as it is.
func edit(t testing.TB, b *responsecodes.Book, by string, change responsecodes.Edit) *responsecodes.Draft {
	t.Helper()
	d, err := b.Draft(context.Background(), "RLT")
	if err != nil {
		t.Fatal(err)
	}
	d, err = b.EditDraft(context.Background(), by, "RLT", d.ETag, change)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// publish edits the draft of RLT and publishes it.
func publish(t testing.TB, b *responsecodes.Book, by string, change responsecodes.Edit) *responsecodes.Version {
	t.Helper()
	v, err := b.Publish(context.Background(), by, "RLT", edit(t, b, by, change).ETag, "because")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantError fails unless err is an *svcgate.Error with the code and reason.
func wantError(t testing.TB, err error, code svcgate.Code, reason string) {
	t.Helper()
	e, ok := errors.AsType[*svcgate.Error](err)
	if !ok || e.Code != code || e.Reason != reason {
		t.Errorf("the error is %v, want %s/%s", err, code, reason)
	}
}

func ids(rules []responsecodes.Rule) (all []string) {
	for _, r := range rules {
		all = append(all, r.ID())
	}
	return all
}

func TestDraftBeginsAsWhatIsPublished(t *testing.T) {
	t.Parallel()
	b, _ := book(t, declined())
	d, err := b.Draft(context.Background(), "RLT")
	if err != nil || d.Exists || d.Base != 1 || d.ETag != "v1" || !reflect.DeepEqual(d.Rules, b.Rules("RLT")) || len(d.Editors) != 0 || !d.Updated.Equal(now) {
		t.Errorf("the draft is %+v, %v", d, err)
	}
	d = edit(t, b, "jo", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "NEW", "1")))
	if !d.Exists || d.Base != 1 || d.ETag == "v1" || len(d.Rules) != 2 || !slices.Equal(d.Editors, []string{"jo"}) {
		t.Errorf("the draft is %+v", d)
	}
	if _, ok := b.Rule("RLT:*:error_code:NEW"); ok {
		t.Error("an edit is in force")
	}
	read, err := b.Draft(context.Background(), "RLT")
	if err != nil || !reflect.DeepEqual(read, d) {
		t.Errorf("read back it is %+v, %v, want %+v", read, err, d)
	}
	none, err := b.Draft(context.Background(), "TLR")
	if err != nil || none.Exists || none.Base != 0 || len(none.Rules) != 0 {
		t.Errorf("of a service bureau without codes it is %+v, %v", none, err)
	}
}

func TestEditsKeepWhatTheyDoNotChange(t *testing.T) {
	t.Parallel()
	b, _ := book(t, rule("", svcgate.SourceErrorCode, "SAME", "1"), rule("", svcgate.SourceErrorCode, "GONE", "1"))
	later := now.Add(time.Hour)
	b.Now = func() time.Time { return later }
	edit(t, b, "jo", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "NEW", "1")))
	edit(t, b, "ann", responsecodes.DeleteRule("RLT:*:error_code:GONE"))
	d := edit(t, b, "jo", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "SAME", "1")))
	if got := ids(d.Rules); !slices.Equal(got, []string{"RLT:*:error_code:NEW", "RLT:*:error_code:SAME"}) || !slices.Equal(d.Editors, []string{"jo", "ann"}) {
		t.Errorf("rules %v by %v", got, d.Editors)
	}
	if !d.Rules[0].Updated.Equal(later) || !d.Rules[1].Updated.Equal(now) {
		t.Errorf("the rules are of %v and %v", d.Rules[0].Updated, d.Rules[1].Updated)
	}
	etag := d.ETag
	if d = edit(t, b, "eve", responsecodes.ImportRules(d.Rules)); d.ETag != etag || slices.Contains(d.Editors, "eve") {
		t.Errorf("an edit that changes nothing left %+v", d)
	}
	if d = edit(t, b, "eve", responsecodes.ImportRules(d.Rules[:1])); d.ETag == etag || len(d.Rules) != 1 {
		t.Errorf("an import of one rule left %v", ids(d.Rules))
	}
}

func TestPreviewChangesNothing(t *testing.T) {
	t.Parallel()
	same, change, gone := rule("", svcgate.SourceErrorCode, "SAME", "1"), rule("", svcgate.SourceErrorCode, "CHANGE", "1"), rule("", svcgate.SourceErrorCode, "GONE", "1")
	b, _ := book(t, same, change, gone)
	change.Vendor = "2"
	set := responsecodes.ImportRules([]responsecodes.Rule{rule("", svcgate.SourceErrorCode, "NEW", "1"), change, same})
	want := responsecodes.Changes{Added: []string{"RLT:*:error_code:NEW"}, Changed: []string{change.ID()}, Removed: []string{gone.ID()}}
	for range 2 {
		d, err := b.Draft(context.Background(), "RLT")
		if err != nil {
			t.Fatal(err)
		}
		changes, err := d.Preview(set)
		if got := responsecodes.Summary(changes); err != nil || !reflect.DeepEqual(got, want) || got.Empty() {
			t.Errorf("the preview is %+v, %v", got, err)
		}
	}
	if d := edit(t, b, "jo", set); !slices.Equal(ids(d.Rules), []string{change.ID(), "RLT:*:error_code:NEW", same.ID()}) {
		t.Errorf("the draft has %v", ids(d.Rules))
	}
}

func TestEditIsRefused(t *testing.T) {
	t.Parallel()
	good := rule("", svcgate.SourceErrorCode, "NEW", "1")
	other, invalid, approving := good, good, good
	other.Service, invalid.Vendor, approving.Outcome = "TLR", "", svcgate.Approved
	card := []responsecodes.Rule{good, good, good}
	card[0].Code, card[1].Description, card[2].Messages = "CARD_6006491234560017", "6006-4912-3456-0017", []string{"Card", "6006 4912 3456 0017"}
	many := make([]responsecodes.Rule, responsecodes.MaxRules+1)
	for i := range many {
		many[i] = rule("", svcgate.SourceErrorCode, "E"+strings.Repeat("x", i%60)+string(rune('A'+i%26)), "1")
	}
	failed := errors.New("the edit failed")
	for name, c := range map[string]struct {
		by, service string
		edit        responsecodes.Edit
		code        svcgate.Code
		reason      string
	}{
		"nothing":              {"jo", "RLT", responsecodes.ImportRules(nil), svcgate.CodeInvalid, "empty_import"},
		"another bureau's":     {"jo", "RLT", responsecodes.ImportRules([]responsecodes.Rule{good, other}), svcgate.CodeInvalid, "other_service"},
		"one twice":            {"jo", "RLT", responsecodes.ImportRules([]responsecodes.Rule{good, good}), svcgate.CodeInvalid, "duplicate_rule"},
		"an invalid one":       {"jo", "RLT", responsecodes.PutRule(invalid), svcgate.CodeInvalid, "invalid_vendor"},
		"an approving error":   {"jo", "RLT", responsecodes.PutRule(approving), svcgate.CodeInvalid, "cannot_approve"},
		"a card as code":       {"jo", "RLT", responsecodes.PutRule(card[0]), svcgate.CodeInvalid, "invalid_code"},
		"a card described":     {"jo", "RLT", responsecodes.PutRule(card[1]), svcgate.CodeInvalid, "invalid_description"},
		"a card as message":    {"jo", "RLT", responsecodes.PutRule(card[2]), svcgate.CodeInvalid, "invalid_message"},
		"too many":             {"jo", "RLT", responsecodes.ImportRules(many), svcgate.CodeInvalid, "too_many_rules"},
		"no such rule":         {"jo", "RLT", responsecodes.DeleteRule("RLT:*:error_code:NONE"), svcgate.CodeNotFound, "rule_not_found"},
		"no service bureau":    {"jo", "no bureau", responsecodes.PutRule(good), svcgate.CodeInvalid, "invalid_service"},
		"an error of the edit": {"jo", "RLT", func([]responsecodes.Rule) ([]responsecodes.Rule, error) { return nil, failed }, svcgate.CodeInternal, ""},
		"nobody":               {"", "RLT", responsecodes.PutRule(good), svcgate.CodeInternal, ""},
		"a name too long":      {strings.Repeat("j", 65), "RLT", responsecodes.PutRule(good), svcgate.CodeInternal, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := book(t, declined())
			before, err := b.Draft(context.Background(), c.service)
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.EditDraft(context.Background(), c.by, c.service, before.ETag, c.edit)
			if svcgate.CodeOf(err) != c.code {
				t.Errorf("the error is %v", err)
			}
			if c.reason != "" && !strings.Contains(err.Error(), c.reason) {
				t.Errorf("the error is %v, want reason %s", err, c.reason)
			}
			after, err := b.Draft(context.Background(), "RLT")
			if err != nil || after.Exists {
				t.Errorf("a refused edit left %+v, %v", after, err)
			}
		})
	}
}

func TestStaleEditShowsBoth(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, _ := book(t, declined())
	seen, err := b.Draft(ctx, "RLT")
	if err != nil {
		t.Fatal(err)
	}
	theirs := edit(t, b, "ann", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "THEIRS", "1")))
	mine := rule("", svcgate.SourceErrorCode, "MINE", "1")
	_, err = b.EditDraft(ctx, "jo", "RLT", seen.ETag, responsecodes.PutRule(mine))
	wantError(t, err, svcgate.CodeConflict, "stale")
	stale, ok := errors.AsType[*responsecodes.StaleError](err)
	if !ok || !reflect.DeepEqual(stale.Current, theirs) || len(stale.Yours) != 1 || stale.Yours[0].ID != mine.ID() || stale.Yours[0].Before != nil {
		t.Errorf("the error tells %+v", stale)
	}
	_, err = b.EditDraft(ctx, "jo", "RLT", "", responsecodes.DeleteRule("RLT:*:error_code:NONE"))
	if stale, ok := errors.AsType[*responsecodes.StaleError](err); !ok || stale.Yours != nil {
		t.Errorf("an edit that cannot be: %v", err)
	}
	for _, tag := range []string{seen.ETag, "", "*", `"` + theirs.ETag + `"`, theirs.ETag + " ", strings.ToUpper(theirs.ETag)} {
		_, err = b.Publish(ctx, "jo", "RLT", tag, "because")
		wantError(t, err, svcgate.CodeConflict, "stale")
		wantError(t, b.DiscardDraft(ctx, "jo", "RLT", tag), svcgate.CodeConflict, "stale")
		_, err = b.RebaseDraft(ctx, "jo", "RLT", tag)
		wantError(t, err, svcgate.CodeConflict, "stale")
	}
	if d, err := b.Draft(ctx, "RLT"); err != nil || !reflect.DeepEqual(d, theirs) {
		t.Errorf("the draft is %+v, %v", d, err)
	}
	if _, err := b.EditDraft(ctx, "jo", "RLT", theirs.ETag, responsecodes.PutRule(mine)); err != nil {
		t.Error(err)
	}
}

// TestEditsOfTwoProcesses: the store has the last word where both read the same draft.
func TestEditsOfTwoProcesses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, f := book(t, declined())
	d := edit(t, b, "ann", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "ONE", "1")))
	race := &racing{Store: f, between: func() { edit(t, b, "ann", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "TWO", "1"))) }}
	other := opened(t, race)
	_, err := other.EditDraft(ctx, "jo", "RLT", d.ETag, responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "THREE", "1")))
	wantError(t, err, svcgate.CodeConflict, "stale")
	now, err := b.Draft(ctx, "RLT")
	if err != nil || slices.Contains(ids(now.Rules), "RLT:*:error_code:THREE") || len(now.Rules) != 3 {
		t.Errorf("the draft is %+v, %v", now, err)
	}
	race.between = func() { publish(t, b, "ann", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "FOUR", "1"))) }
	_, err = other.Publish(ctx, "jo", "RLT", now.ETag, "because")
	wantError(t, err, svcgate.CodeConflict, "stale")
	race.between = func() { publish(t, b, "ann", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "FIVE", "1"))) }
	_, err = other.Rollback(ctx, "jo", "RLT", 0, 1, "because")
	wantError(t, err, svcgate.CodeConflict, "stale")
	if v := other.Published("RLT"); v.Number != 3 {
		t.Errorf("after the conflict the other process knows version %d", v.Number)
	}
	if v := b.Published("RLT"); v.Number != 3 || len(v.Rules) != 5 {
		t.Errorf("published is version %d with %v", v.Number, ids(v.Rules))
	}
}

// racing lets something happen before the next write.
type racing struct {
	responsecodes.Store
	between func()
}

func (r *racing) SaveCodeDraft(ctx context.Context, d *responsecodes.Draft, was, by, what string) error {
	r.between()
	return r.Store.SaveCodeDraft(ctx, d, was, by, what)
}

func (r *racing) PublishCodes(ctx context.Context, v *responsecodes.Version, draft string) error {
	r.between()
	return r.Store.PublishCodes(ctx, v, draft)
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b, _ := book(t, declined())
	wantError(t, b.DiscardDraft(ctx, "jo", "RLT", "v1"), svcgate.CodeConflict, "no_draft")
	d := edit(t, b, "jo", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "NEW", "1")))
	if err := b.DiscardDraft(ctx, "ann", "RLT", d.ETag); err != nil {
		t.Fatal(err)
	}
	after, err := b.Draft(ctx, "RLT")
	if err != nil || after.Exists || after.ETag != "v1" || len(after.Rules) != 1 {
		t.Errorf("after that the draft is %+v, %v", after, err)
	}
	again := edit(t, b, "jo", responsecodes.PutRule(rule("", svcgate.SourceErrorCode, "NEW", "1")))
	if again.ETag == d.ETag {
		t.Error("two drafts have one tag")
	}
}

func TestAuditDetailOfAnEdit(t *testing.T) {
	t.Parallel()
	_, f := book(t, declined(), rule("", svcgate.SourceErrorCode, "card 6006491234560017", "1")) // as an earlier svcgate took it
	told := &listening{Store: f}
	b := opened(t, told)
	changed := declined()
	changed.Vendor = "104"
	edit(t, b, "jo", responsecodes.PutRule(changed))
	edit(t, b, "jo", responsecodes.DeleteRule(changed.ID()))
	edit(t, b, "jo", responsecodes.DeleteRule("RLT:*:error_code:card 6006491234560017"))
	edit(t, b, "jo", responsecodes.ImportRules(responsecodes.StarterSet("RLT")))
	want := []string{
		"RLT:authorize:error_code:OVER_LIMIT: declined with vendor code 104; was declined with vendor code 103",
		"RLT:authorize:error_code:OVER_LIMIT: removed; was declined with vendor code 104",
		"RLT:*:error_code:card ****************: removed; was declined with vendor code 1",
		"12 added, 0 changed, 0 removed",
	}
	if !slices.Equal(told.what, want) {
		t.Errorf("told\n%s", strings.Join(told.what, "\n"))
	}
}

type listening struct {
	responsecodes.Store
	what []string
}

func (l *listening) SaveCodeDraft(ctx context.Context, d *responsecodes.Draft, was, by, what string) error {
	l.what = append(l.what, what)
	return l.Store.SaveCodeDraft(ctx, d, was, by, what)
}
