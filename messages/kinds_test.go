package messages_test

import (
	"testing"

	"github.com/svcgate/svcgate/messages"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	kinds := messages.Kinds()
	if len(kinds) != 8 {
		t.Fatalf("%d kinds", len(kinds))
	}
	seen := map[string]bool{}
	for _, k := range kinds {
		if !k.Valid() || k.String() != k.Action() || k.RequestRoot() == "" || k.AnswerRoot() == "" || seen[k.Action()] {
			t.Errorf("%v is incomplete or there twice", k)
		}
		seen[k.Action()] = true
		if (k.Reason() == "") != (k == messages.GenerateCard) || (k.Comment() == "") != (k == messages.GenerateCard) {
			t.Errorf("%v: reason %q, comment %q", k, k.Reason(), k.Comment())
		}
		if found, ok := messages.KindOfReason(k.Reason()); k.Reason() != "" && (!ok || found != k) {
			t.Errorf("reason %s belongs to %v, %v", k.Reason(), found, ok)
		}
	}
}

func TestNoKinds(t *testing.T) {
	t.Parallel()
	for _, k := range []messages.Kind{0, 9, 255} {
		if k.Valid() || k.Action() != "" || k.AnswerRoot() != "" || k.RequestRoot() != "" {
			t.Errorf("%v is a kind", k)
		}
	}
	if got := messages.Kind(9).String(); got != "kind(9)" {
		t.Errorf("the ninth kind is called %s", got)
	}
	for _, code := range []string{"", "1", "3", "024", " 24", "SU"} {
		if k, ok := messages.KindOfReason(code); ok {
			t.Errorf("reason %q belongs to %v", code, k)
		}
	}
}
