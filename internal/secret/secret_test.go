package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/internal/secret"
)

func keyring(t testing.TB, text []byte) *secret.Keyring {
	t.Helper()
	k, err := secret.ParseKeyring(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func keyFile(t testing.TB, id string) []byte {
	t.Helper()
	text, err := secret.NewKeyFile(id)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSealedValuesOpenForTheirRowOnly(t *testing.T) {
	t.Parallel()
	k := keyring(t, keyFile(t, "k1"))
	sealed := k.Seal("row-1", secret.New("6006491234560017"))
	if bytes.Contains(sealed, []byte("6006491234560017")) {
		t.Fatal("sealed in the clear")
	}
	if open, err := k.Open("row-1", sealed); err != nil || open.Reveal() != "6006491234560017" {
		t.Fatalf("%v, %v", open.Reveal(), err)
	}
	if again := k.Seal("row-1", secret.New("6006491234560017")); bytes.Equal(again, sealed) {
		t.Error("two seals of one value are equal")
	}
	if _, err := k.Open("row-2", sealed); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("another row: %v", err)
	}
	if _, err := keyring(t, keyFile(t, "k1")).Open("row-1", sealed); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("another key of the same id: %v", err)
	}
	if _, err := keyring(t, keyFile(t, "k2")).Open("row-1", sealed); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("another key: %v", err)
	}
	for i := range sealed {
		spoilt := bytes.Clone(sealed)
		spoilt[i] ^= 1
		if _, err := k.Open("row-1", spoilt); !errors.Is(err, secret.ErrSealed) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, err := k.Open("row-1", sealed[:i]); !errors.Is(err, secret.ErrSealed) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
}

func TestAnOlderKeyStillOpens(t *testing.T) {
	t.Parallel()
	old := keyFile(t, "2026-01")
	sealed := keyring(t, old).Seal("row", secret.New("x"))
	fresh := keyFile(t, "2026-02")
	line, _, _ := strings.Cut(strings.SplitAfterN(string(fresh), "\n", 2)[1], "\n")
	both := keyring(t, append([]byte(line+"\n"), old...))
	if open, err := both.Open("row", sealed); err != nil || open.Reveal() != "x" {
		t.Errorf("%v", err)
	}
	if both.Fingerprint("card", secret.New("x")) != keyring(t, old).Fingerprint("card", secret.New("x")) {
		t.Error("rotating the sealing key changed the fingerprints")
	}
}

func TestFingerprints(t *testing.T) {
	t.Parallel()
	k := keyring(t, keyFile(t, "k1"))
	a := k.Fingerprint("card", secret.New("6006491234560017"))
	if a != k.Fingerprint("card", secret.New("6006491234560017")) || len(a) != 64 {
		t.Error("not stable")
	}
	for name, other := range map[string]string{
		"value":   k.Fingerprint("card", secret.New("6006491234560025")),
		"purpose": k.Fingerprint("content", secret.New("6006491234560017")),
		"key":     keyring(t, keyFile(t, "k1")).Fingerprint("card", secret.New("6006491234560017")),
	} {
		if other == a {
			t.Errorf("another %s gives the same fingerprint", name)
		}
	}
}

func TestParseKeyringRefuses(t *testing.T) {
	t.Parallel()
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	for name, text := range map[string]string{
		"empty":             "",
		"comment only":      "# nothing\n",
		"no fingerprint":    "k1 " + key,
		"fingerprint only":  "fingerprint " + key,
		"two fingerprints":  "k1 " + key + "\nfingerprint " + key + "\nfingerprint " + key,
		"same id twice":     "k1 " + key + "\nk1 " + key + "\nfingerprint " + key,
		"short key":         "k1 " + base64.StdEncoding.EncodeToString(make([]byte, 16)) + "\nfingerprint " + key,
		"not base64":        "k1 !!!!\nfingerprint " + key,
		"no id":             key + "\nfingerprint " + key,
		"id with a capital": "K1 " + key + "\nfingerprint " + key,
		"id too long":       strings.Repeat("k", 33) + " " + key + "\nfingerprint " + key,
	} {
		k, err := secret.ParseKeyring([]byte(text))
		if err == nil {
			t.Errorf("%s: accepted %v", name, k)
		} else if strings.Contains(err.Error(), key) {
			t.Errorf("%s: the error holds a key", name)
		}
	}
	for _, id := range []string{"", "fingerprint", "K", "a b"} {
		if _, err := secret.NewKeyFile(id); err == nil {
			t.Errorf("id %q accepted", id)
		}
	}
}

func TestStringReadsButDoesNotWrite(t *testing.T) {
	t.Parallel()
	var v struct{ Number secret.String }
	if err := json.Unmarshal([]byte(`{"Number":"6006491234560017"}`), &v); err != nil || v.Number.Reveal() != "6006491234560017" {
		t.Fatalf("%v", err)
	}
	out, err := json.Marshal(v)
	if err != nil || string(out) != `{"Number":"[secret]"}` {
		t.Errorf("%s, %v", out, err)
	}
	if !secret.New("").IsZero() || !secret.New("").Equal(secret.String{}) || secret.New("a").Equal(secret.New("b")) {
		t.Error("zero or equality is wrong")
	}
}
