//go:build !race

// Under the race detector pools drop what they are given, so that allocations cannot be counted.

package secret_test

import (
	"testing"

	"github.com/svcgate/svcgate/internal/secret"
)

// A fingerprint is taken twice for each operation.
func TestFingerprintAllocatesItsText(t *testing.T) {
	k, card := keyring(t, keyFile(t, "k1")), secret.New("6006491234560017")
	k.Fingerprint("card", card)
	if n := testing.AllocsPerRun(100, func() { k.Fingerprint("card", card) }); n > 1 {
		t.Errorf("%v allocations, want 1", n)
	}
}
