package responsecodes_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

func TestFindUnmapped(t *testing.T) {
	t.Parallel()
	own, void, later, told := tally("NEW", 100), tally("NEW", 1), tally("NEW", 2), tally("GONE", 3)
	own.Own = true
	void.Operation = "void"
	later.Accepted, later.Last, later.Sample, later.First = true, noon.Add(2*time.Hour), "txn_later", noon.Add(-time.Hour)
	told.Outcome, told.Vendor = svcgate.Declined, "D1"
	rules := []responsecodes.Rule{meant("", "LOST", svcgate.Declined, "D7"), meant("void", "NEW", svcgate.Declined, "D8"), meant("authorize", "SAID", svcgate.Undefined, "D9")}
	all := responsecodes.FindUnmapped("RLT", []responsecodes.Tally{tally("LOST", 5), void, tally("NEW", 4), told, own, later, tally("SAID", 7)}, rules)
	var got []string
	for _, u := range all {
		got = append(got, fmt.Sprintf("%d %s %s %v %s %s %s", u.Count, u.Operation, u.Code, u.Accepted, u.First.Format("15"), u.Last.Format("15"), u.Sample))
	}
	const want = "106 authorize NEW true 11 14 txn_later\n3 authorize GONE false 12 13 txn_GONE"
	if strings.Join(got, "\n") != want {
		t.Errorf("unmapped are\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if none := responsecodes.FindUnmapped("TLR", []responsecodes.Tally{tally("LOST", 1)}, rules); len(none) != 1 {
		t.Errorf("rules of another service bureau were used: %+v", none)
	}
	if none := responsecodes.FindUnmapped("RLT", nil, nil); none == nil || len(none) != 0 {
		t.Errorf("of nothing: %#v", none)
	}
}

func TestPrefilled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		u                      responsecodes.Unmapped
		operation, description string
		outcome                svcgate.Outcome
	}{
		{responsecodes.Unmapped{Operation: "void", Source: svcgate.SourceErrorCode, Code: "E", Description: " Card lost \x00\n"}, "void", "Card lost", svcgate.Declined},
		{responsecodes.Unmapped{Operation: "void", Source: svcgate.SourceReasonCode, Code: "99", Accepted: true}, "void", "", svcgate.Undefined},
		{responsecodes.Unmapped{Operation: "void", Source: svcgate.SourceTransport, Code: "SU"}, "", "", svcgate.Unavailable},
		{responsecodes.Unmapped{Operation: "void", Source: svcgate.SourceErrorCode, Code: "E", Description: strings.Repeat("é", 60) + "\xff"}, "void", strings.Repeat("é", 40), svcgate.Declined},
	} {
		r := c.u.Prefilled("RLT")
		if r.Service != "RLT" || r.Operation != c.operation || r.Description != c.description || r.Outcome != c.outcome {
			t.Errorf("%+v is prefilled as %+v", c.u, r)
		}
		if err := r.Validate(); err == nil {
			t.Errorf("%+v is valid before anybody said what it means", r)
		}
		r.Vendor = "D7"
		if err := r.Validate(); err != nil {
			t.Errorf("%+v with a vendor response code: %v", r, err)
		}
	}
}
