package storetest

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

func sampleRule() responsecodes.Rule {
	return responsecodes.Rule{
		Service: "RLT", Operation: "authorize", Source: svcgate.SourceErrorCode, Code: "OVER:LIMIT", Vendor: "103",
		Description: "Over the limit – \"held\"", Outcome: svcgate.Declined, Attempts: new(2), HoldReason: "CW", HoldDays: new(5),
		DaysBetween: new(1), Cancel: true, Messages: []string{"Try another card", "=1+1", "', 'x"}, Updated: start,
	}
}

func wantRules(t *testing.T, db Database, want ...responsecodes.Rule) {
	t.Helper()
	got, err := db.Rules(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	byID := func(a, b responsecodes.Rule) int { return cmp.Compare(a.ID(), b.ID()) }
	slices.SortFunc(got, byID)
	slices.SortFunc(want, byID)
	for _, rules := range [][]responsecodes.Rule{got, want} {
		for i := range rules {
			rules[i].Updated = rules[i].Updated.UTC()
		}
	}
	if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("the rules are\n%+v, want\n%+v", got, want)
	}
}

func testRules(t *testing.T, open Open) {
	ctx := context.Background()
	t.Run("every member comes back", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		wantRules(t, db)
		full := sampleRule()
		wantFilled(t, full)
		bare := responsecodes.Rule{Service: "TLR", Source: svcgate.SourceTransport, Code: svcgate.CodeSU, Vendor: "SU",
			Outcome: svcgate.Unavailable, Messages: []string{}, Updated: start}
		if err := db.PutRules(ctx, []responsecodes.Rule{full, bare}); err != nil {
			t.Fatal(err)
		}
		wantRules(t, db, full, bare)
	})
	t.Run("put replaces by id", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		first, other := sampleRule(), sampleRule()
		other.Operation = ""
		changed := sampleRule()
		changed.Vendor, changed.Attempts, changed.Messages, changed.Updated = "104", nil, []string{}, start.Add(time.Hour)
		for _, put := range [][]responsecodes.Rule{{first, other}, {changed}, {}} {
			if err := db.PutRules(ctx, put); err != nil {
				t.Fatal(err)
			}
		}
		wantRules(t, db, changed, other)
	})
	t.Run("all or none", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		kept := sampleRule()
		if err := db.PutRules(ctx, []responsecodes.Rule{kept}); err != nil {
			t.Fatal(err)
		}
		good, bad := sampleRule(), sampleRule()
		good.Code, bad.Code, bad.Outcome = "NEW", "BAD", "fine"
		if err := db.PutRules(ctx, []responsecodes.Rule{good, bad}); err == nil {
			t.Error("PutRules took an odd outcome")
		}
		if err := db.ReplaceRules(ctx, "RLT", []responsecodes.Rule{good, bad}); err == nil {
			t.Error("ReplaceRules took an odd outcome")
		}
		wantRules(t, db, kept)
	})
	t.Run("replace touches one service bureau", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		old, other, next := sampleRule(), sampleRule(), sampleRule()
		other.Service, next.Code = "TLR", "NEXT"
		if err := db.PutRules(ctx, []responsecodes.Rule{old, other}); err != nil {
			t.Fatal(err)
		}
		if err := db.ReplaceRules(ctx, "RLT", []responsecodes.Rule{next}); err != nil {
			t.Fatal(err)
		}
		wantRules(t, db, next, other)
		if err := db.ReplaceRules(ctx, "RLT", nil); err != nil {
			t.Fatal(err)
		}
		wantRules(t, db, other)
	})
	t.Run("delete", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		one, anyOf := sampleRule(), sampleRule()
		anyOf.Operation = ""
		if err := db.PutRules(ctx, []responsecodes.Rule{one, anyOf}); err != nil {
			t.Fatal(err)
		}
		if err := db.DeleteRule(ctx, one.ID()); err != nil {
			t.Fatal(err)
		}
		wantRules(t, db, anyOf)
		for _, id := range []string{one.ID(), "", "RLT", "RLT:*:error_code:over:limit", "RLT:*:error_code", "rlt:*:error_code:OVER:LIMIT", "%"} {
			wantCode(t, db.DeleteRule(ctx, id), svcgate.CodeNotFound)
		}
		wantRules(t, db, anyOf)
	})
}

func starter() []responsecodes.Rule { return responsecodes.StarterSet("RLT") }
