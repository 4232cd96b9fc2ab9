package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

func sampleRule() responsecodes.Rule {
	return responsecodes.Rule{
		Service: "RLT", Operation: "authorize", Source: svcgate.SourceErrorCode, Code: "OVER:LIMIT", Vendor: "103",
		Description: "Over the limit – \"held\"", Outcome: svcgate.Declined, Attempts: new(2), HoldReason: "CW", HoldDays: new(5),
		DaysBetween: new(1), Cancel: true, Messages: []string{"Try another card", "=1+1", "', 'x </script>"}, Updated: start,
	}
}

func bareRule() responsecodes.Rule {
	return responsecodes.Rule{Service: "RLT", Source: svcgate.SourceTransport, Code: svcgate.CodeSU, Vendor: "SU",
		Outcome: svcgate.Unavailable, Messages: []string{}, Updated: start.Add(time.Millisecond)}
}

func sampleVersion(n int) responsecodes.Version {
	return responsecodes.Version{Service: "RLT", Number: n, Rules: []responsecodes.Rule{sampleRule(), bareRule()}, Published: at(n), By: "jo",
		Reason: "Lost cards – \"declined\"", Base: max(n-1, 0), RolledBackTo: max(n-2, 0)}
}

func sampleDraft() responsecodes.Draft {
	return responsecodes.Draft{Service: "RLT", Base: 3, Rules: []responsecodes.Rule{bareRule(), sampleRule()}, ETag: "first",
		Editors: []string{"jo", "ann \"a\""}, Updated: at(5), Exists: true}
}

func testVersions(t *testing.T, open Open) {
	ctx := context.Background()
	t.Run("every member comes back", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		all, err := db.PublishedCodes(ctx)
		if err != nil || len(all) != 0 {
			t.Errorf("of nothing: %+v, %v", all, err)
		}
		other := sampleVersion(1)
		other.Service, other.Rules = "TLR", []responsecodes.Rule{}
		for _, v := range []responsecodes.Version{sampleVersion(1), sampleVersion(2), other, sampleVersion(3)} {
			must(t, db.PublishCodes(ctx, &v, ""))
		}
		want := sampleVersion(3)
		wantFilled(t, want)
		wantFilled(t, sampleRule())
		all, err = db.PublishedCodes(ctx)
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v, %v", all, err)
		}
		for _, v := range all {
			switch v.Service {
			case "RLT":
				wantVersion(t, v, want)
			case "TLR":
				wantVersion(t, v, other)
			}
		}
		for n := 1; n <= 3; n++ {
			v, err := db.CodeVersion(ctx, "RLT", n)
			if err != nil {
				t.Fatal(err)
			}
			wantVersion(t, *v, sampleVersion(n))
		}
		for _, n := range []int{0, 4, -1} {
			_, err := db.CodeVersion(ctx, "RLT", n)
			wantCode(t, err, svcgate.CodeNotFound)
		}
		_, err = db.CodeVersion(ctx, "rlt", 1)
		wantCode(t, err, svcgate.CodeNotFound)
	})
	t.Run("the newest first, without rules", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		for n := 1; n <= 3; n++ {
			v := sampleVersion(n)
			must(t, db.PublishCodes(ctx, &v, ""))
		}
		list, err := db.CodeVersions(ctx, "RLT", 2)
		if err != nil || len(list) != 2 {
			t.Fatalf("%+v, %v", list, err)
		}
		for i, v := range list {
			want := sampleVersion(3 - i)
			want.Rules = nil
			wantVersion(t, v, want)
		}
		if list, err := db.CodeVersions(ctx, "TLR", 9); err != nil || len(list) != 0 {
			t.Errorf("of another service bureau: %+v, %v", list, err)
		}
	})
	t.Run("numbers follow each other", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		revision := revisionOf(t, db)
		for _, n := range []int{2, 1, 1, 3, 2, 2, 1} {
			v := sampleVersion(n)
			err := db.PublishCodes(ctx, &v, "")
			next := revisionOf(t, db)
			switch {
			case err == nil && next == revision, err != nil && next != revision:
				t.Errorf("publishing %d: %v, and the revision goes from %d to %d", n, err, revision, next)
			case err != nil && !errors.Is(err, responsecodes.ErrChanged):
				t.Errorf("publishing %d: %v", n, err)
			}
			revision = next
		}
		if list, err := db.CodeVersions(ctx, "RLT", 9); err != nil || len(list) != 2 {
			t.Errorf("%d versions, %v", len(list), err)
		}
	})
	t.Run("of two at once one is kept", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		errs := make(chan error)
		for range 8 {
			go func() {
				v := sampleVersion(1)
				errs <- db.PublishCodes(ctx, &v, "")
			}()
		}
		kept := 0
		for range 8 {
			if err := <-errs; err == nil {
				kept++
			} else if !errors.Is(err, responsecodes.ErrChanged) {
				t.Error(err)
			}
		}
		if kept != 1 {
			t.Errorf("%d were kept", kept)
		}
	})
}

func testDrafts(t *testing.T, open Open) {
	ctx := context.Background()
	t.Run("every member comes back", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		wantDraft(t, db, nil)
		first := sampleDraft()
		wantFilled(t, first)
		must(t, db.SaveCodeDraft(ctx, &first, "", "jo", "a beginning"))
		wantDraft(t, db, &first)
		second := sampleDraft()
		second.ETag, second.Rules, second.Editors, second.Base, second.Updated = "second", []responsecodes.Rule{}, []string{"ann"}, 4, at(6)
		must(t, db.SaveCodeDraft(ctx, &second, "first", "ann", "emptied"))
		wantDraft(t, db, &second)
		must(t, db.DropCodeDraft(ctx, "RLT", "second", "jo"))
		wantDraft(t, db, nil)
	})
	t.Run("only over the one that was read", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		first, next := sampleDraft(), sampleDraft()
		next.ETag = "second"
		wantChanged := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, responsecodes.ErrChanged) {
				t.Errorf("%s: %v", what, err)
			}
		}
		wantChanged("over one that is not there", db.SaveCodeDraft(ctx, &first, "other", "jo", ""))
		wantChanged("dropping none", db.DropCodeDraft(ctx, "RLT", "", "jo"))
		must(t, db.SaveCodeDraft(ctx, &first, "", "jo", ""))
		wantChanged("as if there were none", db.SaveCodeDraft(ctx, &next, "", "jo", ""))
		wantChanged("over another", db.SaveCodeDraft(ctx, &next, "other", "jo", ""))
		wantChanged("dropping another", db.DropCodeDraft(ctx, "RLT", "other", "jo"))
		wantChanged("dropping another bureau's", db.DropCodeDraft(ctx, "TLR", "first", "jo"))
		v := sampleVersion(1)
		wantChanged("publishing another", db.PublishCodes(ctx, &v, "other"))
		wantDraft(t, db, &first)
		if revisionOf(t, db) != 0 {
			t.Error("something was published")
		}
	})
	t.Run("published", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		draft := sampleDraft()
		must(t, db.SaveCodeDraft(ctx, &draft, "", "jo", ""))
		first, second := sampleVersion(1), sampleVersion(2)
		must(t, db.PublishCodes(ctx, &first, ""))
		wantDraft(t, db, &draft)
		must(t, db.PublishCodes(ctx, &second, draft.ETag))
		wantDraft(t, db, nil)
	})
	t.Run("who did it", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		draft, first, second := sampleDraft(), sampleVersion(1), sampleVersion(2)
		second.RolledBackTo = 1
		must(t, db.SaveCodeDraft(ctx, &draft, "", "jo", "three added"))
		must(t, db.DropCodeDraft(ctx, "RLT", draft.ETag, "ann"))
		must(t, db.PublishCodes(ctx, &first, ""))
		must(t, db.PublishCodes(ctx, &second, ""))
		if err := db.PublishCodes(ctx, &second, ""); err == nil {
			t.Error("one version twice")
		}
		entries, _, err := db.AuditTrail(ctx, access.EntryFilter{Limit: 9})
		var told []string
		for _, e := range slices.Backward(entries) {
			told = append(told, e.Actor+" "+e.Action+" "+e.Subject+": "+e.Detail)
		}
		want := []string{"jo codes.draft RLT: three added", "ann codes.discard RLT: ",
			"jo codes.publish RLT: version 1, made from version 0, because: Lost cards – \"declined\"",
			"jo codes.rollback RLT: version 2, with the rules of version 1, because: Lost cards – \"declined\""}
		if err != nil || !slices.Equal(told, want) {
			t.Errorf("the audit trail is %q, %v", told, err)
		}
		for _, nobody := range []string{"", "jo\nann"} {
			if err := db.SaveCodeDraft(ctx, &draft, "", nobody, ""); err == nil {
				t.Errorf("a draft by %q", nobody)
			}
			third := sampleVersion(3)
			third.By = nobody
			if err := db.PublishCodes(ctx, &third, ""); err == nil {
				t.Errorf("a version by %q", nobody)
			}
		}
		wantDraft(t, db, nil)
		if _, err := db.Verify(ctx, nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("a book on it", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		b, err := responsecodes.NewBook(ctx, db)
		if err != nil {
			t.Fatal(err)
		}
		b.Now = clock
		if _, err := b.Start(ctx, "RLT", starter()); err != nil {
			t.Fatal(err)
		}
		d, err := b.EditDraft(ctx, "jo", "RLT", "v1", responsecodes.PutRule(sampleRule()))
		if err != nil {
			t.Fatal(err)
		}
		v, err := b.Publish(ctx, "jo", "RLT", d.ETag, "why not")
		if err != nil || v.Number != 2 {
			t.Fatalf("%+v, %v", v, err)
		}
		again, err := responsecodes.NewBook(ctx, db)
		if err != nil || !reflect.DeepEqual(again.Published("RLT"), v) {
			t.Errorf("opened again: %+v, %v", again.Published("RLT"), err)
		}
	})
}

func wantVersion(t *testing.T, got, want responsecodes.Version) {
	t.Helper()
	got.Published, want.Published = got.Published.UTC(), want.Published.UTC()
	got.Rules, want.Rules = ordered(got.Rules), ordered(want.Rules)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the version is\n%+v, want\n%+v", got, want)
	}
}

func wantDraft(t *testing.T, db Database, want *responsecodes.Draft) {
	t.Helper()
	got, err := db.CodeDraft(context.Background(), "RLT")
	if err != nil || (got == nil) != (want == nil) {
		t.Fatalf("the draft is %+v, %v, want %+v", got, err, want)
	}
	if want == nil {
		return
	}
	w := *want
	got.Updated, w.Updated = got.Updated.UTC(), w.Updated.UTC()
	got.Rules, w.Rules = ordered(got.Rules), ordered(w.Rules)
	if !reflect.DeepEqual(*got, w) {
		t.Errorf("the draft is\n%+v, want\n%+v", got, w)
	}
}

// ordered gives rules in one order and zone; none is nil.
func ordered(rules []responsecodes.Rule) []responsecodes.Rule {
	rules = slices.Clone(rules)
	for i := range rules {
		rules[i].Updated = rules[i].Updated.UTC()
	}
	slices.SortFunc(rules, func(a, b responsecodes.Rule) int { return slices.Compare([]byte(a.ID()), []byte(b.ID())) })
	if len(rules) == 0 {
		return nil
	}
	return rules
}

func revisionOf(t *testing.T, db Database) int64 {
	t.Helper()
	n, err := db.CodesRevision(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func starter() []responsecodes.Rule { return responsecodes.StarterSet("RLT") }
