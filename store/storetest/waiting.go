package storetest

import (
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/store"
)

func testWaiting(t *testing.T, open Open) {
	db := opened(t, open)
	waits := func(what string, unresolved, desk store.Waiting) {
		t.Helper()
		u, d, err := db.Waiting(t.Context())
		if err != nil || u.Count != unresolved.Count || d.Count != desk.Count || !u.Oldest.Equal(unresolved.Oldest) || !d.Oldest.Equal(desk.Oldest) {
			t.Errorf("%s: %+v and on the desk %+v, %v; want %+v and %+v", what, u, d, err, unresolved, desk)
		}
		must(t, db.VerifyTail(t.Context()))
	}
	waits("empty", store.Waiting{}, store.Waiting{})
	var all []*svcgate.Transaction
	var came []time.Time
	for n := 1; n <= 3; n++ {
		all = append(all, unresolved(t, db, n, ofKind(svcgate.Recharge)))
		came = append(came, all[n-1].Created)
	}
	if !came[0].Before(came[1]) || !came[1].Before(came[2]) {
		t.Fatalf("they came at %v: nothing is tried here", came)
	}
	waits("three", store.Waiting{Count: 3, Oldest: came[0]}, store.Waiting{})
	must(t, db.ToDesk(t.Context(), all[0].ID, finding, at(9)))
	waits("one on the desk", store.Waiting{Count: 2, Oldest: came[1]}, store.Waiting{Count: 1, Oldest: came[0]})
	must(t, db.Settle(t.Context(), settled(t, all[1], "jo")))
	must(t, db.Settle(t.Context(), settled(t, all[0], "jo")))
	waits("two settled", store.Waiting{Count: 1, Oldest: came[2]}, store.Waiting{})
}
