package svcgate_test

import (
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

// A void that another node sent again has a quiet time of its own, also for the node that watched the message before.
func TestAVoidThatAnotherNodeSentAgainIsWatchedAnew(t *testing.T) {
	t.Parallel()
	w := &world{}
	one, tx := lose(t, svcgate.Void, w)
	two, err := svcgate.NewGateway(one.GatewayConfig)
	if err != nil {
		t.Fatal(err)
	}
	look := func(g *svcgate.Gateway, later time.Duration, sends int) {
		t.Helper()
		one.now = one.now.Add(later)
		if err := g.LookInto(t.Context(), tx.ID); err != nil {
			t.Fatal(err)
		}
		if w.sent[svcgate.Void] != sends {
			t.Fatalf("%d messages, want %d", w.sent[svcgate.Void], sends)
		}
	}
	look(one.Gateway, 100*time.Second, 1) // past the quiet time: the first "not applied"
	look(two, time.Second, 1)
	look(two, svcgate.DefaultQuiet, 1)
	look(two, svcgate.Between, 2) // the second one of this node: sent again, and lost again
	look(one.Gateway, time.Second, 2)
	look(one.Gateway, svcgate.DefaultQuiet-time.Second, 2)
	look(one.Gateway, time.Second, 2)
	look(one.Gateway, svcgate.Between-time.Second, 2)
	look(one.Gateway, time.Second, 3)
}
