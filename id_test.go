package svcgate_test

import (
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
)

// A run of digits in an id would be masked as a card number.
func TestIDsHaveLettersOnly(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		for _, id := range []string{svcgate.NewTransactionID(), svcgate.NewRequestID(), svcgate.RandomLetters(25)} {
			if strings.ContainsAny(id, "0123456789") {
				t.Fatalf("%s has digits", id)
			}
			seen[id] = true
		}
	}
	if len(seen) != 3000 || len(svcgate.RandomLetters(7)) != 7 || len(svcgate.NewRequestID()) != len("req_")+24 {
		t.Errorf("%d ids of 3000 are their own", len(seen))
	}
}
